// SPDX-License-Identifier: Apache-2.0
//
// The questions of waits_test.cpp.
import {all, one, press, texts} from './page.js';

const grid = () => one('.matrix');
const told = () => one('.cell-edges').textContent;
const rows = () => texts('tbody th', grid());
const columns = () => texts('thead th', grid()).slice(1);
const cell = (from, to) => one('button', grid().rows[1 + rows().indexOf(from)].cells[1 + columns().indexOf(to)]);
const values = (each) => all('data', each).map((data) => Number(data.value));
const label = () => grid().getAttribute('aria-label');
const edges = () => all(`table[aria-label="${label()}: from"] tbody tr`)
    .map((row) => [...row.cells].map((each) => each.textContent));

// The color of each bar in a table, and that of the column's title.
export const barColors = () => all('.barred').flatMap((table) => {
  const color = (each) => getComputedStyle(each).backgroundColor;
  const keys = all('.key', table).map(color);
  return all('.row-bar', table).map((bar) => [keys, all('span', bar).map(color)]);
});

// The width of each bar as a part of the longest one, by the name of its row.
export const bars = () => all('.barred').flatMap((table) => all('tbody tr', table).map((row) => [
  row.cells[0].textContent, all('.row-bar span', row).map((each) => Number.parseFloat(each.style.width))]));

// The name, the figures and the shade of each cell.
export const cells = () => rows().flatMap((from) => columns().map((to) => [`${from} > ${to}`, cell(from, to)]))
    .filter(([, button]) => button)
    .map(([name, button]) => [name, values(button), Number(getComputedStyle(button, '::before').opacity)]);

export function visited() {
  const start = [told(), edges().length];
  const pair = cell('waiter (20)', 'baker (10)');
  pair.click();
  const clicked = [told(), edges()];
  pair.focus();
  const focused = () => document.activeElement.ariaLabel.split(':')[0];
  press(document.activeElement, 'ArrowRight');
  const right = focused();
  press(document.activeElement, 'ArrowLeft');
  press(document.activeElement, 'ArrowDown');
  const down = focused();
  press(document.activeElement, 'ArrowUp');
  const up = focused();
  const stops = all('button', grid()).filter((each) => each.tabIndex === 0).length;
  const pressed = texts('[aria-pressed="true"]', grid());
  one('.cell-edges button').click();
  const all_again = [told(), edges().length, focused()];
  pair.click();
  press(pair, 'Escape');
  return {start, clicked, right, down, up, stops, pressed, all_again, escaped: [told(), edges().length]};
}

export const sums = () => ({
  rows: rows(), columns: columns(), others: values(cell('40 others', '40 others')),
  sum: all('button', grid()).map((each) => values(each)[0]).reduce((a, b) => a + b),
});

// The names of groups, the figures of their cells, and the names of the rows, in rows that fold others and inside.
export const groups = () => [rows(), columns(), all('button', grid()).map(values),
                             all(`table[aria-label="${label()}: from"] tbody tr`)
                                 .map((row) => [Number(row.dataset.depth), row.cells[0].textContent])];

// Returns the rows of the chains, with their depth.
export const chains = () => all('table[aria-label^="Longest chains"] tbody tr')
    .map((row) => [Number(row.dataset.depth), ...[...row.cells].map((each) => each.textContent)]);

export const hostile = () => [rows()[0], cell(rows()[0], columns()[0]).ariaLabel, edges()[0][7],
                              all('main img').length];

// The facts of each process or task.
export const processFacts = () => ['waiter (20): ', 'tray (21), ', 'baker (10): '].map((name) => texts(
    ':scope > .body p', all('details').find((each) => one('summary', each).textContent.startsWith(name))).join(' | '));
