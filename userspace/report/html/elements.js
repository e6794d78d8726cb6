// SPDX-License-Identifier: Apache-2.0
//
// Makes the elements of the page. All data of the report is set as text, never as markup.

// Returns data that the page contains as JSON; null if it has none with this id.
/** @type {(id: string) => any} */
export function dataOf(id) {
  const source = document.getElementById(id);
  return source && JSON.parse(source.textContent);
}

export const addToPage = (...children) => document.getElementById('page').append(...children);

/** @type {<T extends Element>(made: T, attributes: object, children: any[]) => T} */
export function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    made.setAttribute(name, value);
  }
  for (const child of children.flat(4)) {
    if (child !== null && child !== undefined) {
      made.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
  }
  return made;
}

/**
 * @type {<T extends keyof HTMLElementTagNameMap>(tag: T, attributes: object, ...children: any[]) =>
 *     HTMLElementTagNameMap[T]}
 */
export const element = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);

export const faint = (...text) => element('p', {class: 'faint'}, ...text);

// If one part of the page fails, a warning takes its place, and the others are still shown.
/** @type {<T>(what: string, make: () => T) => T | HTMLElement} */
export function attempt(what, make) {
  try {
    return make();
  } catch (error) {
    console.error(what, error);
    return element('p', {class: 'tone-warning'}, `${what} could not be shown: ${error.message}`);
  }
}

// Fills a part of the page that exists already.
/** @type {(what: string, fill: () => void) => void} */
export function show(what, fill) {
  const warning = attempt(what, () => {
    fill();
    return null;
  });
  if (warning) {
    addToPage(warning);
  }
}

const unfilled = new WeakMap(); // from a part to the function that fills it

function open(details) {
  details.open = true;
  fillOnce(details);
}

function fillOnce(details) {
  const fill = unfilled.get(details);
  unfilled.delete(details);
  if (fill) {
    show('This part', fill);
  }
}

// A part is filled when it is first opened, because a report can have thousands of parts.
/** @type {(summary: any, fill: (body: HTMLElement) => void, opened?: boolean) => HTMLDetailsElement} */
export function expandable(summary, fill, opened = false) {
  const body = element('div', {class: 'body'});
  const details = element('details', {}, element('summary', {}, summary), body);
  unfilled.set(details, () => fill(body));
  details.addEventListener('toggle', () => fillOnce(details));
  if (opened) {
    open(details);
  }
  return details;
}

// Opens every part and every row, including nested ones. Returns what closes them again.
/** @type {() => () => void} */
export function expandAll() {
  const opened = [];
  const closed = () => /** @type {any[]} */ ([...document.querySelectorAll('main details:not([open])'),
                                              ...document.querySelectorAll('.fold[aria-expanded="false"]')]);
  for (let all = closed(); all.length > 0; all = closed()) {
    for (const each of all) {
      if (each instanceof HTMLDetailsElement) {
        open(each);
      } else {
        each.click();
      }
      opened.push(each);
    }
  }
  return () => opened.reverse().forEach((each) => {
    if (each instanceof HTMLDetailsElement) {
      each.open = false;
    } else if (each.isConnected && each.getAttribute('aria-expanded') === 'true') {
      each.click();
    }
  });
}

// An element inside a part exists only once the part is filled; until then its line in the summary replaces it.
export function openTarget() {
  const id = decodeURIComponent(location.hash.slice(1));
  const inside = document.getElementById(id) || document.getElementById(`${id}.line`);
  const details = inside && inside.closest('details');
  if (details) {
    open(details);
    document.getElementById(id).scrollIntoView();
  }
}
