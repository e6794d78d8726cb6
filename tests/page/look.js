// SPDX-License-Identifier: Apache-2.0
//
// Collects what a test checks on a page: look() runs at the end of the page and posts the facts to the document around
// its frame, where receive() waits. The other files here have the questions of the tests; each question returns
// something for JSON.
import * as claims from './claims.js';
import * as compare from './compare.js';
import * as flame from './flame.js';
import * as scroll from './scroll.js';
import * as timeline from './timeline.js';
import * as waits from './waits.js';
import {all, styleOf, texts} from './page.js';

export const questions = {claims, compare, flame, scroll, timeline, waits};

const colors = ['--page', '--text', '--faint', '--panel', '--link', '--confirmed', '--refuted', '--inconclusive',
                 ...[...Array(16).keys()].map((i) => `--color-${i}`)];

const hex = (text) => [...new TextEncoder().encode(text)].map((each) => each.toString(16).padStart(2, '0')).join('');

const closed = () => all('details:not([open])').length;

function blank(canvas) {
  const {width, height} = canvas;
  if (width * height === 0) {
    return true;
  }
  const copy = Object.assign(document.createElement('canvas'), {width, height});
  const pixels = copy.getContext('2d', {willReadFrequently: true});
  pixels.drawImage(canvas, 0, 0);
  return !pixels.getImageData(0, 0, width, height).data.some((each) => each !== 0);
}

function focusable(each) {
  each.focus();
  return document.activeElement === each;
}

function cut(each) {
  const box = each.getBoundingClientRect();
  return !each.closest('.scroll') && (box.right > innerWidth + 1 || box.left < -1);
}

// All parts stay filled, but are collapsed again afterwards.
function print() {
  const facts = {collapsed: closed(), ink: Object.fromEntries(colors.map((name) => [name, styleOf(name)]))};
  window.dispatchEvent(new Event('beforeprint'));
  facts.collapsed_in_print = closed();
  facts.blank_in_print = all('canvas').filter(blank).length;
  facts.paper = styleOf('--page');
  window.dispatchEvent(new Event('afterprint'));
  facts.collapsed_after_print = closed();
  return facts;
}

function cellOf(cell) {
  const data = cell.querySelector('data');
  return {text: cell.textContent, value: data ? Number(data.value) : null};
}

function chartOf(canvas) {
  const chart = globalThis.Chart?.getChart(canvas);
  return chart ? [{label: canvas.getAttribute('aria-label'), data: chart.data.datasets.map((set) => set.data),
                   ticks: Object.values(chart.scales).map((scale) => scale.ticks.map((tick) => tick.label))}] : [];
}

function expanded() {
  const root = document.documentElement;
  return {
    ready: root.dataset.ready === 'yes', width: innerWidth, overflow: root.scrollWidth > root.clientWidth,
    cut: all('h1, h2, h3, h4, p, summary, li, .chart, .bar').filter(cut).map((each) => each.textContent.slice(0, 80)),
    title: document.title, headings: texts('h2'), contents: texts('nav a'), text: all('main')[0].innerText,
    summaries: all('summary').map((each) => each.textContent),
    canvases: all('canvas').length, blank: all('canvas').filter(blank).length,
    unreachable: all('summary, a, .scroll, button.fold').filter((each) => each.checkVisibility() && !focusable(each)).length,
    levels: all('h1, h2, h3, h4').map((each) => Number(each.tagName[1])),
    strangers: all('main script, main b, main img, main iframe').length,
    charts: all('canvas').flatMap(chartOf),
    distributions: all('.distribution .plot').map((each) => each.getAttribute('aria-label')),
    tables: all('table').map((each) => ({
      label: each.getAttribute('aria-label'), rows: [...each.rows].map((row) => [...row.cells].map(cellOf)),
    })),
  };
}

// Shows all rows of tables. Rows inside may fold others.
function unfold() {
  for (let folded = all('.fold[aria-expanded="false"]'); folded.length > 0; folded = all('.fold[aria-expanded="false"]')) {
    folded.forEach((each) => each.click());
  }
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// The timeout is for a page without anything left to paint, which may never get another frame.
const painted = () => Promise.race([
  new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }).then(() => pause(100)),
  pause(3000)]);

/** @type {(question?: () => any) => Promise<void>} */
export async function look(question = () => null) {
  const elements = all('main *').length; // of the first paint, with all parts still collapsed
  /** @type {any} */
  const facts = {elements, ...print()};
  for (const details of all('details')) {
    details.open = true;
  }
  await painted();
  unfold();
  await painted();
  Object.assign(facts, expanded());
  facts.answer = await question();
  parent.postMessage(hex(JSON.stringify(facts)), '*');
}

// Posts nothing: the page itself becomes the answer. The browser writes it at the load event, which waits for a document
// that is open.
/** @type {(question: () => Promise<any>) => Promise<void>} */
export async function measure(question) {
  const hold = document.body.appendChild(document.createElement('iframe'));
  hold.contentDocument.open();
  const answer = await question();
  [...document.body.children].filter((each) => each !== hold).forEach((each) => each.remove());
  hold.before(Object.assign(document.createElement('pre'), {id: 'answer', textContent: hex(JSON.stringify(answer))}));
  hold.contentDocument.close();
}

export function receive() {
  window.addEventListener('message', (event) => { document.getElementById('answer').textContent = event.data; });
}
