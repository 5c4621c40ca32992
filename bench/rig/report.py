"""What was found, as Markdown and as SVG."""
import html
import os

COLOURS = ('#4c78a8', '#f58518', '#54a24b', '#b279a2', '#e45756', '#72b7b2', '#9d755d', '#bab0ac')

UNLIKE = (
    'The gate judges policy, writes a credential, scans for secrets and for prompt injection, serves metrics and prints two lines for each '
    'exchange; a bare gate has policy and credential alone; peers relay and do none of it.',
    'h2load goes through proxychains4, which sends CONNECT by address. The gate is asked for 127.0.0.1, since it refuses a Host that '
    'differs from the CONNECT; peers are asked for localhost where they take it.',
    'Caller, proxy and origin share the machine: a proxy that leaves more of it to the others gets a better rate.',
    'An upload above 16 MiB is not scanned (`on_oversize: noscan`), a smaller body is.',
    'First visits are of names that only a proxy can look up that is told where they are (`--connect-to`): peers have no figure.',
    'Rates of new connections hold for full handshakes; the caller verifies the certificate of the first one alone.',
    'The start of a gate is that of the command given; its AOT cache is used where there is one.',
)


def number(value, digits=2):
    if value is None:
        return ''
    if abs(value) >= 100:
        return f'{value:,.0f}'
    return f'{value:.{digits}f}' if abs(value) < 10 else f'{value:.1f}'


class Page:
    def __init__(self, found):
        self.found, self.medians, self.lines = found, found['medians'], []

    def value(self, row, proxy, field):
        return self.medians.get(row, {}).get(proxy, {}).get(field)

    def ratio(self, row, proxy):
        direct, own = self.value(row, 'direct', 'rate'), self.value(row, proxy, 'rate')
        return own / direct if direct and own else None

    def both(self, row, proxy):
        """Rate as a ratio to direct, and CPU of an exchange."""
        if proxy == 'direct':
            rate = self.value(row, proxy, 'rate')
            return f'{rate:,.0f}/s' if rate else ''
        ratio, cpu = self.ratio(row, proxy), self.value(row, proxy, 'cpu')
        return f'{number(ratio)} / {number(cpu)}' if ratio and cpu is not None else ''

    def added(self, row, proxy):
        """Median and 99th percentile over direct, microseconds."""
        cells = []
        for field in ('p50', 'p99'):
            own, direct = self.value(row, proxy, field), self.value(row, 'direct', field)
            if own is None or direct is None:
                return ''
            cells.append(number(own, 0) if proxy == 'direct' else f'{own - direct:+,.0f}')
        return ' / '.join(cells)

    def table(self, names, columns):
        """columns: title and function of a proxy's name. A column without a figure is left out."""
        columns = [(title, cell) for title, cell in columns if any(cell(name) for name in names)]
        if not columns:
            return
        self.lines += ['', '| | ' + ' | '.join(title for title, _ in columns) + ' |', '|---' * (len(columns) + 1) + '|']
        for name in names:
            self.lines.append(f'| {name} | ' + ' | '.join(cell(name) for _, cell in columns) + ' |')

    def section(self, title, text):
        self.lines += ['', f'## {title}', '', text]


def write(folder, found, titles):
    page = Page(found)
    machine = found['machine']
    page.lines += [
        '# Results', '',
        f'{found["begin"]}, {found["seconds"]} s, {machine["processor"]}, {machine["cores"]} cores, {machine["memory_gib"]} GiB, '
        f'Linux {machine["kernel"]}; load of the machine afterwards {found["load_after"]:.2f}. '
        f'`python3 bench/rig {" ".join(found["command"])}`']
    if found['busy']:
        page.lines += ['', f'**Not quiet: {found["busy"]}.** Rates say little here, CPU somewhat more.']
    if found['failures']:
        page.lines += ['', '**No figure:**', ''] + [f'- {f["row"]}, {f["proxy"]}: {f["why"][:300]}' for f in found['failures']]
    if 'proxies' in found:
        _compared(page, folder, found, titles)
    if 'scale' in found:
        _scale(page, found['scale'])
    if 'memory' in found:
        _memory(page, found)
    with open(os.path.join(folder, 'results.md'), 'w') as file:
        file.write('\n'.join(page.lines) + '\n')


