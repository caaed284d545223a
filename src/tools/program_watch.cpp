#include "tools/program_watch.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <utility>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::tools {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A killed tree is gone within some milliseconds; more is left for a machine that is busy. The caller is answered then, whatever the kernel does.
constexpr milliseconds kGoneWithin{190};
// A cancel token without a descriptor is asked this often.
constexpr milliseconds kAskedEvery{20};
// Bubblewrap's messages are short, and its program cannot write them.
constexpr std::size_t kStatusBytesMax = 4'096;
// What one look at a descriptor takes, so that no stream starves the others and the deadline is seen.
constexpr std::size_t kPartBytes = std::size_t{64} << 10U;

// Exit codes of a shell above this tell of a signal.
constexpr int kSignalCodes = 128;
constexpr int kSignalMax = 64;

int poll_once(pollfd* waiting, std::size_t count, Clock::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
  const auto shown = std::clamp(left, milliseconds(0), milliseconds(60'000));
  return ::poll(waiting, count, static_cast<int>(shown.count()));
}

// Until a process has ended. False: not in time.
bool has_ended(const Descriptor& process, Clock::time_point until) {
  for (;;) {
    pollfd waiting{.fd = process.get(), .events = POLLIN, .revents = 0};
    if (poll_once(&waiting, 1, until) > 0) return true;
    if (Clock::now() >= until) return false;
  }
}

void kill_process(const Descriptor& process) {
  if (process.is_open()) (void)::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

// The number behind a key of bubblewrap's status, which is lines of flat JSON with one space between the parts.
std::optional<int> number_of(std::string_view status, std::string_view key) {
  const std::string mark = fmt::format("\"{}\": ", key);
  const std::size_t found = status.find(mark);
  if (found == std::string_view::npos || status.find('\n', found) == std::string_view::npos) return std::nullopt;
  const std::string_view text = status.substr(found + mark.size());
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

// A process by its id, if its parent is `parent`: else the id was used again meanwhile.
Descriptor open_child(pid_t id, pid_t parent) {
  Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  std::ifstream status(fmt::format("/proc/{}/status", id));
  const std::string expected = fmt::format("PPid:\t{}", parent);
  for (std::string line; std::getline(status, line);) {
    if (line == expected) return process;
  }
  return {};
}

// Takes what is there, keeps what fits.
void read_into(Descriptor& from, std::string& text, std::uint64_t limit, bool& is_cut) {
  std::array<char, kPartBytes> part;
  const ssize_t got = ::read(from.get(), part.data(), part.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    from.close();
    return;
  }
  const auto fits = std::min<std::uint64_t>(static_cast<std::uint64_t>(got), limit - text.size());
  text.append(part.data(), fits);
  is_cut = is_cut || fits < static_cast<std::uint64_t>(got);
}

// While it lives, a pipe whose reader is gone answers EPIPE in this thread, and no signal is left behind.
class PipeSignalBlocked {
 public:
  PipeSignalBlocked() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~PipeSignalBlocked() {
    const timespec at_once{};
    if (!was_pending_) (void)sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  PipeSignalBlocked(const PipeSignalBlocked&) = delete;
  PipeSignalBlocked& operator=(const PipeSignalBlocked&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

}  // namespace

ProgramWatch::ProgramWatch(StartedProgram program, std::string_view input, const SandboxLimits& limits)
    : program_(std::move(program)), input_(input), limits_(limits) {}

ProgramWatch::~ProgramWatch() {
  if (!is_waited_for_) (void)end_tree();
}

Result<ProgramResult> ProgramWatch::run(Clock::time_point deadline, const CancelToken& cancel) {
  const PipeSignalBlocked no_signal;
  const Stop stop = watch(deadline, cancel);
  const auto stopped = stop == Stop::kDeadline ? deadline : Clock::now();
  const bool is_gone = end_tree();
  if (is_gone) result_.gone_after = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - stopped);
  // Nobody writes any more: each pipe ends. If somebody is left after all, what is there is taken.
  for (int part = 0; part < 2 * static_cast<int>(kStatusBytesMax); ++part) {
    if (!program_.output.is_open() && !program_.errors.is_open() && !program_.status.is_open()) break;
    hear();
    if (!is_gone) break;
  }
  result_.is_input_taken = input_.empty();

  if (stop != Stop::kEnded) {
    result_.end = stop == Stop::kDeadline ? ProgramEnd::kDeadline : ProgramEnd::kCancelled;
    return std::move(result_);
  }
  auto code = number_of(status_, "exit-code");
  // Somebody killed bubblewrap, which took its program along.
  if (!code && WIFSIGNALED(wait_status_)) code = kSignalCodes + WTERMSIG(wait_status_);
  if (!is_let_go_ || !code) return std::unexpected(why_no_sandbox());
  const bool is_signal = *code > kSignalCodes && *code <= kSignalCodes + kSignalMax;
  result_.end = is_signal ? ProgramEnd::kSignal : ProgramEnd::kExit;
  result_.code = is_signal ? *code - kSignalCodes : *code;
  return std::move(result_);
}

ProgramWatch::Stop ProgramWatch::watch(Clock::time_point deadline, const CancelToken& cancel) {
  for (;;) {
    if (cancel.is_cancelled()) return Stop::kCancelled;
    if (Clock::now() >= deadline) return Stop::kDeadline;
    // A closed descriptor is negative, and poll passes it over.
    std::array<pollfd, 6> waiting{
        pollfd{.fd = program_.bubblewrap_process.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = cancel.descriptor(), .events = POLLIN, .revents = 0},
        pollfd{.fd = program_.status.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = program_.output.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = program_.errors.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = is_let_go_ ? program_.input.get() : -1, .events = POLLOUT, .revents = 0},
    };
    const bool has_all = cancel.descriptor() >= 0 && program_.bubblewrap_process.is_open();
    const auto until = has_all ? deadline : std::min(deadline, Clock::now() + kAskedEvery);
    if (poll_once(waiting.data(), waiting.size(), until) < 0 && errno != EINTR) return Stop::kDeadline;
    if (waiting[0].revents != 0) return Stop::kEnded;
    hear();
    if (!is_let_go_) let_go_when_ready();
    if (is_let_go_) feed();
  }
}

void ProgramWatch::feed() {
  if (!program_.input.is_open()) return;
  if (!input_.empty()) {
    const ssize_t taken = ::write(program_.input.get(), input_.data(), std::min(input_.size(), kPartBytes));
    if (taken < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (taken < 0) {
      program_.input.close();
      return;
    }
    input_.remove_prefix(static_cast<std::size_t>(taken));
  }
  if (input_.empty()) program_.input.close();
}

void ProgramWatch::hear() {
  if (program_.output.is_open())
    read_into(program_.output, result_.output, limits_.output_bytes, result_.is_output_cut);
  if (program_.errors.is_open())
    read_into(program_.errors, result_.errors, limits_.error_bytes, result_.are_errors_cut);
  bool is_cut = false;
  if (program_.status.is_open()) read_into(program_.status, status_, kStatusBytesMax, is_cut);
}

void ProgramWatch::let_go_when_ready() {
  const auto id = number_of(status_, "child-pid");
  if (!id) return;
  first_process_ = open_child(*id, program_.bubblewrap);
  if (!first_process_.is_open()) return;
  constexpr std::string_view kGo = "go\n";
  is_let_go_ = ::write(program_.gate.get(), kGo.data(), kGo.size()) == static_cast<ssize_t>(kGo.size());
  program_.gate.close();
}

// Process 1 has ended only when every process of its namespace has: the kernel kills them and waits for them first. Bubblewrap ends when it
// has collected that.
bool ProgramWatch::end_tree() {
  program_.gate.close();
  program_.input.close();
  const auto until = Clock::now() + kGoneWithin;
  if (!base::proof::is_planted("programs_left_at_the_deadline")) {
    // Not open: bubblewrap is still making the sandbox. Killed half way it would leave its child waiting for it for ever; with the gate
    // closed it ends by itself, and runs nothing.
    kill_process(first_process_);
  }
  const bool is_gone = !first_process_.is_open() || has_ended(first_process_, until);
  // It tells the exit code last; a program that ended by itself was told before.
  const bool has_bubblewrap_ended =
      program_.bubblewrap_process.is_open() && has_ended(program_.bubblewrap_process, until);
  if (!has_bubblewrap_ended) (void)::kill(program_.bubblewrap, SIGKILL);
  while (::waitpid(program_.bubblewrap, &wait_status_, 0) < 0 && errno == EINTR) {
  }
  is_waited_for_ = true;
  return is_gone;
}

Error ProgramWatch::why_no_sandbox() const {
  std::string said = result_.errors;
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return {
      .code = ErrorCode::kNoPermission,
      .message = fmt::format("the sandbox cannot be made, and no program is run without one: {}",
                             said.empty() ? "bubblewrap ended without a reason" : said),
      .advice =
          "allow user namespaces (sysctl user.max_user_namespaces and kernel.unprivileged_userns_clone), and see that "
          "everybody may read what the program needs: as root it runs as another user",
      .field = {}};
}

}  // namespace penny::tools
