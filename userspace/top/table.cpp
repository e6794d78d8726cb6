// SPDX-License-Identifier: Apache-2.0
#include "top/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/escape.h"

namespace taskcost {
namespace {

constexpr std::size_t figure_width = 5;
constexpr std::size_t min_causes_width = 9;    // one name
constexpr std::size_t wide_causes_width = 24;  // two causes with their shares

struct FieldInfo {
  std::string_view title;
  std::size_t width;
  Field field;
  std::optional<SortKey> sort;
  bool left = false;  // left-aligned; otherwise right-aligned
};

// The table's columns from left to right.
constexpr FieldInfo fields[] = {
    {"PID", figure_width, Field::pid, SortKey::pid},
    {"PROC", figure_width, Field::process, std::nullopt},
    {"NAME", 15, Field::name, SortKey::name, true},
    {"S", 1, Field::state, std::nullopt, true},
    {"THR", 4, Field::threads, std::nullopt},
    {"CPU%", figure_width, Field::cpu, SortKey::cpu},
    {"USER%", figure_width, Field::user, SortKey::user},
    {"KERN%", figure_width, Field::kernel, SortKey::kernel},
    {"QUE%", figure_width, Field::queue, SortKey::queue},
    {"BLK%", figure_width, Field::blocked, SortKey::blocked},
    {"SW/s", figure_width, Field::switches, SortKey::switches},
    {"INV/s", figure_width, Field::involuntary_switches, std::nullopt},
    {"FLT/s", figure_width, Field::faults, SortKey::faults},
    {"MAJ/s", figure_width, Field::faults_major, std::nullopt},
    {"NEW/s", figure_width, Field::creations, SortKey::creations},
    {"WAITS FOR", min_causes_width, Field::causes, std::nullopt, true},
};

// Columns of a narrow table, most important first. The sort column precedes them.
constexpr Field by_importance[] = {Field::queue,    Field::blocked, Field::kernel, Field::user,
                                   Field::switches, Field::causes,  Field::faults, Field::creations};
// Further columns, for a table that is wide enough to show the causes.
constexpr Field when_wide[] = {Field::state, Field::process, Field::threads, Field::involuntary_switches,
                               Field::faults_major};

// Waits whose key is too long for a narrow column.
constexpr auto short_names =
    std::to_array<std::pair<tc_wait, std::string_view>>({{TC_WAIT_UNIX_SOCKET, "unix"},
                                                         {TC_WAIT_INET_SOCKET, "inet"},
                                                         {TC_WAIT_OTHER_SOCKET, "socket"},
                                                         {TC_WAIT_MESSAGE_QUEUE, "mqueue"},
                                                         {TC_WAIT_REGULAR_FILE, "file"},
                                                         {TC_WAIT_TERMINAL, "tty"},
                                                         {TC_WAIT_OTHER_FILE, "otherfile"},
                                                         {TC_WAIT_FUTEX_PRIVATE, "futex"},
                                                         {TC_WAIT_FUTEX_SHARED, "futex-sh"},
                                                         {TC_WAIT_CREATION, "create"},
                                                         {TC_WAIT_PAGE_FAULT, "fault"},
                                                         {TC_WAIT_CORE_DUMP, "coredump"},
                                                         {TC_WAIT_SYSV_QUEUE, "sysv-queue"},
                                                         {TC_WAIT_SYSV_SEMAPHORE, "sysv-sem"},
                                                         {TC_WAIT_FILE_LOCK, "lock"},
                                                         {TC_WAIT_PROCESS_MEMORY, "othermem"}});

std::string_view short_name(tc_wait wait) {
  const auto* const found = std::ranges::find(short_names, wait, &std::pair<tc_wait, std::string_view>::first);
  return found == short_names.end() ? key_of(wait) : found->second;
}

const FieldInfo& find_info(Field field) {
  return *std::find_if(std::begin(fields), std::end(fields),
                       [field](const FieldInfo& info) { return info.field == field; });
}

std::size_t count_digits(std::uint32_t number) { return std::to_string(number).size(); }

// A process is running if one of its tasks is; otherwise on the run queue if one of them is.
char state_letter(const Row& row) {
  if (row.ended()) {
    return 'E';
  }
  const auto letter = [](const TaskChange& task) {
    switch (task.condition) {
      case TC_CONDITION_RUNNING:
        return 'R';
      case TC_CONDITION_PREEMPTED:
      case TC_CONDITION_RUNNABLE:
        return 'Q';
      default:
        return 'B';
    }
  };
  if (row.thread != nullptr) {
    return letter(*row.thread);
  }
  char state = 'B';
  for (const TaskChange& task : row.process->tasks) {
    if (!task.ended && state != 'R' && letter(task) != 'B') {
      state = letter(task);
    }
  }
  return state;
}

// Selects the columns that fit.
class Layout {
 public:
  Layout(const Rows& rows, const View& view, std::size_t width) : view_(view), width_(width) {
    for (const Row& row : rows.rows) {
      pid_width_ = std::max(pid_width_, count_digits(std::max(row.pid(), row.process->tgid)));
    }
    const bool tree = view.shape == View::Shape::tree;
    const bool groups = view.shape == View::Shape::groups;
    name_width_ = tree || groups ? 20 : 15;
    fields_ = groups ? std::vector{Field::name, Field::cpu} : std::vector{Field::pid, Field::name, Field::cpu};
    for (const FieldInfo& info : fields) {
      if (info.sort == view.sort) {
        add_if_fits(info.field, 0);
      }
    }
    for (const Field field : by_importance) {
      add_if_fits(field, 0);
    }
    if (!has(Field::causes)) {
      name_width_ += left();
      return;
    }
    for (const Field field : when_wide) {
      add_if_fits(field, wide_causes_width - min_causes_width);
    }
    const std::size_t max_name_width = tree || groups ? 36 : 24;
    if (left() + min_causes_width > wide_causes_width) {
      const std::size_t spare = left() + min_causes_width - wide_causes_width;
      name_width_ += std::min(spare / 2, max_name_width - name_width_);
    }
    causes_width_ += left();
  }

