// SPDX-License-Identifier: Apache-2.0
//
// Helpers for the questions.
/** @type {(selector: string, inside?: ParentNode) => any[]} */
export const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];

/** @type {(selector: string, inside?: ParentNode) => any} */
export const one = (selector, inside = document) => inside.querySelector(selector);

export const texts = (selector, inside = document) => all(selector, inside).map((each) => each.textContent);

export const styleOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const report = () => JSON.parse(document.getElementById('report').textContent);

export const press = (each, key, more = {}) => each.dispatchEvent(
    new KeyboardEvent('keydown', {key, bubbles: true, ...more}));
