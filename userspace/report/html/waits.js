// SPDX-License-Identifier: Apache-2.0
//
// Shows what tasks waited for, the chains of waits, and the bytes on channels.
import {stackedBars} from './charts.js';
import {element, faint, section, table} from './elements.js';
import {count, digits, mean, quantity, time, words} from './figures.js';
import {shownProcesses} from './names.js';

/** @typedef {import('./names.js').Names} Names */

const share = (part, of) => (of === 0 ? '-' : element('data', {value: part / of}, `${digits(100 * part / of)} %`));

const waitsOf = (account) => Object.entries(account.waits).sort(([, a], [, b]) => b.blocked_ns - a.blocked_ns);

function waitTable(label, account, names) {
  return table(`waits of ${label}`,
               [{title: 'waited for', word: true}, {title: 'blocked'}, {title: 'share'}, {title: 'waits'},
                {title: 'mean'}],
               waitsOf(account).map(([cause, {count: number, blocked_ns: blocked}]) => [
                 names.wait(cause), time(blocked), share(blocked, account.lifetime_ns), count(number),
                 time(mean(blocked, number))]));
}

// The details of a process have this table too.
/** @type {(label: string, account: any, names: Names) => Element[]} */
export function processWaits(label, account, names) {
  return waitsOf(account).length === 0 ? [] : [element('h3', {}, 'Waits'), waitTable(label, account, names)];
}

/** @type {(report: any, names: Names) => void} */
export function waits(report, names) {
  if (report.task_count === 0) {
    return;
  }
  const causes = waitsOf(report.totals);
  if (causes.length === 0) {
    section('Waits', faint('No task was blocked.'));
    return;
  }
  const bars = stackedBars('Blocked time by cause', causes.map(([cause]) => names.wait(cause)),
                           [{label: 'blocked', values: causes.map(([, sums]) => sums.blocked_ns)}]);
  bars.style.height = `${110 + 26 * causes.length}px`;
  section('Waits', waitTable('everything', report.totals, names),
          faint('Shares are of the lifetimes of all tasks.'), bars);
}

// The waker of each link was itself waiting until its own waker woke it: an inner wait is a nested list.
/** @type {(links: any[], names: Names, outermost?: boolean) => Element} */
function chainList([link, ...rest], names, outermost = true) {
  const by = link.waker === 'task' && link.place !== '' ? ` (${link.place})` : '';
  const item = element('li', {}, names.task(link.task, link.tid), outermost ? ' waited ' : ' had waited ',
                       time(link.waited_ns), ` for ${names.wait(link.cause)}, ended by ${names.waker(link)}${by}`,
                       rest.length > 0 ? chainList(rest, names, false) : null);
  return element('ol', outermost ? {class: 'chain'} : {}, item);
}

/** @type {(report: any, names: Names) => void} */
export function chains(report, names) {
  if (report.chains.length > 0) {
    section('Longest chains', faint('A wait, and the last long wait that its waker had to end first, and so on.'),
            report.chains.filter((chain) => chain.links.length > 0).map((chain) => chainList(chain.links, names)));
  }
}

/** @type {(report: any, names: Names) => void} */
export function channels(report, names) {
  const used = (account, name) => account.ipc[name].calls !== 0;
  const all = Object.keys(report.totals.ipc).filter((name) => used(report.totals, name));
  if (all.length === 0 || report.task_count === 0) {
    return;
  }
  const title = 'Channels, by process';
  if (!names.callsSeen) {
    section(title, faint(names.texts.calls_unmeasured));
    return;
  }
  const users = report.processes.filter((process) => all.some((name) => used(process.total, name)));
  const cell = (use) => (use.calls === null ? quantity(null, 'count') : use.calls === 0 ? '-' :
                         [count(use.calls), ' calls, ', quantity(use.bytes_in, 'bytes'), ' in, ',
                          quantity(use.bytes_out, 'bytes'), ' out, ', time(use.kernel_ns)]);
  const left = users.length - shownProcesses;
  section(title, table(
              'channels', [{title: 'process', word: true}, ...all.map((name) => ({title: words(name)}))],
              users.slice(0, shownProcesses).map((process) => [`${process.comm} (${process.tgid})`,
                                                               ...all.map((name) => cell(process.total.ipc[name]))])),
          left > 0 ? faint(`${left} processes are left out here.`) : null,
          faint('What each process did with channels, whoever was at the other end; kernel time is on a CPU inside ' +
                'these calls.'));
}
