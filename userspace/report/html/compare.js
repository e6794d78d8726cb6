// SPDX-License-Identifier: Apache-2.0
//
// The entry point of the page that compares commands run in rounds.
import {followInkAndPaper} from './charts.js';
import {addToPage, dataOf, element, faint, section, show, sumRow, table, unfold} from './elements.js';
import {count, digits, evidenceTable, quantity, quantityText, ratio, time, timeText, words} from './figures.js';
import {forest} from './forest.js';
import {scatter} from './scatter.js';
import {waterfall} from './waterfall.js';

const report = dataOf('report');

const commandOf = (index) => report.commands[index];
const labelOf = (index) => commandOf(index).label;

function head() {
  const title = report.commands.length > 1 ? 'taskcost: commands compared' : `taskcost: ${commandOf(0).name}`;
  document.title = title;
  const {host, window: span} = report;
  addToPage(element('h1', {}, title),
              ...report.head.map((sentence) => element('p', {}, element('strong', {}, sentence))),
              element('ul', {class: 'commands'}, report.commands.map((command) => element(
                  'li', {}, element('strong', {}, command.label), ': ', element('code', {}, command.command)))));
  const facts = [span.text.replace(/\.$/, ''), host.name,
                 span.start_time ? `${span.start_time.slice(0, 19).replace('T', ' ')} UTC` : null,
                 `Linux ${host.kernel}, ${host.arch}, ${host.cpus} CPUs`,
                 host.virtualization && host.virtualization !== 'none' ? `virtualized (${host.virtualization})` : null,
                 `taskcost ${report.tool.version}`];
  addToPage(faint(facts.filter(Boolean).join(' · ')));
  for (const command of report.commands) {
    const failed = command.statuses.filter((status) => status !== 0);
    if (failed.length > 0) {
      addToPage(element('p', {class: 'warning'}, `${command.label} failed in ${failed.length} of ` +
                                                   `${command.statuses.length} runs, first with status ${failed[0]}.`));
    }
    const lost = Object.entries(command.losses).map(([what, number]) => `${words(what)} ${number}`);
    if (lost.length > 0) {
      addToPage(element('p', {class: 'warning'}, `Lost in ${command.label}: ${lost.join(', ')}`));
    }
  }
}

function ratios() {
  const rows = report.pairs.flatMap((pair) => [['wall time', pair.wall], ['CPU time', pair.cpu]].map(
      ([what, answer]) => ({label: `${labelOf(pair.left)} over ${labelOf(pair.right)}: ${what}`, ratio: answer.ratio,
                            low: answer.ratio_low, high: answer.ratio_high, answer: answer.answer})));
  if (rows.length > 0) {
    section('Ratios', forest('Ratios with their intervals', rows, report.same_up_to),
            faint(`Intervals of ${digits(100 * report.confidence)} %; the band is what counts as the same.`));
  }
}

function medians() {
  const find = (command, aspect) => command.quantities.find(
      (each) => each.topic === 'window' && each.aspect === aspect);
  const ofResult = (i, name) => time(report.results[i][name] * 1e9);
  section('Medians', table(
      'medians',
      [{title: '', word: true}, {title: 'runs'}, {title: 'wall time'}, {title: '95 %'}, {title: 'CPU time'},
       {title: 'user, mean'}, {title: 'system, mean'}, {title: 'min'}, {title: 'max'}],
      report.commands.map((command, i) => {
        const wall = find(command, 'wall_ns');
        return [command.label, count(command.rounds.length), time(wall.median),
                wall.low === null ? '-' : `${timeText(wall.low)}..${timeText(wall.high)}`,
                time(find(command, 'running_ns').median), command.calls_seen ? ofResult(i, 'user') : '-',
                command.calls_seen ? ofResult(i, 'system') : '-', time(wall.min), time(wall.max)];
      })));
}

