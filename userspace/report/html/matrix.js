// SPDX-License-Identifier: Apache-2.0
//
// Shows the table of who woke whom as a matrix of wakers and sleepers. A cell selects its rows of the table.
import {element, faint} from './elements.js';
import {count, quantity, quantityText, time, timeText} from './figures.js';

/** @typedef {import('./tables.js').Row} Row */
/** @typedef {import('./tables.js').Table} Table */

const shownInMatrix = 20;
const darkest = 0.55; // text on it is still readable
const longestName = 40;

// Wakers that are no tasks, and tasks that are not known, are faint in the table: a program can have their names.
/** @type {(cell: import('./tables.js').Cell) => string} */
const partyOf = ({text, tone}) => `${tone === 'faint' ? 1 : 0}${text}`;
const isNamed = (party) => party[0] === '0';
const nameOf = (party) => (party.length > longestName ? `${party.slice(1, longestName)}…` : party.slice(1));

// An edge for each row of the table that is not inside another one.
/** @type {(table: Table) => any[]} */
export function edgesOf({columns, rows}) {
  const place = Object.fromEntries(columns.map(({title}, i) => [title, i]));
  const edges = [];
  for (const row of rows) {
    if (row.depth > 0) {
      edges.at(-1).rows.push(row);
      continue;
    }
    const number = (title) => row.cells[place[title]].value;
    edges.push({from: partyOf(row.cells[place.from]), to: partyOf(row.cells[place.to]), wakeups: number('wake-ups'),
                waited_ns: number('waited'), bytes: number('bytes') ?? null, rows: [row]});
  }
  return edges;
}

/** @type {(edges: any[]) => any} */
function sumOf(edges) {
  const counted = edges.filter((edge) => edge.bytes !== null);
  const sum = (list, key) => list.reduce((all, edge) => all + edge[key], 0);
  return {wakeups: sum(edges, 'wakeups'), waited_ns: sum(edges, 'waited_ns'),
          bytes: counted.length > 0 ? sum(counted, 'bytes') : null};
}

// The named parties come first, those with the longest waits before others.
function partiesByWaiting(edges) {
  const waited = new Map();
  for (const edge of edges) {
    for (const party of new Set([edge.from, edge.to])) {
      waited.set(party, (waited.get(party) || 0) + edge.waited_ns);
    }
  }
  return [...waited.keys()].sort((a, b) => Number(isNamed(b)) - Number(isNamed(a)) || waited.get(b) - waited.get(a));
}

/** @type {(edges: any[]) => any} */
export function matrixOf(edges) {
  const parties = partiesByWaiting(edges);
  const named = parties.filter(isNamed);
  const kept = named.slice(0, shownInMatrix);
  const rest = `1${named.length - kept.length} others`;
  const others = named.length > kept.length ? [rest] : [];
  const order = [...kept, ...others, ...parties.filter((party) => !isNamed(party))];
  const place = (party) => (order.includes(party) ? party : rest);
  const cells = new Map();
  for (const edge of edges) {
    const key = JSON.stringify([place(edge.from), place(edge.to)]);
    cells.set(key, [...(cells.get(key) || []), edge]);
  }
  const used = (key) => new Set(edges.map((edge) => place(edge[key])));
  const [from, to] = [used('from'), used('to')];
  return {rows: order.filter((party) => from.has(party)), columns: order.filter((party) => to.has(party)),
          edgesOf: (row, column) => cells.get(JSON.stringify([row, column])) || []};
}

// The cells are one stop of the tab key. Among them, left and right go through all cells, up and down through a column.
class Matrix {
  constructor(label, table, show) {
    this.show = show;
    this.cells = [];
    this.chosen = null;
    this.heading = element('p', {class: 'cell-edges', 'aria-live': 'polite'});
    const {rows, columns, edgesOf: edgesIn} = matrixOf(edgesOf(table));
    this.most = Math.max(1, ...rows.flatMap((from) => columns.map((to) => sumOf(edgesIn(from, to)).waited_ns)));
    const head = columns.map((to) => element('th', {scope: 'col'}, nameOf(to)));
    const body = rows.map((from) => element(
        'tr', {}, element('th', {scope: 'row'}, nameOf(from)),
        columns.map((to, column) => element('td', {}, edgesIn(from, to).length === 0 ? null : this.cell(
            edgesIn(from, to), column, `${nameOf(from)} → ${nameOf(to)}`)))));
    const grid = element('table', {class: 'matrix', 'aria-label': label},
                         element('thead', {}, element('tr', {}, element('th', {scope: 'col'}, 'from ↓ to →'), head)),
                         element('tbody', {}, body));
    grid.addEventListener('keydown', (event) => this.key(event));
    this.view = element('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': label}, grid);
    this.cells.reduce((a, b) => (b.sum.waited_ns > a.sum.waited_ns ? b : a)).button.tabIndex = 0;
    this.choose(null);
  }

  cell(edges, column, title) {
    const sum = sumOf(edges);
    const button = element(
        'button', {type: 'button', tabindex: '-1', 'aria-pressed': 'false',
                   'aria-label': `${title}: waited ${timeText(sum.waited_ns)}, ${sum.wakeups} wake-ups` +
                                 (sum.bytes === null ? '' : `, ${quantityText(sum.bytes, 'bytes')}`)},
        element('strong', {}, time(sum.waited_ns)), element('span', {}, count(sum.wakeups), ' ×'),
        sum.bytes === null ? null : element('span', {}, quantity(sum.bytes, 'bytes')));
    // The square root keeps short times distinguishable too.
    button.style.setProperty('--shade', String(darkest * Math.sqrt(sum.waited_ns / this.most)));
    const cell = {edges, sum, column, title, button};
    button.addEventListener('focus', () => this.cells.forEach((each) => { each.button.tabIndex = each === cell ? 0 : -1; }));
    button.addEventListener('click', () => this.choose(this.chosen === cell ? null : cell));
    this.cells.push(cell);
    return button;
  }

  choose(cell) {
    const before = this.chosen;
    this.chosen = cell;
    if (before) {
      before.button.setAttribute('aria-pressed', 'false');
    }
    if (!cell) {
      this.heading.replaceChildren('All rows');
    } else {
      cell.button.setAttribute('aria-pressed', 'true');
      const all = element('button', {type: 'button'}, 'Show all');
      all.addEventListener('click', () => {
        this.choose(null);
        cell.button.focus();
      });
      this.heading.replaceChildren(element('strong', {}, cell.title), ' ', all);
    }
    if (before || cell) {
      this.show(cell && cell.edges.flatMap(({rows}) => rows));
    }
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
    if (event.key === 'Escape') {
      this.choose(null);
    }
  }
}

// `show` replaces the rows of the block's table; null shows all of them.
/** @type {(block: import('./sections.js').Block, show: (rows: Row[]) => void) => Element[]} */
export function wakeupMatrix({title, items: [table]}, show) {
  const matrix = new Matrix(title, table, show);
  return [faint('Time that tasks of a column waited until tasks of a row woke them, how often, and the bytes that they ' +
                'sent them; the stronger the color, the longer. A cell selects its rows of the table.'),
          matrix.view, matrix.heading];
}
