// SPDX-License-Identifier: Apache-2.0
//
// node tests/bpf_stack.mjs FILE.bpf.o: fails if a chain of calls in the probes needs more stack than the kernels that
// round each frame up the most accept (before Linux 6.8). FILE.bpf.su is the compiler's stack of each function.
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';

const limit = 512; // MAX_BPF_STACK
const unit = 32;

const object = process.argv[2];
const frames = new Map(readFileSync(object.replace(/\.o$/, '.su'), 'utf8').trim().split('\n').map((line) => {
  const [place, bytes] = line.split('\t');
  return [place.split(':').pop(), Number(bytes)];
}));

const starts = new Map(); // "section offset" → function
const calls = new Map(); // function → what it calls, or has the kernel call
const instructions = [];
let section = '';
let caller = '';
for (const line of execFileSync('llvm-objdump', ['-dr', object], {encoding: 'utf8', maxBuffer: 1 << 28}).split('\n')) {
  const header = /^Disassembly of section (.*):$/.exec(line);
  const label = /^([0-9a-f]{16}) <(.*)>:$/.exec(line);
  const code = /^ +(\d+):\s((?:[0-9a-f]{2}[ \t]){8})/.exec(line);
  const relocation = /\sR_BPF_64_(?:32|64)\s(\S+)/.exec(line);
  if (header) {
    section = header[1];
  } else if (label && frames.has(label[2])) {
    caller = label[2];
    starts.set(`${section} ${parseInt(label[1], 16)}`, caller);
    calls.set(caller, new Set());
  } else if (code) {
    const bytes = Buffer.from(code[2].replace(/\s/g, ''), 'hex');
    const immediate = bytes.readInt32LE(4);
    const isCall = bytes[0] === 0x85 && bytes[1] >> 4 === 1;
    instructions.push({section, caller, isCall, isAddress: bytes[0] === 0x18, at: Number(code[1]), immediate});
  } else if (relocation && instructions.length > 0) {
    instructions.at(-1).symbol = relocation[1];
  }
}

// The function that an instruction calls or takes the address of; undefined: it does neither.
function target({section, isCall, isAddress, at, immediate, symbol}) {
  if (frames.has(symbol)) {
    return symbol;
  }
  if (isCall) {
    const place = symbol ?? section;
    return starts.get(`${place} ${8 * (symbol ? immediate + 1 : at + immediate + 1)}`);
  }
  return isAddress && symbol === '.text' ? starts.get(`.text ${immediate}`) : undefined;
}

for (const instruction of instructions) {
  const called = target(instruction);
  if (called) {
    calls.get(instruction.caller).add(called);
  }
}

const known = new Map();
function deepest(name) {
  if (!known.has(name)) {
    let below = {bytes: 0, chain: []};
    for (const called of calls.get(name)) {
      const other = deepest(called);
      below = other.bytes > below.bytes ? other : below;
    }
    const own = Math.ceil(Math.max(frames.get(name), 1) / unit) * unit;
    known.set(name, {bytes: own + below.bytes, chain: [`${name} ${frames.get(name)}`, ...below.chain]});
  }
  return known.get(name);
}

const all = [...calls.keys()].map(deepest).sort((a, b) => b.bytes - a.bytes);
for (const {bytes, chain} of all.filter(({bytes}) => bytes > limit)) {
  console.log(`${bytes} bytes of stack, ${limit} are allowed: ${chain.join(' > ')}`);
  process.exitCode = 1;
}
if (all.length < frames.size / 2 || all[0].chain.length < 3) {
  console.log(`${object}: its calls could not be read`);
  process.exitCode = 1;
}
if (!process.exitCode) {
  console.log(`the deepest chain needs ${all[0].bytes} of ${limit} bytes: ${all[0].chain.join(' > ')}`);
}
