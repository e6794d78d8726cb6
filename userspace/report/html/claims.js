// SPDX-License-Identifier: Apache-2.0
//
// Draws the verdicts by the chapters of the text that is judged. Each statement is a row with its ratios on the common
// axis; it expands to its rows in the table of claims, and to the rounds that the verdict is based on.
import {chart} from './charts.js';
import {element, faint, openTarget, expandable} from './elements.js';
import {digits, quantityText} from './figures.js';
import {forestAxis, forestLayout, forestStrip, ratioWithInterval} from './forest.js';
import {scatter} from './scatter.js';
import {paintCell, paintTable} from './tables.js';
import {waterfall} from './waterfall.js';

const acrossEnding = '.across-cpus';

// Claims are in the order of the text. A statement has one claim for each condition.
/** @type {(claims: any[]) => {title: string, statements: any[]}[]} */
export function chaptersOf(claims) {
  const chapters = [];
  for (const claim of claims) {
    if (chapters.length === 0 || chapters.at(-1).title !== claim.chapter) {
      chapters.push({title: claim.chapter, statements: []});
    }
    const {statements} = chapters.at(-1);
    if (statements.length > 0 && claim.id === statements.at(-1).id + acrossEnding) {
      statements.at(-1).claims.push(claim);
    } else {
      statements.push({id: claim.id, text: claim.statement, claims: [claim]});
    }
  }
  return chapters;
}

function sweepChart(sweep) {
  const positive = (value) => (sweep.logarithmic && value === 0 ? 0.5 : value);
  const sizes = [...new Set(sweep.series.flatMap((series) => series.points.map((point) => point.x)))]
      .sort((a, b) => a - b);
  const heights = sweep.series.flatMap((series) => series.points.map((point) => point.y));
  const datasets = sweep.series.map((series, i) => ({
    label: series.label, color: i,
    data: series.points.map((point) => ({x: positive(point.x), y: point.y, low: point.low, high: point.high})),
  }));
  const spread = sweep.logarithmic && Math.min(...heights) > 0 && Math.max(...heights) > 50 * Math.min(...heights);
  return chart(`${sweep.y_name} by ${sweep.x_name}`, 'line', {datasets},
               {type: sweep.logarithmic ? 'logarithmic' : 'linear', title: sweep.x_name,
                places: sweep.logarithmic ? sizes.map(positive) : null,
                tick: (value) => (sweep.logarithmic && value === 0.5 ? '0' : quantityText(value, sweep.x_unit))},
               {type: spread ? 'logarithmic' : 'linear', title: sweep.y_name,
                tick: (value) => quantityText(value, sweep.y_unit)},
               {label: (item) => `${item.dataset.label}: ${quantityText(item.raw.y, sweep.y_unit)}`});
}

/** @type {(report: any, id: string) => Element} */
export function sweepOf(report, id) {
  const sweep = report.sweeps.find((each) => each.id === id);
  return sweep ? sweepChart(sweep) : null;
}

/** @type {(rows: any[]) => any[]} */
function countedVerdicts(rows) {
  const counts = new Map();
  for (const {cells: [, verdict]} of rows) {
    counts.set(verdict.text, {...verdict, number: 1 + (counts.get(verdict.text)?.number || 0)});
  }
  return [...counts.values()].map(({number, text, tone}, i) => [i > 0 ? ', ' : '',
                                                                paintCell({text: `${number} ${text}`, tone})]);
}

// A claim of "more" is refuted by two answers: the same, and less.
function verdictOf(claim, row) {
  const answer = claim.verdict === 'refuted' && claim.answer !== null ? element('small', {}, `: ${claim.answer}`) : null;
  return element('span', {class: 'badge'}, paintCell(row.cells[1]), answer);
}

// A claim that compares no figures shows its sentence in place of an interval.
function claimLine(claim, row, layout, mark) {
  const condition = element('span', {class: 'condition'}, claim.condition || '');
  if (mark === null) {
    return element('span', {class: 'claim-line counted', id: `${claim.id}.line`},
                   claim.condition ? condition : null, element('span', {class: 'sentence'}, claim.meaning),
                   verdictOf(claim, row));
  }
  return element('span', {class: 'claim-line', id: `${claim.id}.line`}, condition,
                 forestStrip(layout, mark, claim.verdict),
                 element('span', {class: 'figures'}, ratioWithInterval({ratio: claim.ratio, low: claim.ratio_low,
                                                                        high: claim.ratio_high})),
                 verdictOf(claim, row));
}

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
          faint(`Means of ${breakdown.rounds} rounds; whiskers are 95 % intervals.`)];
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

// The summary of the row shows the statement.
function claimView(claim, {cells, notes}, columns) {
  const [left, right] = [breakdownView(claim), roundsView(claim)];
  const pictures = [left, right].filter(Boolean).map((each) => element('div', {}, each));
  const row = {cells, notes: notes.filter(({text}) => text !== claim.statement)};
  return [paintTable(claim.id, {columns, rows: [row]}), element('div', {class: 'columns'}, pictures)];
}

const axisRow = (layout, name, title) => element(
    'div', {class: `axis-row ${name}`, 'aria-hidden': 'true'}, element('span', {}),
    element('span', {class: 'claim-line'}, element('span', {class: 'condition'}), forestAxis(layout),
            element('span', {class: 'figures'}, title), element('span', {})));

// `section` is that of the claims: it has one table with a row for each claim.
/** @type {(section: import('./sections.js').Section, report: any, sameUpTo: number) => any} */
export function claims(section, report, sameUpTo) {
  const [{columns, rows}] = section.blocks[0].items;
  const rowOf = (claim) => rows.find((row) => row.cells[0].text === claim.id);
  const layout = forestLayout(report.claims.map((claim) => ({ratio: claim.ratio, low: claim.ratio_low,
                                                             high: claim.ratio_high})), sameUpTo);
  const marks = new Map(report.claims.map((claim, i) => [claim, layout.marks[i]]));
  const statementView = (statement) => {
    const lines = statement.claims.map((claim) => claimLine(claim, rowOf(claim), layout, marks.get(claim)));
    const details = expandable([
      element('span', {class: 'statement'}, statement.text, ' ', element('code', {}, statement.id)),
      element('span', {class: 'claim-lines'}, lines),
    ], (body) => body.append(...statement.claims.map((claim) => element(
        'div', claim.id === statement.id ? {} : {id: claim.id}, claimView(claim, rowOf(claim), columns)))));
    details.id = statement.id;
    return details;
  };
  const ratioTitle = columns.at(-1).title;
  const compared = ({claims: all}) => all.some((claim) => marks.get(claim) !== null);
  const chapters = chaptersOf(report.claims).map(({title, statements}) => [
    element('div', {class: 'chapter-head'}, element(title ? 'h3' : 'span', {}, title), element('span', {class: 'badge'}, countedVerdicts(
        statements.flatMap((statement) => statement.claims.map(rowOf))))),
    statements.some(compared) ? axisRow(layout, 'on-paper', ratioTitle) : null, statements.map(statementView)]);
  const percents = digits(100 * (sameUpTo - 1));
  window.addEventListener('hashchange', openTarget);
  return [faint('Each ratio is that of the left side of its claim over the right one, on one logarithmic axis. More is ' +
                `confirmed by an interval wholly above ${sameUpTo}; it is refuted by one within the shaded band (the ` +
                `same, within ${percents} %) or below it.`),
          element('div', {class: 'chapters'}, axisRow(layout, 'on-screen', ratioTitle),
                  chapters.map((chapter) => element('div', {}, chapter)))];
}
