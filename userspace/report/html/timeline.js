// SPDX-License-Identifier: Apache-2.0
//
// Makes the timeline interactive: zoom, pan, step from interval to interval, collapse processes.
import {colorOf} from './charts.js';
import {element, faint} from './elements.js';
import {mergedActivity, TimelineData, timelineUnknown} from './timeline_data.js';
import {axisHeight, lineHeight, TimelinePainter} from './timeline_paint.js';

const narrowestSpan = 100; // ns
const linesInView = 24;
const waitsToShow = 100;
const keysOfTimeline = 'Drag to zoom in, Shift and drag to move; after a click or with Ctrl the wheel zooms. Keys: + and -, ' +
    'arrows walk, Shift and arrows move, Enter collapses a process, 0 shows all.';

/** @typedef {import('./names.js').Names} Names */

class TimelineView {
  constructor(data) {
    this.data = data;
    this.canvas = element('canvas', {tabindex: '0', role: 'application', 'aria-label': 'timeline',
                                     'aria-describedby': 'timeline-keys'});
    this.space = element('div', {class: 'timeline-space'});
    this.box = element('div', {class: 'timeline'}, this.canvas, this.space);
    this.tip = element('div', {class: 'timeline-tip', 'aria-hidden': 'true'});
    this.tip.hidden = true;
    this.description = element('p', {class: 'faint', 'aria-live': 'polite'}, 'Nothing chosen.');
    this.painter = new TimelinePainter(data, this.canvas);
    this.span = {from: 0, to: data.wall};
    this.active = {line: 0, i: null};
    this.drag = null;
    this.asked = false;
    this.updateLines();
    this.listen();
  }

  listen() {
    const {canvas} = this;
    canvas.addEventListener('keydown', (event) => this.key(event));
    canvas.addEventListener('wheel', (event) => this.wheel(event), {passive: false});
    canvas.addEventListener('pointerdown', (event) => this.grab(event));
    canvas.addEventListener('pointermove', (event) => this.move(event));
    canvas.addEventListener('pointerup', (event) => this.release(event));
    canvas.addEventListener('pointercancel', () => this.letGo());
    canvas.addEventListener('pointerleave', () => { this.tip.hidden = true; });
    this.box.addEventListener('scroll', () => this.askForPaint());
    new ResizeObserver(() => this.askForPaint()).observe(this.box);
    const inked = () => {
      this.painter.refreshInk();
      this.paint();
    };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', inked);
    window.addEventListener('beforeprint', inked);
    window.addEventListener('afterprint', inked);
  }

  // Updates the lines after a process was collapsed or expanded.
  updateLines() {
    this.lines = this.data.lines();
    const height = axisHeight + lineHeight * this.lines.length;
    this.height = Math.min(height, axisHeight + lineHeight * linesInView);
    this.canvas.style.height = `${this.height}px`;
    this.box.style.height = `${this.height + 2}px`; // the border is part of the height
    this.space.style.height = `${height - this.height}px`;
  }

  askForPaint() {
    if (!this.asked) {
      this.asked = true;
      requestAnimationFrame(() => this.paint());
    }
  }

  paint() {
    this.asked = false;
    const whole = this.box.clientWidth;
    if (whole === 0) {
      return;
    }
    this.left = Math.min(190, Math.round(whole * 0.3));
    this.width = whole - this.left;
    this.painter.paint({...this.span, left: this.left, width: this.width, height: this.height, lines: this.lines,
                        top: this.box.scrollTop, active: this.active, drag: this.drag});
  }

  show(from, to) {
    const span = Math.min(Math.max(to - from, narrowestSpan), this.data.wall);
    const start = Math.min(Math.max(from, 0), this.data.wall - span);
    this.span = {from: start, to: start + span};
  }

  fit() {
    this.show(0, this.data.wall);
    this.paint();
  }

  // `around` keeps its position on the screen.
  zoom(factor, around = this.middle()) {
    const {from, to} = this.span;
    const span = Math.min(Math.max((to - from) * factor, narrowestSpan), this.data.wall);
    const start = around - (around - from) * span / (to - from);
    this.show(start, start + span);
    this.paint();
  }

  pan(share) {
    const by = share * (this.span.to - this.span.from);
    this.show(this.span.from + by, this.span.to + by);
    this.paint();
  }

  // The middle of the active interval if it is in view, else the middle of the view.
  middle() {
    const {from, to} = this.span;
    const {i} = this.active;
    const active = i === null ? NaN : (this.data.columns.start[i] + this.data.columns.end[i]) / 2;
    return active >= from && active <= to ? active : (from + to) / 2;
  }

  at(event) {
    const place = this.canvas.getBoundingClientRect();
    const x = event.clientX - place.left;
    const y = event.clientY - place.top;
    const {from, to} = this.span;
    const line = y < axisHeight ? -1 : Math.floor((y - axisHeight + this.box.scrollTop) / lineHeight);
    return {x, y, ns: from + (to - from) * (x - this.left) / this.width, line, named: x < this.left};
  }

