// SPDX-License-Identifier: Apache-2.0
//
// The entry point of the page.
import {accounts, kernelThreads} from './accounts.js';
import {answerLine, claims, priceList} from './chapters.js';
import {followInkAndPaper, histogramChart, stackedBars, startCharts} from './charts.js';
import {comparisons, moreFigures} from './claims.js';
import {addToPage, dataOf, element, faint, openTarget, section, show, table, unfold} from './elements.js';
import {count, evidenceTable, mean, time, timeText, words} from './figures.js';
import {flames} from './flame.js';
import {conversations} from './matrix.js';
import {Names, shownProcesses} from './names.js';
import {timeline} from './timeline.js';
import {chains, channels, waits} from './waits.js';

const report = dataOf('report');
const texts = dataOf('words');
const names = new Names(report, texts);

function head() {
  const {host, target, window: span} = report;
  const judging = target.mode === 'verify';
  const title = judging ? 'taskcost: claims about processes and threads' : `taskcost: ${target.command}`;
  document.title = title;
  addToPage(element('h1', {}, title));
  if (report.claims.length > 0) {
    addToPage(answerLine(report));
  }
  const facts = [host.name, span.start_time ? `${span.start_time.slice(0, 19).replace('T', ' ')} UTC` : null,
                 `Linux ${host.kernel}, ${host.arch}, ${host.cpus} CPUs`,
                 host.virtualization && host.virtualization !== 'none' ? `virtualized (${host.virtualization})` : null,
                 judging ? null : `${timeText(span.wall_ns)} wall, ${report.process_count} processes, ` +
                                  `${report.task_count} tasks`,
                 target.exit_signal !== null ? `killed by signal ${target.exit_signal}` :
                     target.exit_code !== null ? `exit ${target.exit_code}` : null];
  addToPage(faint(facts.filter(Boolean).join(' · ')));
  if (!names.callsSeen) {
    addToPage(faint(texts.without_calls));
  }
  const remarkOn = (what) => report.remarks.find((remark) => remark.about === `losses.${what}`);
  const lost = Object.entries(report.losses)
      .filter(([what, number]) => number > 0 && (remarkOn(what)?.matters ?? true));
  for (const [what, number] of lost) {
    const remark = remarkOn(what);
    addToPage(element('p', {class: 'warning'}, `Lost: ${words(what)} ${number}. ${remark ? remark.text : ''}`));
  }
}

function anatomy() {
  const kinds = report.totals.creations;
  if (kinds.length === 0) {
    return;
  }
  const phases = [{title: 'copy', sum: 'copy_ns', over: 'count'}, {title: 'publish', sum: 'publish_ns', over: 'count'},
                  {title: 'return', sum: 'return_ns', over: 'returns'},
                  {title: 'child start', sum: 'child_start_ns', over: 'starts'}];
  const phase = (kind, {sum, over}) => mean(kind[sum], kind[over]);
  const measured = kinds.some((kind) => phases.some((each) => phase(kind, each) !== null));
  section('Anatomy of creations (means)', !measured ? null :
          stackedBars('Phases of creations by kind', kinds.map((kind) => words(kind.kind)),
                      phases.map((each) => ({label: each.title, values: kinds.map((kind) => phase(kind, each))}))),
          table('anatomy of creations',
                [{title: 'kind', word: true}, {title: 'count'}, ...phases],
                kinds.map((kind) => [words(kind.kind), count(kind.count),
                                     ...phases.map((each) => time(phase(kind, each)))])));
}

function prices() {
  const title = 'Price of a life (mean kernel time on a CPU)';
  if (!names.callsSeen) {
    section(title, faint(texts.calls_unmeasured));
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
  section('Where the figures come from', evidenceTable(report));
  section('Losses', table('losses', [{title: '', word: true}, {title: 'count'}],
                          Object.entries(report.losses).map(([what, number]) => [
                            words(what), number > 0 ? element('span', {class: 'warning'}, count(number)) : count(0)])));
}

// Shows what the recorded transitions lack, where, and whether they contradict one another.
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

startCharts();
followInkAndPaper();
for (const [what, fill] of Object.entries({
       'The head': head, 'The verdicts': () => claims(report, texts.same_up_to),
       'The price list': () => priceList(report), 'The accounts': () => accounts(report, names),
       'The kernel threads': () => kernelThreads(report),
       'The timeline': () => timeline(dataOf('timeline'), report, names), 'The waits': () => waits(report, names),
       'The wake-ups': () => conversations(report, names), 'The chains': () => chains(report, names),
       'The channels': () => channels(report, names), 'The creations': anatomy, 'The prices': prices,
       'The latencies': latencies, 'The stacks': () => flames(report, names), 'The signals': blasts,
       'The comparisons': () => comparisons(report), 'More figures': () => moreFigures(report),
       'The evidence': evidence, 'The records': records, 'The observer': observer})) {
  show(what, fill);
}
openTarget();
document.documentElement.dataset.ready = 'yes';
