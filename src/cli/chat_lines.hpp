#pragma once

// The lines that a person types in a chat: with editing and history on a terminal, as they come from a pipe. Lines of others can
// appear above the one that is being typed.

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace penny::cli {

// A process has one at a time; one thread uses it.
class ChatLines {
 public:
  // `wake`: a descriptor that is readable when there is something to show; then `notices` takes and gives it, whole lines, or "".
  ChatLines(int wake, std::function<std::string()> notices);
  ~ChatLines();
  ChatLines(const ChatLines&) = delete;
  ChatLines& operator=(const ChatLines&) = delete;

  // Both ends are a terminal.
  [[nodiscard]] bool is_terminal() const { return is_terminal_; }

  // What the arrow keys bring back, oldest first. It is kept in memory alone: a file of it would outlive an erase.
  void remember(const std::vector<std::string>& lines);

  // The next line, without its end; nothing at the end of the input, or after Ctrl-C on an empty line. Ctrl-C empties a line. SIGINT
  // must be blocked in all threads. Blocks.
  [[nodiscard]] std::optional<std::string> next(const std::string& prompt);

 private:
  [[nodiscard]] std::optional<std::string> from_terminal(const std::string& prompt);
  [[nodiscard]] std::optional<std::string> from_pipe();
  void show_notices();

  const int wake_;
  const std::function<std::string()> notices_;
  const bool is_terminal_;
  int interrupt_ = -1;  // a signalfd of SIGINT
  std::string read_;    // of a pipe, not given yet
};

}  // namespace penny::cli
