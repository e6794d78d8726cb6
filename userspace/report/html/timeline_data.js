// SPDX-License-Identifier: Apache-2.0
//
// Builds the timeline from its columns: rows of intervals, the waker of each interval, and the lines that are shown.
import {timeText} from './figures.js';

export const conditions = ['running', 'preempted', 'runnable', 'blocked'];
export const timelineUnknown = 'unknown';
const expandedTasks = 100; // with more tasks, processes begin collapsed

// `kind` is 0 for unknown time, else 1 + the number of the pair of condition and activity.
function factOf([condition, activity, call, cpu, wait, waker, task, tid, place], activities) {
  if (condition === null) {
    return {condition: timelineUnknown, kind: 0};
  }
  const kind = 1 + conditions.indexOf(condition) * activities.length + activities.indexOf(activity);
  return {condition, activity, call, cpu, wait, waker, from_task: task, from_tid: tid, place, kind};
}

// Each row is a task; its intervals are those from `first` up to, but not including, `last` in the columns.
function timelineRows(data) {
  const intervals = data.length.length;
  const columns = {start: new Float64Array(intervals), end: new Float64Array(intervals), fact: Uint32Array.from(data.fact)};
  const rows = [];
  let at = 0;
  let mark = 0;
  for (const [task, number, marks] of data.tasks) {
    let now = 0;
    const row = {task, first: at, last: at + number, marks: []};
    for (; at < row.last; ++at) {
      columns.start[at] = now + data.gap[at];
      now = columns.end[at] = columns.start[at] + data.length[at];
    }
    for (const end = mark + marks; mark < end; ++mark) {
      row.marks.push({kind: data.mark[mark], at: data.mark_at[mark], comm: data.mark_comm[mark]});
    }
    rows.push(row);
  }
  return {rows, columns};
}

export class TimelineData {
  /** @param {any} data @param {any} report @param {import('./names.js').Names} names */
  constructor(data, report, names) {
    this.names = names;
    this.wall = Math.max(data.wall_ns, 1);
    this.activities = Object.keys(report.totals.activities);
    this.kinds = 1 + conditions.length * this.activities.length;
    this.facts = data.facts.map((fact) => factOf(fact, this.activities));
    const {rows, columns} = timelineRows(data);
    this.rows = rows;
    this.columns = columns;
    this.rowOf = new Map(this.rows.map((row) => [row.task, row]));
    this.wakeups = this.wakeupsByWaker();
    this.groups = this.groupsOfRows(report.processes);
  }

  fact(i) {
    return this.facts[this.columns.fact[i]];
  }

  // Returns for each task the intervals that its wakeups ended, sorted by their ends.
  wakeupsByWaker() {
    const by = new Map();
    for (const row of this.rows) {
      for (let i = row.first; i < row.last; ++i) {
        const {waker, from_task: from} = this.fact(i);
        if (waker === 'task' && this.rowOf.has(from)) {
          by.set(from, by.get(from) || []);
          by.get(from).push({i, row});
        }
      }
    }
    for (const list of by.values()) {
      list.sort((a, b) => this.columns.end[a.i] - this.columns.end[b.i]);
    }
    return by;
  }

  groupsOfRows(processes) {
    const groups = processes.map((process) => ({
      name: `${process.comm} (${process.tgid})`, rows: process.tasks.map((task) => {
        const row = this.rowOf.get(task.id);
        return row ? Object.assign(row, {name: `${task.comm} (${task.tid})`}) : null;
      }).filter(Boolean),
    })).filter((group) => group.rows.length > 0);
    const collapsed = this.rows.length > expandedTasks;
    return groups.map((group) => ({...group, collapsed: collapsed && group.rows.length > 1}));
  }

  // Returns the lines to show: one for each process with several tasks, and one for each task unless its process is
  // collapsed.
  lines() {
    return this.groups.flatMap((group) => {
      if (group.rows.length === 1) {
        return [{name: group.rows[0].name, rows: group.rows, row: group.rows[0]}];
      }
      const head = {name: `${group.name}, ${group.rows.length} tasks`, rows: group.rows, group};
      return [head, ...(group.collapsed ? [] : group.rows.map((row) => ({name: row.name, rows: [row], row, inside: true})))];
    });
  }

  // The first interval of the row that ends after `ns`; row.last if there is none.
  firstAfter(row, ns) {
    let [low, high] = [row.first, row.last];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.columns.end[middle] > ns) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  // The interval of the row that contains `ns`; null if there is none.
  around(row, ns) {
    const i = this.firstAfter(row, ns);
    return i < row.last && this.columns.start[i] <= ns ? i : null;
  }

  // Returns the intervals that this task's wakeups ended during interval `i`, at most `most`.
  wokenDuring(row, i, most) {
    const list = this.wakeups.get(row.task) || [];
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.columns.end[list[middle].i] >= this.columns.start[i]) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    const woken = [];
    for (; low < list.length && woken.length < most && this.columns.end[list[low].i] <= this.columns.end[i]; ++low) {
      woken.push(list[low]);
    }
    return woken;
  }

  what(i) {
    const fact = this.fact(i);
    if (fact.condition === timelineUnknown) {
      return 'unknown: events were lost';
    }
    const activity = this.names.activity(fact.activity);
    const where = fact.call !== null && fact.call !== fact.activity ? `${activity} (${fact.call})` : activity;
    return `${where}, ${fact.condition}${fact.cpu === null ? '' : ` on CPU ${fact.cpu}`}`;
  }

  // Describes an interval, with one fact per line.
  describe(row, i) {
    const fact = this.fact(i);
    const lines = [row.name, this.what(i), `${timeText(this.columns.end[i] - this.columns.start[i])}, from ` +
                                           `${timeText(this.columns.start[i])} on`];
    if (fact.wait) {
      lines.push(`for ${this.names.wait(fact.wait)}`);
    }
    if (fact.waker) {
      const by = fact.place === null ? '' : ` (${fact.place})`;
      lines.push(`ended by ${this.names.waker(fact)}${by}`);
    }
    return lines;
  }
}
