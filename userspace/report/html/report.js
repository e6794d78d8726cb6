// SPDX-License-Identifier: Apache-2.0
//
// The entry point of the page: the sections, with the pictures of a report.
import {accountBar, accountLegend, barsOf} from './bars.js';
import {followInkAndPaper, startCharts} from './charts.js';
import {claims, sweepOf} from './claims.js';
import {dataOf, element, openTarget} from './elements.js';
import {flames} from './flame.js';
import {wakeupMatrix, groupEnds, processEnds} from './matrix.js';
import {Names} from './names.js';
import {paintCell, paintItems, paintSections} from './sections.js';
import {timeline} from './timeline.js';

const report = dataOf('report');
const texts = dataOf('words');
const names = new Names(report, texts);
const activities = /** @type {string[]} */ (Object.values(texts.activities));

// The first line is the name of the page.
/** @type {(section: import('./sections.js').Section) => any} */
function head({id, blocks}) {
  const [line, ...items] = blocks.flatMap((block) => block.items);
  document.title = line.cells[0].text;
  return [element('h1', {}, line.cells.map(paintCell)), line.tail ? element('p', {}, line.tail) : null,
          paintItems(id, items)];
}

const account = {above: (section) => accountLegend(section, activities), block: (block) => accountBar(block, activities)};
const phases = {above: (section) => barsOf(section, 2, Infinity)};

startCharts();
followInkAndPaper();
paintSections(dataOf('sections').sections, {
  head: {instead: head},
  claims: {instead: (section) => claims(section, report, texts.same_up_to)},
  sweeps: {block: ({id}) => sweepOf(report, id)},
  accounts: {...account, outside: true},
  totals: account,
  timeline: {below: () => timeline(dataOf('timeline'), report, names)},
  waits: {above: (section) => barsOf(section, 1, 2),
          block: (block) => (block.id === 'wakeups' ? wakeupMatrix(block, report.edges, processEnds(names), names) :
              block.id === 'group_wakeups' ? wakeupMatrix(block, report.groups.edges, groupEnds(), names) : null)},
  creations: phases,
  lifetime_prices: phases,
  stacks: {above: () => flames(report, names)},
});
openTarget();
document.documentElement.dataset.ready = 'yes';
