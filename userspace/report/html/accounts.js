// SPDX-License-Identifier: Apache-2.0
//
// Shows the account of all tasks, of each process and of each task.
import {colourOf} from './charts.js';
import {element, faint, section, sumRow, table, unfold} from './elements.js';
import {count, quantity, time, timeText, unitOf, words} from './figures.js';
import {shownProcesses} from './names.js';
import {processWaits} from './waits.js';

export const conditions = ['running', 'preempted', 'runnable', 'blocked'];
const shownTasks = 100;
const shownKernelThreads = 50;

/** @typedef {import('./names.js').Names} Names */

function activityRows(account) {
  return Object.entries(account.activities)
      .map(([activity, cells], i) => ({activity, cells, colour: `var(${colourOf(i)})`,
                                       total: conditions.reduce((sum, each) => sum + cells[`${each}_ns`], 0)}))
      .filter((row) => row.total > 0);
}

// The bar shows the conditions one after the other, and within each the activities.
function accountBar(account) {
  const rows = activityRows(account);
  const parts = conditions.flatMap((condition) => rows.map((row) => {
    const ns = row.cells[`${condition}_ns`];
    const part = element('span', {class: condition, title: `${words(row.activity)}, ${condition}: ${timeText(ns)}`});
    part.style.width = `${100 * ns / Math.max(account.lifetime_ns, 1)}%`;
    part.style.setProperty('--own', row.colour);
    return ns > 0 ? part : null;
  }));
  const text = rows.map((row) => `${words(row.activity)} ${timeText(row.total)}`).join(', ');
  return element('div', {class: 'bar', role: 'img', 'aria-label': text}, parts);
}

function accountLegend(account) {
  const item = (text, condition, colour) => {
    const mark = element('i', {class: condition});
    mark.style.setProperty('--own', colour);
    return element('li', {}, mark, text);
  };
  return element('ul', {class: 'legend'},
                 activityRows(account).map((row) => item(words(row.activity), 'running', row.colour)),
                 item('preempted or runnable', 'runnable', 'var(--text)'), item('blocked', 'blocked', 'var(--text)'));
}

function accountTable(label, account) {
  const rows = activityRows(account);
  const cells = rows.map((row) => [words(row.activity), ...conditions.map((each) => time(row.cells[`${each}_ns`])),
                                   time(row.total), count(row.cells.count)]);
  const sum = (condition) => rows.reduce((all, row) => all + row.cells[`${condition}_ns`], 0);
  const total = sumRow(['total', ...conditions.map((each) => time(sum(each))),
                        time(rows.reduce((all, row) => all + row.total, 0)), '']);
  return table(`account of ${label}`,
               [{title: 'activity', word: true}, ...conditions.map((title) => ({title})), {title: 'total'},
                {title: 'count'}],
               [...cells, total, ['lifetime', '', '', '', '', time(account.lifetime_ns), ''],
                ['residual', '', '', '', '', time(account.residual_ns), '']]);
}

// Zeros are left out; counters that were not measured are shown.
function counters(label, account) {
  return table(`counters of ${label}`, [{title: 'counter', word: true}, {title: 'count'}],
               Object.entries(account.counters).filter(([, value]) => value !== 0)
                   .map(([name, value]) => [words(name), quantity(value, unitOf(name))]));
}

const cpuTime = (account) => Object.values(account.activities).reduce((sum, cells) => sum + cells.running_ns, 0);

function sharesText(shares) {
  if (shares === null) {
    return null;
  }
  const list = (wanted) => Object.entries(shares).filter(([, same]) => same === wanted).map(([what]) => words(what));
  return `shares with its creator: ${list(true).join(', ') || 'nothing'}; its own: ${list(false).join(', ') || 'nothing'}`;
}

// Inside a container, a task has other numbers.
const insideText = (what, number) => (number === null ? null : `${what} ${number} in its own pid namespace`);
const factLine = (...texts) => (texts.some(Boolean) ? faint(texts.filter(Boolean).join(' · ')) : '');

function taskView(task) {
  const name = `${task.comm} (${task.tid})`;
  return element('div', {}, unfold(
      `${name}, ${timeText(task.lifetime_ns)}, ${timeText(cpuTime(task.account))} on a CPU`,
      (body) => body.append(factLine(insideText('tid', task.tid_inside), sharesText(task.shares)),
                            accountTable(name, task.account), counters(name, task.account))),
                 accountBar(task.account));
}

