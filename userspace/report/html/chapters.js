// SPDX-License-Identifier: Apache-2.0
//
// This file shows verdicts by the chapters of the text that is judged. Each statement is a row with its words and its
// ratios on the common axis; it unfolds to the figures that the verdict is based on.
import {claimView, sweepsOf, tablesOf} from './claims.js';
import {addToPage, element, faint, openTarget, section, table, unfold} from './elements.js';
import {digits, intervalText, quantity, ratio} from './figures.js';
import {forestAxis, forestLayout, forestStrip, ratioWithInterval} from './forest.js';

const acrossEnding = '.across-cpus';
const rulings = ['confirmed', 'refuted', 'inconclusive', 'not measurable'];

const badge = (claim) => element('span', {class: `badge ${claim.verdict.replace(' ', '-')}`}, claim.verdict);

// A claim of "more" is refuted by two answers: the same, and less.
function answerBadge(claim) {
  const made = badge(claim);
  if (claim.verdict === 'refuted' && claim.answer !== null) {
    made.append(element('small', {}, `: ${claim.answer}`));
  }
  return made;
}

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

function countedRulings(claims) {
  return rulings.map((ruling) => ({ruling, number: claims.filter((claim) => claim.verdict === ruling).length}))
      .filter(({number}) => number > 0);
}

const rulingsText = (claims) => countedRulings(claims).map(({ruling, number}, i) => [
  i > 0 ? ', ' : '', element('span', {class: `badge ${ruling.replace(' ', '-')}`}, `${number} ${ruling}`)]);

// One line sums up all verdicts.
/** @type {(report: any) => Element} */
export function answerLine(report) {
  const summary = report.claims.find((claim) => claim.id === 'summary');
  const {claims} = report;
  return element('p', {class: 'answer'}, `${claims.length} ${claims.length === 1 ? 'claim' : 'claims'}: `,
                 rulingsText(claims), '.', summary ? [' The summary, \u201c', summary.statement, '\u201d, is ',
                                                      badge(summary), ': ', summary.meaning] : null);
}

// A claim that compares no figures shows its sentence in place of an interval.
function countedText(claim) {
  const {meaning} = claim;
  if (claim.verdict === 'not measurable' || claim.left === null || claim.right === null) {
    return meaning;
  }
  const cases = `${claim.left} of ${claim.right}`;
  return [element('strong', {}, cases), meaning.startsWith(cases) ? meaning.slice(cases.length) : ` \u00b7 ${meaning}`];
}

function claimLine(claim, layout, mark) {
  const condition = element('span', {class: 'condition'}, claim.condition || '');
  if (mark === null) {
    return element('span', {class: 'claim-line counted', id: `${claim.id}.line`},
                   claim.condition ? condition : null, element('span', {class: 'sentence'}, countedText(claim)),
                   badge(claim));
  }
  return element('span', {class: 'claim-line', id: `${claim.id}.line`}, condition,
                 forestStrip(layout, mark, claim.verdict),
                 element('span', {class: 'figures'}, ratioWithInterval({ratio: claim.ratio, low: claim.ratio_low,
                                                                        high: claim.ratio_high})), answerBadge(claim));
}

function statementBody(statement, report, body) {
  for (const claim of statement.claims) {
    const part = element('div', claim.id === statement.id ? {} : {id: claim.id},
                         statement.claims.length > 1 ? element('h3', {}, claim.condition) : null,
                         element('p', {class: 'meaning'}, claim.meaning), claimView(claim));
    body.append(part);
  }
  const charts = statement.claims.flatMap((claim) => sweepsOf(claim, report));
  body.append(element('div', charts.length > 1 ? {class: 'columns'} : {}, charts),
              ...statement.claims.flatMap((claim) => tablesOf(claim, report)));
}

