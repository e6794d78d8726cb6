// SPDX-License-Identifier: Apache-2.0
#include "top/screen/top_screen.h"

// ncurses defines macros with common names (clear, move, timeout).
#define NCURSES_NOMACROS
#include <curses.h>
#include <langinfo.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "top/changes.h"
#include "top/keys.h"
#include "top/screen_text.h"

namespace taskcost {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view hint = "use --once for a single table";

// Sets LC_CTYPE, which ncurses uses to draw. Without a locale in the environment the terminal still expects UTF-8.
class CharacterLocale {
 public:
  CharacterLocale() {
    const char* const now = std::setlocale(LC_CTYPE, nullptr);
    previous_ = now == nullptr ? "C" : now;
    std::setlocale(LC_CTYPE, "");
    if (std::string_view(nl_langinfo(CODESET)) != "UTF-8") {
      std::setlocale(LC_CTYPE, "C.UTF-8");
    }
  }
  CharacterLocale(const CharacterLocale&) = delete;
  CharacterLocale& operator=(const CharacterLocale&) = delete;
  ~CharacterLocale() { std::setlocale(LC_CTYPE, previous_.c_str()); }

 private:
  std::string previous_;
};

// Blocks SIGWINCH except inside wait_for_input(), so that no resize is missed before the wait.
class ResizeSignal {
 public:
  ResizeSignal() {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGWINCH);
    pthread_sigmask(SIG_BLOCK, &mask, &previous_);
    while_waiting_ = previous_;
    sigdelset(&while_waiting_, SIGWINCH);
  }
  ResizeSignal(const ResizeSignal&) = delete;
  ResizeSignal& operator=(const ResizeSignal&) = delete;
  ~ResizeSignal() { pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }

  // Returns false when the view must end: `stop_fd` is readable, or the terminal hung up.
  [[nodiscard]] bool wait_for_input(Clock::duration timeout, int stop_fd) const {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(std::max(timeout, Clock::duration::zero()));
    constexpr auto ns_per_second = std::chrono::nanoseconds(std::chrono::seconds(1)).count();
    const timespec limit{left.count() / ns_per_second, left.count() % ns_per_second};
    std::array<pollfd, 2> files{{{STDIN_FILENO, POLLIN, 0}, {stop_fd, POLLIN, 0}}};
    if (ppoll(files.data(), files.size(), &limit, &while_waiting_) < 0) {
      return errno == EINTR;
    }
    return (files[0].revents & (POLLHUP | POLLERR | POLLNVAL)) == 0 && files[1].revents == 0;
  }

 private:
  sigset_t previous_{};
  sigset_t while_waiting_{};
};

class Terminal {
 public:
  static Result<std::unique_ptr<Terminal>> open(bool color);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (screen_ != nullptr) {
      endwin();
      delscreen(screen_);
    }
  }

  [[nodiscard]] std::size_t width() const { return static_cast<std::size_t>(std::max(getmaxx(stdscr), 0)); }
  [[nodiscard]] std::size_t height() const { return static_cast<std::size_t>(std::max(getmaxy(stdscr), 0)); }

  void paint(const Screen& picture);

  struct Input {
    enum class Kind { none, key, repaint };
    Kind kind = Kind::none;
    Key key;
  };
  // Returns immediately.
  Input next_input();

 private:
  Terminal() : screen_(newterm(nullptr, stdout, stdin)) {}
  void prepare(bool color);
  [[nodiscard]] attr_t to_attributes(Style style) const;

  CharacterLocale locale_;  // before the screen is opened, restored after it is closed
  SCREEN* screen_;
  bool colors_ = false;
};

constexpr short alarm_pair = 1;

Error no_live_table(std::string why) { return {"cannot show a live table", std::move(why), std::string(hint)}; }

Result<std::unique_ptr<Terminal>> Terminal::open(bool color) {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    return no_live_table("standard input or standard output is not a terminal");
  }
  const char* const type = std::getenv("TERM");
  if (type == nullptr || *type == '\0') {
    return no_live_table("TERM is not set");
  }
  std::unique_ptr<Terminal> terminal(new Terminal());
  if (terminal->screen_ == nullptr) {
    return no_live_table("unknown terminal type in TERM");
  }
  if (tigetstr("cup") == nullptr) {
    return no_live_table("the terminal type in TERM cannot move the cursor");
  }
  terminal->prepare(color);
  return terminal;
}

void Terminal::prepare(bool color) {
  constexpr int escape_delay_ms = 50;
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  set_escdelay(escape_delay_ms);
  curs_set(0);
  if (color && has_colors() && start_color() == OK && use_default_colors() == OK) {
    colors_ = init_pair(alarm_pair, COLOR_RED, -1) == OK;
  }
}

attr_t Terminal::to_attributes(Style style) const {
  switch (style) {
    case Style::plain:
      break;
    case Style::strong:
      return A_BOLD;
    case Style::faint:
      return A_DIM;
    case Style::title:
      return A_REVERSE;
    case Style::selected:
      return A_REVERSE | A_BOLD | A_UNDERLINE;
    case Style::alarm:
      return A_BOLD | (colors_ ? COLOR_PAIR(alarm_pair) : A_REVERSE);
  }
  return A_NORMAL;
}