def _compared(page, folder, found, titles):
    names = ['direct'] + found['proxies']
    settings = found['settings']
    missing = sorted({'hudsucker', 'goproxy'} - set(found['peers']))
    if missing:
        page.lines += ['', f'Peers that were not given (`--peer NAME=COMMAND`) have no column: {", ".join(missing)}.']
    if found['foreign']:
        page.lines += ['', f'Other programs took more than a quarter of a core in {len(found["foreign"])} of the measurements, after a '
                       f'second try: {", ".join(sorted(set(found["foreign"])))}.']
    page.section('Exchanges of 1 KiB', f'Rate as a ratio to direct / CPU of the proxy for an exchange, microseconds. Medians of '
                 f'{settings["rounds"]} rounds of {number(settings["seconds"])} s, the proxies in turn.')
    loads = ('h1x16', 'h1x64', 'h1-h2x64', 'h2-1x64', 'h2-4x16', 'post')
    page.table(names, [(titles[key], lambda name, key=key: page.both(key, name)) for key in loads])
    page.section('Latency', 'What a proxy adds, median / 99th percentile in microseconds; the line of direct has its own. Events: of the first '
                 'of a stream / of all, from the write of the origin to the caller.')
    page.table(names, [(titles[key], lambda name, key=key: page.added(key, name))
                       for key in ('h1x1', 'h2x1', 'steady-h1', 'steady-h2', 'sse')])
    page.section('Connections and large bodies', f'Rate as a ratio to direct (direct: connections, or MB, a second) / CPU: microseconds for '
                 f'a connection, seconds for a GB. Large bodies have {settings["large_mib"]} MiB; {settings["visits"]} first visits a round.')
    page.table(names, [(titles[key], lambda name, key=key: page.both(key, name)) for key in ('tls', 'visits', 'down', 'up', 'up-untyped')])
    page.section('Start and memory', f'Start: from the command to the first connection that is accepted. Idle: {number(settings["settle"])} s '
                 f'later. Loaded: after all rows above. Idle connections: {settings["idle"]} of them, after an exchange each.')
    page.table(found['proxies'], [
        ('start, ms', lambda name: number(page.value('start', name, 'ms'))),
        ('first exchange, ms', lambda name: number(page.value('start', name, 'first_ms'))),
        ('CPU until idle, ms', lambda name: number(page.value('start', name, 'cpu_ms'))),
        ('idle RSS, MiB', lambda name: number(page.value('start', name, 'rss'))),
        ('loaded RSS, MiB', lambda name: number(page.value('loaded', name, 'rss'))),
        ('KiB an idle connection', lambda name: number(page.value('idle', name, 'kib'))),
        ('CPU of a core with these', lambda name: _percent(page.value('idle', name, 'cpu_percent')))])
    verdicts = [name for name in page.medians.get('verdict', {})]
    if verdicts:
        page.section('Ways to a verdict', 'A POST of 1 KiB on one h1 connection, one at a time: what it adds, median / 99th percentile in '
                     'microseconds, and CPU of the gate for it.')
        page.table(verdicts, [('added', lambda name: page.added('verdict', name)),
                              ('CPU, us', lambda name: number(page.value('verdict', name, 'cpu')))])
    _curves(page, folder, found)
    page.section('What is not like for like', '')
    page.lines.pop()
    page.lines += [f'- {line}' for line in UNLIKE]
    bars = [(titles[key], [(name, page.value(key, name, 'cpu')) for name in found['proxies'] if page.value(key, name, 'cpu')])
            for key in loads]
    bars = [(title, values) for title, values in bars if values]
    if bars:
        with open(os.path.join(folder, 'cpu.svg'), 'w') as file:
            file.write(bar_chart('CPU of the proxy for an exchange, microseconds', bars, found['proxies']))
        page.lines += ['', '![CPU of the proxy for an exchange](cpu.svg)']


def _percent(value):
    return '' if value is None else f'{value:.2f}%'


def _average(series):
    return [sum(each) / len(each) for each in zip(*series)]


def _curves(page, folder, found):
    length = found['settings']['spell']
    for key, title in (('cold-h1', 'h1 × 64'), ('cold-h2', 'h2 1 × 64')):
        rounds = found['rounds'].get(key, {})
        if not rounds:
            continue
        page.section(f'From a cold start, {title}', f'CPU of the proxy for an exchange by spells of {length} s from the first accepted '
                     f'connection on, microseconds; then the rate of single seconds as a part of that of the last spell.')
        spells = {name: _average([each['spells'] for each in own]) for name, own in rounds.items()}
        rates = {name: [second / (sum(each['rate'] for each in own) / len(own))
                        for second in _average([each['seconds'] for each in own])] for name, own in rounds.items()}
        seconds = [second for second in (1, 2, 3, 5, 10, 15) if second <= min(len(r) for r in rates.values())]
        page.table(list(rounds), [(f'spell {i + 1}', lambda name, i=i: number(spells[name][i]))
                                  for i in range(min(len(s) for s in spells.values()))]
                   + [(f'second {second}', lambda name, second=second: number(rates[name][second - 1])) for second in seconds])
        with open(os.path.join(folder, f'{key}.svg'), 'w') as file:
            file.write(line_chart(f'Rate by second from a cold start, {title}: part of the settled rate', rates))
        page.lines += ['', f'![Rate by second, {title}]({key}.svg)']


