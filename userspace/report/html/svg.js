// SPDX-License-Identifier: Apache-2.0
//
// Makes SVG elements, and the scales that turn values into positions. A drawing is as wide as its column: horizontal
// positions are in percent, text and marks in pixels. The style sheet has the colors.
import {filled} from './elements.js';

/** @type {(tag: string, attributes: object, ...children: any[]) => Element} */
export const svgElement = (tag, attributes, ...children) =>
    filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

/** @type {(share: number) => string} */
export const percent = (share) => `${Number(share.toFixed(3))}%`;

// A drawing without a label repeats the text next to it, so it is hidden from assistive technology.
/** @type {(label: string, name: string, ...children: any[]) => Element} */
export const drawing = (label, name, ...children) => svgElement(
    'svg', {class: `drawing ${name}`, ...(label ? {role: 'img', 'aria-label': label} : {'aria-hidden': 'true'})},
    ...children);

// Inside it, y is in pixels from the middle of the strip.
export const middle = (...children) => svgElement('svg', {y: '50%', overflow: 'visible'}, ...children);

// The children draw a mark in pixels around a position whose `x` is in percent.
/** @type {(x: number, y: number, ...children: any[]) => Element} */
export const markAt = (x, y, ...children) => svgElement('svg', {x: percent(x), y, overflow: 'visible'}, ...children);

const svgText = (x, y, text, anchor = 'start', name = '') =>
  svgElement('text', {x, y, 'text-anchor': anchor, class: name}, text);

// A faint number at a place in percent, which stays within the drawing.
/** @type {(at: number, y: number, text: string) => Element} */
export const tickText = (at, y, text) =>
  svgText(percent(at), y, text, at < axisEdge ? 'start' : at > 100 - axisEdge ? 'end' : 'middle', 'faint');

/** @type {(x1: any, y1: any, x2: any, y2: any, name: string) => Element} */
export const svgLine = (x1, y1, x2, y2, name) => svgElement('line', {x1, y1, x2, y2, class: name});

/** @type {(at: number, name: string) => Element} */
export const upright = (at, name) => svgLine(percent(at), '0', percent(at), '100%', name);

// The numbers of an axis below or above strips: `ticks` are {at, text}. Labels closer to an edge than this are aligned
// to it.
export const axisEdge = 3;
/** @type {(ticks: {at: number, text: string}[]) => Element} */
export const axisStrip = (ticks) => drawing(null, 'axis-strip', ticks.map(({at, text}) => tickText(at, 14, text)));

/** @type {(from: number[], to: number[]) => (value: number) => number} */
export const linearScale = ([low, high], [from, to]) => (value) =>
  (high === low ? (from + to) / 2 : from + (to - from) * (value - low) / (high - low));

/** @type {(from: number[], to: number[]) => (value: number) => number} */
export const logScale = ([low, high], range) => {
  const scale = linearScale([Math.log(low), Math.log(high)], range);
  return (value) => scale(Math.log(value));
};

// Returns about `count` round numbers from `low` to `high`.
/** @type {(low: number, high: number, count?: number) => number[]} */
export function linearTicks(low, high, count = 5) {
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

// A logarithmic axis has ticks at 1, 2, 5, 10, ...; if these are too many, only at powers of ten; if they are too few,
// at any round numbers.
/** @type {(low: number, high: number, most?: number) => number[]} */
export function logTicks(low, high, most = 6) {
  const decades = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
    decades.push(10 ** power);
  }
  const within = (ticks) => ticks.filter((tick) => tick >= low && tick <= high);
  const fine = within(decades.flatMap((decade) => [decade, 2 * decade, 5 * decade]));
  return fine.length > most ? within(decades) : fine.length >= 3 ? fine : linearTicks(low, high, most - 1);
}

// Returns at most about eight round ratios around 1.
/** @type {(low: number, high: number) => number[]} */
export function ratioTicks(low, high) {
  const steps = [[1.01, 1.02, 1.05, 1.1, 1.2, 1.5], [1.1, 1.2, 1.5, 2, 3, 5, 10], [2, 5, 10, 20, 50, 100],
                 [10, 100, 1e3, 1e4, 1e5, 1e6]];
  const reach = Math.max(high, 1 / low);
  const chosen = steps[reach <= 1.6 ? 0 : reach <= 12 ? 1 : reach <= 120 ? 2 : 3];
  const all = [...chosen.map((ratio) => 1 / ratio).reverse(), 1, ...chosen];
  return all.filter((ratio) => ratio >= low && ratio <= high);
}
