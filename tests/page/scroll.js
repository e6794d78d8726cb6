// SPDX-License-Identifier: Apache-2.0
//
// The question of scroll_test.cpp: how long the page keeps its reader waiting. It needs real time (measure() of
// look.js).
import {all, one} from './page.js';

const frame = () => new Promise((resolve) => { requestAnimationFrame(resolve); });
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// How fast this machine is now.
function calibrate() {
  const begun = performance.now();
  let state = 1;
  for (let i = 0; i < 2e6; ++i) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return state === 0 ? NaN : performance.now() - begun;
}

async function scrollThrough(loops) {
  const height = document.documentElement.scrollHeight;
  for (let y = 0; y < height; y += innerHeight / 2) {
    scrollTo(0, y);
    await frame();
  }
  loops.push(calibrate());
  const box = one('.timeline');
  box.scrollIntoView();
  for (let y = 0; y < box.scrollHeight; y += box.clientHeight) {
    box.scrollTop = y;
    await frame();
  }
  loops.push(calibrate());
}

/** @type {() => Promise<any>} */
export async function scrolled() {
  const passes = [];
  const loops = [calibrate(), calibrate()];
  await pause(300); // until the page is painted
  for (let pass = 0; pass < 3; ++pass) {
    const tasks = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
    observer.observe({type: 'longtask'});
    await scrollThrough(loops);
    await pause(200); // entries come late
    tasks.push(...observer.takeRecords());
    observer.disconnect();
    passes.push(Math.max(0, ...tasks.map(({duration}) => duration)));
    scrollTo(0, 0);
  }
  const paint = performance.getEntriesByType('paint').find(({name}) => name === 'first-contentful-paint');
  return {passes, loops, first_paint: paint ? paint.startTime : null, elements: all('main *').length,
          height: document.documentElement.scrollHeight};
}
