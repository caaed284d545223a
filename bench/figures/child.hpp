#pragma once

// This program once more as another process, which does one thing and tells in lines of JSON what it measured.

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace penny::figures {

// Used by one thread. What it waits for it awaits at most `patience`; then, when the child ends too early, or when the program
// is interrupted it throws `std::runtime_error`.
class Child {
 public:
  // `penny_figures --worker ARGUMENTS...`; standard error is ours.
  explicit Child(std::vector<std::string> arguments);
  ~Child();  // kills it
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  void send(std::string_view line);
  // The next line that it says.
  [[nodiscard]] boost::json::object answer(std::chrono::seconds patience);
  [[nodiscard]] boost::json::object ask(std::string_view line, std::chrono::seconds patience);

  // SIGSTOP, seen to have happened.
  void stop();
  void go_on();
  void kill();
  // Closes its input, whose end is the sign to end, and sees it end without an error.
  void finish(std::chrono::seconds patience);

 private:
  [[nodiscard]] bool has_ended();
  void close_ends();

  std::string name_;
  pid_t pid_ = -1;
  int status_ = 0;
  int input_ = -1;
  int output_ = -1;
  std::string read_;
};

// In the child: says a line.
void tell(const boost::json::object& line);

// In the child: the next command; false at the end of the input, or if none comes in time (then `is_over` is false).
struct Command {
  std::string text;  // empty: none yet
  bool is_over = false;
};
[[nodiscard]] Command next_command(std::chrono::milliseconds patience);

}  // namespace penny::figures
