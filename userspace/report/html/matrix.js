// SPDX-License-Identifier: Apache-2.0
//
// Shows the wakeup graph: processes or groups as a matrix, what a cell is made of as a table.
import {element, faint} from './elements.js';
import {count, quantity, quantityText, time, timeText, words} from './figures.js';
import {paintTable} from './sections.js';

const shownInMatrix = 20;
const darkest = 0.55; // text on it is still readable

/** @typedef {import('./names.js').Names} Names */

// Rows and columns that are not processes. They follow the processes, in this order.
const partyLabels = {
  others: 'other processes', unkept: 'tasks not kept one by one', unobserved: 'tasks not observed',
  interrupt: 'interrupts', several: 'several tasks, not distinguished', unknown: 'waker not seen',
  unknown_receiver: 'one of several, or not observed',
};

const longestName = 40;
const shortened = (name) => (name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name);
const partyLabel = (party) => partyLabels[party] || words(party);

// Finds both ends of an edge, which are processes or other parties, and their names.
/** @type {(names: Names) => any} */
export const processEnds = (names) => ({
  from: (edge) => (edge.waker === 'task' ? names.find(edge.from_task)?.process || 'unkept' : edge.waker),
  to: (edge) => names.find(edge.to_task)?.process || 'unknown_receiver',
  name: (party) => (typeof party === 'string' ? partyLabel(party) : `${party.comm} (${party.tgid})`),
  others: (number) => `${number} other processes`,
});

// The same for the edges between groups. A group is an object, because its name may be that of another party.
/** @type {() => any} */
export function groupEnds() {
  const groups = new Map();
  const group = (name) => {
    if (!groups.has(name)) {
      groups.set(name, {name});
    }
    return groups.get(name);
  };
  const outside = new Map();
  return {
    from: (edge) => {
      if (edge.from === null) {
        return edge.waker === 'task' ? 'unkept' : edge.waker;
      }
      if (edge.waker === 'task') {
        return group(edge.from);
      }
      if (!outside.has(edge.from)) {
        outside.set(edge.from, {name: `${edge.from}, not observed`});
      }
      return outside.get(edge.from);
    },
    to: (edge) => (edge.to === null ? 'unknown_receiver' : group(edge.to)),
    name: (party) => (typeof party === 'string' ? partyLabel(party) : shortened(party.name)),
    others: (number) => `${number} other groups`,
  };
}

function sumOf(edges) {
  const counted = edges.filter((edge) => edge.bytes !== null);
  const sum = (list, key) => list.reduce((all, edge) => all + edge[key], 0);
  return {wakeups: sum(edges, 'wakeups'), waited_ns: sum(edges, 'waited_ns'),
          bytes: counted.length > 0 ? sum(counted, 'bytes') : null};
}

// null: no bytes passed through it, or it is not known for which task they were.
const bytesOf = ({bytes}, names) => (bytes === null && names.callsSeen ? '-' : quantity(bytes, 'bytes'));
const bytesText = ({bytes}, names) => (bytes === null && names.callsSeen ? 'bytes not known' :
                                                                           quantityText(bytes, 'bytes'));

// Sorts processes or groups by the waiting time of their edges.
function partiesByWaiting(edges, ends) {
  const waited = new Map();
  for (const edge of edges) {
    for (const party of new Set([ends.from(edge), ends.to(edge)])) {
      if (typeof party !== 'string') {
        waited.set(party, (waited.get(party) || 0) + edge.waited_ns);
      }
    }
  }
  return [...waited.keys()].sort((a, b) => waited.get(b) - waited.get(a));
}

/** @type {(edges: any[], ends: any) => any} */
export function matrixOf(edges, ends) {
  const parties = partiesByWaiting(edges, ends);
  const kept = new Set(parties.slice(0, shownInMatrix));
  const place = (party) => (typeof party === 'string' || kept.has(party) ? party : 'others');
  const cells = new Map();
  const [rows, columns] = [new Set(), new Set()];
  for (const edge of edges) {
    const [from, to] = [place(ends.from(edge)), place(ends.to(edge))];
    rows.add(from);
    columns.add(to);
    if (!cells.has(from)) {
      cells.set(from, new Map());
    }
    cells.get(from).set(to, [...(cells.get(from).get(to) || []), edge]);
  }
  // Rows at the end are kinds of wakers that `partyLabels` does not have, from a newer version.
  const order = [...new Set([...kept, ...Object.keys(partyLabels), ...rows])];
  return {rows: order.filter((party) => rows.has(party)), columns: order.filter((party) => columns.has(party)),
          edgesOf: (from, to) => cells.get(from).get(to) || [], others: parties.length - kept.size};
}

