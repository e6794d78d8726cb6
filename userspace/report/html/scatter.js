// SPDX-License-Identifier: Apache-2.0
//
// Rounds in the order of time: a point for each run, and a line at each median. What drifts is seen to drift.
'use strict';

// The median of numbers, null of none.
function medianOf(values) {
  if (values.length === 0) {
    return null;
  }
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// `series`: {label, points: [{x, y}]}. An axis from 0 where that leaves the points apart, else around them.
function scatterRange(series) {
  const heights = series.flatMap((each) => each.points.map((point) => point.y));
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const room = (high - low) * 0.1 || high * 0.1 || 1;
  return [high - low < low / 2 ? Math.max(0, low - room) : 0, high + room];
}

function scatter(label, series, xName, unit) {
  const [width, height, left, right, top] = [900, 300, 80, 890, 10];
  const bottom = height - 40;
  const rounds = series.flatMap((each) => each.points.map((point) => point.x));
  const range = scatterRange(series);
  const x = linearScale([Math.min(...rounds), Math.max(...rounds)], [left + 10, right - 10]);
  const y = linearScale(range, [bottom, top]);
  const drawn = [];
  for (const tick of linearTicks(...range)) {
    drawn.push(svgLine(left, y(tick), right, y(tick), 'grid'),
               svgText(left - 8, y(tick) + 4, quantityText(tick, unit), 'end', 'faint'));
  }
  for (const tick of linearTicks(Math.min(...rounds), Math.max(...rounds), 10).filter(Number.isInteger)) {
    drawn.push(svgText(x(tick), bottom + 16, tick, 'middle', 'faint'));
  }
  drawn.push(svgText((left + right) / 2, height - 6, xName, 'middle', 'faint'));
  series.forEach((each, i) => {
    const style = `--own: var(${colourOf(i)})`;
    const middle = medianOf(each.points.map((point) => point.y));
    drawn.push(svgElement('line', {x1: left, x2: right, y1: y(middle), y2: y(middle), class: 'median', style}),
               each.points.map((point) => svgElement(
                   'circle', {cx: x(point.x), cy: y(point.y), r: 3, class: 'point', style},
                   svgElement('title', {}, `${each.label}, ${xName} ${point.x}: ${quantityText(point.y, unit)}`))));
  });
  const legend = element('ul', {class: 'legend'}, series.map((each, i) => element(
      'li', {}, element('i', {style: `background: var(${colourOf(i)})`}), each.label)));
  return element('div', {}, drawing(label, width, height, drawn), legend);
}
