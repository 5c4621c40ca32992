"""The rows of the table: what is measured, of which proxies, and how."""
import statistics
import threading
import time

import loads
import machine
import proxies

DIRECT, GATE, BARE, PEER = 'direct', 'gate', 'bare', 'peer'
ALL = (DIRECT, GATE, BARE, PEER)
PROXIES = (GATE, BARE, PEER)
# Cores that others may take during a load before it is taken once more.
FOREIGN = 0.25
RETRIES = 1


class Row:
    """A measurement of proxies that are running and warm."""

    def __init__(self, key, title, measure, kinds=ALL, fields=('rate', 'cpu', 'p50', 'p99')):
        self.key, self.title, self.measure, self.kinds, self.fields = key, title, measure, kinds, fields


def _load(connections, streams, h1, origin, **more):
    def measure(setup, proxy, number):
        port = getattr(setup.nginx, origin)
        return loads.h2load(setup, proxy, connections, streams, setup.seconds, port, h1, **more)[0]
    return measure


def _visits(setup, proxy, number):
    return loads.connections(setup, proxy, f'v%d.{loads.origin.VISITS}', setup.nginx.h1, number * setup.visits, setup.visits, 8, 60)


def _tls(setup, proxy, number):
    host = 'localhost' if proxy.kind != PEER else proxy.host
    return loads.connections(setup, proxy, host, setup.nginx.h1, 0, 1 << 30, 8, setup.seconds)


ROWS = [
    Row('h1x1', 'h1, 1 connection', _load(1, 1, True, 'h1')),
    Row('h1x16', 'h1 × 16', _load(16, 1, True, 'h1')),
    Row('h1x64', 'h1 × 64', _load(64, 1, True, 'h1')),
    Row('h1-h2x64', 'h1 × 64 of callers, origin offers h2', _load(64, 1, True, 'h2')),
    Row('h2x1', 'h2, 1 stream', _load(1, 1, False, 'h2')),
    Row('h2-1x64', 'h2 1 × 64', _load(1, 64, False, 'h2')),
    Row('h2-4x16', 'h2 4 × 16', _load(4, 16, False, 'h2')),
    Row('post', 'POST of 1 KiB, h1 × 16', _load(16, 1, True, 'h1', path='up', post=True)),
    Row('steady-h1', '1,000 a second, h1 × 4', _load(4, 1, True, 'h1', rate=250)),
    Row('steady-h2', '1,000 a second, h2 4 × 16', _load(4, 16, False, 'h2', rate=250)),
    Row('down', 'large body down', lambda setup, proxy, _: loads.transfer(setup, proxy, False), fields=('rate', 'cpu')),
    Row('up', 'large body up', lambda setup, proxy, _: loads.transfer(setup, proxy, True), fields=('rate', 'cpu')),
    Row('up-untyped', 'the same without a type', lambda setup, proxy, _: loads.transfer(setup, proxy, True, False), fields=('rate', 'cpu')),
    Row('tls', 'new TLS connections, 8 at once', _tls),
    Row('visits', 'first visits, a new host each, 8 at once', _visits, kinds=(DIRECT, GATE, BARE)),
    Row('sse', 'events of a stream', lambda setup, proxy, _: loads.events(setup, proxy, setup.streams), fields=('p50', 'p99')),
    Row('idle', 'idle connections', lambda setup, proxy, _: loads.idle(setup, proxy, setup.idle, setup.settle), kinds=PROXIES,
        fields=('kib', 'cpu_percent')),
]