// The cells are one stop of the tab key. Among them, left and right go through all cells, up and down through a column.
class Matrix {
  constructor(label, edges, ends, names, table) {
    this.names = names;
    this.table = table;
    this.matrix = matrixOf(edges, ends);
    this.cells = [];
    this.description = element('div', {class: 'cell-edges', 'aria-live': 'polite'});
    this.chosen = null;
    this.shown = null;
    const {rows, columns, edgesOf} = this.matrix;
    const sums = rows.map((from) => columns.map((to) => sumOf(edgesOf(from, to))));
    this.most = Math.max(1, ...sums.flat().map((sum) => sum.waited_ns));
    const name = (party) => (party === 'others' ? ends.others(this.matrix.others) : ends.name(party));
    const head = columns.map((to) => element('th', {scope: 'col'}, name(to)));
    const body = rows.map((from, i) => element(
        'tr', {}, element('th', {scope: 'row'}, name(from)),
        columns.map((to, j) => element('td', {}, edgesOf(from, to).length === 0 ? null : this.cell(
            {edges: edgesOf(from, to), sum: sums[i][j], column: j, title: `${name(from)} → ${name(to)}`})))));
    const grid = element('table', {class: 'matrix', 'aria-label': label},
                         element('thead', {}, element('tr', {}, element('th', {scope: 'col'}, 'from ↓ to →'), head)),
                         element('tbody', {}, body));
    grid.addEventListener('mouseleave', () => this.describe(this.chosen));
    grid.addEventListener('keydown', (event) => this.key(event));
    this.view = element('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': label}, grid);
    this.choose(this.cells.reduce((a, b) => (b.sum.waited_ns > a.sum.waited_ns ? b : a)));
  }

  cell({edges, sum, column, title}) {
    const button = element(
        'button', {type: 'button', tabindex: '-1', 'aria-pressed': 'false',
                   'aria-label': `${title}: waited ${timeText(sum.waited_ns)}, ${sum.wakeups} wake-ups, ` +
                                 bytesText(sum, this.names)},
        element('strong', {}, time(sum.waited_ns)), element('span', {}, count(sum.wakeups), ' ×'),
        sum.bytes === null && this.names.callsSeen ? null : element('span', {}, bytesOf(sum, this.names)));
    // The square root keeps short times distinguishable too.
    button.style.setProperty('--shade', String(darkest * Math.sqrt(sum.waited_ns / this.most)));
    const cell = {edges, sum, column, title, button};
    button.addEventListener('mouseenter', () => this.describe(cell));
    button.addEventListener('focus', () => this.choose(cell));
    button.addEventListener('click', () => this.choose(cell));
    this.cells.push(cell);
    return button;
  }

  choose(cell) {
    if (this.chosen !== null) {
      this.chosen.button.tabIndex = -1;
      this.chosen.button.setAttribute('aria-pressed', 'false');
    }
    this.chosen = cell;
    cell.button.tabIndex = 0;
    cell.button.setAttribute('aria-pressed', 'true');
    this.describe(cell);
  }

  describe(cell) {
    if (this.shown === cell) {
      return;
    }
    this.shown = cell;
    const {title, edges} = cell;
    const {columns, rows} = this.table;
    this.description.replaceChildren(element('h4', {}, title),
                              ...paintTable(title, {columns, rows: edges.map((edge) => rows.get(edge)).filter(Boolean)}));
  }

  key(event) {
    const at = this.cells.findIndex((cell) => cell.button === event.target);
    if (at < 0) {
      return;
    }
    const inColumn = (cell) => cell.column === this.cells[at].column;
    const goal = {ArrowLeft: this.cells[at - 1], ArrowRight: this.cells[at + 1],
                  ArrowUp: this.cells.slice(0, at).reverse().find(inColumn),
                  ArrowDown: this.cells.slice(at + 1).find(inColumn)}[event.key];
    if (goal) {
      goal.button.focus();
    }
    if (event.key.startsWith('Arrow')) {
      event.preventDefault();
    }
  }
}

// `block` has a table with a row for each edge that has wakeups or bytes, or for the first ones.
/** @type {(block: import('./sections.js').Block, all: any[], ends: any, names: Names) => Element[]} */
export function wakeupMatrix({title, items: [table]}, all, ends, names) {
  const edges = all.filter((edge) => edge.wakeups > 0 || edge.bytes > 0);
  const rows = new Map(edges.map((edge, i) => [edge, table.rows[i]]));
  const matrix = new Matrix(title, edges, ends, names, {...table, rows});
  return [faint('Time that tasks of a column waited until tasks of a row woke them, how often, and the bytes that they ' +
                'sent them. The stronger the color, the longer. Point at a cell, or click it or walk with the arrow ' +
                'keys, for what it is made of.'), matrix.view, matrix.description];
}
