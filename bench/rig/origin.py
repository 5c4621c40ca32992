"""The origins: nginx for what is counted, and one of our own for event streams and uploads."""
import os
import socket
import ssl
import subprocess
import threading
import time

import machine

VISITS = 'visits.example'
ROOT = 'rig.example'


def openssl(directory, *arguments):
    done = subprocess.run(['openssl', *arguments], cwd=directory, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise RuntimeError(f'openssl {" ".join(arguments)}: {done.stderr}')


class Keys:
    """Two authorities, one that the proxies mint with and one of the origins, and the origins' certificate. For one run alone."""

    def __init__(self, directory):
        self.directory = directory
        self.proxy_cert, self.proxy_key = self._authority('proxies')
        self.origin_ca, _ = self._authority('origins')
        self.proxy_ec_key = self.path('proxies.ec.key')
        openssl(directory, 'ec', '-in', self.proxy_key, '-out', self.proxy_ec_key)
        self.proxy_pem = self._join('proxies.pem', self.proxy_cert, self.proxy_key)
        self.trust = self._join('trust.pem', self.proxy_cert, self.origin_ca)
        self.cert, self.key = self.path('origin.crt'), self.path('origin.key')
        with open(self.path('extensions'), 'w') as file:
            file.write(f'subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:*.{VISITS}\nextendedKeyUsage=serverAuth\n')
        openssl(directory, 'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost',
                '-keyout', self.key, '-out', 'origin.csr')
        openssl(directory, 'x509', '-req', '-in', 'origin.csr', '-CA', self.origin_ca, '-CAkey', self.path('origins.key'),
                '-CAcreateserial', '-days', '30', '-extfile', 'extensions', '-out', self.cert)

    def path(self, name):
        return os.path.join(self.directory, name)

    def _authority(self, name):
        cert, key = self.path(f'{name}.crt'), self.path(f'{name}.key')
        openssl(self.directory, 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                '-subj', f'/CN={name}.{ROOT}', '-days', '30', '-addext', 'basicConstraints=critical,CA:TRUE',
                '-addext', 'keyUsage=critical,keyCertSign', '-keyout', key, '-out', cert)
        return cert, key

    def _join(self, name, *files):
        with open(self.path(name), 'w', opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            for each in files:
                with open(each) as file:
                    out.write(file.read())
        return self.path(name)


class Nginx:
    """TLS on two ports, one of them with h2: a file of 1 KiB, a large one, and /up, which takes a body and answers at once."""

    def __init__(self, keys, large_bytes):
        self.h1, self.h2 = machine.free_port(), machine.free_port()
        home = keys.path('nginx')
        pages = os.path.join(home, 'pages')
        os.makedirs(pages)
        with open(os.path.join(pages, '1k.txt'), 'w') as file:
            file.write((('the quick brown fox jumps over the lazy dog; ' * 30)[:1023]) + '\n')
        self.large, self.large_bytes = os.path.join(pages, 'large.bin'), large_bytes
        piece = os.urandom(1 << 20)
        with open(self.large, 'wb') as file:
            for _ in range(large_bytes >> 20):
                file.write(piece)
        temporary = ' '.join(f'{kind}_temp_path {home}/{kind};' for kind in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        server = f'ssl_certificate {keys.cert}; ssl_certificate_key {keys.key}; root {pages}; location = /up {{ return 200 "taken\\n"; }}'
        settings = os.path.join(home, 'nginx.conf')
        with open(settings, 'w') as file:
            file.write(f'''daemon off; worker_processes 1; worker_rlimit_nofile 16384; pid {home}/pid; error_log {home}/error.log warn;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 8192; }}
http {{
    access_log off; default_type application/octet-stream; types {{ text/plain txt; }} {temporary}
    keepalive_requests 1000000000; keepalive_timeout 900; client_max_body_size 0; open_file_cache max=16; tcp_nopush on;
    ssl_protocols TLSv1.3; ssl_session_cache off; ssl_session_tickets off;
    server {{ listen 127.0.0.1:{self.h1} ssl backlog=4096; {server} }}
    server {{ listen 127.0.0.1:{self.h2} ssl http2 backlog=4096; {server} }}
}}
''')
        with open(os.path.join(home, 'log'), 'w') as log:
            self.process = subprocess.Popen(['nginx', '-e', f'{home}/error.log', '-c', settings], stdout=log, stderr=log)
        await_port(self.process, self.h2, 10, 'nginx')

    def cpu(self):
        return machine.cpu(self.process.pid)

    def stop(self):
        end(self.process)


class Sink:
    """An origin of the rig's own, h1 over TLS: /events says when each event was written, any other path takes a body and answers then."""

    EVENTS = 5
    PAUSE = 0.02

    def __init__(self, keys):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys.cert, keys.key)
        context.num_tickets = 0
        listener = socket.create_server(('127.0.0.1', 0), backlog=64)
        self.port = listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener, context), daemon=True).start()

    def _accept(self, listener, context):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self._serve, args=(connection, context), daemon=True).start()

    def _serve(self, connection, context):
        try:
            connection.settimeout(60)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with context.wrap_socket(connection, server_side=True) as tls:
                while self._exchange(tls):
                    pass
        except OSError:
            pass  # the caller went away, or tried whether the port is open

    def _exchange(self, tls):
        head = b''
        while b'\r\n\r\n' not in head:
            piece = tls.recv(65536)
            if not piece:
                return False
            head += piece
        head, body = head.split(b'\r\n\r\n', 1)
        if head.startswith(b'GET /events'):
            tls.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n')
            for _ in range(self.EVENTS):
                time.sleep(self.PAUSE)
                tls.sendall(b'data: %d\n\n' % time.monotonic_ns())
            return False
        fields = dict(line.lower().split(b':', 1) for line in head.split(b'\r\n')[1:])
        buffer = bytearray(1 << 16)
        if b'content-length' in fields:
            left = int(fields[b'content-length']) - len(body)
            while left > 0:
                got = tls.recv_into(buffer)
                if not got:
                    return False
                left -= got
        elif b'transfer-encoding' in fields:
            tail = body[-5:]
            while tail != b'0\r\n\r\n':
                got = tls.recv_into(buffer)
                if not got:
                    return False
                tail = (tail + bytes(buffer[:got]))[-5:]
        tls.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ntaken\n')
        return True


def await_port(process, port, seconds, name):
    """Returns the seconds until somebody listens there."""
    begin = time.monotonic()
    while True:
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return time.monotonic() - begin
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f'{name} ended with {process.returncode}') from None
            if time.monotonic() - begin > seconds:
                raise RuntimeError(f'{name} does not listen after {seconds} s') from None
            time.sleep(0.001)


def end(process):
    """Ends a process that this one started, and waits for it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(12)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
