// SPDX-License-Identifier: Apache-2.0
//
// Shows the stacks as a flame graph: each function is a box as wide as its share, and its callees are below it, or its
// callers if it is inverted. The stacks of two reports are told apart: a box is as wide as both together, and its color
// says how they differ.
import {element} from './elements.js';
import {digits, timeText} from './figures.js';

const flameHues = {cause: '--color-7', running: '--color-1', kernel: '--color-3'};
const moduleHues = [0, 2, 4, 1, 5, 6, 14, 8, 10, 12];
const changeHues = {more: '--color-3', less: '--color-0'};
const strongest = 0.6; // opacity of the largest change
const narrowest = 0.001; // part of the graph's width: narrower boxes are less than a pixel

/** @typedef {import('./names.js').Names} Names */
// What report/html_stacks.h writes: a stack has the numbers of its frames.
/** @typedef {{frames: any[], stacks: any[], is_difference?: boolean}} StackData */

// Boxes with one key and parent are one. Those of frames in running code are apart from those of waits.
function frameParts(frames, names) {
  const parts = frames.map((frame) => ({name: names.frame(frame), module: frame.module, mark: frame.mark,
                                        hue: frame.kernel ? 'kernel' : frame.module}));
  return {running: parts.map((part, i) => ({...part, key: -1 - i, running: true})),
          waiting: parts.map((part, i) => ({...part, key: i, running: false}))};
}

// The boxes of one stack in the graph, outermost first.
function flamePath(stack, cause, parts) {
  const running = stack.kind === 'on CPU';
  const made = (name, hue, more = {}) => ({key: name, name, hue, ...more});
  const above = [made(stack.group, 'cause'), made(cause, running ? 'running' : 'cause', {running})];
  if (stack.cut) {
    above.push(made('[cut]', 'cause', {module: 'outermost frames are missing', running}));
  }
  const own = running ? parts.running : parts.waiting;
  return [...above, ...stack.frames.map((number) => own[number])];
}

// The causes that a stack spent its time on: its waits are followed by the time until there was a CPU.
function flameCauses(stack, weight, names) {
  const own = [names.cause(stack), stack[weight]];
  return weight === 'time_ns' && stack.runnable_ns > 0 ? [own, [names.runQueue, stack.runnable_ns]] : [own];
}

// `change` is what B has more than A.
function addPath(root, path, amount, change) {
  let node = root;
  node.total += amount;
  node.change += change;
  for (const part of path) {
    if (!node.children.has(part.key)) {
      node.children.set(part.key, {...part, total: 0, change: 0, children: new Map(), parent: node});
    }
    node = node.children.get(part.key);
    node.total += amount;
    node.change += change;
  }
}

/** @type {(data: StackData, weight: string, names: Names, inverted?: boolean) => any} */
export function flameTree({frames, stacks}, weight, names, inverted = false) {
  const root = {name: 'all', hue: 'cause', total: 0, change: 0, children: new Map(), parent: null};
  const parts = frameParts(frames, names);
  for (const stack of stacks) {
    for (const [cause, amount] of flameCauses(stack, weight, names).filter((each) => each[1] > 0)) {
      const path = flamePath(stack, cause, parts);
      addPath(root, inverted ? path.reverse() : path, amount, stack.is_b ? amount : -amount);
    }
  }
  return root;
}

// What a task does at any time: the time of faults and creations is a part of that.
const lifetime = 'running and waiting';
const isOfKind = (stack, kind) => (kind === lifetime ? !['fault', 'creation'].includes(stack.kind) : stack.kind === kind);

const byWeight = (node) => [...node.children.values()].sort((a, b) => b.total - a.total);

// Modules are sorted by their total, so that the heaviest ones get the colors that differ most.
function flameHueOf({frames, stacks}) {
  const totals = new Map();
  for (const stack of stacks) {
    const own = stack.frames.map((number) => frames[number]).filter((frame) => !frame.kernel);
    for (const module of new Set(own.map((frame) => frame.module))) {
      totals.set(module, (totals.get(module) || 0) + stack.time_ns);
    }
  }
  const order = [...totals.keys()].sort((a, b) => totals.get(b) - totals.get(a));
  const hue = (module) => `--color-${moduleHues[order.indexOf(module) % moduleHues.length]}`;
  return {of: (node) => flameHues[node.hue] || hue(node.hue), order, hue};
}

