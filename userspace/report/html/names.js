// SPDX-License-Identifier: Apache-2.0
//
// Names of tasks, processes, wakers, waits and stack frames, for all parts of the page. `texts` has the words of the
// text report.
import {words} from './figures.js';

const nameOfTask = (task) => `${task.comm} (${task.tid})`;

const known = (table, key) => (Object.hasOwn(table, key) ? table[key] : null);

export class Names {
  /** @param {any} report @param {any} texts */
  constructor(report, texts) {
    this.report = report;
    this.texts = texts;
    this.tasks = null;
  }

  // Without probes on system calls, all figures that they count are unknown.
  get callsSeen() {
    return this.report.lifecycle_costs !== null;
  }

  // Returns a task with its process by its id; undefined if it is not kept one by one.
  find(id) {
    this.tasks = this.tasks || new Map(this.report.processes.flatMap(
        (process) => process.tasks.map((task) => [task.id, {task, process}])));
    return this.tasks.get(id);
  }

  /** @param {number} id @param {number} tid what is known of a task that is not kept */
  task(id, tid) {
    const found = this.find(id);
    return found ? nameOfTask(found.task) : tid ? `task ${tid}` : 'others';
  }

  waker({waker, from_task: task, from_tid: tid, from_comm: comm = null}) {
    return waker === 'task' ? this.task(task, tid) :
        waker === 'unobserved' ? `${comm ? nameOfTask({comm, tid}) : `task ${tid}`}, not observed` :
        known(this.texts.wakers, waker) || this.texts.wakers.unknown;
  }

  // An activity or a cause that `texts` lacks is shown by its key.
  activity(key) {
    return known(this.texts.activities, key) || words(key);
  }

  wait(cause) {
    return known(this.texts.waits, cause) || words(cause);
  }

  // The reason why a stack was recorded.
  cause(stack) {
    return stack.wait === null ? stack.kind : `${stack.kind}: ${this.wait(stack.wait)}`;
  }

  get runQueue() {
    return 'run queue';
  }

  frame(frame) {
    if (frame.function !== null) {
      return frame.function;
    }
    if (frame.module === null) {
      return '[unknown]';
    }
    if (frame.kernel) {
      return frame.module;
    }
    const mark = known(this.texts.marks, frame.mark);
    return `${frame.module.split('/').pop()}${mark ? ` (${mark})` : ''}+0x${frame.offset.toString(16)}`;
  }
}
