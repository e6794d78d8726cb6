// SPDX-License-Identifier: Apache-2.0
//
// The questions of compare_test.cpp.
import {all} from './page.js';

export const pictures = () => [
  'Ratios with their intervals', 'Wall time: where B differs from A', 'CPU time: where B differs from A',
  'Wall time of each run',
].map((label) => all(`.strips[aria-label="${label}"], .plot[aria-label="${label}"]`).length);
