// SPDX-License-Identifier: Apache-2.0
//
// Verdicts, and what each of them rests on.
'use strict';

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

// A slope by the byte is too small to read.
function slope(sweep, series) {
  if (series.slope === null) {
    return '-';
  }
  const step = sweep.x_unit === 'bytes' ? 1024 : 1;
  const per = sweep.x_unit === 'count' ? `one of ${sweep.x_name}` : sweep.x_unit === 'bytes' ? 'KiB' : sweep.x_unit;
  const text = (value) => (value === null ? '∞' : quantityText(value * step, sweep.y_unit));
  return element('data', {value: series.slope}, `${text(series.slope)} per ${per} ` +
                                                `[${text(series.slope_low)}..${text(series.slope_high)}]`);
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

function bothViews(claim) {
  const user = claim.user_space;
  return [
    element('h3', {}, 'Both views'),
    table(`both views of ${claim.id}`,
          [{title: '', word: true}, {title: claim.left_label}, {title: claim.right_label}, {title: 'ratio [95 %]'}],
          [['kernel: this claim', quantity(claim.left, claim.unit), quantity(claim.right, claim.unit), ratio(claim)],
           [`user space: ${user.figure}`, quantity(user.left, user.unit), quantity(user.right, user.unit),
            ratio(user)]]),
  ];
}

function claimBody(claim, body) {
  body.append(element('p', {}, claim.meaning));
  const facts = [claim.left_label ? `${claim.left_label} against ${claim.right_label}` : null,
                 `${claim.rounds} rounds`, claim.evidence ? `from ${claim.evidence}` : null];
  body.append(faint(facts.filter(Boolean).join(' · ')));
  if (claim.user_space) {
    body.append(...bothViews(claim));
  }
  body.append(...report.sweeps.filter((sweep) => sweep.claim === claim.id).map(sweepView),
              ...report.tables.filter((figures) => figures.claim === claim.id).map(tableView));
}

function claims() {
  if (report.claims.length === 0) {
    return;
  }
  const badge = (claim) => element('span', {class: `badge ${claim.verdict.replace(' ', '-')}`}, claim.verdict);
  const side = (claim, name) => (claim[name] === null ? '-' : quantity(claim[name], claim.unit));
  section('Verdicts', table(
      'verdicts',
      [{title: 'claim', word: true}, {title: 'verdict', word: true}, {title: 'left'}, {title: 'right'},
       {title: 'ratio [95 %]'}, {title: 'meaning', wrap: true}],
      report.claims.map((claim) => [element('a', {href: `#${claim.id}`}, claim.id), badge(claim), side(claim, 'left'),
                                    side(claim, 'right'), ratio(claim), claim.meaning])));
  section('Claims', report.claims.map((claim) => {
    const details = unfold([badge(claim), ' ', element('strong', {}, claim.id), ' ', claim.statement],
                           (body) => claimBody(claim, body));
    details.id = claim.id;
    return details;
  }));
  window.addEventListener('hashchange', openTarget);
}

// What stands in the report without the claim that it belongs to.
function moreFigures() {
  const judged = new Set(report.claims.map((claim) => claim.id));
  section('More figures', report.sweeps.filter((sweep) => !judged.has(sweep.claim)).map(sweepView),
          report.tables.filter((figures) => !judged.has(figures.claim)).map(tableView));
}

function comparisons() {
  section('Side by side', report.comparisons.map((sides) => unfold(
      `${sides.workload}: ${sides.left_label} against ${sides.right_label}, ${sides.rounds} rounds, ` +
          'medians per operation',
      (body) => body.append(table(
          `side by side ${sides.workload}`,
          [{title: '', word: true}, {title: sides.left_label}, {title: sides.right_label}, {title: 'ratio [95 %]'}],
          sides.lines.map((line) => [line.name, quantity(line.left, line.unit), quantity(line.right, line.unit),
                                     ratio(line)]))))));
}
