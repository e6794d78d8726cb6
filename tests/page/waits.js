// SPDX-License-Identifier: Apache-2.0
//
// The questions of waits_test.cpp.
import {all, one, press, texts} from './page.js';
import {colorOf, inkOf} from '../../userspace/report/html/charts.js';

const grid = () => all('.matrix').at(-1); // that of groups comes first
const told = () => all('.cell-edges').at(-1);
const rows = () => texts('tbody th', grid());
const columns = () => texts('thead th', grid()).slice(1);
const cell = (from, to) => one('button', grid().rows[1 + rows().indexOf(from)].cells[1 + columns().indexOf(to)]);
const values = (each) => all('data', each).map((data) => Number(data.value));
const heading = () => one('h4', told()).textContent;
const edges = () => all('tbody tr', told()).map((row) => [...row.cells].map((each) => each.textContent));
const point = (each, type) => each.dispatchEvent(new MouseEvent(type));

// The color of the legend and the color of the bar, for each bar of each chart.
export const barColors = () => all('canvas').map((canvas) => globalThis.Chart.getChart(canvas)).filter(Boolean)
    .flatMap((chart) => chart.data.datasets.map((set, i) => [
      inkOf(colorOf(set.color)), chart.getDatasetMeta(i).data[0].options.backgroundColor]));

// The name, the figures and the shade of each cell.
export const cells = () => rows().flatMap((from) => columns().map((to) => [`${from} > ${to}`, cell(from, to)]))
    .filter(([, button]) => button)
    .map(([name, button]) => [name, values(button), Number(getComputedStyle(button, '::before').opacity)]);

export function visited() {
  const start = heading();
  const pair = cell('waiter (20)', 'baker (10)');
  point(pair, 'mouseenter');
  const pointed = [heading(), edges()];
  point(grid(), 'mouseleave');
  const left = heading();
  pair.click();
  point(grid(), 'mouseleave');
  const clicked = heading();
  pair.focus();
  press(document.activeElement, 'ArrowRight');
  const right = heading();
  press(document.activeElement, 'ArrowLeft');
  press(document.activeElement, 'ArrowUp');
  const up = heading();
  const stops = all('button', grid()).filter((each) => each.tabIndex === 0).length;
  return {start, pointed, left, clicked, right, up, stops, pressed: texts('[aria-pressed="true"]', grid())};
}

export const sums = () => ({
  rows: rows(), columns: columns(), others: values(cell('40 other processes', '40 other processes')),
  sum: all('button', grid()).map((each) => values(each)[0]).reduce((a, b) => a + b),
});

// The names of groups, and the figures of their cells.
export const groups = () => [texts('tbody th', one('.matrix')), texts('thead th', one('.matrix')).slice(1),
                             all('button', one('.matrix')).map(values)];

// Returns the paragraphs of the chains, with their indentation in characters.
export const chains = () => all('#section-waits p').filter((each) => / waited .* ended by /.test(each.textContent))
    .map((each) => [each.textContent, Number.parseInt(each.style.paddingLeft) || 0]);

export const hostile = () => [rows()[0], cell(rows()[0], columns()[0]).ariaLabel, edges()[0][7],
                              all('main img').length];

// The facts of each process or task.
export const processFacts = () => ['waiter (20): ', 'tray (21), ', 'baker (10): '].map((name) => texts(
    ':scope > .body p', all('details').find((each) => one('summary', each).textContent.startsWith(name))).join(' | '));
