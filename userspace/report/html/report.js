// SPDX-License-Identifier: Apache-2.0
//
// Shows the JSON report that stands in the page. Everything that comes out of it is set as text, never as markup.
'use strict';

const report = JSON.parse(document.getElementById('report').textContent);

// Okabe and Ito's palette, told apart with any colour vision; then lighter shades of it.
const palette = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#b8a500', '#7f7f7f',
                 '#5aa0c8', '#f0c36a', '#66c5a8', '#e8976b', '#e0aecb', '#9dd3f2', '#8c6bb1', '#444444'];
const conditions = ['running', 'preempted', 'runnable', 'blocked'];
const shownProcesses = 200;
const shownTasks = 100;
const shownLines = 400;

// Elements -----------------------------------------------------------------------------------------------------------

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    made.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) {
      made.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
  }
  return made;
}

const page = document.getElementById('page');

function section(title, ...children) {
  const content = children.flat().filter((child) => child !== null);
  if (content.length > 0) {
    page.append(element('section', {}, element('h2', {}, title), content));
  }
}

// `columns`: {title, word: true for text}. Rows are lists of texts or nodes; a row may carry `className`.
function table(columns, rows) {
  const head = element('tr', {}, columns.map((column) => element('th', {scope: 'col', class: column.word ? 'word' : ''},
                                                                 column.title)));
  const body = rows.map((row) => element('tr', {class: row.className || ''}, row.map((cell, i) =>
      element('td', {class: columns[i].wrap ? 'wrap' : columns[i].word ? 'word' : ''}, cell))));
  return element('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'table'},
                 element('table', {}, element('thead', {}, head), element('tbody', {}, body)));
}

function unfold(summary, fill, open) {
  const details = element('details', {}, element('summary', {}, summary));
  const body = element('div', {class: 'body'});
  details.append(body);
  let filled = false;
  const fillOnce = () => {
    if (!filled) {
      filled = true;
      fill(body);
    }
  };
  details.addEventListener('toggle', fillOnce);
  window.addEventListener('beforeprint', () => { details.open = true; fillOnce(); });
  if (open) {
    details.open = true;
    fillOnce();
  }
  return details;
}

// Figures in words ---------------------------------------------------------------------------------------------------

// JSON has no infinity: an interval without an upper end has null there.
function digits(value) {
  if (value === null) {
    return '∞';
  }
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

function scaled(value, units, factor) {
  let i = 0;
  while (Math.abs(value) >= factor && i + 1 < units.length) {
    value /= factor;
    ++i;
  }
  return `${digits(value)} ${units[i]}`;
}

function quantity(value, unit) {
  if (value === null || value === undefined) {
    return 'not measured';
  }
  if (unit === 'ns') {
    return value === 0 ? '0' : scaled(value, ['ns', 'µs', 'ms', 's'], 1000);
  }
  if (unit === 'bytes') {
    return scaled(value, ['B', 'KiB', 'MiB', 'GiB'], 1024);
  }
  const number = Number.isInteger(value) ? value.toString() : digits(value);
  return unit && unit !== 'count' && unit !== 'share' ? `${number} ${unit}` : number;
}

const time = (ns) => quantity(ns, 'ns');
const words = (key) => key.replaceAll('_', ' ');

function ratio(of) {
  if (of.ratio === null || of.ratio === undefined) {
    return '-';
  }
  const interval = of.ratio_low === null ? '' : ` [${digits(of.ratio_low)}..${digits(of.ratio_high)}]`;
  return digits(of.ratio) + interval;
}

// Charts -------------------------------------------------------------------------------------------------------------

const inkOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const charts = [];

function applyInk(chart) {
  chart.options.color = inkOf('--text');
  for (const scale of Object.values(chart.options.scales)) {
    scale.ticks.color = inkOf('--text');
    scale.grid.color = inkOf('--line');
    scale.title.color = inkOf('--text');
  }
}

function chart(label, type, data, x, y) {
  const canvas = element('canvas', {role: 'img', 'aria-label': label});
  const box = element('div', {class: 'chart'}, canvas);
  const axis = (options) => ({
    type: options.type, stacked: options.stacked,
    title: {display: true, text: options.title}, grid: {}, ticks: {callback: options.tick, maxRotation: 60},
    // A logarithmic axis of its own accord has more labels than there is room for.
    afterBuildTicks: (scale) => {
      if (options.places) {
        scale.ticks = options.places.map((value) => ({value}));
      } else if (options.type === 'logarithmic') {
        scale.ticks = scale.ticks.filter((tick) => Number.isInteger(Math.log10(tick.value)));
      }
    },
  });
  // A chart has to know how wide it is, so it is made when its place is in the page.
  requestAnimationFrame(() => {
    const made = new Chart(canvas, {type, data, options: {
      animation: false, responsive: true, maintainAspectRatio: false, indexAxis: y.along ? 'y' : 'x',
      scales: {x: axis(x), y: axis(y)}, plugins: {legend: {position: 'bottom'}},
    }});
    applyInk(made);
    made.update('none');
    charts.push(made);
  });
  return box;
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const made of charts) {
    applyInk(made);
    made.update('none');
  }
});

