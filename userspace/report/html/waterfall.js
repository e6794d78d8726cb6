// SPDX-License-Identifier: Apache-2.0
//
// A waterfall: from one whole to another by the parts of the difference, each beginning where the last one ended.
'use strict';

// `parts`: {label, difference}, the largest first. Those beyond `most` become one, so that the steps still add up.
function waterfallSteps(from, parts, most = 12) {
  const shown = parts.length > most ? parts.slice(0, most - 1) : parts;
  const rest = parts.slice(shown.length);
  const all = rest.length === 0 ? shown : [...shown, {
    label: `${rest.length} smaller parts`, difference: rest.reduce((sum, part) => sum + part.difference, 0),
  }];
  let at = from;
  return all.map((part) => {
    const step = {label: part.label, start: at, end: at + part.difference, difference: part.difference};
    at = step.end;
    return step;
  });
}

// `from` and `to`: {label, value}.
function waterfall(label, from, to, parts, unit) {
  const steps = waterfallSteps(from.value, parts);
  const bars = [{label: from.label, start: 0, end: from.value, whole: true}, ...steps,
                {label: to.label, start: 0, end: to.value, whole: true}];
  // Where the steps are small beside the whole, the axis leaves out what both have.
  const ends = steps.flatMap((step) => [step.start, step.end]).concat(from.value, to.value);
  const [lowest, highest] = [Math.min(...ends), Math.max(...ends)];
  const near = lowest > 0 && highest - lowest < lowest / 2;
  const low = near ? Math.max(0, lowest - (highest - lowest)) : Math.min(0, lowest);
  const [width, left, right, top, step] = [900, 260, 740, 8, 24];
  const bottom = top + step * bars.length;
  const x = linearScale([low, highest], [left, right]);
  const drawn = [];
  for (const tick of linearTicks(low, highest)) {
    drawn.push(svgLine(x(tick), top, x(tick), bottom, 'grid'),
               svgText(x(tick), bottom + 16, quantityText(tick, unit), 'middle', 'faint'));
  }
  bars.forEach((bar, i) => {
    const y = top + step * i;
    const [start, end] = [x(Math.max(bar.start, low)), x(Math.max(bar.end, low))];
    const name = bar.whole ? 'whole' : bar.difference > 0 ? 'rise' : 'fall';
    const figure = bar.whole ? quantityText(bar.end, unit) :
        `${bar.difference > 0 ? '+' : ''}${quantityText(bar.difference, unit)}`;
    drawn.push(svgText(left - 12, y + 16, shortLabel(bar.label), 'end', bar.whole ? 'strong' : ''),
               svgElement('rect', {x: Math.min(start, end), y: y + 4, width: Math.max(Math.abs(end - start), 1),
                                   height: step - 8, class: name},
                          svgElement('title', {}, `${bar.label}: ${figure}`)),
               svgText(right + 12, y + 16, figure, 'start', bar.whole ? 'strong' : ''));
    if (i + 1 < bars.length) {
      drawn.push(svgLine(end, y + step - 4, end, y + step + 4, 'axis'));
    }
  });
  return element('div', {}, drawing(label, width, bottom + 24, drawn),
                 low > 0 ? faint(`The axis begins at ${quantityText(low, unit)}.`) : null);
}
