#pragma once

// The only way to standard output. Results go there, as text for people or, with --json, as JSON; notes for people and
// the log go to standard error. With --json an error is a JSON object on standard output too, so that a program has one
// place to read.
//
// 1. Colours are sent to a terminal only, and not if NO_COLOR is set or the terminal is dumb.
// 2. A reader that went away (`penny turns | head -1`) is no error; the program ends quietly. Any other failure to
// write
//    is one: the result did not arrive.

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include <penny/error.hpp>

#include "cli/exit_code.hpp"

namespace penny::cli {

enum class Colour : std::uint8_t { kHeading, kQuiet, kWarning, kError };

class Output {
 public:
  // Looks at standard output, standard error and the environment. A program has one.
  explicit Output(bool is_json);

  [[nodiscard]] bool is_json() const { return is_json_; }

  // The text in the colour, if standard output shows colours.
  [[nodiscard]] std::string in(Colour colour, std::string_view text) const;

  // Prints text, or a JSON value and a line end, at once. May block on a slow reader.
  void print(std::string_view text);
  void print(const boost::json::value& value);

  // A line for people on standard error; nothing with --json.
  void note(std::string_view text);

  // Prints the error, with `context` added to its JSON object, and gives the exit code that belongs to it.
  ExitCode fail(const Error& error, boost::json::object context = {});

  // The same for a command line that makes no sense.
  ExitCode wrong_use(std::string message, std::string advice);

  // The reader of standard output went away, or writing failed: more output is pointless.
  [[nodiscard]] bool is_closed() const { return is_closed_; }

  // Looks whether the reader of standard output is still there, without writing. Does not block.
  void check_reader();

  // `exit_code`, unless results were lost on their way out: then that is reported and the program failed.
  ExitCode finish(ExitCode exit_code);

 private:
  bool is_json_;
  bool shows_colours_;
  bool shows_colours_on_errors_;
  bool is_closed_ = false;
  int write_error_ = 0;  // an errno
};

}  // namespace penny::cli