function differenceView(title, pair, difference) {
  const [left, right] = [labelOf(pair.left), labelOf(pair.right)];
  const signed = (ns) => element('data', {value: ns}, `${ns > 0 ? '+' : ''}${timeText(ns)}`);
  const row = (name, part) => [name, time(part.right_ns), time(part.left_ns), signed(part.difference_ns),
                               `${timeText(part.low_ns)}..${timeText(part.high_ns)}`,
                               difference.difference_ns === 0 ? '-' :
                                   `${digits(100 * part.difference_ns / difference.difference_ns)} %`];
  const sum = sumRow(row('all', difference));
  return [
    element('h3', {}, `${title}: where ${left} differs from ${right}`),
    waterfall(`${title}: from ${right} to ${left}`, {label: right, value: difference.right_ns},
              {label: left, value: difference.left_ns},
              difference.parts.map((part) => ({label: part.text, difference: part.difference_ns, low: part.low_ns,
                                             high: part.high_ns})), 'ns'),
    unfold('The same as a table', (body) => body.append(table(
        `${title} by part`, [{title: '', word: true}, {title: right}, {title: left}, {title: 'difference'},
                             {title: '95 %'}, {title: 'share'}],
        [...difference.parts.map((part) => row(part.text, part)), sum]))),
    faint(`Means of ${difference.rounds} rounds: those whose difference is in the middle half. The parts add up.`),
  ];
}

function quantityLabel(each) {
  const parts = [each.item === 'all' ? '' : words(each.item), words(each.aspect.replace(/_ns$/, ''))];
  return parts.filter(Boolean).join(', ');
}

function quantitiesView(pair) {
  const [left, right] = [labelOf(pair.left), labelOf(pair.right)];
  const differ = (answer) => answer.answer === 'more' || answer.answer === 'less';
  const rows = (answers) => answers.map((answer) => [
    words(answer.topic), quantityLabel(answer), quantity(answer.right, answer.unit), quantity(answer.left, answer.unit),
    ratio(answer), element('span', {class: `answer-${answer.answer.replace(' ', '-')}`}, answer.answer)]);
  const columns = [{title: '', word: true}, {title: '', word: true}, {title: right}, {title: left},
                   {title: 'ratio'}, {title: 'answer', word: true}];
  const different = pair.quantities.filter(differ);
  const others = pair.quantities.filter((answer) => !differ(answer));
  return [
    element('h3', {}, `What else differs: ${left} against ${right}, medians`),
    different.length === 0 ? faint('Nothing that is decided.') :
                             table('quantities that differ', columns, rows(different)),
    others.length === 0 ? null : unfold(`${others.length} others: the same, or undecided`,
                                        (body) => body.append(table('other quantities', columns, rows(others)))),
  ];
}

function pairs() {
  for (const pair of report.pairs) {
    section(`${labelOf(pair.left)} against ${labelOf(pair.right)}`,
            pair.wall_time ? differenceView('Wall time', pair, pair.wall_time) : null,
            pair.cpu_time ? differenceView('CPU time', pair, pair.cpu_time) : null, quantitiesView(pair));
  }
}

function rounds() {
  const series = (key) => report.commands.map((command) => ({
    label: command.label, points: command[key].map((y, i) => ({x: command.rounds[i] + 1, y}))}));
  section('Rounds in the order of time', element('h3', {}, 'Wall time'),
          scatter('Wall time of each run', series('wall_ns'), 'round', 'ns'), element('h3', {}, 'CPU time'),
          scatter('CPU time of each run', series('cpu_ns'), 'round', 'ns'));
}

function alone() {
  if (report.pairs.length > 0) {
    return;
  }
  const command = commandOf(0);
  for (const [title, parts] of [['Wall time', command.wall_parts], ['CPU time', command.cpu_parts]]) {
    const whole = parts.reduce((sum, part) => sum + part.mean_ns, 0);
    section(`Where the ${title.replace('Wall', 'wall')} goes`, waterfall(
        `${title} by part`, {label: '', value: 0}, {label: 'all', value: whole},
        parts.map((part) => ({label: part.text, difference: part.mean_ns})), 'ns'));
  }
  section('Quantities', table(
      'quantities',
      [{title: '', word: true}, {title: '', word: true}, {title: 'median'}, {title: '95 %'}, {title: 'min'},
       {title: 'max'}],
      command.quantities.filter((each) => each.max !== 0).map((each) => [
        words(each.topic), quantityLabel(each), quantity(each.median, each.unit),
        each.low === null ? '-' : `${quantityText(each.low, each.unit)}..${quantityText(each.high, each.unit)}`,
        quantity(each.min, each.unit), quantity(each.max, each.unit)])));
}

function evidence() {
  section('Where the figures come from', evidenceTable(report));
}

followInkAndPaper();
for (const [what, fill] of Object.entries({
       'The head': head, 'The ratios': ratios, 'The medians': medians, 'The pairs': pairs, 'The command': alone,
       'The rounds': rounds, 'The evidence': evidence})) {
  show(what, fill);
}
document.documentElement.dataset.ready = 'yes';
