// SPDX-License-Identifier: Apache-2.0
//
// Charts made with Chart.js. Their colors come from the style sheet, so that they suit light, dark and print.
import {addToPage, element, show, expandAll} from './elements.js';

const colors = 16;
/** @type {(name: string) => string} */
export const inkOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
/** @type {(i: number) => string} */
export const colorOf = (i) => `--color-${i % colors}`;
const charts = [];
let waiting = [];

// The library is a separate script before this one; it is undefined if that script failed.
const {Chart} = /** @type {any} */ (globalThis);

export function startCharts() {
  if (Chart === undefined) {
    addToPage(element('p', {class: 'tone-warning'}, 'The chart library in this page did not start: charts are missing.'));
  } else {
    Chart.defaults.font.family = 'system-ui, sans-serif';
  }
}

function applyInk(chart) {
  chart.options.color = inkOf('--text');
  for (const scale of Object.values(chart.options.scales)) {
    scale.ticks.color = inkOf('--text');
    scale.grid.color = inkOf('--line');
    scale.title.color = inkOf('--text');
  }
  for (const dataset of chart.data.datasets) {
    dataset.borderColor = inkOf(colorOf(dataset.color));
    dataset.backgroundColor = inkOf(colorOf(dataset.color));
  }
}

// This plugin draws a line from `low` to `high` of each point that has these.
const whiskers = {
  id: 'whiskers',
  afterDatasetsDraw(chart) {
    const {ctx} = chart;
    chart.data.datasets.forEach((dataset, i) => {
      if (!chart.isDatasetVisible(i)) {
        return;
      }
      ctx.save();
      ctx.strokeStyle = dataset.borderColor;
      ctx.lineWidth = 1.5;
      for (const point of dataset.data) {
        if (point && point.low !== undefined && point.low !== null && point.high !== null) {
          const x = chart.scales.x.getPixelForValue(point.x);
          const {top, bottom} = chart.chartArea;
          const within = (y) => Math.min(Math.max(chart.scales.y.getPixelForValue(y), top), bottom);
          const [low, high] = [within(point.low), within(point.high)];
          ctx.beginPath();
          ctx.moveTo(x, low);
          ctx.lineTo(x, high);
          ctx.moveTo(x - 4, low);
          ctx.lineTo(x + 4, low);
          ctx.moveTo(x - 4, high);
          ctx.lineTo(x + 4, high);
          ctx.stroke();
        }
      }
      ctx.restore();
    });
  },
};

function axis(options) {
  const ticks = {maxRotation: 60};
  if (options.tick) {
    ticks.callback = options.tick;
  }
  return {
    type: options.type, stacked: options.stacked, min: options.min, max: options.max,
    title: {display: Boolean(options.title), text: options.title}, grid: {}, ticks,
    // By default a logarithmic axis has more labels than there is room for.
    afterBuildTicks: (scale) => {
      if (options.places) {
        scale.ticks = options.places.map((value) => ({value}));
      } else if (options.type === 'logarithmic') {
        scale.ticks = scale.ticks.filter((tick) => Number.isInteger(Math.log10(tick.value)));
      }
    },
  };
}

function draw() {
  if (Chart === undefined) {
    return;
  }
  const [ready, later] = [waiting.filter((each) => each.box.isConnected), waiting.filter((each) => !each.box.isConnected)];
  waiting = later;
  for (const {canvas, type, datasets, labels, x, y, plugins} of ready) {
    const made = new Chart(canvas, {
      type, data: {labels, datasets}, plugins: [whiskers],
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, indexAxis: y.along ? 'y' : 'x',
        scales: {x: axis(x), y: axis(y)},
        plugins: {legend: {position: 'bottom', display: datasets.length > 1},
                  tooltip: {callbacks: {label: plugins.label || ((item) => item.formattedValue)}}},
      },
    });
    applyInk(made);
    made.update(); // mode 'none' would leave bars in their initial color
    charts.push(made);
  }
}

// A chart takes its width from the page, so it is made after its box was added. Each of `datasets` has a `color`.
/**
 * @type {(label: string, type: string, data: {datasets: any[], labels?: string[]}, x: any, y: any,
 *     plugins?: any) => HTMLElement}
 */
export function chart(label, type, {datasets, labels}, x, y, plugins = {}) {
  const canvas = element('canvas', {role: 'img', 'aria-label': label});
  const box = element('div', {class: 'chart'}, canvas);
  waiting.push({box, canvas, type, datasets, labels, x, y, plugins});
  requestAnimationFrame(() => show('A chart', draw));
  return box;
}

function repaint() {
  for (const made of charts) {
    applyInk(made);
    made.resize();
    made.update();
  }
}

// On paper all parts are expanded, and drawn dark on white.
export function followInkAndPaper() {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
  let collapse = () => {};
  window.addEventListener('beforeprint', () => {
    document.documentElement.dataset.print = 'yes';
    collapse = expandAll();
    draw();
    repaint();
  });
  window.addEventListener('afterprint', () => {
    delete document.documentElement.dataset.print;
    collapse();
    repaint();
  });
}
