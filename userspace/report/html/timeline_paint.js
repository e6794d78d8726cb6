// SPDX-License-Identifier: Apache-2.0
//
// Paints the timeline on its canvas. Intervals narrower than a pixel are summed up in columns one pixel wide, which are
// divided by kind. So the work for a row is bounded by its width and its intervals.
import {colorOf, inkOf} from './charts.js';
import {conditions, mergedActivity} from './timeline_data.js';

export const lineHeight = 20;
const barHeight = 14;
export const axisHeight = 24;
const arrowsAtMost = 40;
const waitingStrength = 0.32; // opacity

// The paint of each kind, for bars and for columns.
function timelineInk(context, activities) {
  const text = inkOf('--text');
  const hatch = (color, ground, rising) => {
    const tile = Object.assign(document.createElement('canvas'), {width: 6, height: 6});
    const pen = tile.getContext('2d');
    pen.globalAlpha = ground;
    pen.fillStyle = color;
    pen.fillRect(0, 0, 6, 6);
    pen.globalAlpha = 1;
    pen.strokeStyle = color;
    pen.lineWidth = 1.6;
    for (const shift of [-6, 0, 6]) {
      pen.beginPath();
      pen.moveTo(shift - 1, rising ? 7 : -1);
      pen.lineTo(shift + 7, rising ? -1 : 7);
      pen.stroke();
    }
    return context.createPattern(tile, 'repeat');
  };
  const bars = [hatch(inkOf('--faint'), 0.12, false)];
  const strengths = [1];
  const columns = [inkOf('--faint')];
  for (const condition of conditions) {
    activities.forEach((activity, i) => {
      const color = activity === mergedActivity ? text : inkOf(colorOf(i));
      bars.push(condition === 'preempted' || condition === 'runnable' ? hatch(color, 0.1, true) : color);
      strengths.push(condition === 'blocked' ? waitingStrength : 1);
      columns.push(color);
    });
  }
  const shade = (kind) => (kind === 0 ? 0.5 : kind <= activities.length ? 1 :
                           kind > 3 * activities.length ? waitingStrength : 0.6);
  return {bars, strengths, columns, columnStrengths: columns.map((_, kind) => shade(kind)), text,
          faint: inkOf('--faint'), line: inkOf('--line'), page: inkOf('--page'), link: inkOf('--link'),
          panel: inkOf('--panel')};
}

/** @type {(span: number, room: number) => number} */
export function axisStep(span, room) {
  const rough = span * 90 / Math.max(room, 90);
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  return power * [1, 2, 5, 10].find((each) => each * power >= rough);
}

// An instant needs more digits than a duration, to differ from an instant close to it.
/** @type {(ns: number, step: number) => string} */
export function instantText(ns, step) {
  const [unit, name] = ns >= 1e9 ? [1e9, 's'] : ns >= 1e6 ? [1e6, 'ms'] : ns >= 1e3 ? [1e3, 'µs'] : [1, 'ns'];
  return ns === 0 ? '0' : `${(ns / unit).toFixed(Math.max(0, Math.ceil(Math.log10(unit / step))))} ${name}`;
}

export class TimelinePainter {
  /** @param {import('./timeline_data.js').TimelineData} data @param {HTMLCanvasElement} canvas */
  constructor(data, canvas) {
    this.data = data;
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.sums = new Float64Array(data.kinds);
    this.refreshInk();
  }

  refreshInk() {
    this.ink = timelineInk(this.context, this.data.activities);
    this.ground = null;
  }