  wheel(event) {
    if (!event.ctrlKey && document.activeElement !== this.canvas) {
      return;
    }
    const {ns, named} = this.at(event);
    if (named) {
      return;
    }
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.pan(event.deltaX / this.width);
    } else {
      this.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), ns);
    }
  }

  grab(event) {
    const at = this.at(event);
    if (event.button !== 0) {
      return;
    }
    if (at.named) {
      this.choose(at.line, null);
      this.toggle();
      return;
    }
    this.drag = {from: at.ns, to: at.ns, x: at.x, moves: event.shiftKey || at.line < 0};
  }

  move(event) {
    const at = this.at(event);
    if (this.drag && this.drag.moves) {
      const by = (this.drag.x - at.x) * (this.span.to - this.span.from) / this.width;
      this.drag.x = at.x;
      this.show(this.span.from + by, this.span.to + by);
    } else if (this.drag) {
      this.canvas.setPointerCapture?.(event.pointerId);
      this.drag.to = Math.min(Math.max(at.ns, this.span.from), this.span.to);
    } else {
      this.hover(at);
    }
    this.askForPaint();
  }

  release(event) {
    const at = this.at(event);
    const drag = this.drag;
    this.drag = null;
    if (!drag || drag.moves) {
      return;
    }
    if (Math.abs(at.x - drag.x) >= 4) {
      const to = Math.min(Math.max(at.ns, this.span.from), this.span.to);
      this.show(Math.min(drag.from, to), Math.max(drag.from, to));
    } else {
      const {row, regions} = this.lines[at.line] || {};
      this.choose(at.line, row ? this.data.around(row, at.ns) : null);
      this.chooseRegion(regions ? this.data.regionAround(regions, at.ns) : null);
    }
    this.paint();
  }

  letGo() {
    this.drag = null;
    this.paint();
  }

  hover(at) {
    const {row, regions} = (at.named ? null : this.lines[at.line]) || {};
    const i = row ? this.data.around(row, at.ns) : regions ? this.data.regionAround(regions, at.ns) : null;
    this.tip.hidden = i === null;
    if (i === null) {
      return;
    }
    if (regions) {
      this.showTip(at, this.data.describeRegion(this.lines[at.line], i));
      return;
    }
    this.active = {line: at.line, i};
    const near = (this.span.to - this.span.from) / this.width * 5;
    const marks = row.marks.filter((mark) => Math.abs(mark.at - at.ns) < near).map((mark) => this.markText(mark));
    this.showTip(at, [...this.data.describe(row, i), ...marks]);
  }

  showTip(at, lines) {
    this.tip.replaceChildren(...lines.map((line) => element('div', {}, line)));
    const place = this.box.parentElement.getBoundingClientRect();
    const box = this.box.getBoundingClientRect();
    const left = Math.min(at.x + 14, box.width - this.tip.offsetWidth - 4);
    this.tip.style.left = `${Math.max(0, left) + box.left - place.left}px`;
    this.tip.style.top = `${at.y + 18 + box.top - place.top}px`;
  }

  markText(mark) {
    return mark.kind === 'exec' ? `exec: now ${mark.comm}` : mark.kind;
  }

  choose(line, i) {
    if (line < 0 || line >= this.lines.length) {
      return;
    }
    this.active = {line, i};
    const {row, name, group} = this.lines[line];
    this.description.textContent = i !== null && row ? this.data.describe(row, i).join(' · ') :
        group ? `${name}, ${group.collapsed ? 'collapsed' : 'expanded'}` : name;
    const top = line * lineHeight;
    const room = this.height - axisHeight;
    this.box.scrollTop = Math.min(Math.max(this.box.scrollTop, top + lineHeight - room), top);
  }

  // Describes a region of the active line.
  chooseRegion(i) {
    if (i !== null) {
      this.active = {...this.active, region: i};
      this.description.textContent = this.data.describeRegion(this.lines[this.active.line], i).join(' · ');
    }
  }

  // Steps to the next or previous region of the line.
  walkRegions(by) {
    const {regions} = this.lines[this.active.line];
    const next = this.active.region === undefined ? this.data.firstRegionAfter(regions, this.span.from) :
                                                    this.active.region + by;
    const i = Math.min(Math.max(next, 0), regions.length - 1);
    this.reveal(regions[i]);
    this.chooseRegion(i);
  }

  // Moves an interval into view.
  reveal({start, end}) {
    const {from, to} = this.span;
    if (end <= from || start >= to) {
      const span = to - from;
      this.show((start + Math.min(end, start + span) - span) / 2, (start + Math.min(end, start + span) + span) / 2);
    }
  }

  toggle() {
    const {group} = this.lines[this.active.line] || {};
    if (group) {
      group.collapsed = !group.collapsed;
      this.updateLines();
      this.choose(this.active.line, null);
    }
    this.paint();
  }

  collapseAll(collapsed) {
    this.data.groups.forEach((group) => { group.collapsed = collapsed && group.rows.length > 1; });
    this.updateLines();
    this.active = {line: 0, i: null};
    this.paint();
  }

  // Shows the longest wait, and with each further call the next one.
  jump() {
    this.waits = this.waits || this.data.longestWaits(waitsToShow);
    if (this.waits.length === 0) {
      return;
    }
    this.jumps = ((this.jumps ?? -1) + 1) % this.waits.length;
    const {row, i} = this.waits[this.jumps];
    const group = this.data.groups.find(({rows}) => rows.includes(row));
    group.collapsed = false;
    this.updateLines();
    const {start, end} = this.data.columns;
    const margin = (end[i] - start[i]) / 8;
    this.show(start[i] - margin, end[i] + margin);
    this.choose(this.lines.findIndex((line) => line.row === row), i);
    this.paint();
  }

  // Steps to the next or previous interval of the line, and scrolls it into view.
  walk(by) {
    const {row, regions} = this.lines[this.active.line];
    if (regions) {
      this.walkRegions(by);
      return;
    }
    if (!row || row.first === row.last) {
      return;
    }
    const next = this.active.i === null ? this.data.firstAfter(row, this.span.from) : this.active.i + by;
    const i = Math.min(Math.max(next, row.first), row.last - 1);
    const {start, end} = this.data.columns;
    this.reveal({start: start[i], end: end[i]});
    this.choose(this.active.line, i);
  }

  step(by) {
    const line = Math.min(Math.max(this.active.line + by, 0), this.lines.length - 1);
    const {row} = this.lines[line];
    const around = this.active.i === null ? null : this.middle();
    this.choose(line, row && around !== null ? this.data.around(row, around) : null);
  }

  key(event) {
    const {key, shiftKey} = event;
    const actions = {
      '+': () => this.zoom(0.5), '=': () => this.zoom(0.5), '-': () => this.zoom(2), '0': () => this.fit(),
      'Home': () => this.fit(), 'Enter': () => this.toggle(), ' ': () => this.toggle(),
      'ArrowLeft': () => (shiftKey ? this.pan(-0.25) : this.walk(-1)),
      'ArrowRight': () => (shiftKey ? this.pan(0.25) : this.walk(1)), 'ArrowUp': () => this.step(-1),
      'ArrowDown': () => this.step(1), 'Escape': () => this.choose(this.active.line, null),
    };
    if (Object.hasOwn(actions, key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      actions[key]();
      this.tip.hidden = true;
      this.paint();
      event.preventDefault();
    }
  }

  controls() {
    const button = (text, label, act) => {
      const made = element('button', {type: 'button', 'aria-label': label}, text);
      made.addEventListener('click', act);
      return made;
    };
    const several = this.data.groups.some((group) => group.rows.length > 1);
    return element('div', {class: 'controls'}, button('Fit', 'fit', () => this.fit()),
                   button('+', 'zoom in', () => this.zoom(0.5)), button('−', 'zoom out', () => this.zoom(2)),
                   button('←', 'earlier', () => this.pan(-0.25)), button('→', 'later', () => this.pan(0.25)),
                   button('Longest wait', 'jump to the longest wait', () => this.jump()),
                   several ? button('Collapse all', 'collapse all', () => this.collapseAll(true)) : null,
                   several ? button('Expand all', 'expand all', () => this.collapseAll(false)) : null);
  }
}

