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
  svgElement('svg', {class: 'drawing', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label}, ...children);

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

// Ratios around 1 that are easy to read, at most about eight.
function ratioTicks(low, high) {
  const steps = [[1.01, 1.02, 1.05, 1.1, 1.2, 1.5], [1.1, 1.2, 1.5, 2, 3, 5, 10], [2, 5, 10, 20, 50, 100],
                 [10, 100, 1e3, 1e4, 1e5, 1e6]];
  const reach = Math.max(high, 1 / low);
  const chosen = steps[reach <= 1.6 ? 0 : reach <= 12 ? 1 : reach <= 120 ? 2 : 3];
  const all = [...chosen.map((ratio) => 1 / ratio).reverse(), 1, ...chosen];
  return all.filter((ratio) => ratio >= low && ratio <= high);
}