const largestChange = (node) => [...node.children.values()].reduce(
    (most, child) => Math.max(most, Math.abs(child.change), largestChange(child)), 0);

class Flame {
  constructor(data, names) {
    this.data = data;
    this.names = names;
    this.hues = flameHueOf(data);
    this.weight = 'time_ns';
    this.kind = lifetime;
    this.inverted = false;
    this.wanted = '';
    this.graph = element('div', {class: 'flame', role: 'tree', 'aria-label': 'flame graph'});
    this.description = element('p', {class: 'faint flame-description', 'aria-live': 'polite'},
                        'Click a box or press Enter to zoom; arrow keys walk.');
    this.found = element('span', {class: 'faint', 'aria-live': 'polite'});
    this.boxes = new Map();
    this.nodes = new Map(); // the reverse of `boxes`
    this.graph.addEventListener('keydown', (event) => this.key(event));
    this.rebuild();
  }

  rebuild() {
    const stacks = this.data.stacks.filter((each) => isOfKind(each, this.kind));
    this.root = flameTree({frames: this.data.frames, stacks}, this.weight, this.names, this.inverted);
    this.largest = this.data.is_difference ? largestChange(this.root) : 0;
    this.zoom(this.root, false);
  }

  zoom(node, focus = true) {
    this.top = node;
    this.boxes.clear();
    this.nodes.clear();
    const above = [];
    for (let each = node.parent; each !== null; each = each.parent) {
      above.unshift(each);
    }
    const boxes = above.map((each, depth) => this.box(each, depth, 0, 1));
    this.deepest = above.length;
    if (node.total > 0) {
      this.place(node, above.length, 0, 1, boxes);
    }
    this.graph.replaceChildren(...boxes);
    this.graph.style.height = `${(this.deepest + 1) * 20}px`;
    this.search(this.wanted);
    const start = this.boxes.get(node);
    if (start) {
      start.tabIndex = 0;
      if (focus) {
        start.focus({preventScroll: true});
      }
    }
  }

  place(node, depth, left, width, boxes) {
    boxes.push(this.box(node, depth, left, width));
    this.deepest = Math.max(this.deepest, depth);
    for (const child of byWeight(node)) {
      const share = width * child.total / node.total;
      if (share >= narrowest) {
        this.place(child, depth + 1, left, share, boxes);
      }
      left += share;
    }
  }

  box(node, depth, left, width) {
    const looks = [depth < this.depthOf(this.top) && 'above', node.running && 'running'].filter(Boolean);
    const made = element('div', {role: 'treeitem', tabindex: '-1', class: looks.join(' '),
                                 title: this.sentence(node)}, node.name);
    made.style.cssText = `left: ${left * 100}%; width: ${width * 100}%; top: ${depth * 20}px; ` +
                         this.color(node);
    made.addEventListener('click', () => this.zoom(node));
    made.addEventListener('focus', () => { this.description.textContent = this.sentence(node); });
    made.addEventListener('mouseenter', () => { this.description.textContent = this.sentence(node); });
    this.boxes.set(node, made);
    this.nodes.set(made, node);
    return made;
  }

  depthOf(node) {
    return node.parent === null ? 0 : 1 + this.depthOf(node.parent);
  }

  color(node) {
    if (!this.data.is_difference) {
      return `--own: var(${this.hues.of(node)})`;
    }
    const strength = strongest * Math.abs(node.change) / Math.max(this.largest, 1);
    return `--own: var(${node.change > 0 ? changeHues.more : changeHues.less}); --strength: ${strength.toFixed(3)}`;
  }

  figures({total, change}) {
    const amount = (value) => (this.weight === 'time_ns' ? timeText(value) : `${value} times`);
    return this.data.is_difference ? `${amount((total - change) / 2)} in A, ${amount((total + change) / 2)} in B` :
        `${amount(total)}, ${digits(100 * total / this.root.total)} %`;
  }

