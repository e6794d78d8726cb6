// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "report/remarks.h"
#include "report/text_sections.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

// A mean that grows with each value seen.
struct Mean {
  Duration sum{};
  std::uint64_t count = 0;

  void add(const std::optional<Duration>& value) {
    if (value) {
      sum += *value;
      ++count;
    }
  }
  // Of `of` events; nothing seen of any is not a zero.
  [[nodiscard]] std::string over(std::uint64_t of) const {
    return count == 0 ? std::string(not_measured) : mean_text(sum, of);
  }
  [[nodiscard]] std::string text() const { return over(count); }
};

struct Ends {
  std::uint64_t execs = 0;
  Mean prepare;
  Mean replace;
  Mean returned;
  Mean exit;
  Mean teardown;
  Mean zombie;
};

Ends ends_of(const Session& session) {
  Ends ends;
  for (const Process& process : session.processes) {
    ends.zombie.add(process.zombie);
    for (const Task& task : process.tasks) {
      ends.exit.add(task.exit);
      ends.teardown.add(task.exit_teardown);
      if (task.execs > 0) {
        ends.execs += task.execs;
        ends.prepare.add(task.exec_prepare);
        ends.replace.add(task.exec_replace);
        ends.returned.add(task.exec_return);
      }
    }
  }
  return ends;
}

void write_ends(Page& page, const Session& session) {
  const Ends ends = ends_of(session);
  if (ends.execs > 0) {
    page.item("exec         ", fmt::format("{}; prepare {}, replace {}, return {} (means)",
                                           counted(ends.execs, "time", "times"), ends.prepare.over(ends.execs),
                                           ends.replace.over(ends.execs), ends.returned.over(ends.execs)));
  }
  if (ends.exit.count > 0) {
    page.item("exit         ",
              fmt::format("{}; mean {}; until the address space is gone {}", counted(ends.exit.count, "task", "tasks"),
                          ends.exit.text(), ends.teardown.text()));
  }
  if (ends.zombie.count > 0) {
    page.item("reap         ", fmt::format("{}; mean {} as a zombie",
                                           counted(ends.zombie.count, "process", "processes"), ends.zombie.text()));
  }
  const auto& bytes = session.totals.counters[TC_COUNTER_PAGE_TABLE_BYTES];
  page.item("page tables  ",
            bytes ? bytes_text(static_cast<double>(*bytes)) + " for new address spaces" : std::string(not_measured));
}

void add_counter(Table& table, const Account& account, tc_counter counter, const std::optional<std::uint64_t>& whole) {
  const auto& count = account.counters[counter];
  const bool shared = count && whole && *whole > 0;
  table.row({text_of(counter),
             {measured_text(count), count ? Ink::plain : Ink::faint},
             shared ? share_text(static_cast<double>(*count), static_cast<double>(*whole)) : ""});
}

void add_book(Table& table, std::string_view name, const std::optional<std::uint64_t>& ours, std::uint64_t kernel) {
  if (!ours) {
    table.row({name, std::string(not_measured), std::to_string(kernel), ""});
    return;
  }
  const bool equal = *ours == kernel;
  const auto difference = static_cast<double>(*ours) - static_cast<double>(kernel);
  table.row({name,
             std::to_string(*ours),
             std::to_string(kernel),
             {equal ? "equal" : fmt::format("{:+.0f}", difference), equal ? Ink::good : Ink::warning}});
}

}  // namespace

void write_creations(Page& page, const Session& session) {
  page.heading("Creation and end");
  Table table({{"kind", Column::Align::left}, {"count"}, {"copy"}, {"publish"}, {"return"}, {"child start"}});
  for (int i = 0; i < TC_NR_CREATIONS; ++i) {
    const CreationSums& sums = session.totals.creations[i];
    if (sums.count > 0) {
      table.row({short_text(text_of(static_cast<tc_creation>(i))), std::to_string(sums.count),
                 mean_text(sums.copy, sums.copies), mean_text(sums.publish, sums.count),
                 mean_text(sums.returned, sums.returns), mean_text(sums.child_start, sums.starts)});
    }
  }
  if (table.empty()) {
    page.paragraph("no task was created");
  } else {
    page.table(table);
  }
  if (const auto workers = session.totals.counters[TC_COUNTER_CHILDREN_WORKERS]; workers.value_or(0) > 0) {
    page.paragraph(fmt::format("{}: {}", text_of(TC_COUNTER_CHILDREN_WORKERS), *workers));
  }
  write_ends(page, session);
}

