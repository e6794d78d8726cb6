// SPDX-License-Identifier: Apache-2.0
//
// Paints the tables and paragraphs of sections. Rows can fold those below them, and end in a bar of their times.
import {colorOf} from './charts.js';
import {element, expandable} from './elements.js';
import {percent} from './svg.js';

const shownRows = 50;
const deepestIndent = 10;

/** @typedef {{text: string, tone?: string, value?: number, unit?: string}} Cell */
/** @typedef {{kind?: string, label?: string, text: string, tone?: string, indent?: number}} Paragraph */
/** @typedef {{cells?: Cell[], depth?: number, folded?: boolean, notes?: Paragraph[]}} Row */
/** @typedef {{columns: {title: string, align: string}[], rows?: Row[]}} Table */

const toneClass = (tone) => (tone ? {class: `tone-${tone}`} : {});
const hasValue = (cell) => cell.value !== undefined && cell.value !== null;

/** @type {(cell: Cell) => any} */
export function paintCell(cell) {
  if (hasValue(cell)) {
    return element('data', {value: cell.value, ...toneClass(cell.tone)}, cell.text);
  }
  return cell.tone ? element('span', toneClass(cell.tone), cell.text) : cell.text;
}

/** @type {(paragraph: Paragraph) => Element} */
export function paintParagraph({label, text, tone, indent}) {
  const made = element('p', toneClass(tone));
  if (indent) {
    made.style.paddingLeft = `${indent}ch`;
  }
  if (!label) {
    made.append(text);
    return made;
  }
  const name = element('span', {}, label.trim());
  name.style.minWidth = `${label.length}ch`;
  made.classList.add('labeled');
  made.append(name, element('span', {}, text));
  return made;
}

// The rows that show while no row is unfolded, each with the rows below it that it folds.
/** @type {(rows: Row[]) => {row: Row, inside: Row[]}[]} */
export function foldedRows(rows) {
  const shown = [];
  for (let i = 0; i < rows.length;) {
    const {depth = 0, folded} = rows[i];
    let end = i + 1;
    while (folded && end < rows.length && (rows[end].depth || 0) > depth) {
      ++end;
    }
    shown.push({row: rows[i], inside: rows.slice(i + 1, end)});
    i = end;
  }
  return shown;
}

const depthOf = (painted) => (painted ? Number(painted.dataset.depth) : -1);

// The rows inside are painted when the row is unfolded.
function foldButton(words, inside, paint) {
  const button = element('button', {type: 'button', class: 'fold', 'aria-expanded': 'false'}, words);
  button.addEventListener('click', () => {
    const row = button.closest('tr');
    const folded = button.getAttribute('aria-expanded') === 'false';
    button.setAttribute('aria-expanded', String(folded));
    if (folded) {
      row.after(...foldedRows(inside).flatMap(paint));
      return;
    }
    while (depthOf(row.nextElementSibling) > depthOf(row)) {
      row.nextElementSibling.remove();
    }
  });
  return button;
}

/** @typedef {{first: number, end: number}} Bars the columns whose times are drawn as a bar at the end of each row */

/** @type {(cell: Cell) => number} */
const timeIn = (cell) => (cell && cell.unit === 'ns' && hasValue(cell) ? cell.value : 0);

// Draws times of several columns in the colors that their titles have, on the scale of the longest row.
function barPainter(columns, rows, {first, end}) {
  const numbers = columns.map((_, i) => i).slice(first, end);
  const sum = ({cells = []}) => numbers.reduce((all, i) => all + timeIn(cells[i]), 0);
  const most = Math.max(...rows.map(sum));
  const own = (i) => `--own: var(${colorOf(i - first)})`;
  const part = (cells, i) => element('span', {
    style: `width: ${percent(100 * timeIn(cells[i]) / most)}; ${own(i)}`, title: `${columns[i].title}: ${cells[i].text}`});
  return {
    isIn: (i) => numbers.length > 1 && numbers.includes(i),
    key: (i) => element('i', {class: 'key', style: own(i)}),
    cell: ({cells = []}) => element('td', {class: 'bar-cell', 'aria-hidden': 'true'}, most > 0 ? element(
        'div', {class: 'row-bar'}, numbers.filter((i) => timeIn(cells[i]) > 0).map((i) => part(cells, i))) : null),
  };
}

function rowPainter(columns, bars) {
  const kind = (i) => (columns[i].align === 'left' ? 'word' : 'number');
  const paint = ({row, inside}) => {
    const {cells = [], depth = 0, notes = []} = row;
    const content = (i) => (i === 0 && inside.length > 0 ? foldButton(cells[0].text, inside, paint) :
                                                            cells[i] && paintCell(cells[i]));
    const painted = element('tr', {'data-depth': depth}, columns.map((_, i) => element('td', {class: kind(i)}, content(i))),
                            bars && bars.cell(row));
    painted.style.setProperty('--depth', String(Math.min(depth, deepestIndent)));
    const below = element('tr', {class: 'notes', 'data-depth': depth}, element('td', {colspan: columns.length}, notes.map(
        (note) => paintParagraph({...note, indent: 0}))));
    return [...(cells.length > 0 ? [painted] : []), ...(notes.length > 0 ? [below] : [])];
  };
  return paint;
}

function paintRows(label, columns, rows, bars) {
  const head = columns.map(({title, align}, i) => element(
      'th', {scope: 'col', class: align === 'left' ? 'word' : 'number'}, bars && bars.isIn(i) ? bars.key(i) : null, title));
  const classes = [rows.some(({row}) => row.notes) ? 'noted' : '', rows.some(({inside}) => inside.length > 0) ? 'folds' : '',
                   bars ? 'barred' : ''].filter(Boolean).join(' ');
  return element('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': label},
                 element('table', {'aria-label': label, ...(classes ? {class: classes} : {})},
                         element('thead', {}, element('tr', {}, head, bars ? element('td', {'aria-hidden': 'true'}) : null)),
                         element('tbody', {}, rows.flatMap(rowPainter(columns, bars)))));
}

// `label` names the table for screen readers, which do not show that it belongs to the heading above.
/** @type {(label: string, table: Table, bars?: Bars) => Element[]} */
export function paintTable(label, {columns, rows = []}, bars = undefined) {
  const painter = bars ? barPainter(columns, rows, bars) : null;
  const shown = foldedRows(rows);
  const rest = shown.slice(shownRows);
  const more = () => expandable(`${rest.length} more`, (body) => body.append(paintRows(label, columns, rest, painter)));
  return [paintRows(label, columns, shown.slice(0, shownRows), painter), ...(rest.length > 0 ? [more()] : [])];
}
