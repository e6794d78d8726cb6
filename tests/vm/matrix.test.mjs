// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {matrix, readGuest} from './matrix.mjs';

const doctor = (usable, obstacle, evidence) => `DOCTOR ${JSON.stringify({
  host: {kernel: '6.1.0-9', arch: 'x86_64'}, usable, obstacle, evidence, extras: [{name: 'kernel_names', works: true}],
})}`;
const output = (...lines) => lines.join('\r\n');

test('a guest is what it said', () => {
  const guest = readGuest('6.1', 'full', output(
    doctor(true, null, [{figure: 'switches', kind: 'exact'}, {figure: 'slab', kind: 'unavailable', left_out: true}]),
    'CHECK doctor passed', '[       OK ] A.B (3 ms)', '[  FAILED  ] A.C (3 ms)', '[  FAILED  ] A.C', 'EXIT 1'));
  assert.equal(guest.passed, 2);
  assert.equal(guest.failed, 1, 'the summary repeats what failed');
  assert.deepEqual([...guest.kinds], [['switches', 'exact'], ['slab', 'left out']]);
});

test('a guest that did not come to doctor has no line', () => {
  assert.equal(readGuest('6.1', 'full', 'Kernel panic'), null);
});

test('figures of several kernels stand side by side', () => {
  const good = readGuest('6.1', 'full', output(doctor(true, null, [{figure: 'switches', kind: 'exact'}]), 'EXIT 0'));
  const other = readGuest('7.3', 'full', output(doctor(true, null, [{figure: 'faults', kind: 'bound'}]), 'EXIT 0'));
  const bad = readGuest('5.10', 'refuse', output(doctor(false, 'it is too old', []), 'CHECK refusal passed'));
  const page = matrix([good, other, bad]);
  assert.match(page, /^\| 6\.1 \| 6\.1\.0-9 \| x86_64 \| yes \| 0 \| 0 \|$/m);
  assert.match(page, /^\| 5\.10 \| 6\.1\.0-9 \| x86_64 \| it is too old \| 1 \| not to its end \|$/m);
  assert.match(page, /^\|  \| 6\.1 \| 7\.3 \|$/m, 'a kernel that refuses has no figures');
  assert.match(page, /^\| `switches` \| exact \| – \|$/m);
  assert.match(page, /^\| `faults` \| – \| bound \|$/m);
});
