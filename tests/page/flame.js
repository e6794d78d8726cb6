// SPDX-License-Identifier: Apache-2.0
//
// The questions of flame_test.cpp. They use the flame graph like a user.
import {all, one, press, texts} from './page.js';

const boxes = () => all('.flame > div');
const box = (name) => boxes().find((each) => each.textContent === name);
const description = () => one('.flame-description').textContent;

// The width of each box in thousandths of the graph's width.
export const shown = () => Object.fromEntries(boxes().map((each) => [
  each.textContent, Math.round(1000 * each.getBoundingClientRect().width /
                               each.parentNode.getBoundingClientRect().width)]));

function choose(label, value) {
  const select = one(`select[aria-label="${label}"]`);
  select.value = value;
  select.dispatchEvent(new Event('change'));
}

function search(text) {
  const input = one('input[type="search"]');
  input.value = text;
  input.dispatchEvent(new Event('input'));
}

export const names = () => boxes().map((each) => each.textContent);

export const number = () => boxes().length;

export function zoomed() {
  box('wait: a child to end').click();
  const inside = shown();
  all('.controls button')[0].click();
  return [inside, shown()];
}

export function walked() {
  const steps = [];
  box('all').focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'Enter', 'Escape']) {
    press(document.activeElement, key);
    steps.push(document.activeElement.textContent);
  }
  return {steps, shown: shown(), stops: boxes().filter((each) => each.tabIndex === 0).length};
}

export function switched() {
  choose('by', 'count');
  const counts = shown();
  box('pipe_read').focus();
  const sentence = description();
  choose('kind', 'fault');
  return [counts, sentence, shown()];
}

// The color of each box of a difference, as the style sheet paints it, and its strength; and what the boxes say.
export function compared() {
  const painted = (each) => {
    const {backgroundColor, opacity} = getComputedStyle(each, '::before');
    return {color: backgroundColor, strength: Number(opacity), says: each.title};
  };
  const seen = {boxes: Object.fromEntries(boxes().map((each) => [each.textContent, painted(each)])),
                widths: shown(), legend: texts('.legend li')};
  search('knead');
  return {...seen, found: all('.controls span')[0].textContent};
}

export const told_apart = () => ({running: texts('.flame > .running'), shown: shown()});

export function inverted() {
  const input = one('.controls input[type="checkbox"]');
  input.checked = true;
  input.dispatchEvent(new Event('change'));
  return [names().slice(0, 6), shown()];
}

export function searched() {
  const found = () => texts('.flame > .found');
  const share = () => all('.controls span')[0].textContent;
  search('WAIT');
  const first = [found(), share()];
  search('nothing like that');
  return [first, found(), share()];
}

// Returns the number of boxes, and the largest deviation of a box from its share, in pixels.
export function sizes() {
  const off = (each) => each.getBoundingClientRect().width -
      parseFloat(each.style.width) / 100 * each.parentNode.getBoundingClientRect().width;
  return [boxes().length, Math.max(...boxes().map(off))];
}
