// SPDX-License-Identifier: Apache-2.0
//
// Helpers of the tests without a browser: minimal reports, and Node's own test runner, for which Debian has no package
// of types.
import {Names} from '../../userspace/report/html/names.js';

// @ts-ignore
export {test} from 'node:test';
// @ts-ignore
export {default as assert} from 'node:assert/strict';

const conditions = {running_ns: 0, preempted_ns: 0, runnable_ns: 0, blocked_ns: 0};

/** @type {(tgid: number, comm: string, ...tasks: [id: number, tid: number, comm: string][]) => any} */
export const process = (tgid, comm, ...tasks) => (
  {id: tgid, tgid, comm, tasks: tasks.map(([id, tid, name]) => ({id, tid, comm: name}))});

/** @type {(...processes: any[]) => any} */
export const report = (...processes) => (
  {processes, lifecycle_costs: {}, totals: {activities: {user: conditions, pipe: conditions}}});

// The baker has two tasks, the waiter one.
export const bakery = report(process(10, 'baker', [1, 10, 'baker'], [2, 11, 'oven']),
                             process(20, 'waiter', [3, 20, 'waiter']));

export const texts = {
  activities: {user: 'user code', pipe: 'pipe'},
  waits: {pipe: 'a pipe', child: 'a child to end'}, marks: {unlinked: 'unlinked', unread: 'not read'},
  wakers: {timer: 'a timer', interrupt: 'an interrupt', several: 'many others', unknown: 'waker not seen'},
};

export const names = new Names(bakery, texts);

/** @type {(actual: number, expected: number) => void} */
export function near(actual, expected) {
  if (!(Math.abs(actual - expected) < 1e-6)) {
    throw new Error(`${actual} is not near ${expected}`);
  }
}
