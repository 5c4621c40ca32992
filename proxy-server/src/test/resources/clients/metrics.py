"""Reads the Prometheus text format on standard input with Prometheus's own parser; prints name, type and labels of each family."""
import sys

from prometheus_client.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    labels = sorted({name for sample in family.samples for name in sample.labels} - {"le"})
    name = family.name + ("_total" if family.type == "counter" else "")
    if not family.documentation or not family.samples:
        raise SystemExit("%s: no help, or no sample" % name)
    print("\t".join([name, family.type, " ".join(labels)]))
