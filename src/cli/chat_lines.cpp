#include "cli/chat_lines.hpp"

#include <editline/readline.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "cli/on_interrupt.hpp"

namespace penny::cli {
namespace {

// libedit calls back without an argument of ours.
struct Typed {
  bool is_done = false;
  bool is_end = false;
  std::string line;
};
Typed typed;

void on_line(char* line) {
  typed.is_done = true;
  typed.is_end = line == nullptr;
  if (line != nullptr) typed.line = line;
  std::free(line);  // NOLINT: libedit's
  ::rl_callback_handler_remove();
}

}  // namespace

ChatLines::ChatLines(int wake, std::function<std::string()> notices)
    : wake_(wake),
      notices_(std::move(notices)),
      is_terminal_(::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1),
      interrupt_(interrupt_descriptor()) {
  if (is_terminal_) ::using_history();
}

ChatLines::~ChatLines() { ::close(interrupt_); }

void ChatLines::remember(const std::vector<std::string>& lines) {
  if (!is_terminal_) return;
  for (const std::string& line : lines) ::add_history(line.c_str());
}

std::optional<std::string> ChatLines::next(const std::string& prompt) {
  if (const std::string waiting = notices_(); !waiting.empty()) {
    std::fputs(waiting.c_str(), stdout);
    std::fflush(stdout);
  }
  return is_terminal_ ? from_terminal(prompt) : from_pipe();
}

std::optional<std::string> ChatLines::from_terminal(const std::string& prompt) {
  typed = {};
  ::rl_callback_handler_install(prompt.c_str(), on_line);
  bool is_empty = true;  // libedit's own count stays as it was when a line is given up
  while (!typed.is_done) {
    pollfd ready[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                      {.fd = wake_, .events = POLLIN, .revents = 0},
                      {.fd = interrupt_, .events = POLLIN, .revents = 0}};
    if (::poll(ready, 3, -1) < 0) continue;
    if (ready[2].revents != 0 && take_interrupt(interrupt_)) {
      ::rl_callback_handler_remove();
      std::fputs("^C\n", stdout);
      if (std::exchange(is_empty, true)) return std::nullopt;
      ::rl_callback_handler_install(prompt.c_str(), on_line);
    } else if (ready[1].revents != 0) {
      show_notices();
    } else if (ready[0].revents != 0) {
      ::rl_callback_read_char();
      is_empty = ::rl_end == 0;
    }
  }
  if (typed.is_end) {
    std::fputs("\n", stdout);
    return std::nullopt;
  }
  if (typed.line.find_first_not_of(" \t") != std::string::npos) ::add_history(typed.line.c_str());
  return typed.line;
}

// Above the line that is being typed.
void ChatLines::show_notices() {
  const std::string notices = notices_();
  if (notices.empty()) return;
  std::fputs("\r\x1b[K", stdout);
  std::fputs(notices.c_str(), stdout);
  std::fflush(stdout);
  ::rl_forced_update_display();
}

std::optional<std::string> ChatLines::from_pipe() {
  while (true) {
    if (const std::size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    pollfd ready[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                      {.fd = interrupt_, .events = POLLIN, .revents = 0}};
    if (::poll(ready, 2, -1) < 0) continue;
    if (ready[1].revents != 0 && take_interrupt(interrupt_)) return std::nullopt;
    char part[4096];
    const ssize_t some = ::read(STDIN_FILENO, part, sizeof part);
    if (some > 0) {
      read_.append(part, static_cast<std::size_t>(some));
    } else if (!read_.empty()) {
      return std::exchange(read_, {});
    } else {
      return std::nullopt;
    }
  }
}

}  // namespace penny::cli
