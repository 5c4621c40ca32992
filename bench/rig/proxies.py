"""The proxies that are compared: gates of this repository, as they are and bare, and peers by their commands."""
import os
import shlex
import subprocess

import machine
import origin

# What a shell has set for its own programs is not for these.
FOREIGN = ('http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'ssl_cert_file', 'ssl_cert_dir', 'curl_ca_bundle', 'curl_home',
           'java_tool_options', '_java_options', 'jdk_java_options')
TOKEN = 'a-token-of-no-value-at-all'


def environment(home):
    kept = {name: value for name, value in os.environ.items()
            if name.lower() not in FOREIGN and not name.startswith(('EGRESS_', 'OTEL_'))}
    return {**kept, 'HOME': home, 'no_proxy': ''}


class Direct:
    """No proxy: what the origin and the caller need by themselves."""

    name, kind, port, pid = 'direct', 'direct', 0, None
    hosts = ('127.0.0.1', 'localhost')
    host = '127.0.0.1'
    missing = ()

    def __init__(self, setup):
        self.trust = setup.keys.origin_ca

    def through(self):
        return []

    def cpu(self):
        return 0.0


class Proxy:
    """A program that listens on a port of its own, started anew at will."""

    missing = ()

    def __init__(self, setup, name, kind, command, variables=None, hosts=('127.0.0.1', 'localhost')):
        self.setup, self.name, self.kind, self.command = setup, name, kind, command
        self.variables, self.hosts, self.host = variables or {}, hosts, hosts[0]
        self.trust = setup.keys.proxy_cert
        self.port, self.pid, self.process, self.accepted = 0, None, None, 0.0

    def start(self):
        keys = self.setup.keys
        self.port = machine.free_port()
        places = dict(port=self.port, admin=machine.free_port(), ca_cert=keys.proxy_cert, ca_key=keys.proxy_key,
                      ca_ec_key=keys.proxy_ec_key, ca=keys.proxy_pem, origin_ca=keys.origin_ca, routes=self.setup.routes)
        command = [part.format(**places) for part in self.command]
        home = keys.path(f'home-{self.name}')
        os.makedirs(home, exist_ok=True)
        with open(os.path.join(home, 'log'), 'w') as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**environment(home), **self.variables})
        self.pid = self.process.pid
        self.setup.running.append(self)
        try:
            self.accepted = origin.await_port(self.process, self.port, 60, self.name)
        except RuntimeError as failed:
            with open(os.path.join(home, 'log'), errors='replace') as log:
                raise RuntimeError(f'{failed}: {" ".join(command)}\n{log.read()[-1500:]}') from None
        with open(keys.path(f'chain-{self.name}.conf'), 'w') as file:
            file.write('strict_chain\nquiet_mode\ntcp_read_time_out 15000\ntcp_connect_time_out 8000\n'
                       f'[ProxyList]\nhttp 127.0.0.1 {self.port}\n')
        return self

    def stop(self):
        if self.process:
            origin.end(self.process)
            self.process, self.pid = None, None
            if self in self.setup.running:
                self.setup.running.remove(self)

    def through(self):
        """What stands before a command that knows no proxy itself."""
        return ['proxychains4', '-q', '-f', self.setup.keys.path(f'chain-{self.name}.conf')]

    def cpu(self):
        return machine.cpu(self.pid)


def gate(setup, name, command, *more, kind='gate', variables=None):
    """A gate with policy, injection, scanner, lines and metrics; more flags may take some of that away."""
    flags = ['--routes', '{routes}', '--listen', '127.0.0.1:{port}', '--ca', '{ca}', '--upstream-ca', '{origin_ca}',
             '--allow-private', '127.0.0.0/8', '--connect-to', f':{setup.nginx.h1}:127.0.0.1:{setup.nginx.h1}']
    if '--admin' not in more:
        flags += ['--admin', '127.0.0.1:{admin}']
    return Proxy(setup, name, kind, [*shlex.split(command), *flags, *more], {'EGRESS_TOKEN_0': TOKEN, **(variables or {})},
                 hosts=('127.0.0.1',))


def bare(setup, name, command):
    """The same without scanner, lines and metrics."""
    return gate(setup, f'{name}-bare', command, '--admin', 'off', '--dlp', 'off', '-q', kind='bare')


def peer(setup, name, command):
    return Proxy(setup, name, 'peer', shlex.split(command), hosts=('localhost', '127.0.0.1'))


def routes(setup, visits):
    """Each origin by name and by address, all paths, with a credential; uploads may be larger than what is scanned."""
    lines = ['routes:']
    ports = {setup.nginx.h1, setup.nginx.h2, setup.sink.port}
    hosts = [f'{host}:{port}' for host in ('localhost', '127.0.0.1') for port in sorted(ports)]
    hosts += [f'v{number}.{origin.VISITS}:{setup.nginx.h1}' for number in range(visits)]
    for host in hosts:
        lines.append(f'  - {{host: "{host}", auth: {{scheme: Bearer, token_env: EGRESS_TOKEN_0}}, '
                     'matches: [{paths: [{type: prefix, value: /}]}], dlp: {on_oversize: noscan}}')
    path = setup.keys.path('routes.yaml')
    with open(path, 'w') as file:
        file.write('\n'.join(lines) + '\n')
    return path
