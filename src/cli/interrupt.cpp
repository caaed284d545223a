#include "cli/interrupt.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <boost/json.hpp>

#include <penny/error.hpp>

#include "cli/exit_code.hpp"
#include "cli/json_text.hpp"

namespace penny::cli {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};

// What a signal handler may touch. The notice is written before the handler is installed and not changed while it is.
std::string notice_text;
int notice_descriptor = STDERR_FILENO;
volatile std::sig_atomic_t stop_requested = 0;

extern "C" void print_notice_and_exit(int) {
  // Nothing can be done if it fails: the program ends with the same code.
  [[maybe_unused]] const ssize_t written = write(notice_descriptor, notice_text.data(), notice_text.size());
  _exit(static_cast<int>(ExitCode::kTryAgain));
}

extern "C" void request_stop(int) { stop_requested = 1; }

constexpr unsigned kStepSecondsMax = 2;

extern "C" void request_stop_in_time(int) {
  stop_requested = 1;
  alarm(kStepSecondsMax);
}

// A signal that the caller of the program has ignored (`nohup`, a job in the background) stays ignored.
void handle(int signal, void (*handler)(int), unsigned flags) {
  struct sigaction current{};
  (void)sigaction(signal, nullptr, &current);
  if (current.sa_handler == SIG_IGN) return;
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(flags);
  sigemptyset(&action.sa_mask);
  (void)sigaction(signal, &action, nullptr);
}

// For `print_notice_and_exit`. `id`: of the operation, if there is one.
void prepare_notice(std::string_view message, std::string_view advice, bool is_json, const std::string& id = {}) {
  if (is_json) {
    const boost::json::object error{
        {"code", to_string(ErrorCode::kUnknown)}, {"message", message}, {"advice", advice}, {"field", ""}};
    boost::json::object object{{"error", error}};
    if (!id.empty()) object["id"] = id;
    notice_text = json_text(object) + "\n";
    notice_descriptor = STDOUT_FILENO;
  } else {
    notice_text = fmt::format("penny: {}\n       {}\n", message, advice);
    notice_descriptor = STDERR_FILENO;
  }
}

}  // namespace

RetryNotice::RetryNotice(const OperationId& id, bool is_json) {
  prepare_notice("interrupted: it may or may not be stored",
                 fmt::format("retry the same command with --id {}, which settles it", id.to_string()), is_json,
                 id.to_string());
  for (const int signal : kSignals) handle(signal, print_notice_and_exit, 0);
}

RetryNotice::~RetryNotice() {
  for (const int signal : kSignals) handle(signal, SIG_DFL, 0);
}

EndNotice::EndNotice(std::string_view message, std::string_view advice, bool is_json) {
  prepare_notice(message, advice, is_json);
  for (const int signal : kSignals) handle(signal, print_notice_and_exit, 0);
}

EndNotice::~EndNotice() {
  for (const int signal : kSignals) handle(signal, SIG_DFL, 0);
}

void catch_stop_requests() {
  for (const int signal : {SIGINT, SIGTERM}) handle(signal, request_stop, SA_RESETHAND);
}

void catch_stop_requests(std::string_view advice, bool is_json) {
  prepare_notice("interrupted", advice, is_json);
  handle(SIGALRM, print_notice_and_exit, 0);
  for (const int signal : {SIGINT, SIGTERM}) handle(signal, request_stop_in_time, SA_RESETHAND);
}

bool is_stop_requested() { return stop_requested != 0; }

}  // namespace penny::cli
