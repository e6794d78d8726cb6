// SPDX-License-Identifier: Apache-2.0
//
// The entry point of the pages that compare commands, or two reports: the sections, with their pictures.
import {followInkAndPaper} from './charts.js';
import {dataOf, element} from './elements.js';
import {flames} from './flame.js';
import {forest} from './forest.js';
import {Names} from './names.js';
import {scatter} from './scatter.js';
import {paintItems, paintSections} from './sections.js';
import {waterfall} from './waterfall.js';

const report = dataOf('report');
const labelOf = (index) => report.commands[index].label;

/** @type {(section: import('./sections.js').Section) => any} */
function head({id, blocks}) {
  document.title = `taskcost ${report.schema.split(/[./]/)[1]}`;
  return [element('h1', {}, document.title), paintItems(id, blocks.flatMap((block) => block.items))];
}

function ratios() {
  const rows = report.pairs.flatMap((pair) => [['wall time', pair.wall], ['CPU time', pair.cpu]].map(
      ([what, answer]) => ({label: `${labelOf(pair.left)} over ${labelOf(pair.right)}: ${what}`, ratio: answer.ratio,
                            low: answer.ratio_low, high: answer.ratio_high, answer: answer.answer})));
  return rows.length > 0 ? forest('Ratios with their intervals', rows, report.same_up_to) : null;
}

function rounds() {
  const plot = (name, key) => element('div', {}, element('h4', {}, name), scatter(
      name, report.commands.map((command) => ({
        label: command.label, points: command[key].map((y, i) => ({x: command.rounds[i] + 1, y}))})), 'round', 'ns'));
  return element('div', {class: 'columns'}, plot('Wall time of each run', 'wall_ns'),
                 plot('CPU time of each run', 'cpu_ns'));
}

// Draws the nth difference of one kind; for a single command, the parts in the section's table, whose last row is the
// whole.
/** @type {(kind: string) => (section: import('./sections.js').Section, nth: number) => Element} */
const parts = (kind) => (section, nth) => {
  if (report.pairs.length === 0) {
    const rows = section.blocks[0].items[0].rows.map(({cells: [name, mean]}) => ({label: name.text, value: mean.value}));
    const whole = rows.pop();
    return waterfall(section.title, {label: '', value: 0}, whole,
                     rows.map(({label, value}) => ({label, difference: value})), 'ns');
  }
  const pair = report.pairs.filter((each) => each[kind])[nth];
  const difference = pair[kind];
  return waterfall(section.title, {label: labelOf(pair.right), value: difference.right_ns},
                   {label: labelOf(pair.left), value: difference.left_ns},
                   difference.parts.map((part) => ({label: part.text, difference: part.difference_ns,
                                                    low: part.low_ns, high: part.high_ns})), 'ns');
};

followInkAndPaper();
paintSections(dataOf('sections').sections, {
  head: {instead: head},
  medians: {above: ratios, below: rounds},
  wall_time: {above: parts('wall_time'), repeats: true},
  cpu_time: {above: parts('cpu_time'), repeats: true},
  stacks: {above: () => flames(dataOf('stacks'), new Names(report, dataOf('words')))},
});
document.documentElement.dataset.ready = 'yes';
