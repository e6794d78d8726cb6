// SPDX-License-Identifier: Apache-2.0
//
// Tests what the page makes of the report's lists: chapters, the tree of the flame graph, the matrix,
// folded rows.
import {chaptersOf} from '../../userspace/report/html/claims.js';
import {decadesIn, powersOf} from '../../userspace/report/html/distributions.js';
import {flameTree} from '../../userspace/report/html/flame.js';
import {edgesOf, matrixOf} from '../../userspace/report/html/matrix.js';
import {foldedRows} from '../../userspace/report/html/tables.js';
import {assert, names, test} from './fixture.mjs';

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
  {group: 'baker', kind: 'wait', wait: 'pipe', cut: false, count: 1, time_ns, frames, ...more});

// Each frame stands once, and stacks have its number, as the page has them.
function treeOf(stacks, weight = 'time_ns') {
  const texts = [...new Set(stacks.flatMap((each) => each.frames.map((one) => JSON.stringify(one))))];
  const numbered = stacks.map((each) => (
    {...each, frames: each.frames.map((one) => texts.indexOf(JSON.stringify(one)))}));
  return flameTree({frames: texts.map((text) => JSON.parse(text)), stacks: numbered}, weight, names);
}

// Returns {name: total} of the children of a node, or of its first descendant at that depth.
function below(node, depth = 0) {
  const children = [...node.children.values()];
  return depth > 0 ? below(children[0], depth - 1) :
                     Object.fromEntries(children.map(({name, total}) => [name, total]));
}

test('a box of the flame graph is the sum of those below it', () => {
  const tree = treeOf([stack(300, [frame('main'), frame('knead')]), stack(100, [frame('main'), frame('bake')]),
                       stack(7, [], {group: 'waiter', kind: 'fault', wait: null}), stack(0, [frame('never')])]);
  assert.equal(tree.total, 407);
  assert.deepEqual(below(tree), {baker: 400, waiter: 7});
  assert.deepEqual(below(tree, 1), {'wait: a pipe': 400});
  assert.deepEqual(below(tree, 2), {main: 400});
  assert.deepEqual(below(tree, 3), {knead: 300, bake: 100});
});

test('processes of one group share a box of the flame graph', () => {
  const tree = treeOf([stack(3, [frame('main')]), stack(4, [frame('main')])]);
  assert.deepEqual(below(tree), {baker: 7});
  assert.deepEqual(below(tree, 2), {main: 7});
});

test('running code has boxes of its own', () => {
  const running = stack(3, [frame('main')], {kind: 'on CPU', wait: null});
  const tree = treeOf([running, stack(4, [frame('main')])]);
  assert.deepEqual(below(tree, 1), {'on CPU': 3, 'wait: a pipe': 4});
  assert.equal(below(tree, 2).main, 3);
});

test('a box of a difference is as wide as both reports, and knows the change', () => {
  const b = {is_b: true};
  const tree = treeOf([stack(300, [frame('main'), frame('knead')]), stack(200, [frame('main'), frame('knead')], b),
                       stack(50, [frame('main'), frame('bake')], b)]);
  const main = tree.children.get('baker').children.get('wait: a pipe').children.get(0);
  const changes = [...main.children.values()].map(({name, total, change}) => [name, total, change]);
  assert.deepEqual([main.total, main.change], [550, -50]);
  assert.deepEqual(changes, [['knead', 500, -100], ['bake', 50, 50]]);
});

test('functions of the same name are apart where their files are', () => {
  const tree = treeOf([stack(1, [frame('read')]), stack(2, [frame('read', '[kernel]')])]);
  assert.equal(tree.children.values().next().value.children.values().next().value.children.size, 2);
});

test('a stack whose outermost frames are missing says so', () => {
  const tree = treeOf([stack(5, [frame('bake')], {cut: true})], 'count');
  assert.deepEqual(below(tree, 2), {'[cut]': 1});
  assert.deepEqual(below(tree, 3), {bake: 1});
});

