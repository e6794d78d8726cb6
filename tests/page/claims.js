// SPDX-License-Identifier: Apache-2.0
//
// The questions of claims_test.cpp.
import {all, one, report, texts} from './page.js';
import {markOf} from '../../userspace/report/html/forest.js';

const lineOf = (id) => document.getElementById(`${id}.line`);
const number = (each, name) => Number.parseFloat(each.getAttribute(name));
const box = (each) => each.getBoundingClientRect();

// Returns the pairs of words that overlap.
export function overlaps() {
  const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 ||
                          b.bottom <= a.top + 1;
  const clashes = (parts) => parts.flatMap((a, i) => parts.slice(i + 1)
      .filter((b) => a.textContent !== '' && b.textContent !== '' && !a.contains(b) && !apart(box(a), box(b)))
      .map((b) => `${a.textContent} / ${b.textContent}`));
  return [...all('.claim-line').flatMap((each) => clashes([...each.children])),
          ...all('.axis-strip, .y-axis').flatMap((each) => clashes(all('text', each))),
          ...all('.strip-row').flatMap((each) => clashes([...each.children]))];
}

export const beginning = () => texts('h1');

export const chapters = () => texts('.chapter-head h3');

export const statements = () => all('.chapters details').map((each) => ({
  id: each.id, statement: one('.statement', each).textContent, lines: texts('.claim-line', one('summary', each)),
}));

export const linesOfCases = () => ['definition.own-memory', 'isolation.memory', 'cost.switch.hop',
                                   'cost.switch.hop.across-cpus'].map((id) => lineOf(id).textContent);

export function axis() {
  const strips = all('.claim-line .strip');
  const places = all('.on-screen .axis-strip, .claim-line .strip').filter((each) => box(each).width > 0)
      .map((each) => [box(each).left, box(each).width].join());
  const mark = (strip) => {
    const interval = one('.interval', strip);
    const band = one('.band', strip);
    return {at: number(all('svg svg', strip).at(-1), 'x'), one: number(one('.axis', strip), 'x1'),
            from: number(interval, 'x1'), to: number(interval, 'x2'),
            band: [number(band, 'x'), number(band, 'x') + number(band, 'width')]};
  };
  return {axes: all('.on-screen .axis-strip').length, places: new Set(places).size,
          ticks: Object.fromEntries(all('text', one('.on-screen .axis-strip'))
                                        .map((each) => [each.textContent, number(each, 'x')])),
          marks: Object.fromEntries(strips.map((each) => [each.parentNode.id.slice(0, -'.line'.length), mark(each)]))};
}

export const shapes = () => ['confirmed', 'refuted', 'inconclusive'].map((ruling) => markOf(ruling).outerHTML);

export const evidence = () => Object.fromEntries(report().claims.map(({id}) => {
  const own = document.getElementById(id);
  return [id, {text: own.textContent, plots: all('.plot', own).map((each) => all('.point', each).length),
               steps: all('.waterfall data', own).map((each) => Number(each.value))}];
}));

// Returns the parts that are open after visiting each address.
export async function addresses() {
  const opened = [];
  for (const id of ['ipc.pipe', 'ipc.pipe.across-cpus', 'summary', 'no.such']) {
    all('details').forEach((each) => { each.open = false; });
    const arrived = new Promise((resolve) => { window.addEventListener('hashchange', resolve, {once: true}); });
    location.hash = id;
    await arrived;
    opened.push(all('details').filter((each) => each.open).map((each) => each.id));
  }
  return opened;
}
