// SPDX-License-Identifier: Apache-2.0
//
// Figures as text. A figure in the page carries its exact value: <data value="...">.
import {element, table} from './elements.js';

const unmeasured = 'not measured';
/** @type {(key: string) => string} */
export const words = (key) => key.replaceAll('_', ' ');

// JSON has no infinity: an interval without an upper end has null there.
/** @type {(value: number) => string} */
export function digits(value) {
  if (value === null) {
    return '∞';
  }
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

// It keeps trailing zeros, for figures in a column.
/** @type {(value: number) => string} */
export function threeDigits(value) {
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

// `timeDigits` formats the number of a time.
/** @type {(value: number, unit: string, timeDigits?: (value: number) => string) => string} */
export function quantityText(value, unit, timeDigits = digits) {
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

/** @type {(value: number, unit: string) => Element} */
export function quantity(value, unit) {
  const text = quantityText(value, unit, threeDigits);
  return text === unmeasured ? element('span', {class: 'faint'}, text) : element('data', {value}, text);
}

// The text names the unit once if both ends of {low, high, unit} have the same.
/** @type {(interval: {low: number, high: number, unit: string}) => string} */
export function intervalText({low, high, unit}) {
  if (low === null && high === null) {
    return '-';
  }
  const [from, to] = [low, high].map((end) => (end === null ? '∞' : quantityText(end, unit, threeDigits)));
  const [number, ...rest] = from.split(' ');
  return rest.length > 0 && to.endsWith(` ${rest.join(' ')}`) ? `${number}..${to}` : `${from}..${to}`;
}

/** @type {(ns: number) => string} */
export const timeText = (ns) => quantityText(ns, 'ns');
/** @type {(ns: number) => Element} */
export const time = (ns) => quantity(ns, 'ns');
/** @type {(number: number) => Element} */
export const count = (number) => quantity(number, 'count');
// Returns null, which is shown as not measured, if there is nothing to divide by.
/** @type {(sum: number, over: number) => number} */
export const mean = (sum, over) => (sum === null || sum === undefined || over === 0 ? null : sum / over);

/** @type {(of: any) => Element | string} */
export function ratio(of) {
  if (of.ratio === null || of.ratio === undefined) {
    return '-';
  }
  const interval = of.ratio_low === null ? '' : ` [${threeDigits(of.ratio_low)}..${threeDigits(of.ratio_high)}]`;
  return element('data', {value: of.ratio}, threeDigits(of.ratio) + interval);
}

/** @type {(key: string) => string} */
export function unitOf(key) {
  return key.endsWith('_ns') ? 'ns' : key.endsWith('_bytes') ? 'bytes' : 'count';
}

// The source of each figure of the report.
/** @type {(report: any) => Element} */
export const evidenceTable = (report) => table(
    'evidence',
    [{title: 'figure', word: true}, {title: 'kind', word: true}, {title: 'source', wrap: true},
     {title: 'why not better', wrap: true}],
    report.evidence.map((each) => [words(each.figure), each.kind, each.source || '-',
                                   [each.why, each.hint].filter(Boolean).join('; ')]));