  [[nodiscard]] bool has(Field field) const {
    return std::find(fields_.begin(), fields_.end(), field) != fields_.end();
  }

  [[nodiscard]] std::size_t width_of(Field field) const {
    switch (field) {
      case Field::pid:
      case Field::process:
        return pid_width_;
      case Field::name:
        return name_width_;
      case Field::causes:
        return causes_width_;
      default:
        return find_info(field).width;
    }
  }

 private:
  [[nodiscard]] std::size_t left() const {
    std::size_t used = fields_.empty() ? 0 : fields_.size() - 1;
    for (const Field field : fields_) {
      used += width_of(field);
    }
    return width_ - std::min(width_, used);
  }

  [[nodiscard]] bool applies(Field field) const {
    switch (field) {
      case Field::user:
      case Field::kernel:
        return view_.user_kernel_split;
      case Field::pid:
        return view_.shape != View::Shape::groups;
      case Field::process:
        return view_.shape == View::Shape::threads || view_.shape == View::Shape::groups;
      case Field::threads:
        return view_.shape != View::Shape::threads;
      default:
        return true;
    }
  }

  void add_if_fits(Field field, std::size_t spare) {
    if (applies(field) && !has(field) && width_of(field) + 1 + spare <= left()) {
      fields_.push_back(field);
    }
  }