function sizesOf(sweep) {
  return [...new Set(sweep.series.flatMap((series) => series.points.map((point) => point.x)))].sort((a, b) => a - b);
}

function sweepChart(sweep) {
  const sizes = sizesOf(sweep);
  const positive = (value) => (sweep.logarithmic && value === 0 ? 0.5 : value);
  const datasets = sweep.series.map((series, i) => ({
    label: series.label, borderColor: palette[i % palette.length], backgroundColor: palette[i % palette.length],
    data: series.points.map((point) => ({x: positive(point.x), y: point.y})),
  }));
  const scale = sweep.logarithmic ? 'logarithmic' : 'linear';
  const spread = Math.max(...sweep.series.flatMap((series) => series.points.map((point) => point.y))) >
                 50 * Math.min(...sweep.series.flatMap((series) => series.points.map((point) => point.y)));
  return chart(`${sweep.title}: ${sweep.y_name} by ${sweep.x_name}`, 'line', {datasets},
               {type: scale, title: sweep.x_name, places: sweep.logarithmic ? sizes.map(positive) : null, tick: (value) => (value === 0.5 ? '0' : quantity(value, sweep.x_unit))},
               {type: spread && sweep.logarithmic ? 'logarithmic' : 'linear', title: sweep.y_name,
                tick: (value) => quantity(value, sweep.y_unit)});
}

function sweepView(sweep) {
  const sizes = sizesOf(sweep);
  const per = sweep.x_unit === 'count' ? `one of ${sweep.x_name}` : sweep.x_unit === 'bytes' ? 'byte' : sweep.x_unit;
  const rows = sweep.series.map((series) => {
    const slope = series.slope === null ? '-' : `${quantity(series.slope, sweep.y_unit)} per ${per} ` +
        `[${quantity(series.slope_low, sweep.y_unit)}..${quantity(series.slope_high, sweep.y_unit)}]`;
    return [series.label, ...sizes.map((size) => {
      const point = series.points.find((each) => each.x === size);
      return point ? quantity(point.y, sweep.y_unit) : '-';
    }), slope];
  });
  return element('div', {}, element('h3', {}, sweep.title), sweepChart(sweep),
                 table([{title: sweep.y_name, word: true},
                        ...sizes.map((size) => ({title: quantity(size, sweep.x_unit)})), {title: 'slope [95 %]'}], rows));
}

function tableView(figures) {
  return element('div', {}, element('h3', {}, figures.title),
                 table([{title: '', word: true}, ...figures.columns.map((title) => ({title}))],
                       figures.rows.map((row) => [row.name, ...row.values.map((value) => quantity(value, row.unit))])),
                 figures.note ? element('p', {class: 'faint'}, figures.note) : null);
}

// Sections -----------------------------------------------------------------------------------------------------------

function head() {
  const {host, target, window: span} = report;
  const title = target.mode === 'verify' ? 'taskcost: claims about processes and threads' : `taskcost: ${target.command}`;
  document.title = title;
  page.append(element('h1', {}, title));
  const facts = [`Linux ${host.kernel}, ${host.arch}, ${host.cpus} CPUs`,
                 host.virtualization && host.virtualization !== 'none' ? `virtualized (${host.virtualization})` : null,
                 target.mode === 'verify' ? null : `${time(span.wall_ns)} wall, ${report.process_count} processes, ` +
                                                   `${report.task_count} tasks`,
                 target.exit_signal !== null ? `killed by signal ${target.exit_signal}` :
                     target.exit_code !== null ? `exit ${target.exit_code}` : null];
  page.append(element('p', {class: 'faint'}, facts.filter(Boolean).join(' · ')));
  const lost = Object.entries(report.losses).filter(([, count]) => count > 0);
  if (lost.length > 0) {
    page.append(element('p', {class: 'warning'}, 'Lost: ' + lost.map(([what, count]) => `${count} ${words(what)}`).join(', ')));
  }
}