class Results:
    """Figures by row and proxy: of every round, and their medians. What gave none is a failure, and kept in words."""

    def __init__(self):
        self.rounds, self.failures, self.foreign = {}, [], []

    def add(self, row, proxy, figures):
        self.rounds.setdefault(row, {}).setdefault(proxy, []).append(figures)
        text = '  '.join(f'{name} {value:.4g}' for name, value in figures.items() if isinstance(value, (int, float)))
        print(f'rig: {row:10s} {proxy:16s} {text}', flush=True)
        if figures.get('others', 0) > FOREIGN:
            self.foreign.append(f'{row} {proxy}')

    def fail(self, row, proxy, why):
        self.failures.append(dict(row=row, proxy=proxy, why=str(why)))
        print(f'rig: {row:10s} {proxy:16s} NO FIGURE: {why}', flush=True)

    def median(self, row, proxy, field):
        values = [figures[field] for figures in self.rounds.get(row, {}).get(proxy, []) if field in figures]
        return statistics.median(values) if values else None

    def medians(self):
        return {row: {proxy: {field: self.median(row, proxy, field) for field, value in rounds[0].items()
                              if isinstance(value, (int, float))}
                      for proxy, rounds in by_proxy.items()}
                for row, by_proxy in self.rounds.items()}

    def require(self, row, proxy, fields):
        """A row that was to be measured has a figure in each field, of a rate or a time one above zero."""
        for field in fields:
            value = self.median(row, proxy, field)
            if value is None or value != value or (field in ('rate', 'p50', 'p99') and value <= 0):
                if not any(f['row'] == row and f['proxy'] == proxy for f in self.failures):
                    self.fail(row, proxy, f'{field} is {value}')


def warm(setup, proxy, seconds):
    """Until compiled: what the rows ask for, in turns."""
    part = seconds / 5
    h1, h2 = setup.nginx.h1, setup.nginx.h2
    loads.answers(proxy, h1, True, 400)
    loads.answers(proxy, h2, False, 400)
    loads.h2load(setup, proxy, 16, 1, part, h1, True)
    loads.h2load(setup, proxy, 4, 16, part, h2)
    loads.h2load(setup, proxy, 16, 1, part, h1, True, path='up', post=True)
    loads.h2load(setup, proxy, 1, 64, part, h2)
    loads.connections(setup, proxy, 'localhost' if proxy.kind != PEER else proxy.host, h1, 0, 1 << 30, 8, part)


def settle_host(setup, proxy):
    """The name of the origin that a peer takes: by its name, or by the address that is in the CONNECT."""
    failed = None
    for host in proxy.hosts:
        proxy.host = host
        try:
            loads.answers(proxy, setup.nginx.h1)
            return
        except loads.Failed as again:
            failed = again
    raise failed


def table(setup, results, direct, compared, keys):
    """All rows of all proxies, round by round, the proxies in turn."""
    running = []
    for proxy in compared:
        try:
            proxy.start()
            settle_host(setup, proxy)
            warm(setup, proxy, setup.warm if proxy.kind != PEER else min(3, setup.warm))
            running.append(proxy)
        except (loads.Failed, RuntimeError) as failed:
            results.fail('warm', proxy.name, failed)
            proxy.stop()
    for row in ROWS:
        if row.key not in keys:
            continue
        chosen = [proxy for proxy in [direct, *running] if proxy.kind in row.kinds]
        for number in range(setup.rounds):
            for proxy in chosen:
                for attempt in range(RETRIES + 1):
                    try:
                        figures = row.measure(setup, proxy, number)
                    except (loads.Failed, OSError) as failed:
                        results.fail(row.key, proxy.name, failed)
                        break
                    # A first visit is one only once.
                    if figures['others'] <= FOREIGN or attempt == RETRIES or setup.quick or row.key == 'visits':
                        results.add(row.key, proxy.name, figures)
                        break
        for proxy in chosen:
            results.require(row.key, proxy.name, row.fields)
    if 'loaded' in keys:
        for proxy in running:
            results.add('loaded', proxy.name, machine.memory(proxy.pid))
    for proxy in running:
        proxy.stop()


