// SPDX-License-Identifier: Apache-2.0
//
// What the page is made of. Everything that comes out of the report is set as text, never as markup.
'use strict';

const report = JSON.parse(document.getElementById('report').textContent);
const page = document.getElementById('page');

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    made.setAttribute(name, value);
  }
  for (const child of children.flat(2)) {
    if (child !== null && child !== undefined) {
      made.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
  }
  return made;
}

const element = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);

const faint = (...text) => element('p', {class: 'faint'}, ...text);

function section(title, ...children) {
  const content = children.flat().filter((child) => child !== null);
  if (content.length > 0) {
    page.append(element('section', {}, element('h2', {}, title), content));
  }
}

// What fails to be shown must not take the rest with it.
function show(what, fill) {
  try {
    fill();
  } catch (error) {
    console.error(what, error);
    page.append(element('p', {class: 'warning'}, `${what} could not be shown: ${error.message}`));
  }
}

// `columns`: {title, word: text rather than figures, wrap: long text}. Rows are lists of texts or nodes; a row may
// carry `className`. `label` names the table for who cannot see what stands above it.
function table(label, columns, rows) {
  const kind = (column) => (column.wrap ? 'wrap' : column.word ? 'word' : 'number');
  const head = columns.map((column) => element('th', {scope: 'col', class: kind(column)}, column.title));
  const body = rows.map((row) => element('tr', row.className ? {class: row.className} : {},
                                         row.map((cell, i) => element('td', {class: kind(columns[i])}, cell))));
  return element('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': label},
                 element('table', {'aria-label': label}, element('thead', {}, element('tr', {}, head)),
                         element('tbody', {}, body)));
}

// A part that is made when it is opened for the first time: a report can have thousands.
function unfold(summary, fill, open) {
  const body = element('div', {class: 'body'});
  const details = element('details', {}, element('summary', {}, summary), body);
  details.fillOnce = () => {
    details.fillOnce = () => {};
    show('This part', () => fill(body));
  };
  details.addEventListener('toggle', () => details.fillOnce());
  if (open) {
    details.open = true;
    details.fillOnce();
  }
  return details;
}

// Opens every part, and the parts inside the parts. Returns those that were closed.
function unfoldAll() {
  const opened = [];
  for (let closed = [...document.querySelectorAll('details:not([open])')]; closed.length > 0;
       closed = [...document.querySelectorAll('details:not([open])')]) {
    for (const details of closed) {
      details.open = true;
      details.fillOnce();
      opened.push(details);
    }
  }
  return opened;
}

// A target inside a part exists only once the part is filled; until then its line in the summary stands for it.
function openTarget() {
  const id = decodeURIComponent(location.hash.slice(1));
  const inside = document.getElementById(id) || document.getElementById(`${id}.line`);
  const details = inside && inside.closest('details');
  if (details) {
    details.open = true;
    details.fillOnce();
    document.getElementById(id).scrollIntoView();
  }
}
