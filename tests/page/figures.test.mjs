// SPDX-License-Identifier: Apache-2.0
//
// Tests figures and names as text.
import {digits, quantityText, threeDigits, timeText, words} from '../../userspace/report/html/figures.js';
import {Names} from '../../userspace/report/html/names.js';
import {assert, bakery, names, report, test, texts} from './fixture.mjs';

test('a number has three digits, and all those before its point', () => {
  assert.deepEqual([0, 1.23456, 99.94, 123456, 0.000123456, -2.5].map(digits),
                   ['0', '1.23', '99.9', '123456', '0.000123', '-2.5']);
  assert.deepEqual([0, 1, 1.5, 12, 123.4].map(threeDigits), ['0', '1.00', '1.50', '12.0', '123']);
});

test('null is an end that is not there, or a figure that was not measured', () => {
  assert.equal(digits(null), '∞');
  assert.equal(threeDigits(null), '∞');
  assert.equal(quantityText(null, 'ns'), 'not measured');
  assert.equal(quantityText(undefined, 'count'), 'not measured');
  assert.equal(quantityText(0, 'ns'), '0');
});

test('a quantity has the unit that keeps it short', () => {
  assert.deepEqual([1, 999, 1000, 1.5e6, 61e9].map(timeText), ['1 ns', '999 ns', '1 µs', '1.5 ms', '61 s']);
  assert.deepEqual([0, 1, 1023, 1024, 3 * 2 ** 20, 2 ** 40].map((bytes) => quantityText(bytes, 'bytes')),
                   ['0', '1 B', '1023 B', '1 KiB', '3 MiB', '1024 GiB']);
  assert.equal(quantityText(1234567, 'count'), '1234567');
  assert.equal(quantityText(0.5, 'share'), '0.5');
  assert.equal(quantityText(12, 'pages'), '12 pages');
});

test('a key becomes words', () => {
  assert.equal(words('copy_on_write'), 'copy on write');
});

test('tasks and processes have names, those that are not kept too', () => {
  assert.equal(names.task(2, 11), 'oven (11)');
  assert.equal(names.task(0, 99), 'task 99');
  assert.equal(names.task(0, 0), 'others');
  assert.equal(names.find(3).process, bakery.processes[1]);
});

test('a waker has the words of the text report', () => {
  const waker = (kind, task = 0, tid = 0) => names.waker({waker: kind, from_task: task, from_tid: tid});
  assert.equal(waker('task', 3, 20), 'waiter (20)');
  assert.equal(waker('unobserved', 0, 7), 'task 7, not observed');
  assert.equal(waker('timer'), 'a timer');
  assert.equal(waker('__proto__'), 'waker not seen');
});

test('an activity or a wait without words stands by its key', () => {
  assert.equal(names.activity('user'), 'user code');
  assert.equal(names.activity('file_lock'), 'file lock');
  assert.equal(names.wait('pipe'), 'a pipe');
  assert.equal(names.wait('unix_socket'), 'unix socket');
  assert.equal(names.wait('constructor'), 'constructor');
  assert.equal(names.cause({kind: 'wait', wait: 'child'}), 'wait: a child to end');
  assert.equal(names.cause({kind: 'fault', wait: null}), 'fault');
});

test('a frame without a symbol is a place in its file', () => {
  const unknown = {function: null, module: null, offset: 0x1234, mark: null, kernel: false};
  const frame = (known) => names.frame({...unknown, ...known});
  assert.equal(frame({function: 'main', module: '/bin/a'}), 'main');
  assert.equal(frame({module: '/usr/lib/dough.so'}), 'dough.so+0x1234');
  assert.equal(frame({module: '/usr/lib/dough.so', mark: 'unread'}), 'dough.so (not read)+0x1234');
  assert.equal(frame({module: '/usr/lib/dough.so', mark: 'unknown'}), 'dough.so+0x1234');
  assert.equal(frame({module: '[kernel]', kernel: true}), '[kernel]');
  assert.equal(frame({}), '[unknown]');
});

test('without prices, system calls had no probes', () => {
  assert.equal(names.callsSeen, true);
  assert.equal(new Names({...report(), lifecycle_costs: null}, texts).callsSeen, false);
});
