// SPDX-License-Identifier: Apache-2.0
//
// Builds the timeline from its columns.
import {TimelineData} from '../../userspace/report/html/timeline_data.js';
import {assert, bakery, names, process, report, test} from './fixture.mjs';

// The waiter reads from a pipe until the baker writes to it at 190. From 50 on, the state of the oven is unknown.
const columns = {
  wall_ns: 1000,
  facts: [['running', 'user', null, 0, null, null, 0, 0, null],
          ['blocked', 'pipe', 'read', null, 'pipe', 'task', 1, 10, 'write'],
          [null, null, null, null, null, null, 0, 0, null],
          ['running', 'pipe', 'write', 1, null, null, 0, 0, null]],
  tasks: [[1, 2, 0], [2, 1, 1], [3, 2, 1]],
  gap: [0, 20, 50, 0, 10], length: [150, 100, 300, 190, 100], fact: [0, 3, 2, 1, 0],
  mark: ['new task', 'exec'], mark_at: [50, 300], mark_comm: ['', 'bread'],
};
const bakeryData = () => new TimelineData(columns, bakery, names);

test('gaps and lengths become starts and ends', () => {
  const {rows, columns: {start, end}} = bakeryData();
  assert.deepEqual([...start], [0, 170, 50, 0, 200]);
  assert.deepEqual([...end], [150, 270, 350, 190, 300]);
  assert.deepEqual(rows.map(({task, first, last}) => [task, first, last]), [[1, 0, 2], [2, 2, 3], [3, 3, 5]]);
  assert.deepEqual(rows[2].marks, [{kind: 'exec', at: 300, comm: 'bread'}]);
});

test('each pair of condition and activity has a number', () => {
  const {facts, kinds} = bakeryData();
  assert.equal(kinds, 9); // two activities, four conditions, and unknown
  assert.deepEqual(facts.map(({kind}) => kind), [1, 8, 0, 2]);
});

test('an interval is found by an instant', () => {
  const data = bakeryData();
  const [baker, oven] = data.rows;
  assert.deepEqual([0, 149, 150, 169, 170, 269, 270].map((ns) => data.around(baker, ns)),
                   [0, 0, null, null, 1, 1, null]);
  assert.equal(data.around(oven, 49), null);
  assert.equal(data.firstAfter(baker, 150), 1);
  assert.equal(data.firstAfter(baker, 999), 2);
});

test('a task woke those whose wait ended during its interval', () => {
  const data = bakeryData();
  const [baker, , waiter] = data.rows;
  assert.deepEqual(data.wokenDuring(baker, 1, 40), [{i: 3, row: waiter}]);
  assert.deepEqual(data.wokenDuring(baker, 0, 40), []);
  assert.deepEqual(data.wokenDuring(baker, 1, 0), []);
  assert.deepEqual(data.wokenDuring(waiter, 3, 40), []);
});

test('a process of several tasks has a line of its own', () => {
  const data = bakeryData();
  const lines = () => data.lines().map(({name}) => name);
  assert.deepEqual(lines(), ['baker (10), 2 tasks', 'baker (10)', 'oven (11)', 'waiter (20)']);
  data.groups[0].collapsed = true;
  assert.deepEqual(lines(), ['baker (10), 2 tasks', 'waiter (20)']);
});

test('processes of a large report begin collapsed', () => {
  const ids = [...Array(120).keys()].map((i) => i + 1);
  /** @type {[number, number, string][]} */
  const tasks = ids.map((id) => [id, id, 'one']);
  const filtered = {...columns, tasks: ids.map((id) => [id, 0, 0]), gap: [], length: [], fact: []};
  const data = new TimelineData(filtered, report(process(9, 'crowd', ...tasks)), names);
  assert.deepEqual(data.lines().map(({name}) => name), ['crowd (9), 120 tasks']);
});

test('an interval says what, for how long, and who ended it', () => {
  const data = bakeryData();
  const [baker, oven, waiter] = data.rows;
  assert.deepEqual(data.describe(waiter, 3), ['waiter (20)', 'pipe (read), blocked', '190 ns, from 0 on', 'for a pipe',
                                          'ended by baker (10) (write)']);
  assert.deepEqual(data.describe(baker, 0), ['baker (10)', 'user code, running on CPU 0', '150 ns, from 0 on']);
  assert.deepEqual(data.describe(oven, 2), ['oven (11)', 'unknown: events were lost', '300 ns, from 50 ns on']);
});

test('regions have lines above their task, one for each depth', () => {
  const data = new TimelineData({
    ...columns, tasks: [[1, 2, 0, 3], [2, 1, 1, 0], [3, 2, 1, 0]], region_names: ['bake', 'knead'], region: [0, 1, 0],
    region_at: [10, 20, 200], region_length: [90, 30, 50], region_depth: [0, 1, 0], region_ended: [true, true, false],
  }, bakery, names);
  const lines = data.lines();
  assert.deepEqual(lines.map(({name}) => name),
                   ['baker (10), 2 tasks', 'regions', 'within', 'baker (10)', 'oven (11)', 'waiter (20)']);
  assert.deepEqual([9, 10, 99, 100, 249].map((ns) => data.regionAround(lines[1].regions, ns)), [null, 0, 0, null, 1]);
  assert.deepEqual(data.describeRegion(lines[2], 0), ['baker (10)', 'region knead', '30 ns, from 20 ns on']);
  assert.equal(data.describeRegion(lines[1], 1).at(-1), 'no mark ended it');
});
