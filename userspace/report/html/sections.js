// SPDX-License-Identifier: Apache-2.0
//
// Paints the sections of a report (sections/json.h): paragraphs, lines, tables and distributions. It knows nothing of
// their content; pictures are added by the section's id.
import {addToPage, attempt, element, expandable} from './elements.js';
import {quantityText} from './figures.js';
import {axisStrip, drawing, percent, svgElement} from './svg.js';

const shownRows = 50;
const shownParts = 100;
const deepestIndent = 10;

/** @typedef {{text: string, tone?: string, value?: number, unit?: string}} Cell */
/** @typedef {{kind?: string, label?: string, text: string, tone?: string, indent?: number}} Paragraph */
/** @typedef {{cells?: Cell[], depth?: number, notes?: Paragraph[]}} Row */
/** @typedef {{columns: {title: string, align: string}[], rows?: Row[]}} Table */
/** @typedef {{id?: string, title?: string, items: any[]}} Block */
/** @typedef {{id: string, title?: string, blocks: Block[]}} Section */
/**
 * What the page adds to a section: pictures above or below its content, above a block of it, or instead of it. `nth`
 * counts the sections with the same id. A picture of a block that is `outside` shows while the block is collapsed.
 * @typedef {{above?: (section: Section, nth: number) => any, below?: (section: Section, nth: number) => any,
 *     instead?: (section: Section, nth: number) => any, block?: (block: Block) => any, outside?: boolean}} Picture
 */

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
function paintParagraph({label, text, tone, indent}) {
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

function paintRow({cells = [], depth = 0, notes = []}, columns) {
  const kind = (i) => (columns[i].align === 'left' ? 'word' : 'number');
  const row = element('tr', {}, columns.map((_, i) => element('td', {class: kind(i)}, cells[i] && paintCell(cells[i]))));
  if (depth > 0) {
    /** @type {HTMLElement} */ (row.firstChild).style.paddingLeft = `${1.2 * Math.min(depth, deepestIndent)}em`;
  }
  const below = element('tr', {class: 'notes'}, element('td', {colspan: columns.length}, notes.map(
      (note) => paintParagraph({...note, indent: 0}))));
  return [cells.length > 0 ? row : null, notes.length > 0 ? below : null];
}

function paintRows(label, columns, rows) {
  const kind = ({align}) => (align === 'left' ? 'word' : 'number');
  const head = columns.map((column) => element('th', {scope: 'col', class: kind(column)}, column.title));
  const noted = rows.some((row) => row.notes);
  return element('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': label},
                 element('table', {'aria-label': label, ...(noted ? {class: 'noted'} : {})},
                         element('thead', {}, element('tr', {}, head)),
                         element('tbody', {}, rows.flatMap((row) => paintRow(row, columns)))));
}

// `label` names the table for screen readers, which do not show that it belongs to the heading above.
/** @type {(label: string, table: Table) => Element[]} */
export function paintTable(label, {columns, rows = []}) {
  const rest = rows.slice(shownRows);
  const more = () => expandable(`${rest.length} more`, (body) => body.append(paintRows(label, columns, rest)));
  return [paintRows(label, columns, rows.slice(0, shownRows)), ...(rest.length > 0 ? [more()] : [])];
}

// Ranges reach from one power of two to the next, so all bars are equally wide on their logarithmic axis.
function paintDistribution(label, {unit, buckets}) {
  const most = Math.max(1, ...buckets.map(([, , count]) => count));
  const width = 100 / buckets.length;
  const text = ([from, to, count]) => `${quantityText(from, unit)} to ${quantityText(to, unit)}: ${count}`;
  const bars = buckets.map((bucket, i) => svgElement(
      'rect', {x: percent(width * (i + 0.05)), width: percent(width * 0.9), y: percent(100 - 100 * bucket[2] / most),
               height: percent(100 * bucket[2] / most), class: 'bucket'}, svgElement('title', {}, text(bucket))));
  const step = Math.ceil(buckets.length / 4);
  const ticks = buckets.map(([from], i) => ({at: width * i, text: quantityText(from, unit)}))
      .filter((_, i) => i % step === 0);
  return element('div', {class: 'distribution'},
                 drawing([label, ...buckets.filter(([, , count]) => count > 0).map(text)].join(', '), 'plot', bars),
                 axisStrip(ticks));
}

