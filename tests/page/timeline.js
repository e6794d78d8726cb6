// SPDX-License-Identifier: Apache-2.0
//
// The questions of timeline_test.cpp. They use the timeline like a user. Line 0 is the baker's process, 1 its first
// task, 2 the oven, 3 the waiter.
import {axisHeight, lineHeight} from '../../userspace/report/html/timeline_paint.js';
import {colorOf, inkOf} from '../../userspace/report/html/charts.js';
import {one, press, report} from './page.js';

const view = () => one('.timeline')?.view;
const span = () => [view().span.from, view().span.to].map(Math.round);
const description = () => view().description.textContent;
const tip = () => (view().tip.hidden ? null : [...view().tip.children].map((each) => each.textContent));
const key = (name, more = {}) => press(view().canvas, name, more);
const button = (label) => one(`button[aria-label="${label}"]`).click();

export const names = () => view().lines.map((line) => line.name);

// Returns the position of `ns` in a line.
function place(line, ns) {
  const {canvas, left, width, box: {scrollTop}, span: {from, to}} = view();
  const box = canvas.getBoundingClientRect();
  return {clientX: box.left + left + width * (ns - from) / (to - from),
          clientY: box.top + axisHeight + lineHeight * (line + 0.5) - scrollTop};
}

const point = (type, line, ns, more = {}) => view().canvas.dispatchEvent(
    new PointerEvent(type, {...place(line, ns), button: 0, bubbles: true, ...more}));

function click(line, ns) {
  point('pointerdown', line, ns);
  point('pointerup', line, ns);
}

// Returns the color at the middle of a line.
function pixel(line, ns) {
  const {canvas} = view();
  const {clientX, clientY} = place(line, ns);
  const box = canvas.getBoundingClientRect();
  const copy = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
  const pen = copy.getContext('2d', {willReadFrequently: true});
  const ratio = window.devicePixelRatio;
  pen.drawImage(canvas, -Math.floor((clientX - box.left) * ratio), -Math.floor((clientY - box.top) * ratio));
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

export function colors() {
  const rgb = (name) => inkOf(name).match(/[0-9a-f]{2}/g).map((each) => parseInt(each, 16));
  const activities = Object.keys(report().totals.activities);
  const own = (activity) => rgb(colorOf(activities.indexOf(activity)));
  return {user: [pixel(1, 0.7e6), own('user')], faint: [pixel(3, 0.7e6), own('pipe'), rgb('--page')], names: names(),
          fits: view().canvas.getBoundingClientRect().right <= innerWidth};
}

export function hovered() {
  return [[3, 1e6], [2, 6.5e6], [3, 9.9e6], [0, 5e6]].map(([line, ns]) => {
    point('pointermove', line, ns);
    return tip();
  });
}

export function regions() {
  const tips = [[1, 5e6], [2, 2.5e6], [1, 8.5e6], [1, 7e6], [3, 2.5e6]].map(([line, ns]) => {
    point('pointermove', line, ns);
    return tip();
  });
  const drawn = [[1, 5e6], [2, 2.9e6], [1, 7e6]].map(([line, ns]) => pixel(line, ns));
  key('ArrowUp');
  key('ArrowUp'); // the pointer was on line 3
  const walked = ['ArrowRight', 'ArrowRight'].map((name) => {
    key(name);
    return description();
  });
  return {names: names(), tips, drawn, walked};
}

export function arrows() {
  const drawn = [];
  view().painter.arrow = (from, to, ns) => drawn.push([from, to, ns]);
  click(3, 1e6);
  const into = drawn.splice(0);
  click(1, 1.9e6);
  const out = drawn.splice(0);
  key('ArrowUp');
  key('Enter');
  click(1, 1e6);
  return [into, out, drawn, names()];
}

export function zoomed() {
  const spans = [span()];
  for (const [name, more] of [['+'], ['ArrowRight', {shiftKey: true}], ['-'], ['+'], ['0']]) {
    key(name, more);
    spans.push(span());
  }
  for (let i = 0; i < 60; ++i) {
    key('+');
  }
  const narrowest = view().span.to - view().span.from;
  button('fit');
  return [...spans, narrowest, span()];
}

export function wheeled() {
  const {canvas} = view();
  const wheel = (more = {}) => {
    const event = new WheelEvent('wheel', {...place(1, 2e6), deltaY: -300, cancelable: true, bubbles: true, ...more});
    canvas.dispatchEvent(event);
    return event.defaultPrevented;
  };
  canvas.blur();
  const scrolled = wheel();
  const still = span();
  const turned = wheel({ctrlKey: true});
  const {from, to} = view().span;
  return [scrolled, still, turned, (2e6 - from) / (to - from), (to - from) / 1e7];
}

export function dragged() {
  view().canvas.setPointerCapture = () => {};
  point('pointerdown', 1, 2e6);
  point('pointermove', 1, 3e6);
  point('pointerup', 1, 4e6);
  const selected = span();
  point('pointerdown', 1, 3e6, {shiftKey: true});
  point('pointermove', 1, 2.5e6, {shiftKey: true});
  point('pointerup', 1, 2.5e6, {shiftKey: true});
  return [selected, span()];
}

export function walked() {
  const steps = [];
  for (const name of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowUp', 'Enter']) {
    key(name);
    steps.push(description());
  }
  return [steps, names()];
}

export function waiterHovered() {
  const tips = [3e6, 1e6].map((ns) => {
    point('pointermove', 3, ns);
    return tip();
  });
  return [names()[3], ...tips];
}

export function mergedAndLanes() {
  const {data} = view();
  const merged = data.rows.concat(data.lanes).flatMap((row) => {
    const lines = [];
    for (let i = row.first; i < row.last; ++i) {
      if (data.columns.share[i] >= 0) {
        lines.push(data.describe(row, i).join(' · '));
      }
    }
    return lines;
  });
  return [merged, names()];
}

export function jumped() {
  button('jump to the longest wait');
  const first = description();
  for (let i = 1; i < view().waits.length; ++i) {
    button('jump to the longest wait');
    if (description().includes('for a pipe')) {
      return [first, description(), span()];
    }
  }
  return [first, description(), span()];
}

export const isMissing = () => view() === undefined;

// Returns the number of rectangles of the first paint, the number of intervals, the width in pixels, and the number of
// rectangles of a paint after the pointer moved.
export function paintedRectangles() {
  const {context} = view().painter;
  let rectangles = 0;
  const fill = context.fillRect.bind(context);
  context.fillRect = (...where) => {
    ++rectangles;
    fill(...where);
  };
  view().painter.ground = null;
  view().paint();
  const anew = rectangles;
  point('pointermove', 1, 50e6);
  view().paint();
  return [anew, view().data.columns.fact.length, view().width, rectangles - anew];
}
