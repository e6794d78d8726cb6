// SPDX-License-Identifier: Apache-2.0
//
// This file shows the figures that a verdict is based on, and the figures that belong to no verdict.
import {chart} from './charts.js';
import {element, faint, section, table, unfold} from './elements.js';
import {digits, intervalText, mean, quantity, quantityText, ratio, threeDigits} from './figures.js';
import {scatter} from './scatter.js';
import {waterfall} from './waterfall.js';

const sizesOf = (sweep) => [...new Set(sweep.series.flatMap((series) => series.points.map((point) => point.x)))]
    .sort((a, b) => a - b);

function sweepChart(sweep) {
  const positive = (value) => (sweep.logarithmic && value === 0 ? 0.5 : value);
  const heights = sweep.series.flatMap((series) => series.points.map((point) => point.y));
  const datasets = sweep.series.map((series, i) => ({
    label: series.label, colour: i,
    data: series.points.map((point) => ({x: positive(point.x), y: point.y, low: point.low, high: point.high})),
  }));
  const spread = sweep.logarithmic && Math.min(...heights) > 0 && Math.max(...heights) > 50 * Math.min(...heights);
  return chart(`${sweep.title}: ${sweep.y_name} by ${sweep.x_name}`, 'line', {datasets},
               {type: sweep.logarithmic ? 'logarithmic' : 'linear', title: sweep.x_name,
                places: sweep.logarithmic ? sizesOf(sweep).map(positive) : null,
                tick: (value) => (sweep.logarithmic && value === 0.5 ? '0' : quantityText(value, sweep.x_unit))},
               {type: spread ? 'logarithmic' : 'linear', title: sweep.y_name,
                tick: (value) => quantityText(value, sweep.y_unit)},
               {label: (item) => `${item.dataset.label}: ${quantityText(item.raw.y, sweep.y_unit)}`});
}

// A slope per byte would be too small to read.
function slope(sweep, series) {
  if (series.slope === null) {
    return '-';
  }
  const step = sweep.x_unit === 'bytes' ? 1024 : 1;
  const per = sweep.x_unit === 'count' ? `one of ${sweep.x_name}` : sweep.x_unit === 'bytes' ? 'KiB' : sweep.x_unit;
  const scaledUp = (value) => (value === null ? null : value * step);
  const interval = {low: scaledUp(series.slope_low), high: scaledUp(series.slope_high), unit: sweep.y_unit};
  return element('data', {value: series.slope},
                 `${quantityText(series.slope * step, sweep.y_unit, threeDigits)} per ${per} ` +
                     `[${intervalText(interval)}]`);
}

function sweepView(sweep) {
  const sizes = sizesOf(sweep);
  const rows = sweep.series.map((series) => [series.label, ...sizes.map((size) => {
    const point = series.points.find((each) => each.x === size);
    return point ? quantity(point.y, sweep.y_unit) : '-';
  }), slope(sweep, series)]);
  return element('div', {}, element('h3', {}, sweep.title), sweepChart(sweep),
                 table(`sweep ${sweep.id}`,
                       [{title: sweep.y_name, word: true},
                        ...sizes.map((size) => ({title: quantityText(size, sweep.x_unit)})), {title: 'slope [95 %]'}],
                       rows));
}

function tableView(figures) {
  return element('div', {}, element('h3', {}, figures.title),
                 table(`figures ${figures.id}`, [{title: '', word: true}, ...figures.columns.map((title) => ({title}))],
                       figures.rows.map((row) => [row.name, ...row.values.map((value) => quantity(value, row.unit))])),
                 figures.note ? faint(figures.note) : null);
}

const shareText = (part) => (part === null ? '-' : element('data', {value: part}, `${digits(100 * part)} %`));

// The table has the typical operation, the mean of all operations, and the figure by the workload's own clock.
function bothSides(claim) {
  const {left_total: left, right_total: right, user_space: user} = claim;
  const rows = [['typical operation', quantity(claim.left, claim.unit), quantity(claim.right, claim.unit),
                 ratio(claim)]];
  if (left && right) {
    const ofMeans = mean(left.mean, right.mean);
    rows.push(['mean of all', quantity(left.mean, claim.unit), quantity(right.mean, claim.unit),
               ofMeans === null ? '-' : element('data', {value: ofMeans}, threeDigits(ofMeans))]);
    if (left.slowest_share !== null || right.slowest_share !== null) {
      rows.push(['time in the slowest 1 %', shareText(left.slowest_share), shareText(right.slowest_share), '']);
    }
  }
  if (user) {
    rows.push([`user space: ${user.figure}`, quantity(user.left, user.unit), quantity(user.right, user.unit),
               ratio(user)]);
  }
  return element('div', {class: 'sides'}, table(
      `both sides of ${claim.id}`,
      [{title: '', wrap: true}, {title: claim.left_label}, {title: claim.right_label}, {title: 'ratio [95 %]'}],
      rows));
}