  // `view` has {from, to} in ns; {left, width, height} in pixels; the lines; `top`: the pixels that are scrolled away;
  // and the highlights: active {line, i}, drag {from, to}. If only the highlights change, the rest is copied from the
  // last paint.
  paint(view) {
    const ratio = window.devicePixelRatio || 1;
    const stays = (key) => this.ground && this.ground.view[key] === view[key];
    const same = ['from', 'to', 'left', 'width', 'height', 'top', 'lines'].every(stays) && this.ground.ratio === ratio;
    this.view = view;
    const {context, canvas} = this;
    if (!same) {
      canvas.width = Math.round((view.left + view.width) * ratio);
      canvas.height = Math.round(view.height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (same) {
      context.drawImage(this.ground.image, 0, 0, canvas.width / ratio, canvas.height / ratio);
    } else {
      this.paintGround();
      const image = Object.assign(document.createElement('canvas'), {width: canvas.width, height: canvas.height});
      image.getContext('2d').drawImage(canvas, 0, 0);
      this.ground = {image, view, ratio};
    }
    this.activeName();
    this.arrows();
    this.axis();
    this.drag();
  }

  paintGround() {
    const {context, view} = this;
    context.fillStyle = this.ink.page;
    context.fillRect(0, 0, view.left + view.width, view.height);
    context.font = '12px system-ui, sans-serif';
    const first = Math.max(0, Math.floor(view.top / lineHeight));
    const last = Math.min(view.lines.length, Math.ceil((view.top + view.height - axisHeight) / lineHeight));
    this.grid();
    for (let i = first; i < last; ++i) {
      this.line(view.lines[i], this.yOf(i));
    }
  }

  activeName() {
    const {context, view, view: {active}} = this;
    if (view.lines[active.line]) {
      context.fillStyle = this.ink.line;
      context.fillRect(0, this.yOf(active.line), view.left - 1, lineHeight);
      this.name(view.lines[active.line], this.yOf(active.line));
    }
  }

  xOf(ns) {
    const {left, width, from, to} = this.view;
    return left + width * (ns - from) / (to - from);
  }

  yOf(line) {
    return axisHeight + line * lineHeight - this.view.top;
  }

  ticks() {
    const {from, to, width} = this.view;
    const step = axisStep(to - from, width);
    const ticks = [];
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
      ticks.push({at, text: instantText(at, step)});
    }
    return ticks;
  }

  grid() {
    this.context.fillStyle = this.ink.line;
    for (const {at} of this.ticks()) {
      this.context.fillRect(Math.round(this.xOf(at)), axisHeight, 1, this.view.height);
    }
  }

  axis() {
    const {context, view} = this;
    context.font = '12px system-ui, sans-serif';
    context.fillStyle = this.ink.panel;
    context.fillRect(0, 0, view.left + view.width, axisHeight);
    context.fillStyle = this.ink.text;
    context.textBaseline = 'middle';
    for (const {at, text} of this.ticks()) {
      const half = context.measureText(text).width / 2;
      const x = Math.min(Math.max(this.xOf(at), view.left + half), view.left + view.width - half);
      context.fillText(text, x - half, axisHeight / 2);
    }
  }

  line(line, y) {
    const {context, view} = this;
    context.save();
    context.beginPath();
    context.rect(view.left, y, view.width, lineHeight);
    context.clip();
    const bar = y + (lineHeight - barHeight) / 2;
    if (line.group) {
      this.crowd(line.rows, bar);
    } else if (line.regions) {
      this.regions(line.regions, bar);
    } else {
      this.bars(line.row, bar);
      line.row.marks.forEach((mark) => this.mark(mark, y));
    }
    context.restore();
    this.name(line, y);
  }

  name(line, y) {
    const {context, view, ink} = this;
    context.save();
    context.beginPath();
    context.rect(0, y, view.left - 6, lineHeight);
    context.clip();
    context.fillStyle = ink.text;
    context.textBaseline = 'middle';
    context.font = line.group ? 'bold 12px system-ui, sans-serif' : '12px system-ui, sans-serif';
    const sign = line.group ? (line.group.collapsed ? '▸ ' : '▾ ') : line.inside ? '    ' : '';
    context.fillText(sign + line.name, 4, y + lineHeight / 2);
    context.restore();
  }

  bars(row, y) {
    const {data: {columns}, view: {from, to}, context, ink, sums} = this;
    const {start, end, share} = columns;
    const scale = this.view.width / (to - from);
    let column = -1;
    let summed = 0;
    const flush = () => {
      if (summed > 0) {
        this.column(column, y, 1);
        summed = 0;
      }
    };
    for (let i = this.data.firstAfter(row, from); i < row.last && start[i] < to; ++i) {
      const x = (Math.max(start[i], from) - from) * scale;
      const width = (Math.min(end[i], to) - from) * scale - x;
      if (width < 1) {
        if (Math.floor(x) !== column) {
          flush();
          column = Math.floor(x);
        }
        this.data.addKinds(i, width, sums);
        summed += width;
        continue;
      }
      flush();
      if (share[i] >= 0) {
        this.data.addKinds(i, 1, sums);
        this.column(x, y, 1, width);
        continue;
      }
      const {kind} = this.data.fact(i);
      const hatched = width >= 4; // narrow bars have no room for stripes
      context.globalAlpha = (hatched ? ink.strengths : ink.columnStrengths)[kind];
      context.fillStyle = (hatched ? ink.bars : ink.columns)[kind];
      context.fillRect(this.view.left + x, y, width, barHeight);
    }
    flush();
    context.globalAlpha = 1;
  }

  // Boxes with names. Of those that are narrower than a pixel, each pixel has one.
  regions(regions, y) {
    const {context, ink, view: {left, width, to, from}} = this;
    let drawn = left - 1;
    for (let i = this.data.firstRegionAfter(regions, from); i < regions.length && regions[i].start < to; ++i) {
      const {name, start, end} = regions[i];
      const x = Math.max(this.xOf(start), left);
      const room = Math.max(Math.min(this.xOf(end), left + width) - x, 1);
      if (x + room <= drawn) {
        continue;
      }
      drawn = Math.ceil(x + room);
      context.fillStyle = ink.line;
      context.fillRect(x, y, room, barHeight);
      context.fillStyle = ink.text;
      context.fillRect(x, y, 1, barHeight);
      if (room >= 24) {
        context.save();
        context.beginPath();
        context.rect(x, y, room - 2, barHeight);
        context.clip();
        context.textBaseline = 'middle';
        context.fillText(name, x + 4, y + barHeight / 2);
        context.restore();
      }
    }
  }

  // Draws `sums` as a column with running kinds at the bottom, and resets them. `whole` is the sum that fills the
  // height.
  column(x, y, whole, width = 1) {
    const {context, ink, sums, data: {kinds, activities}} = this;
    const total = Math.max(whole, sums.reduce((all, each) => all + each, 0));
    let bottom = y + barHeight;
    for (let i = 1; i <= kinds; ++i) {
      const kind = i % kinds; // unknown time is on top
      if (sums[kind] > 0) {
        const share = barHeight * sums[kind] / total;
        // A short run within a long sleep must stay visible.
        const height = Math.min(kind <= activities.length ? Math.max(share, 2) : share, bottom - y);
        context.globalAlpha = ink.columnStrengths[kind];
        context.fillStyle = ink.columns[kind];
        context.fillRect(this.view.left + x, bottom - height, width, height);
        bottom -= height;
        sums[kind] = 0;
      }
    }
    context.globalAlpha = 1;
  }

  // Draws all tasks of a process in one line, as the share of tasks in each state.
  crowd(rows, y) {
    const {data: {columns, kinds}, view: {from, to, width}, sums} = this;
    const {start, end} = columns;
    const scale = width / (to - from);
    const pixels = Math.ceil(width);
    const all = new Float64Array(pixels * kinds);
    for (const row of rows) {
      for (let i = this.data.firstAfter(row, from); i < row.last && start[i] < to; ++i) {
        const left = (Math.max(start[i], from) - from) * scale;
        const right = Math.min((Math.min(end[i], to) - from) * scale, pixels);
        for (let x = Math.floor(left); x < right; ++x) {
          this.data.addKinds(i, Math.min(right, x + 1) - Math.max(left, x), all, x * kinds);
        }
      }
    }
    for (let x = 0; x < pixels; ++x) {
      sums.set(all.subarray(x * kinds, (x + 1) * kinds));
      this.column(x, y, rows.length);
    }
  }

  mark({kind, at}, y) {
    const {context, ink} = this;
    const x = this.xOf(at);
    if (x < this.view.left - 6 || x > this.view.left + this.view.width + 6) {
      return;
    }
    context.fillStyle = ink.text;
    context.beginPath();
    if (kind === 'exec') {
      context.moveTo(x - 4, y);
      context.lineTo(x + 4, y);
      context.lineTo(x, y + 6);
    } else {
      const side = kind === 'new task' ? 4 : -4;
      context.rect(x - (side < 0 ? 1 : 0), y, 1, lineHeight);
      context.moveTo(x, y);
      context.lineTo(x + side, y);
      context.lineTo(x, y + 5);
    }
    context.fill();
  }

  // Draws arrows from wakers to woken tasks: for the active interval, and for the wakeups by its task in the meantime.
  arrows() {
    const {data, view, view: {active}} = this;
    const row = view.lines[active.line]?.row;
    if (!row || active.i === null) {
      return;
    }
    this.outline(active.line, active.i);
    const lineOf = (task) => view.lines.findIndex((line) => line.rows.some((each) => each.task === task) &&
                                                            (line.row || line.group.collapsed));
    const {waker, from_task: from} = data.fact(active.i);
    if (waker === 'task') {
      this.arrow(lineOf(from), active.line, data.columns.end[active.i]);
    }
    for (const woken of data.wokenDuring(row, active.i, arrowsAtMost)) {
      this.arrow(active.line, lineOf(woken.row.task), data.columns.end[woken.i]);
    }
  }

  outline(line, i) {
    const {context, data: {columns}, view} = this;
    const from = Math.max(this.xOf(columns.start[i]), view.left);
    const to = Math.min(this.xOf(columns.end[i]), view.left + view.width);
    if (to >= view.left && from <= view.left + view.width) {
      context.strokeStyle = this.ink.text;
      context.lineWidth = 2;
      context.strokeRect(from, this.yOf(line) + 2, Math.max(to - from, 2), lineHeight - 4);
    }
  }

  arrow(fromLine, toLine, ns) {
    const {context, view} = this;
    const x = this.xOf(ns);
    if (fromLine < 0 || toLine < 0 || fromLine === toLine || x < view.left || x > view.left + view.width) {
      return;
    }
    const down = toLine > fromLine;
    const from = this.yOf(fromLine) + lineHeight / 2;
    const to = this.yOf(toLine) + (down ? 3 : lineHeight - 3);
    context.strokeStyle = context.fillStyle = this.ink.text;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, from, 2.5, 0, 2 * Math.PI);
    context.fill();
    context.beginPath();
    context.moveTo(x, from);
    context.lineTo(x, to);
    context.stroke();
    context.beginPath();
    context.moveTo(x, to);
    context.lineTo(x - 4, to + (down ? -7 : 7));
    context.lineTo(x + 4, to + (down ? -7 : 7));
    context.fill();
  }

  drag() {
    const {context, view, view: {drag}} = this;
    if (drag) {
      const [from, to] = [drag.from, drag.to].sort((a, b) => a - b).map((ns) => this.xOf(ns));
      context.globalAlpha = 0.2;
      context.fillStyle = this.ink.link;
      context.fillRect(from, axisHeight, to - from, view.height);
      context.globalAlpha = 1;
    }
  }
}
