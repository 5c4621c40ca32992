"""What /proc says of this machine and of processes on it."""
import os
import platform
import re
import resource
import socket

HERTZ = os.sysconf('SC_CLK_TCK')
CORES = os.cpu_count() or 1


def family(pid):
    """A process and its descendants."""
    found = [pid]
    try:
        for task in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{task}/children') as file:
                for child in file.read().split():
                    found += family(int(child))
    except OSError:
        pass  # it ended meanwhile
    return found


def cpu(pid):
    """Seconds of user and system time of a process and its descendants so far, in ticks of 10 ms."""
    ticks = 0
    for each in family(pid):
        try:
            with open(f'/proc/{each}/stat') as file:
                fields = file.read().rsplit(')', 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return ticks / HERTZ


def threads_cpu(pid):
    """Nanoseconds on a processor by thread: finer than ticks, but silent about threads that have ended."""
    times = {}
    try:
        for task in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{task}/schedstat') as file:
                times[task] = int(file.read().split()[0])
    except OSError:
        pass
    return times


def since(before, now):
    """Seconds of CPU between two answers of threads_cpu."""
    return sum(nanos - before.get(task, 0) for task, nanos in now.items()) / 1e9


def memory(pid):
    """MiB of a process and its descendants: resident, its share of what it shares (PSS), its own alone, and shared with others."""
    total = dict(rss=0.0, pss=0.0, private=0.0, shared=0.0)
    for each in family(pid):
        try:
            with open(f'/proc/{each}/smaps_rollup') as file:
                text = file.read()
        except OSError:
            continue
        kib = {name: int(value) for name, value in re.findall(r'(?m)^(\w+):\s+(\d+) kB', text)}
        total['rss'] += kib.get('Rss', 0) / 1024
        total['pss'] += kib.get('Pss', 0) / 1024
        total['private'] += (kib.get('Private_Clean', 0) + kib.get('Private_Dirty', 0)) / 1024
        total['shared'] += (kib.get('Shared_Clean', 0) + kib.get('Shared_Dirty', 0)) / 1024
    return total


def mappings(pid):
    """MiB resident by what is mapped: name of the file's last part, or heap, stack, anonymous."""
    kinds = {}
    with open(f'/proc/{pid}/smaps') as file:
        name = ''
        for line in file:
            head = re.match(r'[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)', line)
            if head:
                name = os.path.basename(head.group(1).strip()) or 'anonymous'
            elif line.startswith('Rss:'):
                kinds[name] = kinds.get(name, 0) + int(line.split()[1]) / 1024
    return kinds


def busy():
    """Seconds in which any process ran, over all cores, so far."""
    with open('/proc/stat') as file:
        ticks = [int(field) for field in file.readline().split()[1:]]
    return (sum(ticks[:3]) + sum(ticks[5:8])) / HERTZ


def load():
    return os.getloadavg()[0]


def describe():
    """What figures depend on."""
    model = ''
    with open('/proc/cpuinfo') as file:
        found = re.search(r'(?m)^model name\s*: (.*)$', file.read())
        model = found.group(1) if found else ''
    with open('/proc/meminfo') as file:
        total = int(re.search(r'MemTotal:\s+(\d+)', file.read()).group(1)) / (1 << 20)
    return dict(cores=CORES, processor=model, memory_gib=round(total, 1), kernel=platform.release())


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def raise_descriptors():
    """As many open files as may be, for this process and what it starts."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