/** @type {(label: string, items: any[]) => any[]} */
export const paintItems = (label, items) => items.map((item) => {
  switch (item.kind) {
    case 'paragraph':
      return paintParagraph(item);
    case 'line':
      return element('p', {}, item.cells.map(paintCell), item.tail ? `: ${item.tail}` : null);
    case 'table':
      return paintTable([label, item.columns[0].title].filter(Boolean).join(': '), item);
    default:
      return paintDistribution(label, item);
  }
});

// A block without a title belongs to the one before it.
/** @type {(blocks: Block[]) => Block[]} */
function partsOf(blocks) {
  const parts = [];
  for (const block of blocks) {
    if (block.title || parts.length === 0) {
      parts.push({...block, items: [...block.items]});
    } else {
      parts.at(-1).items.push(...block.items);
    }
  }
  return parts;
}

const hasTable = (part) => part.items.some((item) => item.kind === 'table');
const isSmall = (part) => part.title && part.items.every((item) => item.kind === 'distribution');

function paintPart(part, section, picture, collapsed) {
  const drawn = () => (picture.block ? attempt(`A picture of ${section.title}`, () => picture.block(part)) : null);
  const items = () => paintItems(part.title || section.title || section.id, part.items);
  if (!collapsed || !part.title) {
    return element('div', {}, part.title ? element('h3', {}, part.title) : null, drawn(), items());
  }
  return element('div', {}, expandable(part.title, (body) => body.append(
      element('div', {}, picture.outside ? null : drawn(), items()))), picture.outside ? drawn() : null);
}

// Parts with tables are collapsed if there are many.
function paintParts(section, picture) {
  const parts = partsOf(section.blocks);
  const collapsed = parts.filter((part) => part.title && hasTable(part)).length > 3;
  const small = parts.filter(isSmall);
  const large = parts.filter((part) => !isSmall(part));
  const paint = (part) => paintPart(part, section, picture, collapsed);
  const rest = large.slice(shownParts);
  return [large.slice(0, shownParts).map(paint),
          rest.length > 0 ? expandable(`${rest.length} more`, (body) => body.append(...rest.map(paint))) : null,
          small.length > 0 ? element('div', {class: 'multiples'}, small.map(paint)) : null];
}

function paintSection(section, id, nth, picture) {
  const draw = (make) => (make ? attempt(`A picture of ${section.title}`, () => make(section, nth)) : null);
  return element('section', {id}, section.title ? element('h2', {}, section.title) : null,
                 picture.instead ? draw(picture.instead) :
                                   [draw(picture.above), ...paintParts(section, picture), draw(picture.below)]);
}

// Fills the page. The first section is its head; a list of contents follows.
/** @type {(all: Section[], pictures: Record<string, Picture>) => void} */
export function paintSections(all, pictures) {
  const numbers = new Map();
  const links = [];
  const painted = all.filter(({blocks}) => blocks.length > 0).map((section) => {
    const nth = numbers.get(section.id) || 0;
    numbers.set(section.id, nth + 1);
    const id = `section-${section.id}${nth > 0 ? `-${nth + 1}` : ''}`;
    if (section.title) {
      const warns = section.blocks.some(({items}) => items.some((item) => item.tone === 'warning'));
      links.push(element('li', warns ? {class: 'tone-warning'} : {}, element('a', {href: `#${id}`}, section.title)));
    }
    return attempt(section.title || section.id, () => paintSection(section, id, nth, pictures[section.id] || {}));
  });
  addToPage(painted[0], element('nav', {'aria-label': 'Contents'}, element('ul', {class: 'contents'}, links)),
            ...painted.slice(1));
}