// Lists the activities and conditions that occur.
function timelineLegend(data) {
  const seen = new Set(data.facts.map((fact) => fact.activity));
  const item = (text, kind, color) => {
    const sample = element('i', {class: kind});
    sample.style.setProperty('--own', color);
    return element('li', {}, sample, text);
  };
  return element('ul', {class: 'legend'},
                 data.activities.map((activity, i) => (seen.has(activity) ? item(data.names.activity(activity), 'running',
                                                                               `var(${colorOf(i)})`) : null)),
                 item('preempted or runnable', 'runnable', 'var(--text)'), item('blocked', 'blocked', 'var(--text)'),
                 data.activities.includes(mergedActivity) ? item('several, merged', 'running', 'var(--text)') : null,
                 data.facts.some((fact) => fact.condition === timelineUnknown) ?
                     item('unknown: events were lost', 'unknown', 'var(--faint)') : null,
                 element('li', {}, '◤ new task, ▾ exec, ◥ exit'));
}

/** @type {(recorded: any, report: any, names: Names) => any} */
export function timeline(recorded, report, names) {
  const data = new TimelineData(recorded, report, names);
  if (data.groups.length === 0) {
    return faint('No task that is kept has an interval in the window.');
  }
  const view = new TimelineView(data);
  requestAnimationFrame(() => view.paint()); // once the page has it
  Object.assign(view.box, {view}); // for the tests
  return [element('p', {class: 'timeline-paper'}, 'The timeline is for the screen: open this page in a browser.'),
          element('div', {class: 'timeline-parts'}, view.controls(), timelineLegend(data), view.box, view.tip, view.description,
                  element('p', {class: 'faint', id: 'timeline-keys'}, keysOfTimeline))];
}
