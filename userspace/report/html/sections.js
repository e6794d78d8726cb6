// SPDX-License-Identifier: Apache-2.0
//
// Paints the sections of a report (sections/json.h): paragraphs, lines, tables and distributions. It knows nothing of
// their content; pictures are added by the section's id.
import {contents, followReading} from './contents.js';
import {paintDistribution, powersOf} from './distributions.js';
import {addToPage, attempt, element, expandable} from './elements.js';
import {paintCell, paintParagraph, paintTable} from './tables.js';

const shownParts = 30;

/** @typedef {import('./tables.js').Row} Row */
/** @typedef {import('./tables.js').Bars} Bars */
/** @typedef {{id?: string, title?: string, depth?: number, items: any[]}} Block */
/** @typedef {{id: string, title?: string, blocks: Block[]}} Section */
/**
 * What the page adds to a section: pictures above or below its content, above a block of it, or instead of it, and bars
 * in its tables. `nth` counts the sections with the same id. A picture of a block that is `outside` shows while the
 * block is collapsed; `show` replaces the rows of the block's table. A section whose picture `repeats` its
 * tables has them collapsed.
 * @typedef {{above?: (section: Section, nth: number) => any, below?: (section: Section, nth: number) => any,
 *     instead?: (section: Section, nth: number) => any, block?: (block: Block, show?: (rows: Row[]) => void) => any,
 *     bars?: Bars, outside?: boolean, repeats?: boolean}} Picture
 */

/** @type {(label: string, items: any[], more?: {bars?: Bars, powers?: {low: number, high: number}}) => any[]} */
export const paintItems = (label, items, {bars, powers} = {}) => items.map((item) => {
  switch (item.kind) {
    case 'paragraph':
      return paintParagraph(item);
    case 'line':
      return element('p', {}, item.cells.map(paintCell), item.tail ? `: ${item.tail}` : null);
    case 'table':
      return paintTable([label, item.columns[0].title].filter(Boolean).join(': '), item, bars);
    default:
      return paintDistribution(label, item, powers || powersOf([item]));
  }
});

// A block without a title belongs to the one before it; one with a depth is inside the last one without.
/** @typedef {Block & {inside: Block[]}} Part */
/** @type {(blocks: Block[]) => Part[]} */
function partsOf(blocks) {
  const parts = [];
  let last = null;
  for (const block of blocks) {
    if (!block.title && last) {
      last.items.push(...block.items);
      continue;
    }
    last = {...block, items: [...block.items], inside: []};
    (block.depth > 0 && parts.length > 0 ? parts.at(-1).inside : parts).push(last);
  }
  return parts;
}

const hasTable = (part) => part.items.some((item) => item.kind === 'table');
const isSmall = (part) => part.title && part.items.every((item) => item.kind === 'distribution');

// Parts with tables are collapsed if there are many. Then their lines have the pictures that are `outside`.
function paintParts(section, picture) {
  const parts = partsOf(section.blocks);
  const collapsed = parts.filter((part) => part.title && hasTable(part)).length > 3 ||
      parts.some(({inside}) => inside.length > 0);
  const small = parts.filter(isSmall);
  const large = parts.filter((part) => !isSmall(part));
  const powers = small.length > 0 ? powersOf(small.flatMap(({items}) => items)) : undefined;
  const paint = (part) => {
    const label = part.title || section.title || section.id;
    const items = element('div', {}, paintItems(label, part.items, {bars: part.title ? undefined : picture.bars, powers}));
    // Replaces the rows of the part's table; null: shows all of them.
    const show = (rows) => items.replaceChildren(...element('div', {}, paintItems(label, part.items.map(
        (item) => (rows && item.kind === 'table' ? {...item, rows} : item)))).childNodes);
    const drawn = picture.block ? attempt(`A picture of ${section.title}`, () => picture.block(part, show)) : null;
    return {drawn, items};
  };
  const painted = (part) => {
    if (!collapsed || !part.title) {
      const {drawn, items} = paint(part);
      return element('div', {}, part.title ? element('h3', {}, part.title) : null, drawn, items);
    }
    const own = picture.outside ? attempt(`A picture of ${section.title}`, () => picture.block(part)) : null;
    return expandable(own ? [element('span', {class: 'part-title'}, part.title), own] : part.title, (body) => {
      const {drawn, items} = paint(part);
      body.append(...(drawn && !own ? [].concat(drawn) : []), items, ...part.inside.map(painted));
    });
  };
  const some = (all) => {
    const rest = all.slice(shownParts);
    return [...all.slice(0, shownParts).map(painted),
            ...(rest.length > 0 ? [expandable(`${rest.length} more`, (body) => body.append(...rest.map(painted)))] : [])];
  };
  return [...some(large), small.length > 0 ? element('div', {class: 'multiples'}, small.map(painted)) : null];
}

const paintContent = (section, picture) => (picture.repeats ? [expandable(
    'All figures', (body) => body.append(...paintParts(section, picture).filter(Boolean)))] : paintParts(section, picture));

function paintSection(section, id, nth, picture) {
  const draw = (make) => (make ? attempt(`A picture of ${section.title}`, () => make(section, nth)) : null);
  return element('section', {id}, section.title ? element('h2', {}, section.title) : null,
                 picture.instead ? draw(picture.instead) :
                                   [draw(picture.above), ...paintContent(section, picture), draw(picture.below)]);
}

// The first words of a title, without what explains them.
const shortTitle = (title) => title.split(/: | \(/)[0];

// Fills the page. The first section is its head; a list of contents follows.
/** @type {(all: Section[], pictures: Record<string, Picture>) => void} */
export function paintSections(all, pictures) {
  const numbers = new Map();
  const entries = [];
  const painted = all.filter(({blocks}) => blocks.length > 0).map((section) => {
    const nth = numbers.get(section.id) || 0;
    numbers.set(section.id, nth + 1);
    const id = `section-${section.id}${nth > 0 ? `-${nth + 1}` : ''}`;
    if (section.title) {
      const warns = section.blocks.some(({items}) => items.some((item) => item.tone === 'warning'));
      entries.push({id, title: shortTitle(section.title), warns});
    }
    return attempt(section.title || section.id, () => paintSection(section, id, nth, pictures[section.id] || {}));
  });
  addToPage(painted[0], contents(entries), ...painted.slice(1));
  followReading();
}
