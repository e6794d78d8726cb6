// SPDX-License-Identifier: Apache-2.0
//
// Builds the timeline from its columns: rows of intervals, the waker of each interval, and the lines that are shown.
import {timeText} from './figures.js';

export const conditions = ['running', 'preempted', 'runnable', 'blocked'];
export const timelineUnknown = 'unknown';
export const mergedActivity = 'merged'; // several, of a merged interval
const mergedFact = {condition: 'merged', kind: -1, call: null, cpu: null, wait: null, waker: null};
const shareParts = conditions.length + 1; // the last one is unknown time
const expandedTasks = 100; // with more tasks, processes begin collapsed

// `kind` is 0 for unknown time, else 1 + the number of the pair of condition and activity.
function factOf([condition, activity, call, cpu, wait, waker, task, tid, place], activities) {
  if (condition === null) {
    return {condition: timelineUnknown, kind: 0};
  }
  const kind = 1 + conditions.indexOf(condition) * activities.length + activities.indexOf(activity);
  return {condition, activity, call, cpu, wait, waker, from_task: task, from_tid: tid, place, kind};
}

// Each row is a task, or a lane of several; its intervals are those from `first` up to, but not including, `last` in the
// columns. `share` is the place of the shares of a merged interval, else -1.
function timelineRows(data) {
  const own = data.length.length;
  const all = own + (data.lane_length || []).length;
  const columns = {start: new Float64Array(all), end: new Float64Array(all), fact: new Int32Array(all).fill(-1),
                   share: new Int32Array(all).fill(-1), shares: Float64Array.from(data.shares || [])};
  columns.fact.set(data.fact);
  let merged = 0;
  columns.fact.forEach((fact, i) => {
    if (fact < 0) {
      columns.share[i] = shareParts * merged++;
    }
  });
  const rows = [];
  let at = 0;
  let mark = 0;
  let region = 0;
  const fill = (row, gaps, lengths, from) => {
    for (let now = 0; at < row.last; ++at) {
      columns.start[at] = now + gaps[at - from];
      now = columns.end[at] = columns.start[at] + lengths[at - from];
    }
  };
  for (const [task, number, marks, regions] of data.tasks) {
    const row = {task, first: at, last: at + number, marks: [], regions: []};
    fill(row, data.gap, data.length, 0);
    for (const end = mark + marks; mark < end; ++mark) {
      row.marks.push({kind: data.mark[mark], at: data.mark_at[mark], comm: data.mark_comm[mark]});
    }
    for (const end = region + (regions || 0); region < end; ++region) {
      const start = data.region_at[region];
      const depth = data.region_depth[region];
      row.regions[depth] = row.regions[depth] || [];
      row.regions[depth].push({name: data.region_names[data.region[region]], start, depth,
                               end: start + data.region_length[region], ended: data.region_ended[region]});
    }
    rows.push(row);
  }
  const lanes = (data.lanes || []).map((number) => {
    const row = {task: null, first: at, last: at + number, marks: [], regions: [], name: 'other tasks'};
    fill(row, data.lane_gap, data.lane_length, own);
    return row;
  });
  return {rows, lanes, columns};
}

export class TimelineData {
  /** @param {any} data @param {any} report @param {import('./names.js').Names} names */
  constructor(data, report, names) {
    this.names = names;
    this.wall = Math.max(data.wall_ns, 1);
    this.activities = [...Object.keys(report.totals.activities), ...(data.shares?.length ? [mergedActivity] : [])];
    this.kinds = 1 + conditions.length * this.activities.length;
    this.facts = data.facts.map((fact) => factOf(fact, this.activities));
    const {rows, lanes, columns} = timelineRows(data);
    this.rows = rows;
    this.lanes = lanes;
    this.crowds = {first: data.length.length, tasks: data.lane_tasks, name: data.lane_name};
    this.columns = columns;
    this.rowOf = new Map(this.rows.map((row) => [row.task, row]));
    this.wakeups = this.wakeupsByWaker();
    this.groups = this.groupsOfRows(report.processes);
  }

  fact(i) {
    return this.facts[this.columns.fact[i]] || mergedFact;
  }

