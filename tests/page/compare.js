// SPDX-License-Identifier: Apache-2.0
//
// The questions of compare_test.cpp.
import {all} from './page.js';

export const pictures = () => [
  'Ratios with their intervals', 'Wall time: from A to B', 'CPU time: from A to B', 'Wall time of each run',
].map((label) => all(`[aria-label="${label}"]`).length);
