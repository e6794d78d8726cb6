// SPDX-License-Identifier: Apache-2.0
//
// The page, from its head to its end.
'use strict';

function head() {
  const {host, target, window: span} = report;
  const judging = target.mode === 'verify';
  const title = judging ? 'taskcost: claims about processes and threads' : `taskcost: ${target.command}`;
  document.title = title;
  page.append(element('h1', {}, title));
  if (report.claims.length > 0) {
    page.append(answerLine());
  }
  const facts = [host.name, span.start_time ? `${span.start_time.slice(0, 19).replace('T', ' ')} UTC` : null,
                 `Linux ${host.kernel}, ${host.arch}, ${host.cpus} CPUs`,
                 host.virtualization && host.virtualization !== 'none' ? `virtualized (${host.virtualization})` : null,
                 judging ? null : `${timeText(span.wall_ns)} wall, ${report.process_count} processes, ` +
                                  `${report.task_count} tasks`,
                 target.exit_signal !== null ? `killed by signal ${target.exit_signal}` :
                     target.exit_code !== null ? `exit ${target.exit_code}` : null];
  page.append(faint(facts.filter(Boolean).join(' · ')));
  if (!callsSeen) {
    page.append(faint('--detail switches: system calls and page faults had no probes, ' +
                      'so all time on CPUs counts as user code.'));
  }
  const remarkOn = (what) => report.remarks.find((remark) => remark.about === `losses.${what}`);
  const lost = Object.entries(report.losses)
      .filter(([what, number]) => number > 0 && (remarkOn(what)?.matters ?? true));
  for (const [what, number] of lost) {
    const remark = remarkOn(what);
    page.append(element('p', {class: 'warning'}, `Lost: ${words(what)} ${number}. ${remark ? remark.text : ''}`));
  }
}

function anatomy() {
  const kinds = report.totals.creations;
  if (kinds.length === 0) {
    return;
  }
  const phases = [['copy', 'copy_ns', 'count'], ['publish', 'publish_ns', 'count'], ['return', 'return_ns', 'returns'],
                  ['child start', 'child_start_ns', 'starts']];
  const phase = (kind, [, sum, over]) => mean(kind[sum], kind[over]);
  const measured = kinds.some((kind) => phases.some((each) => phase(kind, each) !== null));
  section('Anatomy of creations (means)', !measured ? null :
          stackedBars('Phases of creations by kind', kinds.map((kind) => words(kind.kind)),
                      phases.map((each) => ({label: each[0], values: kinds.map((kind) => phase(kind, each))}))),
          table('anatomy of creations',
                [{title: 'kind', word: true}, {title: 'count'}, ...phases.map(([title]) => ({title}))],
                kinds.map((kind) => [words(kind.kind), count(kind.count),
                                     ...phases.map((each) => time(phase(kind, each)))])));
}

function prices() {
  const title = 'Price of a life (mean kernel time on a CPU)';
  if (!callsSeen) {
    section(title, faint(noCalls));
    return;
  }
  const kinds = Object.entries(report.prices).filter(([, price]) => price.count > 0);
  if (kinds.length === 0) {
    return;
  }
  const parts = ['create', 'start', 'exec', 'faults', 'exit', 'reap', 'copy_on_write'];
  const part = (price, name) => mean(price[`${name}_ns`], price.count);
  section(title,
          stackedBars('Price of a life by kind', kinds.map(([kind]) => words(kind)),
                      parts.map((name) => ({label: words(name), values: kinds.map(([, price]) => part(price, name))}))),
          table('price of a life',
                [{title: 'kind', word: true}, {title: 'count'}, ...parts.map((name) => ({title: words(name)}))],
                kinds.map(([kind, price]) => [words(kind), count(price.count),
                                              ...parts.map((name) => time(part(price, name)))])));
}

function latencies() {
  const filled = Object.entries(report.histograms).filter(([, of]) => of !== null && of.count > 0);
  if (filled.length === 0) {
    return;
  }
  section('Latencies',
          table('latencies',
                [{title: '', word: true}, {title: 'count'}, {title: 'p50'}, {title: 'p90'}, {title: 'p99'},
                 {title: 'p99.9'}, {title: 'max'}],
                filled.map(([name, of]) => [words(name), count(of.count),
                                            ...[of.p50_ns, of.p90_ns, of.p99_ns, of.p999_ns, of.max_ns].map(time)])),
          filled.map(([name, of]) => unfold(words(name), (body) => body.append(
              histogramChart(`Distribution of ${words(name)}`, of)))));
}