void Terminal::paint(const Screen& picture) {
  erase();
  int y = 0;
  for (const Line& line : picture.lines) {
    // Spans have absolute positions: a character whose width the terminal sees differently shifts only its own span.
    std::size_t x = 0;
    for (const Span& span : line.spans()) {
      attrset(static_cast<int>(to_attributes(span.style)));
      mvaddstr(y, static_cast<int>(x), span.text.c_str());
      x += span.width;
    }
    ++y;
  }
  refresh();
}

Terminal::Input Terminal::next_input() {
  constexpr wint_t redraw = 'L' & 0x1f;
  constexpr wint_t escape = 0x1b;
  constexpr wint_t backspace = 0x08;
  constexpr wint_t erase_character = 0x7f;
  const auto special = [](Key::Kind kind) { return Input{Input::Kind::key, {kind, 0}}; };
  wint_t code = 0;
  const int kind = get_wch(&code);
  if (kind == ERR) {
    return {};
  }
  if (kind != KEY_CODE_YES) {
    switch (code) {
      case redraw:
        clearok(curscr, TRUE);
        return {Input::Kind::repaint, {}};
      case '\r':
      case '\n':
        return special(Key::Kind::enter);
      case escape:
        return special(Key::Kind::escape);
      case backspace:
      case erase_character:
        return special(Key::Kind::backspace);
      default:
        return {Input::Kind::key, key_of_character(static_cast<char32_t>(code))};
    }
  }
  switch (code) {
    case KEY_UP:
      return special(Key::Kind::up);
    case KEY_DOWN:
      return special(Key::Kind::down);
    case KEY_PPAGE:
      return special(Key::Kind::page_up);
    case KEY_NPAGE:
      return special(Key::Kind::page_down);
    case KEY_HOME:
      return special(Key::Kind::home);
    case KEY_END:
      return special(Key::Kind::end);
    case KEY_LEFT:
      return special(Key::Kind::left);
    case KEY_RIGHT:
      return special(Key::Kind::right);
    case KEY_ENTER:
      return special(Key::Kind::enter);
    case KEY_BACKSPACE:
      return special(Key::Kind::backspace);
    default:
      // KEY_RESIZE and keys without a binding.
      return {Input::Kind::repaint, {}};
  }
}

// The state of the screen, and the last glance, which the next one is compared with.
class LiveView {
 public:
  LiveView(const std::function<Glance()>& glance, UiState state) : glance_(glance), state_(std::move(state)) {}

  void run(Terminal& terminal, std::optional<unsigned> refreshes, int stop_fd) {
    // The screen is empty during the first interval, so it is short.
    constexpr Duration max_first_interval = std::chrono::seconds(1);
    const ResizeSignal resize;
    before_ = glance_();
    last_glance_ = Clock::now();
    Duration interval = std::min(state_.interval, max_first_interval);
    unsigned shown = 0;
    paint(terminal);
    while (resize.wait_for_input(last_glance_ + interval - Clock::now(), stop_fd)) {
      bool stale = handle_input(terminal);
      if (state_.quit) {
        return;
      }
      if (latest_) {
        interval = state_.interval;
      }
      if (Clock::now() >= last_glance_ + interval) {
        refresh();
        interval = state_.interval;
        stale = true;
        ++shown;
      }
      if (stale) {
        paint(terminal);
      }
      if (shown == refreshes) {
        return;
      }
    }
  }

 private:
  void refresh() {
    Glance now = glance_();
    last_glance_ = Clock::now();
    latest_ = changes_between(before_, now);
    before_ = std::move(now);
  }

  // Returns whether there was any input.
  bool handle_input(Terminal& terminal) {
    bool any = false;
    for (Terminal::Input input = terminal.next_input(); input.kind != Terminal::Input::Kind::none && !state_.quit;
         input = terminal.next_input()) {
      any = true;
      if (input.kind == Terminal::Input::Kind::key) {
        const bool was_paused = state_.paused;
        state_ = after_key(input.key, std::move(state_), page_);
        if (state_.paused && !was_paused) {
          frozen_ = latest_;
        }
      }
    }
    return any;
  }

  void paint(Terminal& terminal) {
    const std::optional<Changes>& shown = state_.paused ? frozen_ : latest_;
    const Screen picture = make_screen(shown ? &*shown : nullptr, state_, terminal.width(), terminal.height());
    page_ = picture.page;
    terminal.paint(picture);
  }

  const std::function<Glance()>& glance_;
  UiState state_;
  VisibleRows page_;
  Glance before_;
  Clock::time_point last_glance_;
  std::optional<Changes> latest_;
  std::optional<Changes> frozen_;  // while paused
};

}  // namespace

Result<int> run_top_screen(const std::function<Glance()>& glance, const TopScreenOptions& options, View view,
                           int stop_fd) {
  auto terminal = Terminal::open(options.color);
  if (!terminal) {
    return terminal.error();
  }
  UiState state;
  state.view = std::move(view);
  state.interval = options.interval;
  LiveView(glance, std::move(state)).run(**terminal, options.refreshes, stop_fd);
  return 0;
}

}  // namespace taskcost
