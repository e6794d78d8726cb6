// SPDX-License-Identifier: Apache-2.0
//
// SVG, and the scales that turn values into pixels. Colors are those of the style sheet.
'use strict';

function svgElement(tag, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
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

// A drawing of that many units that is as wide as the page; `label` is for who cannot see it.
const drawing = (label, width, height, ...children) =>
  svgElement('svg', {class: 'drawing', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label},
             ...children);

const svgText = (x, y, text, anchor = 'start', name = '') =>
  svgElement('text', {x, y, 'text-anchor': anchor, class: name}, text);

const svgLine = (x1, y1, x2, y2, name) => svgElement('line', {x1, y1, x2, y2, class: name});

// As much of a text as fits into a column of labels.
const shortLabel = (text, most = 34) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

const linearScale = ([low, high], [from, to]) => (value) =>
  (high === low ? (from + to) / 2 : from + (to - from) * (value - low) / (high - low));

const logScale = ([low, high], range) => {
  const scale = linearScale([Math.log(low), Math.log(high)], range);
  return (value) => scale(Math.log(value));
};

// Round numbers from `low` to `high`, about `count` of them.
function linearTicks(low, high, count = 5) {
  const span = high - low;
  if (!(span > 0)) {
    return [low];
  }
  const power = 10 ** Math.floor(Math.log10(span / count));
  const step = power * [1, 2, 5, 10].find((factor) => span / (power * factor) <= count);
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) {
    ticks.push(Math.abs(tick) < step * 1e-9 ? 0 : tick);
  }
  return ticks;
}

// Ratios that are easy to read, `least` pixels apart, from 1 outwards.
function ratioTicks([low, high], scale, least = 44) {
  const ratios = [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1, 1.01, 1.02, 1.05,
                  1.1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100, 1e3, 1e4, 1e5, 1e6];
  const near = ratios.filter((ratio) => ratio >= low && ratio <= high)
      .sort((a, b) => Math.abs(Math.log(a)) - Math.abs(Math.log(b)));
  return near.reduce((kept, ratio) => (kept.every((other) => Math.abs(scale(other) - scale(ratio)) >= least) ?
                                           [...kept, ratio] : kept), []);
}