function statementView(statement, report, layout, marks) {
  const details = unfold([
    element('span', {class: 'statement'}, statement.text, ' ', element('code', {}, statement.id)),
    element('span', {class: 'claim-lines'},
            statement.claims.map((claim) => claimLine(claim, layout, marks.get(claim)))),
  ], (body) => statementBody(statement, report, body));
  details.id = statement.id;
  return details;
}

const axisRow = (layout, name) => element(
    'div', {class: `axis-row ${name}`, 'aria-hidden': 'true'}, element('span', {}),
    element('span', {class: 'claim-line'}, element('span', {class: 'condition'}), forestAxis(layout),
            element('span', {class: 'figures'}, 'ratio [95 %]'), element('span', {})));

/** @type {(report: any, sameUpTo: number) => void} */
export function claims(report, sameUpTo) {
  if (report.claims.length === 0) {
    return;
  }
  const layout = forestLayout(report.claims.map((claim) => ({ratio: claim.ratio, low: claim.ratio_low,
                                                             high: claim.ratio_high})), sameUpTo);
  const marks = new Map(report.claims.map((claim, i) => [claim, layout.marks[i]]));
  const compared = (statements) => statements.some(({claims: all}) => all.some((claim) => marks.get(claim) !== null));
  const sections = chaptersOf(report.claims).map(({title, statements}) => element(
      'section', {}, element('div', {class: 'chapter-head'}, element('h2', {}, title || 'Claims'),
                             element('span', {class: 'faint'}, rulingsText(statements.flatMap((each) => each.claims)))),
      compared(statements) ? axisRow(layout, 'on-paper') : null,
      statements.map((statement) => statementView(statement, report, layout, marks))));
  const percents = digits(100 * (sameUpTo - 1));
  addToPage(
      faint('Each ratio is that of the left side of its claim over the right one, on one logarithmic axis. More is ' +
            `confirmed by an interval wholly above ${sameUpTo}; it is refuted by one within the shaded band (the ` +
            `same, within ${percents} %) or below it.`),
      element('div', {class: 'chapters'}, axisRow(layout, 'on-screen'), sections),
      unfold('All claims as one table', (body) => body.append(verdictTable(report))));
  window.addEventListener('hashchange', openTarget);
}

function verdictTable(report) {
  const side = (claim, name) => (claim[name] === null ? '-' : quantity(claim[name], claim.unit));
  return table('verdicts',
               [{title: 'claim', word: true}, {title: 'verdict', word: true}, {title: 'left'}, {title: 'right'},
                {title: 'ratio [95 %]'}, {title: 'meaning', wrap: true}],
               report.claims.map((claim) => [element('a', {href: `#${claim.id}`}, claim.id), badge(claim),
                                             side(claim, 'left'), side(claim, 'right'), ratio(claim), claim.meaning]));
}

// Adjacent rows with the same name share one cell for it.
function mergeNames(prices, rows) {
  for (let i = prices.length - 1; i > 0; --i) {
    if (prices[i].name === prices[i - 1].name) {
      rows[i - 1].cells[0].rowSpan = rows[i].cells[0].rowSpan + 1;
      rows[i].cells[0].remove();
    }
  }
}

// The price list has a table for each group of operations.
/** @type {(report: any) => void} */
export function priceList(report) {
  const groups = [...new Set(report.price_list.map((price) => price.group))];
  if (groups.length === 0) {
    return;
  }
  const groupView = (group) => {
    const prices = report.price_list.filter((price) => price.group === group);
    const view = table(
        `prices: ${group}`,
        [{title: '', wrap: true}, {title: '', word: true}, {title: 'price'}, {title: '95 %'},
         {title: 'per', word: true}],
        prices.map((price) => [price.name, price.condition || '', quantity(price.value, price.unit),
                               intervalText(price), price.per]));
    mergeNames(prices, [...view.querySelectorAll('tbody tr')]);
    return element('div', {}, element('h3', {}, group), view);
  };
  section('Price list of this machine', faint('Medians over rounds, with their intervals.'),
          element('div', {class: 'price-list'}, groups.map(groupView)));
}
