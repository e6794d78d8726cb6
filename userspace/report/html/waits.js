// SPDX-License-Identifier: Apache-2.0
//
// What tasks waited for, which waits hung together, and what they passed each other.
'use strict';

// By cause; one that is not among them stands by its key.
const waitTexts = JSON.parse(document.getElementById('words').textContent).waits;
const waitText = (cause) => (Object.hasOwn(waitTexts, cause) ? waitTexts[cause] : words(cause));
const noCalls = 'not measured: system calls had no probes (--detail switches)';
const callsSeen = report.prices !== null;

// Tasks by their ids, each with its process.
let tasksById = null;

function taskOf(id) {
  tasksById = tasksById || new Map(report.processes.flatMap(
      (process) => process.tasks.map((task) => [task.id, {task, process}])));
  return tasksById.get(id);
}

function taskName(id, tid) {
  const found = taskOf(id);
  return found ? `${found.task.comm} (${found.task.tid})` : tid !== null && tid !== 0 ? `task ${tid}` : 'others';
}

function wakerName({waker, from_task: task, from_tid: tid}) {
  const others = {unobserved: `task ${tid}, not observed`, timer: 'a timer', interrupt: 'an interrupt',
                  several: 'many others'};
  return waker === 'task' ? taskName(task, tid) : others[waker] || 'nobody seen';
}

const share = (part, of) => (of === 0 ? '-' : element('data', {value: part / of}, `${digits(100 * part / of)} %`));

const waitsOf = (account) => Object.entries(account.waits).sort(([, a], [, b]) => b.blocked_ns - a.blocked_ns);

function waitTable(label, account) {
  return table(`waits of ${label}`,
               [{title: 'waited for', word: true}, {title: 'blocked'}, {title: 'share'}, {title: 'waits'},
                {title: 'mean'}],
               waitsOf(account).map(([cause, {count: number, blocked_ns: blocked}]) => [
                 waitText(cause), time(blocked), share(blocked, account.lifetime_ns), count(number),
                 time(mean(blocked, number))]));
}

// Of a process, inside its unfolded part.
function processWaits(label, account) {
  return waitsOf(account).length === 0 ? [] : [element('h3', {}, 'Waits'), waitTable(label, account)];
}

function waits() {
  if (report.task_count === 0) {
    return;
  }
  const causes = waitsOf(report.totals);
  if (causes.length === 0) {
    section('Waits', faint('No task was blocked.'));
    return;
  }
  const bars = stackedBars('Blocked time by cause', causes.map(([cause]) => waitText(cause)),
                           [{label: 'blocked', values: causes.map(([, sums]) => sums.blocked_ns)}]);
  bars.style.height = `${110 + 26 * causes.length}px`;
  section('Waits', waitTable('everything', report.totals), faint('Shares are of the lifetimes of all tasks.'), bars);
}

// Each link was ended by a task that had had to wait itself: the wait inside the wait is the list inside the list.
function chainList([link, ...rest], outermost = true) {
  const by = link.waker === 'task' && link.place !== '' ? ` (${link.place})` : '';
  const item = element('li', {}, taskName(link.task, link.tid), outermost ? ' waited ' : ' had waited ',
                       time(link.waited_ns), ` for ${waitText(link.cause)}, ended by ${wakerName(link)}${by}`,
                       rest.length > 0 ? chainList(rest, false) : null);
  return element('ol', outermost ? {class: 'chain'} : {}, item);
}

function chains() {
  if (report.chains.length > 0) {
    section('Longest chains', faint('A wait, and the last long wait that its waker had to end first, and so on.'),
            report.chains.filter((chain) => chain.links.length > 0).map((chain) => chainList(chain.links)));
  }
}

function channels() {
  const used = (account, name) => account.ipc[name].calls !== 0;
  const names = Object.keys(report.totals.ipc).filter((name) => used(report.totals, name));
  if (names.length === 0 || report.task_count === 0) {
    return;
  }
  const title = 'Channels, by process';
  if (!callsSeen) {
    section(title, faint(noCalls));
    return;
  }
  const users = report.processes.filter((process) => names.some((name) => used(process.total, name)));
  const cell = (use) => (use.calls === null ? quantity(null) : use.calls === 0 ? '-' :
                         [count(use.calls), ' calls, ', quantity(use.bytes_in, 'bytes'), ' in, ',
                          quantity(use.bytes_out, 'bytes'), ' out, ', time(use.kernel_ns)]);
  const left = users.length - shownProcesses;
  section(title, table(
              'channels', [{title: 'process', word: true}, ...names.map((name) => ({title: words(name)}))],
              users.slice(0, shownProcesses).map((process) => [`${process.comm} (${process.tgid})`,
                                                               ...names.map((name) => cell(process.total.ipc[name]))])),
          left > 0 ? faint(`${left} processes are left out here.`) : null,
          faint('What each process did with channels, whoever was at the other end; kernel time is on a CPU inside ' +
                'these calls.'));
}
