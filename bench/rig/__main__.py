"""The rig: proxies that bump TLS, side by side on one machine. python3 bench/rig --help; docs/benchmarks.md says what it measures."""
import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # nothing is left in the source tree

import loads
import machine
import memory
import origin
import proxies
import report
import rows
import scale

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# command and the Debian package that has it
TOOLS = dict(nginx='nginx', h2load='nghttp2-client', proxychains4='proxychains4', curl='curl', openssl='openssl')
# Average load of the last minute, in cores, above which the machine is not quiet.
QUIET = 0.25
OTHER_KEYS = ('loaded', 'start', 'cold', 'verdict')


class Setup:
    """What all measurements share."""

    def __init__(self):
        self.running = []  # what is to be stopped at the end

    def stop(self):
        for each in reversed(list(self.running)):
            each.stop()


def arguments():
    parser = argparse.ArgumentParser(
        prog='python3 bench/rig', description='Measures gates, and peers beside them, and writes results.json, results.md and charts.')
    parser.add_argument('out', nargs='?', help='folder for the results')
    parser.add_argument('--gate', action='append', default=[], metavar='NAME=COMMAND',
                        help='a gate; may be repeated, to compare two builds. Default: gate=./egress-proxy')
    parser.add_argument('--peer', action='append', default=[], metavar='NAME=COMMAND',
                        help='another proxy: {port}, {ca_cert}, {ca_key}, {ca_ec_key}, {origin_ca} are filled in; may be repeated')
    parser.add_argument('--way', action='append', default=[], metavar='NAME=FLAGS',
                        help='one more way to a verdict, as flags of the gate, such as those for a pipelock that runs')
    parser.add_argument('--rows', metavar='KEY,...', help='only these')
    parser.add_argument('--list', action='store_true', help='print the keys of all rows, and end')
    parser.add_argument('--no-bare', action='store_true', help='leave out the gates without scanner, lines and metrics')
    parser.add_argument('--rounds', type=int, help='of each row; the median counts (3)')
    parser.add_argument('--seconds', type=float, help='of each load (4)')
    parser.add_argument('--warm', type=float, help='seconds before the table (45)')
    parser.add_argument('--cold-rounds', type=int, help='of the cold curve (2)')
    parser.add_argument('--quick', action='store_true', help='everything once, for a moment each: whether it works, no more')
    parser.add_argument('--busy', action='store_true', help='measure though the machine is not quiet')
    parser.add_argument('--install', action='store_true', help='install missing packages by apt-get, as root')
    parser.add_argument('--scale', metavar='N,...', help='instead of the table: so many gates at once')
    parser.add_argument('--scale-most', type=int, default=2000, help='exchanges a second of all gates together, at most (2000)')
    parser.add_argument('--scale-lead', type=float, default=10, help='seconds at each rate before it is measured (10)')
    parser.add_argument('--memory', action='store_true', help='instead of the table: where the memory is')
    parser.add_argument('--try', action='append', default=[], dest='tries', metavar='LABEL=NAME=VALUE ...',
                        help='with --memory: a gate with these variables, such as small=EGRESS_JAVA_OPTS=-Xss256k; may be repeated')
    return parser.parse_args()


def named(values, parser_name):
    pairs = []
    for value in values:
        name, found, rest = value.partition('=')
        if not found or not name or not all(c.isalnum() or c in '-_.' for c in name):
            sys.exit(f'rig: {parser_name} {value}: expected NAME=..., NAME of letters, digits, - and _')
        pairs.append((name, rest))
    return pairs


def tools(install):
    """Ends with what to install, where something is missing."""
    path = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'
    os.environ['PATH'] = path
    missing = [package for command, package in TOOLS.items() if not shutil.which(command)]
    if missing and install:
        # RUNLEVEL 1: whose package would start a server of its own, such as nginx, does not.
        apt = ['apt-get', 'install', '-q', '-y', '--no-install-recommends', *missing]
        subprocess.run(['apt-get', 'update', '-q'], check=True, timeout=600)
        subprocess.run(apt, check=True, timeout=600, env={**os.environ, 'DEBIAN_FRONTEND': 'noninteractive', 'RUNLEVEL': '1'})
        missing = [package for command, package in TOOLS.items() if not shutil.which(command)]
    if missing:
        sys.exit(f'rig: not there: {" ".join(missing)} (Debian packages): apt-get install --no-install-recommends '
                 f'{" ".join(missing)}, or --install as root')
    jar = os.path.join(ROOT, 'bench', 'target', 'benchmarks.jar')
    if not os.path.exists(jar):
        sys.exit(f'rig: {jar} is not there: ./verify -DskipTests makes it')
    found = subprocess.run([os.path.join(ROOT, 'bin', 'find-jdk')], capture_output=True, text=True, timeout=60)
    if found.returncode:
        sys.exit(found.stderr.strip())
    return jar, found.stdout.strip()


def quiet(options):
    load = machine.load() / machine.CORES
    if load <= QUIET:
        return ''
    words = f'the machine is not quiet: its load is {machine.load():.2f} on {machine.CORES} cores'
    if not options.busy and not options.quick:
        sys.exit(f'rig: {words}. Wait, or measure all the same by --busy')
    print(f'rig: WARNING: {words}: rates say little, CPU figures somewhat more', file=sys.stderr, flush=True)
    return words


