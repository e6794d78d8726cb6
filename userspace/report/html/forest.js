// SPDX-License-Identifier: Apache-2.0
//
// A forest plot shows ratios with their intervals on one logarithmic axis, and the band of ratios that count as the
// same. Each row is a separate strip, so that text can be next to it.
import {element} from './elements.js';
import {digits, threeDigits} from './figures.js';
import {axisEdge, axisStrip, drawing, logScale, markAt, middle, percent, ratioTicks, svgElement, svgLine,
  upright} from './svg.js';

// The axis ends here, because other rows would be too close together. Marks beyond it are drawn at its end.
const farthestRatio = 1024;
const isRatio = (value) => value !== null && value !== undefined && Number.isFinite(value) && value > 0;

/** @typedef {{ratio: number, low?: number, high?: number}} Ratio null where there is none */

// The range includes the band.
function forestRange(rows, sameUpTo) {
  const values = rows.flatMap((row) => [row.ratio, row.low, row.high]).filter(isRatio)
      .map((value) => Math.min(Math.max(value, 1 / farthestRatio), farthestRatio));
  const room = 1.05;
  return [Math.min(1 / sameUpTo, ...values) / room, Math.max(sameUpTo, ...values) * room];
}

// Leaves out ticks whose labels would overlap: 1 stays, and 2, 5, 10, ... are preferred to those in between.
function spacedTicks(ratios, scale) {
  const least = 9;
  const middleOf = (at) => (at < axisEdge ? at + least / 2 : at > 100 - axisEdge ? at - least / 2 : at);
  const reach = (value) => Math.max(value, 1 / value);
  const isRound = (value) => ['1', '2', '5'].includes(reach(value).toPrecision(1)[0]) &&
      Math.abs(reach(value) - Number(reach(value).toPrecision(1))) < 1e-9;
  const kept = [];
  for (const value of [...ratios].sort((a, b) => Number(isRound(b)) - Number(isRound(a)) || reach(a) - reach(b))) {
    const at = scale(value);
    if (kept.every((tick) => Math.abs(middleOf(tick.at) - middleOf(at)) >= least)) {
      kept.push({at, text: digits(value)});
    }
  }
  return kept.sort((a, b) => a.at - b.at);
}

// Positions are in percent of the width. A row without a ratio has null in place of a mark. `beyond`: its interval goes
// on beyond the axis.
/** @type {(rows: Ratio[], sameUpTo: number) => any} */
export function forestLayout(rows, sameUpTo) {
  const range = forestRange(rows, sameUpTo);
  const scale = logScale(range, [0, 100]);
  const place = (value) => scale(Math.min(Math.max(value, range[0]), range[1]));
  const mark = ({ratio: at, low, high}) => {
    if (!isRatio(at)) {
      return null;
    }
    if (low === null || low === undefined) {
      return {at: place(at), from: null, to: null, beyond: false};
    }
    const end = high === null || high === undefined ? Infinity : high;
    return {at: place(at), from: place(Math.max(low, 0)), to: place(end), beyond: end > range[1] || low < range[0]};
  };
  return {
    range, one: scale(1), band: [scale(1 / sameUpTo), scale(sameUpTo)],
    ticks: spacedTicks(ratioTicks(range[0], range[1]), scale), marks: rows.map(mark),
  };
}

// Answers differ in shape, not in color alone.
const markShapes = {
  more: 'disk', confirmed: 'disk', less: 'diamond', refuted: 'diamond', 'the same': 'square', undecided: 'ring',
  inconclusive: 'ring',
};

/** @type {(answer: string) => Element} */
export function markOf(answer) {
  const shape = Object.hasOwn(markShapes, answer) ? markShapes[answer] : 'ring';
  if (shape === 'diamond') {
    return svgElement('path', {d: 'M0,-6 L6,0 L0,6 L-6,0 Z', class: 'mark'});
  }
  return shape === 'square' ? svgElement('rect', {x: -4.5, y: -4.5, width: 9, height: 9, class: 'mark'}) :
      svgElement('circle', {r: 4.5, class: shape === 'ring' ? 'mark ring' : 'mark'});
}

const answerClass = (answer) => `answer-${String(answer || '').replaceAll(' ', '-')}`;

// The strip of one row: `mark` comes from forestLayout, `answer` selects its shape and color.
/** @type {(layout: any, mark: any, answer: string) => Element} */
export function forestStrip(layout, mark, answer) {
  const [from, to] = layout.band;
  const parts = [
    svgElement('rect', {x: percent(from), y: 0, width: percent(to - from), height: '100%', class: 'band'}),
    layout.ticks.map(({at}) => upright(at, 'grid')), upright(layout.one, 'axis'),
  ];
  if (mark !== null && mark.from !== null) {
    const line = svgLine(percent(mark.from), 0, percent(mark.to), 0, 'interval');
    const ends = [mark.from, mark.to].map((at) => svgLine(percent(at), -4, percent(at), 4, 'interval'));
    const arrow = (at, d) => markAt(at, 0, svgElement('path', {d, class: 'mark'}));
    parts.push(middle(line, ends, mark.beyond && mark.to > 99.9 ? arrow(100, 'M0,0 L-7,-5 L-7,5 Z') : null,
                      mark.beyond && mark.from < 0.1 ? arrow(0, 'M0,0 L7,-5 L7,5 Z') : null));
  }
  if (mark !== null) {
    parts.push(middle(markAt(mark.at, 0, markOf(answer))));
  }
  return drawing(null, `strip ${answerClass(answer)}`, parts);
}

/** @type {(layout: any) => Element} */
export const forestAxis = (layout) => axisStrip(layout.ticks);

/** @type {(ratio: Ratio) => Element} */
export const ratioWithInterval = ({ratio: value, low, high}) => element(
    'data', {value}, threeDigits(value),
    low === null || low === undefined ? null : element('small', {}, ` [${threeDigits(low)}..${threeDigits(high)}]`));

// Draws a whole plot. The rows are those of forestLayout, with `label` and `answer`: "more", "the same", "less",
// "undecided" or another word.
/** @type {(label: string, rows: any[], sameUpTo: number) => Element} */
export function forest(label, rows, sameUpTo) {
  const layout = forestLayout(rows, sameUpTo);
  return element('div', {class: 'strips forest', role: 'group', 'aria-label': label}, rows.map((row, i) => element(
      'div', {class: 'strip-row'}, element('div', {class: 'strip-label'}, row.label),
      forestStrip(layout, layout.marks[i], row.answer),
      element('div', {class: 'strip-figure'}, isRatio(row.ratio) ? ratioWithInterval(row) : null, ' ',
              element('span', {class: answerClass(row.answer)}, row.answer || '-')))),
                 element('div', {class: 'strip-row'}, element('div', {class: 'strip-label'}), forestAxis(layout)));
}
