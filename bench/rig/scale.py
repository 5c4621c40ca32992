"""Many gates on one machine: what each costs when nothing happens and at low rates, and one gate for many callers against one for each."""
import statistics
import subprocess
import time

import loads
import machine
import proxies

RATES = (10, 100, 1000)


def _median(values):
    return statistics.median(values) if values else None


def _memory(gates):
    each = [machine.memory(gate.pid) for gate in gates]
    return {name: _median([figures[name] for figures in each]) for name in each[0]}


def _cpu(gates, seconds):
    """Milliseconds of CPU that a gate takes in a second, the mean of all: precise, of threads that are still there."""
    before = [machine.threads_cpu(gate.pid) for gate in gates]
    begin = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - begin
    used = [machine.since(then, machine.threads_cpu(gate.pid)) for gate, then in zip(gates, before)]
    return sum(used) * 1e3 / took / len(gates)


def _under_load(setup, gates, callers, rate, seconds):
    """CPU of the gates while each of so many callers asks at this rate over one h2 connection; callers go to the gates in turn."""
    lead = setup.lead
    running, logs = [], []
    try:
        for number in range(callers):
            gate = gates[number % len(gates)]
            log = open(setup.keys.path(f'caller-{number}.log'), 'w+')
            logs.append(log)
            running.append(subprocess.Popen(
                [*gate.through(), 'h2load', '-c1', '-m8', f'-D{int(lead + seconds + 2)}s', f'--rps={rate}',
                 f'--connect-to=127.0.0.1:{setup.nginx.h2}', f'https://{gate.host}:{setup.nginx.h2}/1k.txt'],
                stdout=log, stderr=log))
        time.sleep(lead)
        cpu = _cpu(gates, seconds)
        memory = _memory(gates)
        done = 0
        for caller, log in zip(running, logs):
            caller.wait(lead + seconds + 60)
            log.seek(0)
            text = log.read()
            found = loads.re.search(r'status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx', text)
            if not found or int(found.group(1)) == 0:
                raise loads.Failed(f'a caller got no answer: {text[-400:]}')
            done += int(found.group(1))
        return dict(cpu_ms=cpu, asked=done / (lead + seconds + 2) / callers, **memory)
    finally:
        for caller in running:
            loads.origin.end(caller)
        for log in logs:
            log.close()


def scale(setup, results, command, counts, most):
    """For each count: start so many, then idle, then each rate that does not ask the machine for more than `most` in all."""
    lines = []
    for count in counts:
        gates = []
        try:
            begin = time.monotonic()
            for number in range(count):
                gates.append(proxies.gate(setup, f'scale-{number}', command).start())
            started = (time.monotonic() - begin) * 1e3 / count
            time.sleep(4 * setup.settle)
            line = dict(gates=count, start_ms=started, idle=dict(cpu_ms=_cpu(gates, 4 * setup.settle), **_memory(gates)))
            for rate in RATES:
                if rate * count <= most:
                    line[f'at {rate}'] = _under_load(setup, gates, count, rate, 3 * setup.settle)
            lines.append(line)
            print(f'rig: scale {line}', flush=True)
        except (loads.Failed, RuntimeError, OSError, subprocess.TimeoutExpired) as failed:
            results.fail('scale', f'{count} gates', failed)
        finally:
            for gate in gates:  # all of them at once, since each may take a second to end
                gate.process.terminate()
            for gate in gates:
                gate.stop()
    shared = []
    for count in counts:
        if count > 1 and count * RATES[0] <= most:
            one = proxies.gate(setup, 'scale-one', command)
            try:
                one.start()
                time.sleep(4 * setup.settle)
                shared.append(dict(callers=count, **_under_load(setup, [one], count, RATES[0], 3 * setup.settle)))
                print(f'rig: scale {shared[-1]}', flush=True)
            except (loads.Failed, RuntimeError, OSError, subprocess.TimeoutExpired) as failed:
                results.fail('scale', f'one gate for {count} callers', failed)
            finally:
                one.stop()
    return dict(gates=lines, one=shared)
