// SPDX-License-Identifier: Apache-2.0
//
// The entry point of the page: the sections, with the pictures of a report.
import {accountBar, accountLegend} from './bars.js';
import {followInkAndPaper, startCharts} from './charts.js';
import {claims, sweepOf} from './claims.js';
import {dataOf, element, openTarget} from './elements.js';
import {flames} from './flame.js';
import {wakeupMatrix} from './matrix.js';
import {Names} from './names.js';
import {paintItems, paintSections} from './sections.js';
import {paintCell} from './tables.js';
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

const account = {above: (section) => accountLegend(section, activities), block: (block) => accountBar(block, activities),
                 outside: true};
const phases = {bars: {first: 2, end: Infinity}};

if (report.sweeps.length > 0) {
  startCharts();
}
followInkAndPaper();
paintSections(dataOf('sections').sections, {
  head: {instead: head},
  claims: {instead: (section) => claims(section, report, texts.same_up_to)},
  sweeps: {block: ({id}) => sweepOf(report, id)},
  accounts: account,
  totals: account,
  timeline: {below: () => timeline(dataOf('timeline'), report, names)},
  waits: {bars: {first: 1, end: 2}, block: (block, show) => (block.id === 'wakeups' ? wakeupMatrix(block, show) : null)},
  creations: phases,
  lifetime_prices: phases,
  stacks: {above: () => flames(dataOf('stacks'), names)},
});
openTarget();
document.documentElement.dataset.ready = 'yes';