function blasts() {
  if (report.blasts.length === 0) {
    return;
  }
  const since = (ns) => (ns === null ? '-' : time(ns));
  section('Ended by a signal', table(
      'ended by a signal',
      [{title: 'process', word: true}, {title: 'signal'}, {title: 'tasks ended'}, {title: 'first exit'},
       {title: 'last exit'}, {title: 'others alive'}, {title: 'others ran on'}],
      report.blasts.slice(0, shownProcesses).map((blast) => {
        const process = report.processes.find((each) => each.id === blast.process);
        return [process ? `${process.comm} (${process.tgid})` : '-', String(blast.signal), count(blast.tasks_ended),
                since(blast.to_first_exit_ns), since(blast.to_last_exit_ns), count(blast.others_alive),
                count(blast.others_ran_on)];
      })));
}

function evidence() {
  section('Where the figures come from', evidenceTable());
  section('Losses', table('losses', [{title: '', word: true}, {title: 'count'}],
                          Object.entries(report.losses).map(([what, number]) => [
                            words(what), number > 0 ? element('span', {class: 'warning'}, count(number)) : count(0)])));
}

// What the recorded transitions lack, where, and whether they contradict one another.
function records() {
  if (!report.records) {
    return;
  }
  const {gaps, integrity, touched_tasks: touched, unknown_ns: unknown} = report.records;
  const reasons = {ring_full: 'the ring buffer was full', disk_slow: 'the disk was too slow',
                   damaged: 'the file is damaged there'};
  const contents = [];
  if (gaps.length > 0) {
    contents.push(table('gaps', [{title: 'lost at'}, {title: 'for'}, {title: 'events'}, {title: 'of', word: true},
                                 {title: 'because', word: true}],
                        gaps.map((gap) => [
                          gap.first_ns === null ? 'any time' : time(gap.first_ns - report.window.start_ns),
                          gap.first_ns === null ? '-' : time(gap.last_ns - gap.first_ns), count(gap.lost),
                          gap.cpu === null ? 'every CPU' : `CPU ${gap.cpu}`, reasons[gap.why]])));
  }
  if (touched > 0) {
    contents.push(element('p', {class: 'warning'}, 'What happened there is unknown, and is not guessed: ',
                          time(unknown), ` of the recorded lives of ${touched} tasks.`));
  }
  const {breaks, ...counts} = integrity;
  contents.push(table('integrity', [{title: '', word: true}, {title: 'count'}],
                      Object.entries(counts).map(([what, number]) => [words(what), count(number)])));
  section('Recorded events', ...contents);
}

function observer() {
  const own = report.observer;
  section('The observer\'s own cost', element(
      'p', {}, count(own.transitions), ' transitions of ', time(own.per_transition_ns), ' each; ',
      ...(own.stacks_ns === null ? [] : [time(own.stacks_ns), ' taking stacks; ']),
      time(own.userspace_cpu_ns), ' CPU in user space; attached in ', time(own.attach_ns), '; taskcost ',
      report.tool.version));
}

if (typeof Chart === 'undefined') {
  page.append(element('p', {class: 'warning'}, 'The chart library in this page did not start: charts are missing.'));
  draw = () => {};
} else {
  Chart.defaults.font.family = 'system-ui, sans-serif';
}
for (const [what, fill] of Object.entries({
       'The head': head, 'The verdicts': claims, 'The price list': priceList, 'The accounts': accounts,
       'The kernel threads': kernelThreads, 'The timeline': timeline, 'The waits': waits,
       'The wake-ups': conversations, 'The chains': chains, 'The channels': channels, 'The creations': anatomy,
       'The prices': prices, 'The latencies': latencies, 'The stacks': flames, 'The signals': blasts,
       'The comparisons': comparisons, 'More figures': moreFigures, 'The evidence': evidence, 'The records': records,
       'The observer': observer})) {
  show(what, fill);
}
openTarget();
document.documentElement.dataset.ready = 'yes';
