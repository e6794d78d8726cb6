// SPDX-License-Identifier: Apache-2.0
//
// Tests where drawings place their figures.
import {forestLayout} from '../../userspace/report/html/forest.js';
import {scatterLayout} from '../../userspace/report/html/scatter.js';
import {linearTicks, logTicks} from '../../userspace/report/html/svg.js';
import {axisStep, instantText} from '../../userspace/report/html/timeline_paint.js';
import {waterfallLayout} from '../../userspace/report/html/waterfall.js';
import {assert, near, test} from './fixture.mjs';

const row = (ratio, low, high) => ({ratio, low, high});
const forest = (...rows) => forestLayout(rows, 1.05);

test('a forest has ratios on a logarithmic axis', () => {
  const {one, marks} = forest(row(4, 2, 8), row(0.25, 0.125, 0.5), row(2, null, null));
  near(one, 50); // the rows extend equally far on both sides
  near(marks[0].at - one, one - marks[1].at);
  near((marks[0].to - one) / (marks[2].at - one), 3);
  assert.equal(marks[0].beyond, false);
  assert.equal(marks[2].from, null);
});

test('a forest has no mark without a ratio', () => {
  assert.deepEqual(forest(row(null, null, null), row(0, 0, 0)).marks, [null, null]);
});

test('a forest ends where rows could not be told apart', () => {
  const endless = forest(row(3, 2, null)).marks[0];
  assert.equal(endless.beyond, true);
  near(endless.to, 100);
  const far = forest(row(1e6, 1e5, 1e7)).marks[0];
  assert.equal(far.beyond, true);
  near(far.at, 100);
});

test('a forest leaves out ticks whose words would overlap', () => {
  const ticks = (...rows) => forest(...rows).ticks.map(({text}) => text);
  assert.deepEqual(ticks(row(1.3, 0.8, 1.5)), ['0.833', '0.909', '1', '1.1', '1.2', '1.5']);
  assert.deepEqual(ticks(row(1.15, 0.955, 1.22)), ['0.952', '1', '1.05', '1.1', '1.2']);
});

const parts = (...differences) => differences.map((difference) => (
  {label: 'p', difference, low: difference - 1, high: difference + 1}));
const waterfall = (from, list) => waterfallLayout(
    {label: 'a', value: from}, {label: 'b', value: list.reduce((sum, each) => sum + each.difference, from)}, list);

test('a waterfall adds up', () => {
  for (const {bars} of [waterfall(100, parts(50, -30, 10)), waterfall(0, parts(5)), waterfall(1000, parts(3, -1)),
                        waterfall(10, parts(-30)), waterfall(100, parts(...Array(20).fill(2)))]) {
    bars.slice(1, -1).forEach((bar, i) => near(bar.start, bars[i].end));
    near(bars.at(-2).end, bars.at(-1).end);
    for (const place of bars.flatMap(({start, end}) => [start, end])) {
      assert.ok(place >= -1e-6 && place <= 100 + 1e-6);
    }
  }
});

test('a waterfall leaves out what both wholes have', () => {
  assert.equal(waterfall(100, parts(50, -30, 10)).range[0], 0);
  assert.ok(waterfall(1000, parts(3, -1)).range[0] > 900);
  assert.ok(waterfall(10, parts(-30)).range[0] < 0);
});

test('a waterfall of many parts sums up the smaller ones', () => {
  const {bars} = waterfall(100, parts(...Array(20).fill(2)));
  assert.equal(bars.length, 14);
  assert.equal(bars[12].label, '9 smaller parts');
  assert.equal(bars[12].value, 18);
});

const points = (...heights) => heights.map((y, x) => ({x: x + 1, y}));
const scatter = (options, ...heights) => scatterLayout([{label: 'a', points: points(...heights)}], options);

test('a scatter plot keeps the order of time', () => {
  const {band, series: [{line, points: placed}]} = scatter({logarithmic: true, band: [2, 8]}, 1, 4, 16);
  assert.ok(placed[0].left < placed[1].left && placed[1].left < placed[2].left);
  near(placed[1].top, 50);
  near(line, 50); // it is at the median
  near(band[0] + band[1], 100);
});

test('a scatter plot has a place for every value', () => {
  assert.equal(scatter({logarithmic: true}, 0, 5).logarithmic, false);
  for (const {yTicks, series} of [scatter({logarithmic: true}, 0, 5), scatter({}, 7),
                                  scatter({logarithmic: true}, 1000, 1001, 1002)]) {
    assert.ok(yTicks.length >= 1);
    for (const {top, left} of series[0].points) {
      assert.ok(Number.isFinite(left) && top >= 0 && top <= 100);
    }
  }
});

test('ticks are round', () => {
  assert.deepEqual(linearTicks(0, 100, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(linearTicks(3, 3), [3]);
  assert.deepEqual(logTicks(1, 10), [1, 2, 5, 10]);
  assert.deepEqual(logTicks(1, 1e4), [1, 10, 100, 1000, 10000]);
});

test('instants close to each other have the digits that tell them apart', () => {
  assert.equal(axisStep(1e6, 900), 1e5);
  assert.deepEqual([0, 1e6, 1.1e6].map((ns) => instantText(ns, 1e5)), ['0', '1.0 ms', '1.1 ms']);
});
