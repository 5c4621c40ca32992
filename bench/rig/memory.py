"""Where the memory of a gate is, by the JVM's own account and by the kernel's; and what options of the JVM change."""
import os
import re
import statistics
import subprocess
import time

import loads
import machine
import proxies


def native(jdk, pid):
    """MiB committed by category of the JVM's native memory tracking."""
    done = subprocess.run([os.path.join(jdk, 'bin', 'jcmd'), str(pid), 'VM.native_memory', 'summary'], capture_output=True,
                          text=True, timeout=60)
    found = re.findall(r'(?m)^-\s+(.+?) \(reserved=\d+KB, committed=(\d+)KB', done.stdout)
    if not found:
        raise loads.Failed(f'no native memory tracking: {(done.stdout + done.stderr)[-300:]}')
    return {name: int(kib) / 1024 for name, kib in found}


def _load(setup, gate):
    """What a gate does all day, for as long as warming takes; returns the CPU of an h2 exchange in the second half."""
    half = setup.warm / 2
    loads.answers(gate, setup.nginx.h1)
    h1, h2 = setup.nginx.h1, setup.nginx.h2
    loads.h2load(setup, gate, 16, 1, half / 2, h1, True)
    loads.h2load(setup, gate, 16, 1, half / 2, h1, True, path='up', post=True)
    return loads.h2load(setup, gate, 4, 16, half, h2)[0]


def where(setup, jdk, command):
    """One gate, idle and loaded: the JVM's categories, and what is mapped."""
    gate = proxies.gate(setup, 'memory', command, variables={'EGRESS_JAVA_OPTS': '-XX:NativeMemoryTracking=summary'})
    try:
        gate.start()
        time.sleep(2 * setup.settle)
        idle = dict(native=native(jdk, gate.pid), mapped=machine.mappings(gate.pid), **machine.memory(gate.pid))
        _load(setup, gate)
        loaded = dict(native=native(jdk, gate.pid), mapped=machine.mappings(gate.pid), **machine.memory(gate.pid))
        return dict(idle=idle, loaded=loaded)
    finally:
        gate.stop()


def tries(setup, results, command, variants):
    """Idle and loaded memory, and the CPU of an exchange, for each set of variables of the environment; in turns, medians."""
    found = {label: [] for label, _ in variants}
    for _ in range(setup.rounds):
        for label, variables in variants:
            gate = proxies.gate(setup, 'try', command, variables=variables)
            try:
                gate.start()
                time.sleep(2 * setup.settle)
                idle = machine.memory(gate.pid)
                load = _load(setup, gate)
                loaded = machine.memory(gate.pid)
                found[label].append(dict(start_ms=gate.accepted * 1e3, idle=idle['rss'], idle_private=idle['private'],
                                         loaded=loaded['rss'], loaded_private=loaded['private'], cpu=load['cpu']))
                print(f'rig: try {label}: {found[label][-1]}', flush=True)
            except (loads.Failed, RuntimeError, OSError) as failed:
                results.fail('try', label, failed)
            finally:
                gate.stop()
    return {label: {field: statistics.median(round[field] for round in rounds) for field in rounds[0]}
            for label, rounds in found.items() if rounds}
