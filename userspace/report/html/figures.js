// SPDX-License-Identifier: Apache-2.0
//
// Figures in words. A figure in the page carries its exact value with it: <data value="...">.
'use strict';

const unmeasured = 'not measured';
const words = (key) => key.replaceAll('_', ' ');

// JSON has no infinity: an interval without an upper end has null there.
function digits(value) {
  if (value === null) {
    return '∞';
  }
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

// It keeps zeros at the end, for figures that stand below one another.
function threeDigits(value) {
  if (value === null) {
    return '∞';
  }
  return Math.abs(value) >= 100 || value === 0 ? value.toFixed(0) : value.toPrecision(3);
}

function scaled(value, units, factor, number) {
  let i = 0;
  while (Math.abs(value) >= factor && i + 1 < units.length) {
    value /= factor;
    ++i;
  }
  return `${i === 0 && Number.isInteger(value) ? value : number(value)} ${units[i]}`;
}

// `timeDigits` writes the number of a time.
function quantityText(value, unit, timeDigits = digits) {
  if (value === null || value === undefined) {
    return unmeasured;
  }
  if (unit === 'ns') {
    return value === 0 ? '0' : scaled(value, ['ns', 'µs', 'ms', 's'], 1000, timeDigits);
  }
  if (unit === 'bytes') {
    return value === 0 ? '0' : scaled(value, ['B', 'KiB', 'MiB', 'GiB'], 1024, digits);
  }
  const number = Number.isInteger(value) ? value.toString() : digits(value);
  return unit && unit !== 'count' && unit !== 'share' ? `${number} ${unit}` : number;
}

function quantity(value, unit) {
  const text = quantityText(value, unit, threeDigits);
  return text === unmeasured ? element('span', {class: 'faint'}, text) : element('data', {value}, text);
}

// The text names the unit once if both ends of {low, high, unit} have the same.
function intervalText({low, high, unit}) {
  if (low === null && high === null) {
    return '-';
  }
  const [from, to] = [low, high].map((end) => (end === null ? '∞' : quantityText(end, unit, threeDigits)));
  const [number, ...rest] = from.split(' ');
  return rest.length > 0 && to.endsWith(` ${rest.join(' ')}`) ? `${number}..${to}` : `${from}..${to}`;
}

const timeText = (ns) => quantityText(ns, 'ns');
const time = (ns) => quantity(ns, 'ns');
const count = (number) => quantity(number, 'count');
// Not measured when there is nothing to divide by.
const mean = (sum, over) => (sum === null || sum === undefined || over === 0 ? null : sum / over);

function ratio(of) {
  if (of.ratio === null || of.ratio === undefined) {
    return '-';
  }
  const interval = of.ratio_low === null ? '' : ` [${threeDigits(of.ratio_low)}..${threeDigits(of.ratio_high)}]`;
  return element('data', {value: of.ratio}, threeDigits(of.ratio) + interval);
}

function unitOf(key) {
  return key.endsWith('_ns') ? 'ns' : key.endsWith('_bytes') ? 'bytes' : 'count';
}

// Where each figure of the report comes from.
const evidenceTable = () => table(
    'evidence',
    [{title: 'figure', word: true}, {title: 'kind', word: true}, {title: 'source', wrap: true},
     {title: 'why not better', wrap: true}],
    report.evidence.map((each) => [words(each.figure), each.kind, each.source || '-',
                                   [each.why, each.hint].filter(Boolean).join('; ')]));