def starts(setup, results, compared):
    """From the command to the first accepted connection; memory when nothing was asked yet; the first exchange."""
    for _ in range(setup.rounds):
        for proxy in compared:
            try:
                proxy.start()
                accepted = proxy.accepted * 1e3
                time.sleep(setup.settle)
                figures = dict(ms=accepted, cpu_ms=proxy.cpu() * 1e3, **machine.memory(proxy.pid))
                figures['first_ms'] = loads.first_exchange(setup, proxy)
                results.add('start', proxy.name, figures)
            except (loads.Failed, RuntimeError, OSError) as failed:
                results.fail('start', proxy.name, failed)
            finally:
                proxy.stop()
    for proxy in compared:
        results.require('start', proxy.name, ('ms', 'rss', 'first_ms'))


def cold(setup, results, compared):
    """The curve: load from the first accepted connection on, spell by spell and second by second."""
    for _ in range(setup.cold_rounds):
        for proxy in compared:
            for name, h1, connections, streams in (('cold-h1', True, 64, 1), ('cold-h2', False, 1, 64)):
                try:
                    proxy.start()
                    results.add(name, proxy.name, _curve(setup, proxy, h1, connections, streams))
                except (loads.Failed, RuntimeError, OSError) as failed:
                    results.fail(name, proxy.name, failed)
                finally:
                    proxy.stop()
    for proxy in compared:
        for name in ('cold-h1', 'cold-h2'):
            results.require(name, proxy.name, ('rate',))


def _curve(setup, proxy, h1, connections, streams):
    length, spells = setup.spell, setup.spells
    outcome = {}

    def load():
        try:
            outcome['ends'] = loads.h2load(setup, proxy, connections, streams, length * spells,
                                           setup.nginx.h1 if h1 else setup.nginx.h2, h1)[1]
        except loads.Failed as failed:
            outcome['failed'] = failed

    caller = threading.Thread(target=load, daemon=True)
    begin = time.time()
    used = [proxy.cpu()]
    caller.start()
    for spell in range(1, spells + 1):
        time.sleep(max(0.0, begin + spell * length - time.time()))
        used.append(proxy.cpu())
    caller.join()
    if 'failed' in outcome:
        raise outcome['failed']
    seconds = [0] * int(length * spells + 1)
    counts = [0] * spells
    for end in outcome['ends']:
        at = end - begin
        if 0 <= at < length * spells:
            seconds[int(at)] += 1
            counts[int(at / length)] += 1
    if not counts[-1]:
        raise loads.Failed(f'no exchange in the last spell: {counts}')
    return dict(spells=[(used[i + 1] - used[i]) * 1e6 / max(1, counts[i]) for i in range(spells)],
                seconds=seconds[:min(15, int(length * spells))], rate=counts[-1] / length, count=sum(counts))


def verdicts(setup, results, direct, gates, ways):
    """What each way to a verdict adds to one caller that waits for it: a POST of 1 KiB on one connection."""
    running = [direct]
    for name, command in gates:
        for way, flags in ways:
            started = proxies.gate(setup, f'{name} {way}'.replace(' ', '-'), command, *flags)
            started.row_name = f'{name}, {way}'
            try:
                started.start()
                loads.answers(started, setup.nginx.h1)
                loads.h2load(setup, started, 1, 1, setup.warm / 3, setup.nginx.h1, True, path='up', post=True)
                running.append(started)
            except (loads.Failed, RuntimeError) as failed:
                results.fail('verdict', started.row_name, failed)
                started.stop()
    for _ in range(setup.rounds):
        for proxy in running:
            name = getattr(proxy, 'row_name', proxy.name)
            try:
                results.add('verdict', name, loads.h2load(setup, proxy, 1, 1, setup.seconds, setup.nginx.h1, True,
                                                          path='up', post=True)[0])
            except loads.Failed as failed:
                results.fail('verdict', name, failed)
    for proxy in running:
        results.require('verdict', getattr(proxy, 'row_name', proxy.name), ('rate', 'p50', 'p99'))
        if proxy is not direct:
            proxy.stop()
