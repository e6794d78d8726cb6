// SPDX-License-Identifier: Apache-2.0
//
// Tests that the colors of the style sheet are apart, also without one of the three kinds of cones.
import {assert, test} from './fixture.mjs';

// @ts-ignore
const {readFileSync} = await import('node:fs');

// The matrices of Machado, Oliveira and Fernandes (2009) for linear RGB, at full severity.
const visions = {
  all: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const least = 10; // 1 is the smallest difference that is seen side by side
const degree = Math.PI / 180;

const linear = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));

function labOf(hex, vision) {
  const rgb = linear(hex);
  const [r, g, b] = vision.map((row) => Math.min(1, Math.max(0, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2])));
  const root = (t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = root((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = root(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = root((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

// The difference of two colors by CIEDE2000.
/** @type {(one: number[], other: number[]) => number} */
function difference([l1, a1, b1], [l2, a2, b2]) {
  const far = ((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2) ** 7;
  const g = 1.5 - Math.sqrt(far / (far + 25 ** 7)) / 2;
  const [c1, c2] = [Math.hypot(a1 * g, b1), Math.hypot(a2 * g, b2)];
  const hue = (a, b) => (Math.atan2(b, a * g) / degree + 360) % 360;
  const [h1, h2] = [hue(a1, b1), hue(a2, b2)];
  const turn = c1 * c2 === 0 ? 0 : (h2 - h1 + 540) % 360 - 180;
  const h = c1 * c2 === 0 ? h1 + h2 : (h1 + turn / 2 + 360) % 360;
  const [l, c] = [(l1 + l2) / 2, (c1 + c2) / 2];
  const cosine = (factor, shift) => Math.cos((factor * h + shift) * degree);
  const t = 1 - 0.17 * cosine(1, -30) + 0.24 * cosine(2, 0) + 0.32 * cosine(3, 6) - 0.2 * cosine(4, -63);
  const lightness = (l2 - l1) / (1 + 0.015 * (l - 50) ** 2 / Math.sqrt(20 + (l - 50) ** 2));
  const chroma = (c2 - c1) / (1 + 0.045 * c);
  const tint = 2 * Math.sqrt(c1 * c2) * Math.sin(turn / 2 * degree) / (1 + 0.015 * c * t);
  const rotation = -2 * Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7)) *
      Math.sin(60 * Math.exp(-(((h - 275) / 25) ** 2)) * degree);
  return Math.sqrt(lightness ** 2 + chroma ** 2 + tint ** 2 + rotation * chroma * tint);
}

const style = readFileSync(new URL('../../userspace/report/html/report.css', import.meta.url), 'utf8');
const [light, dark] = [':root {', ':root:not([data-print]) {'].map((start) => {
  const block = style.slice(style.indexOf(start) + start.length);
  return [...block.slice(0, block.indexOf('}')).matchAll(/--color-(\d+): (#[0-9a-f]{6});/g)]
      .map(([, number, color]) => ({number: Number(number), color}));
});

test('the difference of colors is that of the published examples', () => {
  // Sharma, Wu and Dalal (2005).
  /** @type {[number[], number[], number][]} */
  const examples = [[[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425], [[50, 2.5, 0], [73, 25, -18], 27.1492],
                    [[50, 2.5, 0], [50, 3.2972, 0], 1], [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082]];
  for (const [one, other, expected] of examples) {
    assert.ok(Math.abs(difference(one, other) - expected) < 1e-3, `${difference(one, other)} is not ${expected}`);
  }
});

for (const [mode, colors] of Object.entries({light, dark})) {
  test(`the colors of the ${mode} page are apart with any color vision`, () => {
    assert.deepEqual(colors.map(({number}) => number), [...Array(16).keys()]);
    for (const [name, vision] of Object.entries(visions)) {
      colors.forEach((one, i) => colors.slice(i + 1).forEach((other) => {
        const apart = difference(labOf(one.color, vision), labOf(other.color, vision));
        assert.ok(apart >= least, `${one.number} and ${other.number}, ${name}: ${apart.toFixed(1)}`);
      }));
    }
  });
}