  // Adds `weight` to the sums of the kinds that an interval has, in proportion to their times.
  addKinds(i, weight, sums, at = 0) {
    const {fact, share, shares} = this.columns;
    if (fact[i] >= 0) {
      sums[at + this.facts[fact[i]].kind] += weight;
      return;
    }
    let total = 0;
    for (let part = 0; part < shareParts; ++part) {
      total += shares[share[i] + part];
    }
    for (let part = 0; total > 0 && part < shareParts; ++part) {
      const kind = part < conditions.length ? (part + 1) * this.activities.length : 0;
      sums[at + kind] += weight * shares[share[i] + part] / total;
    }
  }

  runningIn(row) {
    const {start, end, share, shares} = this.columns;
    let sum = 0;
    for (let i = row.first; i < row.last; ++i) {
      sum += share[i] >= 0 ? shares[share[i]] : this.fact(i).condition === 'running' ? end[i] - start[i] : 0;
    }
    return sum;
  }

  // Returns the longest waits that are drawn one by one, as [row, interval], the longest first.
  longestWaits(most) {
    const {start, end} = this.columns;
    const waits = this.rows.flatMap((row) => {
      const found = [];
      for (let i = row.first; i < row.last; ++i) {
        if (this.fact(i).condition === 'blocked') {
          found.push({row, i});
        }
      }
      return found;
    });
    return waits.sort((a, b) => (end[b.i] - start[b.i]) - (end[a.i] - start[a.i])).slice(0, most);
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
    if (collapsed) {
      this.sortByRunning(groups);
    }
    if (this.lanes.length > 0) {
      groups.push({name: 'other tasks', rows: this.lanes, lanes: true});
    }
    return groups.map((group) => ({...group, collapsed: collapsed && group.rows.length > 1 && !group.lanes}));
  }

  // Puts the busiest first.
  sortByRunning(groups) {
    const running = new Map(this.rows.map((row) => [row, this.runningIn(row)]));
    const sum = new Map(groups.map((group) => [group, group.rows.reduce((all, row) => all + running.get(row), 0)]));
    groups.forEach((group) => group.rows.sort((a, b) => running.get(b) - running.get(a)));
    groups.sort((a, b) => sum.get(b) - sum.get(a));
  }

  // Returns the lines to show: one for each process with several tasks, and one for each task unless its process is
  // collapsed. Regions have a line for each depth, above their task; their lines have no `row`.
  lines() {
    const linesOf = (row, inside) => [
      ...row.regions.map((regions, depth) => ({name: depth === 0 ? 'regions' : 'within', rows: [], regions, of: row, inside: true}))
          .filter(({regions}) => regions),
      {name: row.name, rows: [row], row, inside},
    ];
    return this.groups.flatMap((group) => {
      if (group.rows.length === 1) {
        return linesOf(group.rows[0], false);
      }
      const head = {name: `${group.name}, ${group.rows.length} ${group.lanes ? 'lines' : 'tasks'}`, rows: group.rows, group};
      return [head, ...(group.collapsed ? [] : group.rows.flatMap((row) => linesOf(row, true)))];
    });
  }

  // The number of the first region that ends after `ns`.
  firstRegionAfter(regions, ns) {
    const found = regions.findIndex(({end}) => end > ns);
    return found < 0 ? regions.length : found;
  }

  regionAround(regions, ns) {
    const i = this.firstRegionAfter(regions, ns);
    return i < regions.length && regions[i].start <= ns ? i : null;
  }

  describeRegion(line, i) {
    const {name, start, end, ended} = line.regions[i];
    return [line.of.name, name === '' ? 'a region without a name' : `region ${name}`,
            `${timeText(end - start)}, from ${timeText(start)} on`, ...(ended ? [] : ['no mark ended it'])];
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
    if (fact === mergedFact) {
      const {share, shares} = this.columns;
      return [...conditions, timelineUnknown].map((name, part) => ({name, ns: shares[share[i] + part]}))
          .filter(({ns}) => ns > 0).map(({name, ns}) => `${name} ${timeText(ns)}`).join(', ');
    }
    const activity = this.names.activity(fact.activity);
    const where = fact.call !== null && fact.call !== fact.activity ? `${activity} (${fact.call})` : activity;
    return `${where}, ${fact.condition}${fact.cpu === null ? '' : ` on CPU ${fact.cpu}`}`;
  }

  // Describes an interval, with one fact per line.
  describe(row, i) {
    const fact = this.fact(i);
    const crowd = i - this.crowds.first;
    const name = crowd < 0 ? row.name : this.crowds.name[crowd] || `${this.crowds.tasks[crowd]} tasks`;
    const lines = [name, this.what(i), `${timeText(this.columns.end[i] - this.columns.start[i])}, from ` +
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
