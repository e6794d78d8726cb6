// SPDX-License-Identifier: Apache-2.0
//
// Shows the stacks as a flame graph: each function is a box as wide as its share, and its callees are below it, or its
// callers if it is inverted.
import {element} from './elements.js';
import {digits, timeText} from './figures.js';

const flameHues = {cause: '--color-7', running: '--color-1', kernel: '--color-3'};
const moduleHues = [0, 2, 4, 1, 5, 6, 14, 8, 10, 12];
const narrowest = 0.001; // part of the graph's width: narrower boxes are less than a pixel

/** @typedef {import('./names.js').Names} Names */

// The boxes of one stack in the graph, outermost first.
function flamePath(stack, cause, names) {
  const running = stack.kind === 'on CPU';
  /** @type {any[]} */
  const above = [{name: names.group(stack), hue: 'cause'}, {name: cause, hue: running ? 'running' : 'cause', running}];
  if (stack.cut) {
    above.push({name: '[cut]', hue: 'cause', module: 'outermost frames are missing', running});
  }
  return above.concat(stack.frames.map((frame) => ({
    name: names.frame(frame), module: frame.module, mark: frame.mark, hue: frame.kernel ? 'kernel' : frame.module,
    running,
  })));
}

// The causes that a stack spent its time on: its waits are followed by the time until there was a CPU.
function flameCauses(stack, weight, names) {
  const own = [names.cause(stack), stack[weight]];
  return weight === 'time_ns' && stack.runnable_ns > 0 ? [own, [names.runQueue, stack.runnable_ns]] : [own];
}

function addPath(root, path, amount) {
  let node = root;
  node.total += amount;
  for (const part of path) {
    const key = `${part.hue}\n${part.running}\n${part.mark}\n${part.name}`;
    if (!node.children.has(key)) {
      node.children.set(key, {...part, total: 0, children: new Map(), parent: node});
    }
    node = node.children.get(key);
    node.total += amount;
  }
}

/** @type {(stacks: any[], weight: string, names: Names, inverted?: boolean) => any} */
export function flameTree(stacks, weight, names, inverted = false) {
  const root = {name: 'all', hue: 'cause', total: 0, children: new Map(), parent: null};
  for (const stack of stacks) {
    for (const [cause, amount] of flameCauses(stack, weight, names).filter((each) => each[1] > 0)) {
      const path = flamePath(stack, cause, names);
      addPath(root, inverted ? path.reverse() : path, amount);
    }
  }
  return root;
}

// What a task does at any time: the time of faults and creations is a part of that.
const lifetime = 'running and waiting';
const isOfKind = (stack, kind) => (kind === lifetime ? !['fault', 'creation'].includes(stack.kind) : stack.kind === kind);

const byWeight = (node) => [...node.children.values()].sort((a, b) => b.total - a.total);

// Modules are sorted by their total, so that the heaviest ones get the colors that differ most.
function flameHueOf(stacks) {
  const totals = new Map();
  for (const stack of stacks) {
    for (const module of new Set(stack.frames.filter((frame) => !frame.kernel).map((frame) => frame.module))) {
      totals.set(module, (totals.get(module) || 0) + stack.time_ns);
    }
  }
  const order = [...totals.keys()].sort((a, b) => totals.get(b) - totals.get(a));
  const hue = (module) => `--color-${moduleHues[order.indexOf(module) % moduleHues.length]}`;
  return {of: (node) => flameHues[node.hue] || hue(node.hue), order, hue};
}

class Flame {
  constructor(stacks, names) {
    this.stacks = stacks;
    this.names = names;
    this.hues = flameHueOf(stacks);
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
    this.root = flameTree(this.stacks.filter((each) => isOfKind(each, this.kind)), this.weight, this.names,
                          this.inverted);
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
                         `--own: var(${this.hues.of(node)})`;
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

  amount(total) {
    return this.weight === 'time_ns' ? timeText(total) : `${total} times`;
  }

  sentence(node) {
    const share = `${digits(100 * node.total / this.root.total)} %`;
    const where = [node.module, node.mark].filter(Boolean).join(', ');
    return `${node.name}: ${this.amount(node.total)}, ${share}${where ? ` · ${where}` : ''}`;
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
    const sum = (node) => (matches(node) ? node.total :
        [...node.children.values()].reduce((all, each) => all + sum(each), 0));
    const total = sum(this.root);
    this.found.textContent = wanted === '' ? '' : total === 0 ? 'not found' :
        `${this.amount(total)}, ${digits(100 * total / this.root.total)} %`;
  }
}

function choice(label, options, choose) {
  const select = element('select', {'aria-label': label},
                         options.map(([value, text]) => element('option', {value}, text)));
  select.addEventListener('change', () => choose(select.value));
  return element('label', {}, `${label} `, select);
}

function flameControls(flame) {
  const kinds = [...new Set(flame.stacks.map((stack) => stack.kind))];
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

function flameLegend({order, hue}) {
  const shown = order.slice(0, moduleHues.length);
  const item = (color, text) => element('li', {}, element('i', {style: `background: var(${color})`}), text);
  return element('ul', {class: 'legend'}, item(flameHues.cause, 'group, cause'), item(flameHues.running, 'on CPU'),
                 item(flameHues.kernel, 'kernel'),
                 shown.map((module) => item(hue(module), module === null ? 'unknown file' : module.split('/').pop())));
}

/** @type {(report: any, names: Names) => any} */
export function flames(report, names) {
  const {stacks} = report.stacks;
  if (stacks.length === 0) {
    return null;
  }
  const flame = new Flame(stacks, names);
  return [flameControls(flame), flameLegend(flame.hues), flame.description, flame.graph];
}