  const View& view_;
  std::size_t width_;
  std::size_t pid_width_ = figure_width;
  std::size_t name_width_ = 0;
  std::size_t causes_width_ = min_causes_width;
  std::vector<Field> fields_;
};

}  // namespace

std::string percent_text(double share) {
  const double percent = 100 * share;
  if (percent <= 0) {
    return "0";
  }
  if (percent < 99.95) {
    return fmt::format("{:.1f}", percent);
  }
  return percent < 99999.5 ? fmt::format("{:.0f}", percent) : fmt::format("{:.0f}k", std::min(percent / 1000, 9999.0));
}

std::string rate_text(const std::optional<double>& amount) {
  if (!amount) {
    return "?";
  }
  if (*amount <= 0) {
    return "0";
  }
  if (*amount < 99.95) {
    return *amount < 0.995 ? fmt::format("{:.2f}", *amount) : fmt::format("{:.1f}", *amount);
  }
  if (*amount < 99999.5) {
    return fmt::format("{:.0f}", *amount);
  }
  return *amount < 9999.5e3 ? fmt::format("{:.0f}k", *amount / 1e3)
                            : fmt::format("{:.0f}M", std::min(*amount / 1e6, 9999.0));
}

std::string causes_text(const Figures& figures, const Changes& changes, std::size_t columns) {
  std::vector<std::pair<Duration, std::string_view>> causes;
  for (std::size_t wait = 0; wait < figures.blocked_by.size(); ++wait) {
    if (figures.blocked_by[wait] > Duration::zero()) {
      causes.emplace_back(figures.blocked_by[wait], short_name(static_cast<tc_wait>(wait)));
    }
  }
  if (causes.empty()) {
    return figures.blocked > Duration::zero() ? "?" : "";
  }
  std::stable_sort(causes.begin(), causes.end(),
                   [](const auto& one, const auto& other) { return one.first > other.first; });
  std::string text;
  for (const auto& [time, name] : causes) {
    const std::string share = percent_text(changes.share(time));
    const std::string entry = fmt::format("{}{} {}", text.empty() ? "" : "  ", name, share);
    // A share that rounds to 0.0 is not worth its space.
    if (text.size() + entry.size() > columns || (share == "0.0" && !text.empty())) {
      break;
    }
    text += entry;
  }
  return text.empty() ? std::string(causes.front().second) : text;
}

TopTable::TopTable(const Changes& changes, const Rows& rows, const View& view, std::size_t width)
    : changes_(changes), view_(view), width_(width) {
  const Layout layout(rows, view, width);
  for (const FieldInfo& info : fields) {
    if (layout.has(info.field)) {
      columns_.push_back({info.field, layout.width_of(info.field)});
    }
  }
}

Line TopTable::titles() const {
  Line line(width_);
  for (const Column& column : columns_) {
    const FieldInfo& info = find_info(column.field);
    const bool of_thread = column.field == Field::pid && view_.shape == View::Shape::threads;
    const std::string_view title = of_thread ? "TID" : info.title;
    const Style style = info.sort == view_.sort ? Style::selected : Style::title;
    if (&column != &columns_.front()) {
      line.append(" ", Style::title);
    }
    info.left ? line.append_left(title, column.width, style) : line.append_right(title, column.width, style);
  }
  return std::move(line.fill(Style::title));
}

std::string TopTable::text_of(const Row& row, const Column& column) const {
  const Figures& figures = row.figures();
  const auto percent = [this](Duration time) { return percent_text(changes_.share(time)); };
  const auto rate = [this](const std::optional<std::uint64_t>& count) {
    return rate_text(count ? std::optional(changes_.per_second(*count)) : std::nullopt);
  };
  switch (column.field) {
    case Field::pid:
      return std::to_string(row.pid());
    case Field::process:
      return std::to_string(view_.shape == View::Shape::groups ? row.processes : row.process->tgid);
    case Field::name: {
      // Half of the column stays for the name, however deep the process is.
      const std::size_t indent = std::min(2 * row.depth, column.width / 2);
      return row.depth == 0 ? row.comm()
                            : std::string(indent - std::min<std::size_t>(indent, 2), ' ') + "└ " + row.comm();
    }
    case Field::state:
      return {state_letter(row)};
    case Field::threads:
      return std::to_string(row.process->tasks.size());
    case Field::cpu:
      return percent(figures.cpu());
    case Field::user:
      return percent(figures.user);
    case Field::kernel:
      return percent(figures.kernel);
    case Field::queue:
      return percent(figures.queue());
    case Field::blocked:
      return percent(figures.blocked);
    case Field::switches:
      return rate(figures.switches());
    case Field::involuntary_switches:
      return rate(figures.involuntary_switches);
    case Field::faults:
      return rate(figures.faults());
    case Field::faults_major:
      return rate(figures.faults_major);
    case Field::creations:
      return rate(figures.creations);
    case Field::causes:
      return causes_text(figures, changes_, column.width);
  }
  return {};
}

Line TopTable::row(const Row& row) const {
  Line line(width_);
  const Style rest = row.ended() || row.context ? Style::faint : Style::plain;
  for (const Column& column : columns_) {
    const FieldInfo& info = find_info(column.field);
    const std::string text = text_of(row, column);
    const bool nothing = text == "0" || text == "?";
    const Style style = column.field == Field::name && rest == Style::plain ? Style::strong
                        : nothing                                           ? Style::faint
                                                                            : rest;
    if (&column != &columns_.front()) {
      line.append(" ");
    }
    info.left ? line.append_left(text, column.width, style) : line.append_right(text, column.width, style);
  }
  return std::move(line.fill());
}

}  // namespace taskcost
