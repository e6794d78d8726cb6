// SPDX-License-Identifier: Apache-2.0
//
// node tests/vm/matrix.mjs DIRECTORY < tests/vm/kernels: prints docs/kernels.md, from what the guests of the last runs
// wrote to DIRECTORY/NAME.out. A kernel that was not run has no line.
import {existsSync, readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

const unusable = '–';

// What one guest said. Nothing of it is expected: tests/vm/judge.sh judges.
export function readGuest(name, plan, out) {
  const lines = out.replaceAll('\r', '').split('\n');
  const after = (word) => lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length));
  const count = (pattern) => lines.filter((line) => pattern.test(line)).length;
  const doctor = after('DOCTOR ').map((text) => JSON.parse(text)).pop();
  if (!doctor) {
    return null;
  }
  return {
    name,
    plan,
    release: doctor.host.kernel,
    architecture: doctor.host.arch,
    usable: doctor.usable,
    obstacle: doctor.obstacle,
    kinds: new Map(doctor.evidence.map((each) => [each.figure, each.left_out ? 'left out' : each.kind])),
    extras: new Map(doctor.extras.map((each) => [each.name, each.works ? 'yes' : 'no'])),
    passed: count(/^CHECK .* passed$/) + count(/^\[ +OK \] /),
    failed: count(/^CHECK .* failed/) + count(/^\[ +FAILED +\] .* \(\d+ ms\)$/),
    whole: lines.includes('EXIT 0'),
  };
}

const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

// A line for each key that any guest has, and a column for each guest.
function features(guests, member) {
  const keys = [...new Set(guests.flatMap((guest) => [...guest[member].keys()]))];
  return table(['', ...guests.map((guest) => guest.name)],
    keys.map((key) => [`\`${key}\``, ...guests.map((guest) => guest[member].get(key) ?? unusable)]));
}

export function matrix(guests) {
  const usable = guests.filter((guest) => guest.usable);
  return `# Kernels

Written by \`tests/vm/run --matrix --all\`: each kernel was booted under qemu, and this is what \`taskcost doctor\` said there,
and how many checks and tests ended how. \`tests/vm/kernels\` has the packages.

${table(['kernel', 'release', 'architecture', 'programs can be observed', 'passed', 'failed'], guests.map((guest) =>
    [guest.name, guest.release, guest.architecture, guest.usable ? 'yes' : guest.obstacle.replaceAll('|', '/'), guest.passed,
      guest.whole || guest.failed > 0 ? guest.failed : 'not to its end']))}

## Figures

*exact*: the kernel is probed at both ends. *bound*: a little more or less than the name says. *counts*: only how often.
*left out*: it is an option. \`doctor\` names the source on each machine.

${features(usable, 'kinds')}

## With all privileges

${features(usable, 'extras')}
`;
}

function main(directory) {
  const lines = readFileSync(0, 'utf8').split('\n').filter((line) => /^[^#\s]/.test(line));
  const guests = lines.map((line) => {
    const words = line.split(/\s+/);
    const file = `${directory}/${words[0]}.out`;
    return existsSync(file) ? readGuest(words[0], words[4], readFileSync(file, 'utf8')) : null;
  }).filter((guest) => guest !== null);
  if (guests.length === 0) {
    throw new Error(`no guest has run: ${directory} has no output with a report of doctor`);
  }
  process.stdout.write(matrix(guests));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(process.argv[2]);
}