  sentence(node) {
    const where = [node.module, node.mark].filter(Boolean).join(', ');
    return `${node.name}: ${this.figures(node)}${where ? ` · ${where}` : ''}`;
  }

  key(event) {
    const node = this.nodes.get(event.target);
    if (!node) {
      return;
    }
    const siblings = node.parent ? byWeight(node.parent) : [node];
    const at = siblings.indexOf(node);
    const goal = {ArrowUp: node.parent, ArrowDown: byWeight(node)[0], ArrowLeft: siblings[at - 1],
                  ArrowRight: siblings[at + 1]}[event.key];
    if (event.key === 'Enter') {
      this.zoom(node);
    } else if (event.key === 'Escape') {
      this.zoom(this.root);
    } else if (goal && this.boxes.has(goal)) {
      event.target.tabIndex = -1;
      this.boxes.get(goal).tabIndex = 0;
      this.boxes.get(goal).focus();
    } else if (!event.key.startsWith('Arrow')) {
      return;
    }
    event.preventDefault();
  }

  // Marks the matching boxes. The share is of the whole graph, and does not count matches within a match twice.
  search(text) {
    this.wanted = text;
    const wanted = text.toLowerCase();
    const matches = (node) => wanted !== '' && node.name.toLowerCase().includes(wanted);
    for (const [node, box] of this.boxes) {
      box.classList.toggle('found', matches(node));
    }
    const sum = {total: 0, change: 0};
    const add = (node) => {
      if (matches(node)) {
        sum.total += node.total;
        sum.change += node.change;
      } else {
        node.children.forEach(add);
      }
    };
    add(this.root);
    this.found.textContent = wanted === '' ? '' : sum.total === 0 ? 'not found' : this.figures(sum);
  }
}

function choice(label, options, choose) {
  const select = element('select', {'aria-label': label},
                         options.map(([value, text]) => element('option', {value}, text)));
  select.addEventListener('change', () => choose(select.value));
  return element('label', {}, `${label} `, select);
}

function flameControls(flame) {
  const kinds = [...new Set(flame.data.stacks.map((stack) => stack.kind))];
  const search = element('input', {type: 'search', 'aria-label': 'search functions', placeholder: 'function'});
  search.addEventListener('input', () => flame.search(search.value));
  const inverted = element('input', {type: 'checkbox'});
  inverted.addEventListener('change', () => {
    flame.inverted = inverted.checked;
    flame.rebuild();
  });
  const back = element('button', {type: 'button'}, 'Show all');
  back.addEventListener('click', () => flame.zoom(flame.root));
  return element('div', {class: 'controls'},
                 choice('by', [['time_ns', 'time'], ['count', 'count']], (value) => {
                   flame.weight = value;
                   flame.rebuild();
                 }),
                 choice('kind', [lifetime, ...kinds].map((kind) => [kind, kind]), (value) => {
                   flame.kind = value;
                   flame.rebuild();
                 }),
                 element('label', {}, inverted, ' inverted'), element('label', {}, 'search ', search), back,
                 flame.found);
}

function flameLegend({data, hues: {order, hue}}) {
  const shown = order.slice(0, moduleHues.length);
  const item = (color, text) => element('li', {}, element('i', {style: `background: var(${color})`}), text);
  if (data.is_difference) {
    return element('ul', {class: 'legend'}, item(changeHues.more, 'more in B'), item(changeHues.less, 'less in B'));
  }
  return element('ul', {class: 'legend'}, item(flameHues.cause, 'group, cause'), item(flameHues.running, 'on CPU'),
                 item(flameHues.kernel, 'kernel'),
                 shown.map((module) => item(hue(module), module === null ? 'unknown file' : module.split('/').pop())));
}

/** @type {(data: StackData, names: Names) => any} */
export function flames(data, names) {
  if (data.stacks.length === 0) {
    return null;
  }
  const flame = new Flame(data, names);
  return [flameControls(flame), flameLegend(flame), flame.description, flame.graph];
}