function claimBody(claim, body) {
  body.append(element('p', {}, claim.meaning));
  const facts = [claim.left_label ? `${claim.left_label} against ${claim.right_label}` : null,
                 `${claim.rounds} rounds`, claim.evidence ? `from ${claim.evidence}` : null];
  body.append(element('p', {class: 'faint'}, facts.filter(Boolean).join(' · ')));
  const user = claim.user_space;
  if (user) {
    body.append(element('h3', {}, 'Both views'),
                table([{title: '', word: true}, {title: claim.left_label}, {title: claim.right_label}, {title: 'ratio [95 %]'}],
                      [['kernel: this claim', quantity(claim.left, claim.unit), quantity(claim.right, claim.unit), ratio(claim)],
                       [`user space: ${user.figure}`, quantity(user.left, user.unit), quantity(user.right, user.unit), ratio(user)]]),
                element('p', {}, user.remark));
  }
  body.append(...report.sweeps.filter((sweep) => sweep.claim === claim.id).map(sweepView),
              ...report.tables.filter((figures) => figures.claim === claim.id).map(tableView));
}

function claims() {
  if (report.claims.length === 0) {
    return;
  }
  const badge = (claim) => element('span', {class: `badge ${claim.verdict.replace(' ', '-')}`}, claim.verdict);
  section('Verdicts', table(
      [{title: 'claim', word: true}, {title: 'verdict', word: true}, {title: 'left'}, {title: 'right'}, {title: 'ratio [95 %]'},
       {title: 'meaning', word: true, wrap: true}],
      report.claims.map((claim) => [element('a', {href: `#${claim.id}`}, claim.id), badge(claim),
                                    claim.left === null ? '-' : quantity(claim.left, claim.unit),
                                    claim.right === null ? '-' : quantity(claim.right, claim.unit), ratio(claim), claim.meaning])));
  section('Claims', report.claims.map((claim) => {
    const details = unfold([badge(claim), ' ', element('strong', {}, claim.id), ' ', claim.statement],
                           (body) => claimBody(claim, body));
    details.id = claim.id;
    return details;
  }));
  window.addEventListener('hashchange', openTarget);
  openTarget();
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === 'DETAILS') {
    target.open = true;
  }
}

function comparisons() {
  section('Side by side', report.comparisons.map((sides) => unfold(
      `${sides.workload}: ${sides.left_label} against ${sides.right_label}, ${sides.rounds} rounds, medians per operation`,
      (body) => body.append(table(
          [{title: '', word: true}, {title: sides.left_label}, {title: sides.right_label}, {title: 'ratio [95 %]'}],
          sides.lines.slice(0, shownLines).map((line) => [line.name, quantity(line.left, line.unit), quantity(line.right, line.unit),
                                                          ratio(line)]))))));
}

function activityRows(account) {
  return Object.entries(account.activities)
      .map(([activity, cells], i) => ({activity, cells, colour: palette[i % palette.length],
                                       total: conditions.reduce((sum, condition) => sum + cells[`${condition}_ns`], 0)}))
      .filter((row) => row.total > 0);
}

function accountBar(account) {
  const rows = activityRows(account);
  const parts = rows.map((row) => {
    const part = element('span', {title: `${words(row.activity)}: ${time(row.total)}`});
    part.style.width = `${100 * row.total / Math.max(account.lifetime_ns, 1)}%`;
    part.style.background = row.colour;
    return part;
  });
  const text = rows.map((row) => `${words(row.activity)} ${time(row.total)}`).join(', ');
  return element('div', {class: 'bar', role: 'img', 'aria-label': text}, parts);
}

function accountLegend(account) {
  return element('ul', {class: 'legend'}, activityRows(account).map((row) => {
    const mark = element('i');
    mark.style.background = row.colour;
    return element('li', {}, mark, words(row.activity));
  }));
}