def _scale(page, scale):
    page.section('Many gates', 'CPU: milliseconds a second for one gate, the mean of all. MiB of one, the median of all: resident (RSS), its '
                 'part where pages are shared (PSS), and what is its own alone.')
    page.lines += ['', '| gates | start, ms | load of each | CPU, ms/s | RSS | PSS | own |', '|---|---|---|---|---|---|---|']
    for line in scale['gates']:
        for name, figures in line.items():
            if isinstance(figures, dict):
                asked = f' ({figures["asked"]:.0f}/s)' if 'asked' in figures else ''
                page.lines.append(f'| {line["gates"]} | {line["start_ms"]:,.0f} | {name}{asked} | {figures["cpu_ms"]:.2f} | '
                                  f'{figures["rss"]:.0f} | {figures["pss"]:.0f} | {figures["private"]:.0f} |')
    if scale['one']:
        page.section('One gate for many callers', 'Each caller asks ten times a second over a connection of its own.')
        page.lines += ['', '| callers | CPU of the gate, ms/s | for each caller | RSS |', '|---|---|---|---|']
        for line in scale['one']:
            page.lines.append(f'| {line["callers"]} | {line["cpu_ms"]:.1f} | {line["cpu_ms"] / line["callers"]:.2f} | {line["rss"]:.0f} |')


def _memory(page, found):
    memory = found['memory']
    page.section('Where the memory is', f'MiB. Resident: {memory["idle"]["rss"]:.0f} idle, {memory["loaded"]["rss"]:.0f} loaded. What the JVM '
                 'has committed is not all resident.')
    for title, key, least in (('committed, by native memory tracking', 'native', 0.05), ('resident, by mapping', 'mapped', 0.5)):
        idle, loaded = memory['idle'][key], memory['loaded'][key]
        names = sorted(set(idle) | set(loaded), key=lambda name: -max(idle.get(name, 0), loaded.get(name, 0)))
        page.lines += ['', f'| {title} | idle | loaded |', '|---|---|---|']
        for name in names:
            if max(idle.get(name, 0), loaded.get(name, 0)) >= least:
                page.lines.append(f'| {name} | {idle.get(name, 0):.1f} | {loaded.get(name, 0):.1f} |')
    if found.get('tries'):
        page.section('What was tried', 'Medians; MiB, and microseconds of CPU for an h2 exchange.')
        page.lines += ['', '| | start, ms | idle RSS | its own | loaded RSS | its own | CPU |', '|---|---|---|---|---|---|---|']
        for label, figures in found['tries'].items():
            page.lines.append(f'| {label} | {figures["start_ms"]:,.0f} | {figures["idle"]:.1f} | {figures["idle_private"]:.1f} | '
                              f'{figures["loaded"]:.1f} | {figures["loaded_private"]:.1f} | {figures["cpu"]:.1f} |')


def _svg(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family="sans-serif" font-size="12">\n<rect width="{width}" height="{height}" fill="white"/>\n'
            + '\n'.join(parts) + '\n</svg>\n')


def _text(x, y, words, anchor='start', weight='normal'):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-weight="{weight}" fill="#222">{html.escape(words)}</text>'


def bar_chart(title, groups, names):
    """Bars that lie, grouped by row; one colour for each proxy."""
    left, right, bar, gap = 230, 90, 14, 12
    width = 820
    most = max(value for _, values in groups for _, value in values)
    parts, y = [_text(10, 20, title, weight='bold')], 36
    for row, values in groups:
        parts.append(_text(left - 10, y + bar, row, 'end'))
        for name, value in values:
            length = (width - left - right) * value / most
            colour = COLOURS[names.index(name) % len(COLOURS)]
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 2}" fill="{colour}"/>')
            parts.append(_text(left + length + 5, y + bar - 3, f'{number(value)} {name}'))
            y += bar
        y += gap
    return _svg(width, y, parts)


def line_chart(title, series):
    """Lines over seconds; the settled rate is a line of its own."""
    width, height, left, top, bottom = 820, 320, 50, 40, 40
    most = max(1.1, max(max(values) for values in series.values()))
    count = max(len(values) for values in series.values())
    x = (lambda second: left + (width - left - 160) * (second + 1) / count)
    y = (lambda part: height - bottom - (height - top - bottom) * part / most)
    parts = [_text(10, 20, title, weight='bold')]
    for part in (0, 0.5, 0.9, 1):
        parts.append(f'<line x1="{left}" x2="{width - 160}" y1="{y(part):.1f}" y2="{y(part):.1f}" stroke="#ccc"/>')
        parts.append(_text(left - 6, y(part) + 4, f'{part:g}', 'end'))
    for second in range(count):
        parts.append(_text(x(second), height - bottom + 16, str(second + 1), 'middle'))
    for index, (name, values) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        points = ' '.join(f'{x(second):.1f},{y(value):.1f}' for second, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<rect x="{width - 145}" y="{top + 20 * index}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(width - 128, top + 20 * index + 11, name))
    return _svg(width, height, parts)