const edgeColumns = ['from', 'to', 'through', 'wake-ups', 'waited', 'longest', 'bytes', 'by'].map(
    (title) => ({title, align: 'left'}));
const faintly = (text) => ({text, tone: 'faint'});
const figure = (value, unit = 'count') => ({text: String(value), value, unit});
const edge = (from, to, waited, depth = 0) => ({
  depth, cells: [from, to, 'pipe', figure(1), figure(waited, 'ns'), figure(waited, 'ns'), '-', 'write']
      .map((cell) => (typeof cell === 'string' ? {text: cell} : cell))});
const edges = (...rows) => edgesOf({columns: edgeColumns, rows});
const labels = (parties) => parties.map((party) => party.slice(1));

test('a cell of the matrix has the rows of two parties, with those inside', () => {
  const rows = [edge('waiter', 'baker', 20), edge('waiter (20)', 'baker (10)', 15, 1), edge('baker', 'waiter', 5),
                edge('waiter', 'baker', 3), edge(faintly('a timer'), 'waiter', 100)];
  const matrix = matrixOf(edges(...rows));
  assert.deepEqual(labels(matrix.rows), ['waiter', 'baker', 'a timer']);
  assert.deepEqual(labels(matrix.columns), ['waiter', 'baker']);
  assert.deepEqual(matrix.edgesOf('0waiter', '0baker').map((each) => each.rows), [[rows[0], rows[1]], [rows[3]]]);
  assert.deepEqual(matrix.edgesOf('0baker', '0baker'), []);
});

test('parties beyond twenty share a row of the matrix', () => {
  const ids = [...Array(60).keys()].map((i) => i + 1);
  const {rows, edgesOf: inCell} = matrixOf(edges(...ids.map((id) => edge(`w${id}`, `w${id % 60 + 1}`, 1000 * id))));
  assert.equal(rows.length, 21);
  assert.equal(rows[20], '140 others');
  assert.equal(inCell('140 others', '140 others').length, 39);
});

test('a program is no stranger of the same name', () => {
  const {rows, columns} = matrixOf(edges(edge('a timer', 'as', 1), edge(faintly('a timer'), 'as', 1),
                                         edge('cc1', faintly('others'), 1)));
  assert.deepEqual(rows, ['0a timer', '0cc1', '1a timer']);
  assert.deepEqual(columns, ['0as', '1others']);
});

test('a folded row hides all rows below it that are deeper', () => {
  /** @type {(name: string, depth: number, folded?: boolean) => any} */
  const row = (name, depth, folded = false) => ({name, depth, folded});
  const rows = [row('a', 0, true), row('b', 1, true), row('c', 2), row('d', 0), row('e', 1), row('f', 0, true)];
  /** @type {(list: any[]) => any} */
  const shownIn = (list) => foldedRows(list).map(
      (/** @type {any} */ {row: shown, inside}) => [shown.name, inside.map((each) => each.name)]);
  assert.deepEqual(shownIn(rows), [['a', ['b', 'c']], ['d', []], ['e', []], ['f', []]]);
  assert.deepEqual(shownIn(foldedRows(rows)[0].inside), [['b', ['c']]]);
});

test('an axis of powers has as many powers of ten as have room', () => {
  const powers = (...ranges) => powersOf(ranges.map(([from, to]) => ({buckets: [[from, to, 1]]})));
  assert.deepEqual(powers([0, 1], [512, 1023]), {low: 0, high: 10});
  assert.deepEqual(decadesIn(powers([512, 1023], [65536, 131071])), [1e3, 1e4, 1e5]);
  assert.deepEqual(decadesIn(powers([256, 511], [2 ** 30, 2 ** 31 - 1])), [1e4, 1e6, 1e8]);
  assert.deepEqual(decadesIn(powers([131072, 262143])), []);
});
