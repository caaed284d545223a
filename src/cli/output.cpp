#include "cli/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/escape.hpp"
#include "cli/json_text.hpp"

namespace penny::cli {
namespace {

bool shows_colours_on(int descriptor) {
  const auto environment = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string_view{value == nullptr ? "" : value};
  };
  return isatty(descriptor) == 1 && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
}

std::string coloured(Colour colour, std::string_view text) {
  const char* code = "";
  switch (colour) {
    case Colour::kHeading:
      code = "1";
      break;
    case Colour::kQuiet:
      code = "2";
      break;
    case Colour::kWarning:
      code = "33";
      break;
    case Colour::kError:
      code = "31";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

// 0, or the errno of the write that failed.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
      (void)poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

Output::Output(bool is_json)
    : is_json_(is_json),
      shows_colours_(shows_colours_on(STDOUT_FILENO)),
      shows_colours_on_errors_(shows_colours_on(STDERR_FILENO)) {}

std::string Output::in(Colour colour, std::string_view text) const {
  return shows_colours_ ? coloured(colour, text) : std::string{text};
}

void Output::print(std::string_view text) {
  if (is_closed_) return;
  const int error = write_all(STDOUT_FILENO, text);
  if (error == 0) return;
  is_closed_ = true;
  if (error != EPIPE) write_error_ = error;
}

void Output::print(const boost::json::value& value) { print(json_text(value) + "\n"); }

void Output::note(std::string_view text) {
  if (!is_json_) (void)write_all(STDERR_FILENO, fmt::format("{}\n", text));
}

ExitCode Output::fail(const Error& error, boost::json::object context) {
  const ExitCode exit_code = exit_code_of(error);
  if (is_json_) {
    boost::json::object result{{"error", boost::json::object{{"code", to_string(error.code)},
                                                             {"message", error.message},
                                                             {"advice", error.advice},
                                                             {"field", error.field}}}};
    for (auto& member : context) result.insert_or_assign(member.key(), std::move(member.value()));
    print(boost::json::value(std::move(result)));
    return exit_code;
  }
  const std::string head = shows_colours_on_errors_ ? coloured(Colour::kError, "penny:") : "penny:";
  std::string text = fmt::format("{} {}\n", head, escape_line(error.message));
  if (!error.advice.empty()) text += fmt::format("       {}\n", escape_line(error.advice));
  (void)write_all(STDERR_FILENO, text);
  return exit_code;
}

ExitCode Output::wrong_use(std::string message, std::string advice) {
  return fail({.code = ErrorCode::kInvalid,
               .message = std::move(message),
               .advice = std::move(advice),
               .field = "command_line"});
}

void Output::check_reader() {
  pollfd reader{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  if (poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0) is_closed_ = true;
}

ExitCode Output::finish(ExitCode exit_code) {
  if (write_error_ == 0) return exit_code;
  (void)write_all(STDERR_FILENO, fmt::format("penny: cannot write to standard output: {}\n",
                                             std::generic_category().message(write_error_)));
  return exit_code == ExitCode::kDone ? ExitCode::kFailed : exit_code;
}

}  // namespace penny::cli
