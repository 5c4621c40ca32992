"""The callers: h2load, curl, and two of the rig's own. Each returns figures, or raises Failed with what went wrong."""
import json
import os
import re
import resource
import select
import socket
import ssl
import statistics
import subprocess
import time

import machine
import origin


class Failed(Exception):
    """A load that gave no figure."""


def quantile(values, part):
    """Of sorted values."""
    return values[min(len(values) - 1, int(len(values) * part))]


class Measured:
    """CPU of proxy, origin, caller and everything else, around a load."""

    def __init__(self, setup, proxy):
        self.setup, self.proxy = setup, proxy

    def _read(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = resource.getrusage(resource.RUSAGE_SELF)
        return (machine.busy(), self.proxy.cpu(), self.setup.nginx.cpu(), self.setup.handshakes.cpu(),
                children.ru_utime + children.ru_stime, own.ru_utime + own.ru_stime, time.monotonic())

    def __enter__(self):
        self.before = self._read()
        return self

    def __exit__(self, *_):
        busy, self.cpu, self.origin, handshakes, children, own, self.seconds = (
            now - then for now, then in zip(self._read(), self.before))
        known = self.cpu + self.origin + handshakes + children + own
        self.others = max(0.0, (busy - known) / self.seconds)


def run(command, seconds):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failed(f'no end after {seconds} s: {" ".join(command)}') from None


def h2load(setup, proxy, connections, streams, seconds, port=None, h1=False, path='1k.txt', rate=None, post=False):
    """Exchanges for so long; rate is the exchanges a second of each connection, all that can be had without it."""
    log = setup.keys.path(f'h2load-{proxy.name}.log')
    if os.path.exists(log):
        os.unlink(log)
    command = [*proxy.through(), 'h2load', *(['--h1'] if h1 else []), f'-c{connections}', f'-m{streams}', f'-D{int(seconds * 1000)}ms',
               f'--log-file={log}', f'--connect-to=127.0.0.1:{port}', *([f'--rps={rate}'] if rate else []),
               *(['-d', setup.post, '-H', 'content-type: application/json'] if post else []),
               f'https://{proxy.host}:{port}/{path}']
    with Measured(setup, proxy) as measured:
        done = run(command, seconds + 40)
    succeeded = re.search(r'(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout', done.stdout)
    good = re.search(r'status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx', done.stdout)
    if not succeeded or not good or int(good.group(1)) == 0:
        raise Failed(f'{" ".join(command)}: {(done.stdout + done.stderr)[-600:]}')
    if any(int(good.group(i)) for i in (2, 3, 4)) or any(int(succeeded.group(i)) for i in (2, 3, 4)):
        raise Failed(f'not all succeeded: {succeeded.group(0)}; {good.group(0)}')
    if not h1 and 'Application protocol: h2' not in done.stdout:
        raise Failed('the proxy does not speak h2 to its callers')
    ends, times = [], []
    with open(log) as file:
        for line in file:
            begin, status, took = line.split()[:3]
            if status.startswith('2'):
                ends.append((int(begin) + int(took)) / 1e6)
                times.append(int(took))
    os.unlink(log)
    times.sort()
    count = int(good.group(1))
    if not times:
        raise Failed('h2load logged no exchange')
    return dict(rate=count / seconds, cpu=measured.cpu * 1e6 / count, origin_cpu=measured.origin * 1e6 / count,
                p50=quantile(times, 0.5), p99=quantile(times, 0.99), count=count, others=measured.others), ends


def answers(proxy, port, h1=True, count=8):
    """Whether h2load gets answers at all: by a count, since for a length of time it waits for ever for a first that comes too late."""
    command = [*proxy.through(), 'h2load', *(['--h1'] if h1 else []), '-c4', f'-m{1 if h1 else 2}', f'-n{count}',
               f'--connect-to=127.0.0.1:{port}', f'https://{proxy.host}:{port}/1k.txt']
    done = run(command, 60)
    if f' {count} 2xx' not in done.stdout:
        raise Failed(f'{" ".join(command)}: {(done.stdout + done.stderr)[-600:]}')


def transfer(setup, proxy, up, typed=True):
    """One large body by curl; MB a second, and seconds of the proxy's CPU for each GB. Without a type an upload may be a form."""
    port = setup.sink.port if up else setup.nginx.h1
    size = setup.nginx.large_bytes
    command = ['curl', '-sS', '--http1.1', '-m', '90', '--cacert', proxy.trust, '-H', 'Expect:']
    if proxy.port:
        command += ['-x', f'http://127.0.0.1:{proxy.port}']
    if up:
        command += ['-T', setup.nginx.large, *(['-H', 'Content-Type: application/octet-stream'] if typed else [])]
    command += ['-o', os.devnull, '-w', '%{http_code} %{size_download} %{size_upload} %{time_total}',
                f'https://{proxy.host}:{port}/{"taken" if up else "large.bin"}']
    with Measured(setup, proxy) as measured:
        done = run(command, 100)
    found = done.stdout.split()
    if len(found) != 4 or found[0] != '200' or int(found[2 if up else 1]) != size:
        raise Failed(f'{" ".join(command)}: {done.stdout} {done.stderr[-400:]}')
    return dict(rate=size / 1e6 / float(found[3]), cpu=measured.cpu * 1e9 / size, others=measured.others)


class Handshakes:
    """The caller in Java that opens a connection for each exchange (egress.bench.Handshakes)."""

    def __init__(self, java, jar, keys):
        self.process = subprocess.Popen(
            [java, '-XX:+UseSerialGC', '-Xmx128m', '--enable-native-access=ALL-UNNAMED', '--sun-misc-unsafe-memory-access=allow',
             '-cp', jar, 'egress.bench.Handshakes', keys.trust],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1)

    def cpu(self):
        return machine.cpu(self.process.pid)

    def ask(self, proxy, host, port, first, most, at_once, seconds):
        self.process.stdin.write(f'{proxy.port} {host} {port} {first} {most} {at_once} {int(seconds * 1000)}\n')
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], seconds + 60)
        line = self.process.stdout.readline() if ready else ''
        if not line:
            raise Failed('the caller in Java gave no answer')
        return json.loads(line)

    def stop(self):
        origin.end(self.process)