void write_switches(Page& page, const Session& session) {
  page.heading("Switches");
  const Account& totals = session.totals;
  Table table({{"", Column::Align::left, 20}, {"count"}, {"share"}});
  const std::optional<std::uint64_t> switches = totals.switches();
  for (const tc_counter counter :
       {TC_COUNTER_VOLUNTARY_SWITCHES, TC_COUNTER_INVOLUNTARY_SWITCHES, TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE,
        TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE, TC_COUNTER_SWITCHES_TO_KERNEL_THREAD, TC_COUNTER_SWITCHES_TO_IDLE}) {
    add_counter(table, totals, counter, switches);
  }
  // Worth a line only where it happened.
  for (const tc_counter counter :
       {TC_COUNTER_THROTTLED, TC_COUNTER_YIELDS, TC_COUNTER_UNSEEN_SWITCH_INS, TC_COUNTER_UNSEEN_WAKEUPS}) {
    if (totals.counters[counter].value_or(0) > 0) {
      add_counter(table, totals, counter, std::nullopt);
    }
  }
  for (const tc_counter counter :
       {TC_COUNTER_MIGRATIONS, TC_COUNTER_TLB_FLUSHES_ON_SWITCH, TC_COUNTER_TLB_REUSES_ON_SWITCH,
        TC_COUNTER_SHOOTDOWNS_SENT, TC_COUNTER_SHOOTDOWNS_RECEIVED}) {
    add_counter(table, totals, counter, std::nullopt);
  }
  for (const tc_counter counter :
       {TC_COUNTER_THROTTLED_NS, TC_COUNTER_YIELDED_NS, TC_COUNTER_SHOOTDOWN_STOLEN_NS, TC_COUNTER_SHOOTDOWN_LOST_NS}) {
    if (const auto ns = totals.counters[counter]; ns.value_or(0) > 0) {
      table.row({text_of(counter), nanoseconds_text(static_cast<double>(*ns))});
    }
  }
  page.table(table);
}

void write_faults(Page& page, const Session& session) {
  page.heading("Page faults");
  const Account& totals = session.totals;
  const auto& minor = totals.counters[TC_COUNTER_FAULTS_MINOR];
  const auto& major = totals.counters[TC_COUNTER_FAULTS_MAJOR];
  std::optional<std::uint64_t> all;
  if (minor && major) {
    all = *minor + *major;
  }
  Table table({{"", Column::Align::left, 20}, {"count"}, {"share"}});
  for (const tc_counter counter : {TC_COUNTER_FAULTS_MINOR, TC_COUNTER_FAULTS_MAJOR, TC_COUNTER_FAULTS_COW,
                                   TC_COUNTER_FAULTS_FILE, TC_COUNTER_FAULTS_KERNEL, TC_COUNTER_FAULTS_TIMED}) {
    add_counter(table, totals, counter, all);
  }
  // None of the faults that the kernel counts, so it has no share of them.
  add_counter(table, totals, TC_COUNTER_FAULTS_UNRESOLVED, std::nullopt);
  page.table(table);
}

namespace {

std::string known_bytes_text(const std::optional<std::uint64_t>& bytes) {
  return bytes ? bytes_text(static_cast<double>(*bytes)) : "unknown";
}

}  // namespace

void write_channels(Page& page, const Session& session) {
  Table table(
      {{"channel", Column::Align::left}, {"calls"}, {"bytes in"}, {"bytes out"}, {"kernel time"}, {"per call"}});
  for (int i = 0; i < TC_NR_CHANNELS; ++i) {
    const ChannelUse use = session.totals.channels[i].value_or(ChannelUse{});
    if (use.calls > 0) {
      table.row({text_of(static_cast<tc_channel>(i)), std::to_string(use.calls), known_bytes_text(use.received()),
                 known_bytes_text(use.sent()), duration_text(use.kernel), mean_text(use.kernel, use.calls)});
    }
  }
  page.heading("Channels between tasks");
  if (!session.calls_seen) {
    page.paragraph(calls_unmeasured);
  } else if (table.empty()) {
    page.paragraph("no system call on a pipe, a socket or another channel");
  } else {
    page.table(table);
    page.paragraph("Plain loads and stores to memory that tasks share are not seen.", Page::margin, Ink::faint);
  }
}

void write_books(Page& page, const Report& report) {
  const Session& session = report.session;
  page.heading("The kernel's own books");
  const Account& totals = session.totals;
  if (!totals.books) {
    page.paragraph("not measured: a task vanished before its books could be read");
    return;
  }
  const KernelBooks& books = *totals.books;
  const auto ours = [&totals](tc_counter counter) { return totals.counters[counter]; };
  Table table({{"", Column::Align::left}, {"ledger"}, {"kernel"}, {"difference"}});
  add_book(table, "voluntary switches", ours(TC_COUNTER_VOLUNTARY_SWITCHES), books.voluntary_switches);
  add_book(table, "involuntary switches", ours(TC_COUNTER_INVOLUNTARY_SWITCHES), books.involuntary_switches);
  // Not the counts of the report, which are from these very books: what the probes saw with their own eyes.
  add_book(table, "page faults", ours(TC_COUNTER_FAULTS_TIMED), books.faults_minor + books.faults_major);
  const Duration running = totals.total(TC_CONDITION_RUNNING);
  table.row({"CPU time", duration_text(running), duration_text(books.cpu_time),
             signed_percent_text(static_cast<double>((running - books.cpu_time).count()),
                                 static_cast<double>(books.cpu_time.count()))});
  page.table(table);
  if (const std::vector<Remark> remarks = remarks_of(report);
      const Remark* const remark = remark_about(remarks, "totals.books.cpu_ns")) {
    page.paragraph("CPU time: " + remark->text);
  }
  const auto& timed = ours(TC_COUNTER_FAULTS_TIMED);
  if (timed && *timed != books.faults_minor + books.faults_major) {
    page.paragraph("The kernel takes some page faults on a task's behalf, without an exception that a probe could see.",
                   Page::margin, Ink::faint);
  }
  const bool someone_lives =
      std::ranges::any_of(session.processes, [](const Process& process) { return process.open_at_end; });
  if (someone_lives) {
    page.paragraph("The books of tasks that live on were read a moment after the window, and may hold a little more.",
                   Page::margin, Ink::faint);
  }
}

}  // namespace taskcost