function accountTable(account) {
  const rows = activityRows(account);
  const cells = rows.map((row) => [words(row.activity), ...conditions.map((condition) => time(row.cells[`${condition}_ns`])),
                                   time(row.total), String(row.cells.count)]);
  const sum = (condition) => rows.reduce((all, row) => all + row.cells[`${condition}_ns`], 0);
  const total = ['total', ...conditions.map((condition) => time(sum(condition))),
                 time(rows.reduce((all, row) => all + row.total, 0)), ''];
  total.className = 'sum';
  return table([{title: 'activity', word: true}, ...conditions.map((title) => ({title})), {title: 'total'}, {title: 'count'}],
               [...cells, total, ['lifetime', '', '', '', '', time(account.lifetime_ns), ''],
                ['residual', '', '', '', '', time(account.residual_ns), '']]);
}

function counters(account) {
  const rows = Object.entries(account.counters).filter(([, count]) => count !== 0)
      .map(([name, count]) => [words(name), quantity(count, name.endsWith('_ns') ? 'ns' : name.endsWith('_bytes') ? 'bytes' : 'count')]);
  return table([{title: 'counter', word: true}, {title: 'count'}], rows);
}

const cpuTime = (account) => Object.values(account.activities).reduce((sum, cells) => sum + cells.running_ns, 0);

function taskView(task) {
  return unfold(`${task.comm} (${task.tid}), ${time(task.lifetime_ns)}, ${time(cpuTime(task.account))} on a CPU`,
                (body) => body.append(accountBar(task.account), accountTable(task.account), counters(task.account)));
}

function processView(process, open) {
  const ended = process.exit_signal !== null ? `signal ${process.exit_signal}` :
      process.exit_code !== null ? `exit ${process.exit_code}` : 'lives on';
  const title = `${process.comm} (${process.tgid}), ${process.how}, ${process.threads} tasks, ` +
                `${time(cpuTime(process.total))} on CPUs, ${ended}`;
  return element('div', {}, unfold(title, (body) => {
    body.append(element('p', {class: 'faint'}, process.command), accountLegend(process.total), accountTable(process.total),
                counters(process.total));
    if (process.tasks.length > 1) {
      body.append(element('h3', {}, 'Tasks'), ...process.tasks.slice(0, shownTasks).map(taskView));
      if (process.tasks.length > shownTasks) {
        body.append(element('p', {class: 'faint'}, `${process.tasks.length - shownTasks} tasks are left out here.`));
      }
    }
  }, open), accountBar(process.total));
}

function accounts() {
  if (report.task_count === 0) {
    return;
  }
  section('Where the time went', accountLegend(report.totals), accountBar(report.totals), accountTable(report.totals),
          unfold('Counters', (body) => body.append(counters(report.totals))));
  const byTime = [...report.processes].sort((a, b) => cpuTime(b.total) - cpuTime(a.total));
  const left = byTime.length - shownProcesses;
  section('Processes', byTime.slice(0, shownProcesses).map((process) => processView(process, byTime.length === 1)),
          left > 0 ? element('p', {class: 'faint'}, `${left} processes with less time on CPUs are left out here.`) : null);
}

function anatomy() {
  const kinds = report.totals.creations;
  if (kinds.length === 0) {
    return;
  }
  const phases = [['copy', 'copy_ns', 'count'], ['publish', 'publish_ns', 'count'], ['return', 'return_ns', 'returns'],
                  ['child start', 'child_start_ns', 'starts']];
  const mean = (kind, phase) => (kind[phase[2]] > 0 && kind[phase[1]] !== null ? kind[phase[1]] / kind[phase[2]] : 0);
  const datasets = phases.map((phase, i) => ({label: phase[0], backgroundColor: palette[i],
                                              data: kinds.map((kind) => mean(kind, phase))}));
  section('Anatomy of creations (means)',
          chart('Phases of creations by kind', 'bar', {labels: kinds.map((kind) => words(kind.kind)), datasets},
                {title: 'time', stacked: true, tick: time, type: 'linear'},
                {title: '', stacked: true, along: true, type: 'category'}),
          table([{title: 'kind', word: true}, {title: 'count'}, ...phases.map((phase) => ({title: phase[0]}))],
                kinds.map((kind) => [words(kind.kind), String(kind.count), ...phases.map((phase) => time(mean(kind, phase)))])));
}

