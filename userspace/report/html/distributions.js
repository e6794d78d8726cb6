// SPDX-License-Identifier: Apache-2.0
//
// Paints distributions over powers of two as bars.
import {element} from './elements.js';
import {quantityText} from './figures.js';
import {axisStrip, drawing, percent, svgElement, tickText, upright} from './svg.js';

// A range reaches from one power of two to the next; the first one begins at 0.
const power = (value) => Math.log2(Math.max(1, value));
/** @type {(distributions: any[]) => {low: number, high: number}} */
export const powersOf = (distributions) => ({
  low: Math.min(...distributions.map(({buckets}) => power(buckets[0][0]))),
  high: Math.max(...distributions.map(({buckets}) => power(buckets.at(-1)[1] + 1))),
});

// Powers of ten, as many as have room.
/** @type {(powers: {low: number, high: number}) => number[]} */
export function decadesIn({low, high}) {
  const room = 0.22 * (high - low) / Math.log2(10);
  const step = [1, 2, 3, 6].find((each) => each >= room) || 9;
  const decades = [];
  for (let i = Math.ceil(low / Math.log2(10)); i * Math.log2(10) <= high; ++i) {
    if (i % step === 0) {
      decades.push(10 ** i);
    }
  }
  return decades;
}

// Distributions next to each other have one axis, so that they can be compared, and few values stay narrow.
/** @type {(label: string, distribution: any, powers: {low: number, high: number}) => Element} */
export function paintDistribution(label, {unit, buckets}, powers) {
  const at = (value) => 100 * (power(value) - powers.low) / (powers.high - powers.low);
  const most = Math.max(1, ...buckets.map(([, , count]) => count));
  const text = ([from, to, count]) => `${quantityText(from, unit)} to ${quantityText(to, unit)}: ${count}`;
  const bars = buckets.map((bucket) => {
    const [from, to, count] = bucket;
    const width = at(to + 1) - at(from);
    return svgElement('rect', {x: percent(at(from) + width * 0.04), width: percent(width * 0.92), class: 'bucket',
                               y: percent(100 - 100 * count / most), height: percent(100 * count / most)},
                      svgElement('title', {}, text(bucket)));
  });
  const peak = buckets.find(([, , count]) => count === most);
  const ticks = decadesIn(powers).map((value) => ({at: at(value), text: quantityText(value, unit)}));
  return element('div', {class: 'distribution'},
                 drawing([label, ...buckets.filter(([, , count]) => count > 0).map(text)].join(', '), 'plot',
                         ticks.map((tick) => upright(tick.at, 'grid')), bars,
                         peak ? tickText((at(peak[0]) + at(peak[1] + 1)) / 2, -3, String(most)) : null),
                 axisStrip(ticks));
}