const modesView = (claim) => claim.modes.map((side) => element(
    'p', {}, element('strong', {}, `Two modes, ${side.side}: `), shareText(side.high_share),
    ' of the operations take ', quantity(side.high, claim.unit), ', the others ', quantity(side.low, claim.unit),
    `; ${side.part} differs by `, quantity(side.difference, claim.unit), '.'));

function breakdownView(claim) {
  const {breakdown} = claim;
  if (!breakdown || breakdown.parts.length === 0) {
    return null;
  }
  const [left, right] = [{label: claim.left_label, value: breakdown.left},
                         {label: claim.right_label, value: breakdown.right}];
  return [element('h4', {}, breakdown.title),
          waterfall(`${claim.id}: from ${right.label} to ${left.label}`, right, left,
                    breakdown.parts.map((part) => ({label: part.name, difference: part.difference, low: part.low,
                                                    high: part.high})), claim.unit),
          faint(`Means of ${breakdown.rounds} rounds: those whose difference is in the middle half. The parts add ` +
                'up; whiskers are 95 % intervals of each.')];
}

// The ratio of each round is drawn below its sides: drift of the machine appears in the sides, but not in the ratio.
function roundsView(claim) {
  const {pairs} = claim;
  if (pairs.length === 0) {
    return null;
  }
  const side = (label, key) => ({label, points: pairs.map((pair) => ({x: pair.round + 1, y: pair[key]}))});
  const ratios = pairs.filter((pair) => pair.left > 0 && pair.right > 0)
      .map((pair) => ({x: pair.round + 1, y: pair.left / pair.right}));
  return [element('h4', {}, 'Both sides, round by round'),
          scatter(`${claim.id}: both sides in the order of time`,
                  [side(claim.left_label, 'left'), side(claim.right_label, 'right')], 'round', claim.unit,
                  {logarithmic: true}),
          claim.ratio === null || ratios.length === 0 ? null : [
            element('h4', {}, 'Their ratio, with its interval'),
            scatter(`${claim.id}: ratio in the order of time`, [{label: 'ratio', points: ratios, line: claim.ratio}],
                    'round', 'ratio', {logarithmic: true, band: [claim.ratio_low, claim.ratio_high]}),
          ]];
}

// The view of one claim in its one condition.
/** @type {(claim: any) => any[]} */
export function claimView(claim) {
  const facts = [`${claim.rounds} rounds`,
                 claim.rounds_to_decide ? `about ${claim.rounds_to_decide} would decide` : null,
                 claim.evidence ? `source: ${claim.evidence}` : null];
  const compared = claim.answer !== null;
  return [
    compared || claim.pairs.length > 0 ? element('div', {class: 'columns'},
        element('div', {}, bothSides(claim), modesView(claim), breakdownView(claim)),
        element('div', {}, roundsView(claim))) : null,
    claim.rounds > 0 || claim.evidence ? faint(facts.filter(Boolean).join(' · ')) : null,
  ];
}

/** @type {(claim: any, report: any) => Element[]} */
export const sweepsOf = (claim, report) => report.sweeps.filter((sweep) => sweep.claim === claim.id).map(sweepView);
/** @type {(claim: any, report: any) => Element[]} */
export const tablesOf = (claim, report) => report.tables.filter((figures) => figures.claim === claim.id).map(tableView);

// Shows the sweeps and tables whose claim is not in the report.
/** @type {(report: any) => void} */
export function moreFigures(report) {
  const judged = new Set(report.claims.map((claim) => claim.id));
  section('More figures', report.sweeps.filter((sweep) => !judged.has(sweep.claim)).map(sweepView),
          report.tables.filter((figures) => !judged.has(figures.claim)).map(tableView));
}

/** @type {(report: any) => void} */
export function comparisons(report) {
  section('Side by side', report.comparisons.map((sides) => unfold(
      `${sides.workload}: ${sides.left_label} against ${sides.right_label}, ${sides.rounds} rounds, ` +
          'medians per operation',
      (body) => body.append(table(
          `side by side ${sides.workload}`,
          [{title: '', word: true}, {title: sides.left_label}, {title: sides.right_label}, {title: 'ratio [95 %]'}],
          sides.lines.map((line) => [line.name, quantity(line.left, line.unit), quantity(line.right, line.unit),
                                     ratio(line)]))))));
}