function endOf(process) {
  if (process.exit_signal !== null) {
    return `signal ${process.exit_signal}`;
  }
  return process.exit_code !== null ? `exit ${process.exit_code}` : 'lives on';
}

// Returns what ended the process, and the times until it was reaped.
function endFacts(process) {
  const target = process.fatal && process.tasks.find((task) => task.id === process.fatal.task);
  return [process.zombie_ns !== null ? `zombie for ${timeText(process.zombie_ns)}` : null,
          process.reap_ns !== null ? `reaped in ${timeText(process.reap_ns)}` : null,
          process.fatal ? `ended by signal ${process.fatal.signal}` +
                              (target ? ` to ${target.comm} (${target.tid})` : '') : null]
      .filter(Boolean).join(' · ');
}

function processView(process, names, opened) {
  const name = `${process.comm} (${process.tgid})`;
  const title = `${name}, ${process.how}, ${process.threads} tasks, ${timeText(cpuTime(process.total))} on CPUs, ` +
                endOf(process);
  return element('div', {}, unfold(title, (body) => {
    const alone = process.tasks.length === 1 ? process.tasks[0] : null;
    body.append(faint(process.command), factLine(insideText('pid', process.tgid_inside), endFacts(process)),
                factLine(alone && sharesText(alone.shares)), accountLegend(process.total),
                accountTable(name, process.total), ...processWaits(name, process.total, names),
                counters(name, process.total));
    if (process.tasks.length > 1) {
      body.append(element('h3', {}, 'Tasks'), ...process.tasks.slice(0, shownTasks).map(taskView));
      if (process.tasks.length > shownTasks) {
        body.append(faint(`${process.tasks.length - shownTasks} tasks are left out here.`));
      }
    }
  }, opened), accountBar(process.total));
}

const byCpuTime = (a, b) => cpuTime(b.total) - cpuTime(a.total);

/** @type {(report: any, names: Names) => void} */
export function accounts(report, names) {
  if (report.task_count === 0) {
    return;
  }
  section('Where the time went', accountLegend(report.totals), accountBar(report.totals),
          accountTable('everything', report.totals),
          unfold('Counters', (body) => body.append(counters('everything', report.totals))));
  const byTime = report.processes.filter((process) => !process.kernel).sort(byCpuTime);
  const left = byTime.length - shownProcesses;
  section('Processes',
          byTime.slice(0, shownProcesses).map((process) => processView(process, names, byTime.length === 1)),
          left > 0 ? faint(`${left} processes with less time on CPUs are left out here.`) : null);
  section('Many short lives, by name', report.folded.length === 0 ? null : table(
      'folded processes',
      [{title: 'process', word: true}, {title: 'processes'}, {title: 'tasks'}, {title: 'on CPUs'}, {title: 'lifetime'}],
      report.folded.map((each) => [each.comm, count(each.processes), count(each.tasks), time(cpuTime(each.total)),
                                   time(each.total.lifetime_ns)])));
}

/** @type {(report: any) => void} */
export function kernelThreads(report) {
  const threads = report.processes.filter((process) => process.kernel).sort(byCpuTime);
  if (threads.length === 0) {
    return;
  }
  const waiting = (account) => Object.values(account.activities)
      .reduce((sum, cells) => sum + cells.preempted_ns + cells.runnable_ns, 0);
  const switches = ({counters: {voluntary_switches: voluntary, involuntary_switches: involuntary}}) =>
      (voluntary === null || involuntary === null ? null : voluntary + involuntary);
  const row = (name, account) => [name, time(cpuTime(account)), time(waiting(account)), count(switches(account))];
  const all = sumRow(row(`all ${threads.length}`, report.kernel_totals));
  const left = threads.length - shownKernelThreads;
  section('Kernel threads',
          table('kernel threads',
                [{title: 'thread', word: true}, {title: 'on a CPU'}, {title: 'waiting for a CPU'}, {title: 'switches'}],
                [...threads.slice(0, shownKernelThreads).map((each) => row(`${each.comm} (${each.tgid})`, each.total)),
                 all]),
          left > 0 ? faint(`${left} threads with less time on CPUs are left out here.`) : null);
}