def connections(setup, proxy, host, port, first, most, at_once, seconds):
    """New connections with full handshakes and one exchange each, so many at once."""
    with Measured(setup, proxy) as measured:
        answer = setup.handshakes.ask(proxy, host, port, first, most, at_once, seconds)
    if not answer['done'] or answer['failed']:
        raise Failed(f'{answer["done"]} connections, {answer["failed"]} failed: {answer["failure"]}')
    return dict(rate=answer['done'] / answer['seconds'], cpu=measured.cpu * 1e6 / answer['done'], p50=answer['p50'],
                p99=answer['p99'], count=answer['done'], others=measured.others)


def tunnel(proxy, port, context):
    """A TLS connection to the origin, through the proxy."""
    connection = socket.create_connection(('127.0.0.1', proxy.port or port), 20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if proxy.port:
        connection.sendall(f'CONNECT {proxy.host}:{port} HTTP/1.1\r\nHost: {proxy.host}:{port}\r\n\r\n'.encode())
        answer = b''
        while b'\r\n\r\n' not in answer:
            piece = connection.recv(4096)
            if not piece:
                raise Failed(f'CONNECT: {answer[:200]!r}')
            answer += piece
        if b' 200' not in answer.split(b'\r\n', 1)[0]:
            raise Failed(f'CONNECT: {answer[:200]!r}')
    return context.wrap_socket(connection, server_hostname=proxy.host)


def get(tls, proxy, port, path='1k.txt'):
    """One exchange on a connection that stays open; the body's length."""
    tls.sendall(f'GET /{path} HTTP/1.1\r\nHost: {proxy.host}:{port}\r\n\r\n'.encode())
    answer = b''
    while b'\r\n\r\n' not in answer:
        piece = tls.recv(65536)
        if not piece:
            raise Failed(f'answer: {answer[:200]!r}')
        answer += piece
    head, body = answer.split(b'\r\n\r\n', 1)
    length = re.search(rb'(?i)\r\ncontent-length: *(\d+)', head)
    if not head.startswith(b'HTTP/1.1 200') or not length:
        raise Failed(f'answer: {head[:200]!r}')
    left = int(length.group(1)) - len(body)
    while left > 0:
        piece = tls.recv(65536)
        if not piece:
            raise Failed('the answer broke off')
        left -= len(piece)
    return int(length.group(1))


def trusting(proxy):
    context = ssl.create_default_context(cafile=proxy.trust)
    context.set_alpn_protocols(['http/1.1'])
    return context


def first_exchange(setup, proxy):
    """Milliseconds of the first exchange ever, with its connection and certificate."""
    begin = time.monotonic()
    with tunnel(proxy, setup.nginx.h1, trusting(proxy)) as tls:
        get(tls, proxy, setup.nginx.h1)
    return (time.monotonic() - begin) * 1e3


def idle(setup, proxy, count, seconds):
    """So many connections that had one exchange and do nothing: memory and CPU that they cost."""
    context, opened = trusting(proxy), []
    try:
        before = machine.memory(proxy.pid)['rss'] if proxy.pid else 0
        for _ in range(count):
            tls = tunnel(proxy, setup.nginx.h1, context)
            opened.append(tls)
            get(tls, proxy, setup.nginx.h1)
        after = machine.memory(proxy.pid)['rss'] if proxy.pid else 0
        with Measured(setup, proxy) as measured:
            time.sleep(seconds)
        get(opened[0], proxy, setup.nginx.h1)  # still there
        return dict(kib=(after - before) * 1024 / count, cpu_percent=measured.cpu * 100 / measured.seconds, count=count,
                    others=measured.others)
    finally:
        for tls in opened:
            tls.close()


def events(setup, proxy, streams):
    """Microseconds from where the origin writes an event until the caller has it: the first of each stream, and all."""
    context, first, every = trusting(proxy), [], []
    port = setup.sink.port
    with Measured(setup, proxy) as measured:
        for _ in range(streams):
            with tunnel(proxy, port, context) as tls:
                tls.sendall(f'GET /events HTTP/1.1\r\nHost: {proxy.host}:{port}\r\n\r\n'.encode())
                text, seen = b'', 0
                while seen < origin.Sink.EVENTS:
                    piece = tls.recv(65536)
                    now = time.monotonic_ns()
                    if not piece:
                        raise Failed(f'the stream broke off: {text[-300:]!r}')
                    text += piece
                    stamps = re.findall(rb'data: (\d+)\r?\n', text)
                    for stamp in stamps[seen:]:
                        took = (now - int(stamp)) / 1e3
                        every.append(took)
                        if seen == 0:
                            first.append(took)
                        seen += 1
    every.sort()
    return dict(p50=statistics.median(first), p99=quantile(every, 0.99), count=len(every), others=measured.others)
