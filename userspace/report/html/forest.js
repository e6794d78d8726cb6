// SPDX-License-Identifier: Apache-2.0
//
// A forest plot: ratios with their intervals on a logarithmic axis, and the band of what counts as the same.
'use strict';

// `rows`: {label, ratio, low, high}; low and high may be null. What the axis has to show: both ends beside 1.
function forestRange(rows, sameUpTo) {
  const values = rows.flatMap((row) => [row.ratio, row.low, row.high])
      .filter((value) => value !== null && Number.isFinite(value) && value > 0);
  const room = 1.05;
  return [Math.min(1 / sameUpTo, ...values) / room, Math.max(sameUpTo, ...values) * room];
}

// `rows` as above, with `answer`: "more", "the same", "less", "undecided" or another word.
function forest(label, rows, sameUpTo) {
  const [width, left, right, top, step] = [900, 260, 640, 8, 26];
  const bottom = top + step * rows.length;
  const range = forestRange(rows, sameUpTo);
  const x = logScale(range, [left, right]);
  const within = (value) => Math.min(Math.max(value, range[0]), range[1]);
  const parts = [
    svgElement('rect', {x: x(1 / sameUpTo), y: top, width: x(sameUpTo) - x(1 / sameUpTo), height: bottom - top,
                        class: 'band'}),
    svgLine(x(1), top, x(1), bottom, 'axis'),
  ];
  for (const tick of ratioTicks(range, x)) {
    parts.push(svgLine(x(tick), bottom, x(tick), bottom + 5, 'axis'),
               svgText(x(tick), bottom + 18, digits(tick), 'middle', 'faint'));
  }
  rows.forEach((row, i) => {
    const y = top + step * (i + 0.5);
    const name = `answer-${(row.answer || '').replaceAll(' ', '-')}`;
    parts.push(svgText(left - 12, y + 4, shortLabel(row.label), 'end'));
    if (row.ratio === null) {
      parts.push(svgText(right + 12, y + 4, row.answer || '-'));
      return;
    }
    if (row.low !== null) {
      const high = row.high === null ? range[1] : row.high;
      parts.push(svgLine(x(within(row.low)), y, x(within(high)), y, `interval ${name}`));
    }
    const interval = row.low === null ? '' : ` [${digits(row.low)}..${digits(row.high)}]`;
    parts.push(svgElement('circle', {cx: x(within(row.ratio)), cy: y, r: 5, class: name},
                          svgElement('title', {}, `${row.label}: ${digits(row.ratio)}${interval}`)),
               svgText(right + 12, y + 4, `${digits(row.ratio)}${interval} ${row.answer || ''}`));
  });
  return drawing(label, width, bottom + 26, parts);
}
