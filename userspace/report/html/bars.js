// SPDX-License-Identifier: Apache-2.0
//
// Draws accounts as bars.
import {colorOf} from './charts.js';
import {element} from './elements.js';
import {conditions} from './timeline_data.js';

/** @typedef {import('./tables.js').Table} Table */
/** @typedef {import('./sections.js').Section} Section */
/** @typedef {import('./sections.js').Block} Block */

/** @type {(blocks: Block[]) => Table[]} */
const tablesOf = (blocks) => blocks.flatMap(({items}) => items.filter((item) => item.kind === 'table'));

// Returns the rows of an account that are activities, with their colors. An account has a column for each condition,
// then the total.
/** @type {(table: Table, activities: string[]) => any[]} */
function activityRows({rows = []}, activities) {
  return rows.map((row) => ({row, name: row.cells[0].text, number: activities.indexOf(row.cells[0].text)}))
      .filter(({number}) => number >= 0)
      .map(({row, name, number}) => ({name, times: row.cells.slice(1, 1 + conditions.length),
                                      total: row.cells[1 + conditions.length], color: `var(${colorOf(number)})`}));
}

// The bar shows the conditions one after the other, and within each the activities.
/** @type {(block: Block, activities: string[]) => Element} */
export function accountBar(block, activities) {
  const rows = activityRows(tablesOf([block])[0], activities);
  const whole = rows.reduce((sum, {total}) => sum + total.value, 0);
  const parts = conditions.flatMap((condition, i) => rows.filter(({times}) => times[i].value > 0).map((row) => {
    const part = element('span', {class: condition, title: `${row.name}, ${condition}: ${row.times[i].text}`});
    part.style.width = `${100 * row.times[i].value / whole}%`;
    part.style.setProperty('--own', row.color);
    return part;
  }));
  const text = rows.map(({name, total}) => `${name} ${total.text}`).join(', ');
  return element('div', {class: 'bar', role: 'img', 'aria-label': text}, parts);
}

/** @type {(section: Section, activities: string[]) => Element} */
export function accountLegend({blocks}, activities) {
  const seen = new Map(tablesOf(blocks).flatMap((table) => activityRows(table, activities))
      .map(({name, color}) => [name, color]));
  const item = (text, condition, color) => {
    const mark = element('i', {class: condition});
    mark.style.setProperty('--own', color);
    return element('li', {}, mark, text);
  };
  return element('ul', {class: 'legend'},
                 activities.filter((name) => seen.has(name)).map((name) => item(name, 'running', seen.get(name))),
                 item('preempted or runnable', 'runnable', 'var(--text)'), item('blocked', 'blocked', 'var(--text)'));
}
