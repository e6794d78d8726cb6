// SPDX-License-Identifier: Apache-2.0
//
// A scatter plot shows a point for each round in order of time, and a line at the median. It makes drift visible.
import {colorOf} from './charts.js';
import {element} from './elements.js';
import {digits, quantityText} from './figures.js';
import {axisStrip, drawing, linearScale, linearTicks, logScale, logTicks, percent, svgElement} from './svg.js';

// Returns null for an empty list.
function medianOf(values) {
  if (values.length === 0) {
    return null;
  }
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// The axis begins at 0 unless the points would be too close together; then it covers only the points.
function scatterRange(values, logarithmic) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (logarithmic) {
    const room = Math.max((high / low) ** 0.1, 1.02);
    return [low / room, high * room];
  }
  const room = (high - low) * 0.1 || high * 0.1 || 1;
  return [high - low < low / 2 ? Math.max(0, low - room) : 0, high + room];
}

// `series`: {label, points: [{x, y}], line}; without `line`, the line is at the median. `options`: logarithmic; band:
// [low, high], which is shaded. Positions are in percent of width and height. If a value is 0, the axis is linear.
/** @type {(series: any[], options?: any) => any} */
export function scatterLayout(series, options = {}) {
  const points = series.flatMap((each) => each.points);
  const lines = series.map((each) => (each.line === undefined ? medianOf(each.points.map((point) => point.y)) :
                                          each.line));
  const band = (options.band || []).filter((value) => Number.isFinite(value));
  const values = [...points.map((point) => point.y), ...lines.filter((line) => line !== null), ...band];
  const logarithmic = Boolean(options.logarithmic) && values.every((value) => value > 0);
  const range = scatterRange(values, logarithmic);
  const rounds = points.map((point) => point.x);
  const [first, last] = [Math.min(...rounds), Math.max(...rounds)];
  const x = linearScale([first, last], [2, 98]);
  const y = (logarithmic ? logScale : linearScale)(range, [100, 0]);
  const placed = (point) => ({...point, left: x(point.x), top: y(point.y)});
  return {
    logarithmic, range,
    xTicks: linearTicks(first, last, 8).filter(Number.isInteger).map((value) => ({at: x(value), value})),
    yTicks: (logarithmic ? logTicks : linearTicks)(range[0], range[1], 5).map((value) => ({at: y(value), value})),
    band: band.length === 2 ? band.map(y) : null,
    series: series.map((each, i) => ({label: each.label, line: lines[i] === null ? null : y(lines[i]),
                                      points: each.points.map(placed)})),
  };
}

function scatterPlot(label, layout, valueText, xName) {
  const across = (at, name, style = '') => svgElement('line', {x1: 0, x2: '100%', y1: percent(at), y2: percent(at),
                                                               class: name, style});
  return drawing(
      label, 'plot',
      layout.band && svgElement('rect', {x: 0, width: '100%', y: percent(layout.band[1]), class: 'band',
                                         height: percent(layout.band[0] - layout.band[1])}),
      layout.yTicks.map(({at}) => across(at, 'grid')),
      layout.series.map((each, i) => {
        const style = `--own: var(${colorOf(i)})`;
        const dot = (point) => svgElement(
            'circle', {cx: percent(point.left), cy: percent(point.top), r: 3.5, class: `point series-${i % 2}`, style},
            svgElement('title', {}, `${each.label}, ${xName} ${point.x}: ${valueText(point.y)}`));
        return [each.line === null ? null : across(each.line, 'median', style), ...each.points.map(dot)];
      }));
}

// The unit "ratio" is not shown.
/** @type {(label: string, series: any[], xName: string, unit: string, options?: any) => Element} */
export function scatter(label, series, xName, unit, options = {}) {
  const layout = scatterLayout(series, options);
  const valueText = (value) => (unit === 'ratio' ? digits(value) : quantityText(value, unit));
  const legend = series.length < 2 ? null : element('ul', {class: 'legend'}, series.map((each, i) => element(
      'li', {}, element('i', {class: `series-${i % 2}`, style: `--own: var(${colorOf(i)})`}), each.label)));
  const height = ({at, value}) => svgElement(
      'text', {x: '100%', y: percent(at), dy: 4, 'text-anchor': 'end', class: 'faint'}, valueText(value));
  return element('div', {class: 'scatter'}, drawing(null, 'y-axis', layout.yTicks.map(height)),
                 scatterPlot(label, layout, valueText, xName),
                 element('div', {class: 'x-name faint'}, xName),
                 axisStrip(layout.xTicks.map(({at, value}) => ({at, text: value}))), legend);
}