function prices() {
  const kinds = Object.entries(report.prices).filter(([, price]) => price.count > 0);
  const parts = ['create', 'start', 'exec', 'faults', 'exit', 'reap', 'copy_on_write'];
  section('Price of a life (mean kernel time on a CPU)', kinds.length === 0 ? null : table(
      [{title: 'kind', word: true}, {title: 'count'}, ...parts.map((part) => ({title: words(part)}))],
      kinds.map(([kind, price]) => [words(kind), String(price.count),
                                    ...parts.map((part) => time(price[`${part}_ns`] / price.count))])));
}

function histograms() {
  const filled = Object.entries(report.histograms).filter(([, histogram]) => histogram !== null && histogram.count > 0);
  section('Latencies', filled.length === 0 ? null : table(
      [{title: '', word: true}, {title: 'count'}, {title: 'p50'}, {title: 'p90'}, {title: 'p99'}, {title: 'p99.9'}, {title: 'max'}],
      filled.map(([name, of]) => [words(name), String(of.count), ...[of.p50_ns, of.p90_ns, of.p99_ns, of.p999_ns, of.max_ns].map(time)])),
  filled.map(([name, of]) => unfold(words(name), (body) => body.append(chart(
      `Distribution of ${words(name)}`, 'bar',
      {labels: of.buckets.map((bucket) => time(bucket.from_ns)),
       datasets: [{label: 'count', backgroundColor: palette[0], data: of.buckets.map((bucket) => bucket.count)}]},
      {title: 'latency, from', type: 'category'}, {title: 'count', type: 'linear', tick: (value) => value})))));
}

function channels() {
  const names = Object.keys(report.totals.ipc).filter((name) => report.totals.ipc[name].calls > 0);
  const users = report.processes.filter((process) => names.some((name) => process.total.ipc[name].calls > 0));
  const cell = (use) => (use.calls === 0 ? '-' : `${use.calls} calls, ${quantity(use.bytes_in, 'bytes')} in, ` +
                                                 `${quantity(use.bytes_out, 'bytes')} out, ${time(use.kernel_ns)}`);
  section('Channels, by process', names.length === 0 ? null : table(
      [{title: 'process', word: true}, ...names.map((name) => ({title: words(name)}))],
      users.slice(0, shownProcesses).map((process) => [`${process.comm} (${process.tgid})`,
                                                       ...names.map((name) => cell(process.total.ipc[name]))])));
}

function blasts() {
  section('Ended by a signal', report.blasts.length === 0 ? null : table(
      [{title: 'process', word: true}, {title: 'signal'}, {title: 'tasks ended'}, {title: 'first exit'}, {title: 'last exit'},
       {title: 'others alive'}, {title: 'others ran on'}],
      report.blasts.slice(0, shownProcesses).map((blast) => {
        const process = report.processes[blast.process - 1];
        const since = (ns) => (ns === null ? '-' : time(ns));
        return [`${process.comm} (${process.tgid})`, String(blast.signal), String(blast.tasks_ended), since(blast.to_first_exit_ns),
                since(blast.to_last_exit_ns), String(blast.others_alive), String(blast.others_ran_on)];
      })));
}

function evidence() {
  section('Where the figures come from', table(
      [{title: 'figure', word: true}, {title: 'kind', word: true}, {title: 'source', word: true, wrap: true},
       {title: 'why not better', word: true, wrap: true}],
      report.evidence.map((each) => [words(each.figure), each.kind, each.source || '-', [each.why, each.hint].filter(Boolean).join('; ')])));
  section('Losses', table([{title: '', word: true}, {title: 'count'}],
                          Object.entries(report.losses).map(([what, count]) => [words(what), count > 0 ?
                              element('span', {class: 'warning'}, String(count)) : '0'])));
  const observer = report.observer;
  section('The observer\'s own cost', element('p', {},
      `${observer.transitions} transitions of ${quantity(observer.per_transition_ns, 'ns')} each; ` +
      `${time(observer.userspace_cpu_ns)} CPU in user space; attached in ${quantity(observer.attach_ns, 'ns')}; ` +
      `taskcost ${report.tool.version}`));
}

// Without a bar, zero-sized boxes would still be drawn.
if (typeof Chart !== 'undefined') {
  Chart.defaults.font.family = 'system-ui, sans-serif';
}
head();
claims();
accounts();
anatomy();
prices();
histograms();
channels();
blasts();
comparisons();
evidence();
document.documentElement.dataset.ready = 'yes';
