// SPDX-License-Identifier: Apache-2.0
//
// Tests what the page makes of the report's lists: chapters, the tree of the flame graph, the matrix.
import {chaptersOf} from '../../userspace/report/html/claims.js';
import {flameTree} from '../../userspace/report/html/flame.js';
import {groupEnds, matrixOf, processEnds} from '../../userspace/report/html/matrix.js';
import {Names} from '../../userspace/report/html/names.js';
import {assert, names, process, report, test, texts} from './fixture.mjs';

test('a statement has a claim for each condition', () => {
  const claim = (id, chapter) => ({id, chapter, statement: `statement of ${id}`});
  const chapters = chaptersOf([claim('ipc.pipe', 'Communication'), claim('ipc.pipe.across-cpus', 'Communication'),
                               claim('ipc.socket', 'Communication'), claim('cost.fork', 'Overhead'),
                               claim('cost.switch.across-cpus', 'Overhead')]);
  assert.deepEqual(chapters.map(({title}) => title), ['Communication', 'Overhead']);
  assert.deepEqual(chapters.map(({statements}) => statements.map(({id, claims}) => [id, claims.length])),
                   [[['ipc.pipe', 2], ['ipc.socket', 1]], [['cost.fork', 1], ['cost.switch.across-cpus', 1]]]);
});

const frame = (name, module = '/bin/baker') => (
  {function: name, module, offset: 0, mark: null, kernel: module === '[kernel]'});
const stack = (time_ns, frames, more = {}) => (
  {process: 10, kind: 'wait', wait: 'pipe', cut: false, count: 1, time_ns, frames, ...more});

// Returns {name: total} of the children of a node, or of its first descendant at that depth.
function below(node, depth = 0) {
  const children = [...node.children.values()];
  return depth > 0 ? below(children[0], depth - 1) :
                     Object.fromEntries(children.map(({name, total}) => [name, total]));
}

test('a box of the flame graph is the sum of those below it', () => {
  const tree = flameTree([stack(300, [frame('main'), frame('knead')]), stack(100, [frame('main'), frame('bake')]),
                          stack(7, [], {process: 20, kind: 'fault', wait: null}), stack(0, [frame('never')])],
                         'time_ns', names);
  assert.equal(tree.total, 407);
  assert.deepEqual(below(tree), {baker: 400, waiter: 7});
  assert.deepEqual(below(tree, 1), {'wait: a pipe': 400});
  assert.deepEqual(below(tree, 2), {main: 400});
  assert.deepEqual(below(tree, 3), {knead: 300, bake: 100});
});

test('processes of one group share a box of the flame graph', () => {
  const tree = flameTree([stack(3, [frame('main')]), stack(4, [frame('main')], {process: 30})], 'time_ns', names);
  assert.deepEqual(below(tree), {baker: 7});
});

test('functions of the same name are apart where their files are', () => {
  const tree = flameTree([stack(1, [frame('read')]), stack(2, [frame('read', '[kernel]')])], 'time_ns', names);
  assert.equal(tree.children.values().next().value.children.values().next().value.children.size, 2);
});

test('a stack whose outermost frames are missing says so', () => {
  const tree = flameTree([stack(5, [frame('bake')], {cut: true})], 'count', names);
  assert.deepEqual(below(tree, 2), {'[cut]': 1});
  assert.deepEqual(below(tree, 3), {bake: 1});
});

const edge = (from, to, waited_ns, waker = 'task') => (
  {waker, from_task: from, from_tid: from, to_task: to, to_tid: to, waited_ns, wakeups: 1, bytes: null});

test('a cell of the matrix has the edges of two processes', () => {
  const edges = [edge(3, 1, 20), edge(3, 2, 10), edge(1, 2, 5), edge(0, 3, 2, 'timer'), edge(77, 88, 1)];
  const {rows, columns, edgesOf, others} = matrixOf(edges, processEnds(names));
  const label = (party) => (typeof party === 'string' ? party : party.comm);
  assert.deepEqual(rows.map(label), ['baker', 'waiter', 'unkept', 'timer']);
  assert.deepEqual(columns.map(label), ['baker', 'waiter', 'unknown_receiver']);
  assert.deepEqual(edgesOf(rows[1], columns[0]), [edges[0], edges[1]]);
  assert.deepEqual(edgesOf(rows[1], columns[1]), []);
  assert.equal(others, 0);
});

test('processes beyond twenty share a row of the matrix', () => {
  const ids = [...Array(60).keys()].map((i) => i + 1);
  const many = new Names(report(...ids.map((id) => process(id, 'worker', [id, id, 'worker']))), texts);
  const edges = ids.map((id) => edge(id, id % 60 + 1, 1000 * id));
  const {rows, edgesOf, others} = matrixOf(edges, processEnds(many));
  assert.equal(rows.length, 21);
  assert.equal(rows[20], 'others');
  assert.equal(others, 40);
  assert.equal(edgesOf('others', 'others').length, 39);
});

test('the matrix of groups has their edges, and a group is no stranger of that name', () => {
  const between = (from, to, waker = 'task') => ({waker, from, to, waited_ns: 1, wakeups: 1, bytes: null});
  const edges = [between('cc1', 'as'), between('cc1', 'as'), between('timer', 'as'), between(null, 'as', 'timer'),
                 between('cc1', 'as', 'unobserved'), between(null, null)];
  const ends = groupEnds();
  const {rows, columns, edgesOf} = matrixOf(edges, ends);
  assert.deepEqual(rows.map(ends.name), ['cc1', 'timer', 'cc1, not observed', 'tasks not kept one by one', 'timer']);
  assert.deepEqual(columns.map(ends.name), ['as', 'one of several, or not observed']);
  assert.deepEqual(edgesOf(rows[0], columns[0]), [edges[0], edges[1]]);
});
