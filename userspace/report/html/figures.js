// SPDX-License-Identifier: Apache-2.0
//
// Figures as text. A figure in the page carries its exact value: <data value="...">.
import {element} from './elements.js';

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

/** @type {(ns: number) => string} */
export const timeText = (ns) => quantityText(ns, 'ns');
/** @type {(ns: number) => Element} */
export const time = (ns) => quantity(ns, 'ns');
/** @type {(number: number) => Element} */
export const count = (number) => quantity(number, 'count');
