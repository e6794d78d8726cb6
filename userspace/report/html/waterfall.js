// SPDX-License-Identifier: Apache-2.0
//
// A waterfall leads from one whole to another by the parts of their difference. Each part begins at the end of the
// last.
import {element, faint} from './elements.js';
import {quantityText, threeDigits} from './figures.js';
import {axisStrip, drawing, linearScale, linearTicks, middle, percent, svgElement, svgLine, upright} from './svg.js';

/** @typedef {{label: string, value: number}} Whole */

// `parts` are {label, difference, low, high}, the largest first; low and high bound the difference and may be missing.
// Parts beyond `most` are added up to one, so that the steps still add up.
function waterfallSteps(from, parts, most = 12) {
  const shown = parts.length > most ? parts.slice(0, most - 1) : parts;
  const rest = parts.slice(shown.length);
  const all = rest.length === 0 ? shown : [...shown, {
    label: `${rest.length} smaller parts`, difference: rest.reduce((sum, part) => sum + part.difference, 0),
  }];
  let at = from;
  return all.map((part) => {
    const bounded = Number.isFinite(part.low) && Number.isFinite(part.high);
    const step = {label: part.label, start: at, end: at + part.difference, difference: part.difference,
                  interval: bounded ? [at + part.low, at + part.high] : null};
    at = step.end;
    return step;
  });
}

// If the steps are small compared with the wholes, the axis does not begin at 0.
function waterfallRange(from, to, steps) {
  const ends = steps.flatMap((step) => [step.start, step.end, ...(step.interval || [])]).concat(from, to);
  const [lowest, highest] = [Math.min(...ends), Math.max(...ends)];
  const leaveOut = lowest > 0 && highest - lowest < lowest / 2;
  return [leaveOut ? Math.max(0, lowest - (highest - lowest)) : Math.min(0, lowest), Math.max(0, highest)];
}

// Bars are listed from top to bottom; positions are in percent of the width.
/** @type {(from: Whole, to: Whole, parts: any[]) => any} */
export function waterfallLayout(from, to, parts) {
  const steps = waterfallSteps(from.value, parts);
  const range = waterfallRange(from.value, to.value, steps);
  const scale = linearScale(range, [0, 100]);
  const place = (value) => scale(Math.min(Math.max(value, range[0]), range[1]));
  const whole = (side) => ({label: side.label, value: side.value, whole: true, start: place(0), end: place(side.value),
                            whisker: null});
  const bars = [whole(from), ...steps.map((step) => ({
    label: step.label, value: step.difference, whole: false, start: place(step.start), end: place(step.end),
    whisker: step.interval && step.interval.map(place),
  })), whole(to)];
  const ticks = linearTicks(range[0], range[1], 3).map((value) => ({at: scale(value), value}));
  return {range, zero: place(0), bars, ticks};
}

function waterfallStrip(layout, i) {
  const bar = layout.bars[i];
  const name = bar.whole ? 'whole' : bar.value > 0 ? 'rise' : 'fall';
  const link = (at, from, to) => svgLine(percent(at), from, percent(at), to, 'link');
  return drawing(null, 'strip', layout.ticks.map(({at}) => upright(at, 'grid')), upright(layout.zero, 'axis'),
                 i > 0 ? link(bar.whole ? bar.end : bar.start, '0', '50%') : null,
                 i + 1 < layout.bars.length ? link(bar.end, '50%', '100%') : null,
                 middle(svgElement('rect', {x: percent(Math.min(bar.start, bar.end)), y: -7, height: 14, class: name,
                                            width: percent(Math.max(Math.abs(bar.end - bar.start), 0.3))}),
                        bar.whisker === null ? null : [
                          svgLine(percent(bar.whisker[0]), 0, percent(bar.whisker[1]), 0, 'whisker'),
                          bar.whisker.map((at) => svgLine(percent(at), -3, percent(at), 3, 'whisker')),
                        ]));
}

const signedText = (value, unit) => `${value > 0 ? '+' : ''}${quantityText(value, unit, threeDigits)}`;

/** @type {(label: string, from: Whole, to: Whole, parts: any[], unit: string) => Element} */
export function waterfall(label, from, to, parts, unit) {
  const layout = waterfallLayout(from, to, parts);
  const rows = layout.bars.map((bar, i) => element(
      'div', {class: bar.whole ? 'strip-row strong' : 'strip-row'}, element('div', {class: 'strip-label'}, bar.label),
      waterfallStrip(layout, i),
      element('div', {class: 'strip-figure'}, element('data', {value: bar.value}, bar.whole ?
          quantityText(bar.value, unit, threeDigits) : signedText(bar.value, unit)))));
  const ticks = layout.ticks.map(({at, value}) => ({at, text: quantityText(value, unit)}));
  return element('div', {class: 'strips waterfall', role: 'group', 'aria-label': label}, rows,
                 element('div', {class: 'strip-row'}, element('div', {class: 'strip-label'}), axisStrip(ticks)),
                 layout.range[0] > 0 ? faint(`The axis begins at ${quantityText(layout.range[0], unit)}.`) : null);
}