def prepare(setup, options, directory, jar, jdk):
    pick = (lambda value, full, short: value if value is not None else short if options.quick else full)
    setup.quick = options.quick
    setup.rounds = pick(options.rounds, 3, 1)
    setup.seconds = pick(options.seconds, 4, 0.5)
    setup.warm = pick(options.warm, 45, 2)
    setup.cold_rounds = pick(options.cold_rounds, 2, 1)
    setup.settle, setup.lead = 0.5 if options.quick else 5, options.scale_lead
    setup.spell, setup.spells = (3, 2) if options.quick else (15, 6)
    setup.visits = 20 if options.quick else 600
    setup.streams = 2 if options.quick else 20
    setup.idle = 50 if options.quick else 1000
    setup.large_mib = 32 if options.quick else 256
    setup.keys = origin.Keys(directory)
    setup.nginx = origin.Nginx(setup.keys, setup.large_mib << 20)
    setup.running.append(setup.nginx)
    setup.handshakes = loads.Handshakes(os.path.join(jdk, 'bin', 'java'), jar, setup.keys)
    setup.running.append(setup.handshakes)
    # Its own warm-up is no part of what it measures.
    setup.handshakes.ask(proxies.Direct(setup), 'localhost', setup.nginx.h1, 0, 50 if options.quick else 3000, 8, 10)
    setup.sink = origin.Sink(setup.keys)
    setup.routes = proxies.routes(setup, setup.visits * setup.rounds)
    setup.post = setup.keys.path('post.json')
    with open(setup.post, 'w') as file:
        question = ('Explain what the function does and suggest a clearer name for each of its parameters. ' * 11)[:961]
        file.write(json.dumps(dict(model='m', messages=[dict(role='user', content=question)])))


def build(gates):
    """The launcher builds what is missing before it is timed; any other command says its version, or nothing."""
    for name, command in gates:
        done = subprocess.run([*shlex.split(command), '--version'], capture_output=True, text=True, timeout=900)
        print(f'rig: {name}: {done.stdout.strip() or command}', flush=True)


def measure(options, setup, results, gates, peers):
    keys = [row.key for row in rows.ROWS] + list(OTHER_KEYS)
    if options.rows:
        chosen = options.rows.split(',')
        unknown = [key for key in chosen if key not in keys]
        if unknown:
            sys.exit(f'rig: --rows {",".join(unknown)}: expected some of {",".join(keys)}')
        keys = chosen
    direct = proxies.Direct(setup)
    compared = []
    for name, command in gates:
        compared.append(proxies.gate(setup, name, command))
        if not options.no_bare and not options.quick:
            compared.append(proxies.bare(setup, name, command))
    compared += [proxies.peer(setup, name, command) for name, command in peers]
    if any(row.key in keys for row in rows.ROWS) or 'loaded' in keys:
        rows.table(setup, results, direct, compared, keys)
    if 'start' in keys:
        rows.starts(setup, results, [proxy for proxy in compared if proxy.kind != 'bare'])
    if 'cold' in keys:
        rows.cold(setup, results, [proxy for proxy in compared if proxy.kind != 'bare'])
    if 'verdict' in keys:
        ways = [('off', ['--dlp', 'off']), ('builtin', ['--dlp', 'builtin'])]
        ways += [(name, shlex.split(flags)) for name, flags in named(options.way, '--way')]
        rows.verdicts(setup, results, direct, gates, ways)
    return [proxy.name for proxy in compared]


def main():
    options = arguments()
    if options.list:
        for row in rows.ROWS:
            print(f'{row.key:10s} {row.title}')
        print('\n'.join(OTHER_KEYS))
        return 0
    if not options.out:
        sys.exit('rig: a folder for the results is expected')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    jar, jdk = tools(options.install)
    busy = quiet(options)
    gates = named(options.gate or [f'gate={shlex.quote(os.path.join(ROOT, "egress-proxy"))}'], '--gate')
    peers = named(options.peer, '--peer')
    machine.raise_descriptors()
    build(gates)
    os.makedirs(options.out, exist_ok=True)
    directory = tempfile.mkdtemp(prefix='egress-rig-')
    results, begin, setup = rows.Results(), time.time(), Setup()
    found = dict(machine=machine.describe(), begin=time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(begin)), busy=busy,
                 command=sys.argv[1:], gates=[name for name, _ in gates], peers=[name for name, _ in peers])
    try:
        prepare(setup, options, directory, jar, jdk)
        if options.scale:
            found['scale'] = scale.scale(setup, results, gates[0][1], [int(n) for n in options.scale.split(',')], options.scale_most)
        if options.memory:
            found['memory'] = memory.where(setup, jdk, gates[0][1])
            variants = [('as it is', {})]
            for label, variables in named(options.tries, '--try'):
                variants.append((label, dict(each.split('=', 1) for each in shlex.split(variables))))
            if options.tries:
                found['tries'] = memory.tries(setup, results, gates[0][1], variants)
        if not options.scale and not options.memory:
            found['proxies'] = measure(options, setup, results, gates, peers)
        found['settings'] = {name: value for name, value in vars(setup).items() if isinstance(value, (int, float, bool))}
    finally:
        setup.stop()
        shutil.rmtree(directory, ignore_errors=True)
    found.update(seconds=round(time.time() - begin), load_after=machine.load(), medians=results.medians(), rounds=results.rounds,
                 failures=results.failures, foreign=results.foreign)
    with open(os.path.join(options.out, 'results.json'), 'w') as file:
        json.dump(found, file, indent=1)
    report.write(options.out, found, {row.key: row.title for row in rows.ROWS})
    print(f'rig: {os.path.join(options.out, "results.md")}, {found["seconds"]} s')
    for failure in results.failures:
        print(f'rig: no figure: {failure["row"]} {failure["proxy"]}: {failure["why"]}', file=sys.stderr)
    return 1 if results.failures else 0


if __name__ == '__main__':
    sys.exit(main())
