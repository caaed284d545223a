#include "assistant/voice/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/one_line.hpp"
#include "base/utf8.hpp"

namespace penny::assistant {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using tools::Descriptor;

// What it printed is measured this often: a fast one prints some gigabytes in a second.
constexpr milliseconds kMeasuredEvery{20};
constexpr std::size_t kLastWordsBytes = 300;
constexpr std::size_t kPartBytes = std::size_t{64} << 10U;
// Above all numbers that the command uses: else giving it one descriptor could overwrite another.
constexpr int kOutOfTheWay = 3;

std::unexpected<Error> failed(std::string message, std::string advice) {
  return base::fail(ErrorCode::kNotFound, std::move(message), std::move(advice), "command");
}

std::size_t size_of(const Descriptor& file) {
  struct stat status{};
  return ::fstat(file.get(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

std::string text_of(const Descriptor& file) {
  std::string text(size_of(file), '\0');
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

// Any bytes as text on one line. They may begin in the middle of a character.
std::string readable(std::string_view bytes) {
  while (!bytes.empty() && (static_cast<unsigned char>(bytes.front()) & 0xC0U) == 0x80U) bytes.remove_prefix(1);
  std::string line = base::on_one_line(bytes);
  while (line.ends_with(' ')) line.pop_back();
  if (!base::is_valid_utf8(line))
    std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) >= 0x80U; }, '?');
  return line;
}

// posix_spawn(3) runs no handler of pthread_atfork(3): an open store does not notice. 0, or an errno.
int spawn(std::vector<std::string>& words, const Descriptor& input, const Descriptor& output, const Descriptor& errors,
          pid_t& id) {
  Descriptor given[3];
  const Descriptor* const ours[] = {&input, &output, &errors};
  for (int number = 0; number < 3; ++number) {
    given[number] = Descriptor(::fcntl(ours[number]->get(), F_DUPFD_CLOEXEC, kOutOfTheWay));
    if (!given[number].is_open()) return errno;
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  for (int number = 0; number < 3; ++number) ::posix_spawn_file_actions_adddup2(&actions, given[number].get(), number);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  // Signals that this process blocks or ignores are the command's to meet; Ctrl-C is ours alone.
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int error = ::posix_spawnp(&id, pointers[0], &actions, &attributes, pointers.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

tools::Descriptor file_in_memory(std::string_view bytes) {
  Descriptor file(::memfd_create("penny-voice", MFD_CLOEXEC));
  for (std::size_t at = 0; file.is_open() && at < bytes.size();) {
    const ssize_t some = ::pwrite(file.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (some <= 0) return {};
    at += static_cast<std::size_t>(some);
  }
  return file;
}

Command::Command(std::string name, pid_t id, Descriptor process, Descriptor errors)
    : name_(std::move(name)), id_(id), process_(std::move(process)), errors_(std::move(errors)) {}

Command::Command(Command&& other) noexcept
    : name_(std::move(other.name_)),
      id_(std::exchange(other.id_, -1)),
      process_(std::move(other.process_)),
      errors_(std::move(other.errors_)),
      last_words_(std::move(other.last_words_)) {}

Command::~Command() {
  if (id_ <= 0) return;
  (void)::kill(-id_, SIGKILL);
  (void)::waitpid(id_, nullptr, 0);
}

Result<Command> Command::start(std::vector<std::string> words, const Descriptor& input, const Descriptor& output) {
  const std::string name = words.empty() ? "" : words.front();
  int ends[2] = {-1, -1};
  (void)::pipe2(ends, O_CLOEXEC);
  Descriptor errors(ends[0]);
  const Descriptor complaints(ends[1]);
  // The reading end only: the other one blocks, as programs expect.
  if (!input.is_open() || !output.is_open() || !errors.is_open() || ::fcntl(errors.get(), F_SETFL, O_NONBLOCK) != 0)
    return failed(fmt::format("{} cannot be started: no memory, or too many open files", name), "try again later");
  pid_t id = -1;
  if (const int error = words.empty() ? ENOENT : spawn(words, input, output, complaints, id); error != 0)
    return failed(fmt::format("{} cannot be started: {}", name, std::strerror(error)),
                  "install it, or change the command in the configuration");
  Command command(name, id, Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, id, 0))), std::move(errors));
  if (!command.process_.is_open())
    return failed(fmt::format("{} cannot be watched: {}", name, std::strerror(errno)), "try again later");
  return command;
}

void Command::hear_complaints() {
  char part[kPartBytes];
  const ssize_t some = ::read(errors_.get(), part, sizeof part);
  if (some < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (some <= 0) {
    errors_.close();
    return;
  }
  last_words_.append(part, static_cast<std::size_t>(some));
  if (last_words_.size() > kLastWordsBytes) last_words_.erase(0, last_words_.size() - kLastWordsBytes);
}

Result<void> Command::outcome() {
  int status = 0;
  // What it left running in its group goes before the group's id may be another's.
  (void)::kill(-id_, SIGKILL);
  if (::waitpid(std::exchange(id_, -1), &status, 0) < 0) status = 0;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  // What a pipe holds, and no more: what left the group may go on to complain.
  for (int part = 0; part < 2; ++part) hear_complaints();
  const std::string last = readable(last_words_);
  const std::string how =
      WIFEXITED(status) ? fmt::format("exit code {}", WEXITSTATUS(status)) : fmt::format("signal {}", WTERMSIG(status));
  return failed(fmt::format("{} failed with {}{}{}", name_, how, last.empty() ? "" : ": ", last),
                "try the command by hand");
}

Result<std::string> run_command(std::vector<std::string> words, std::string_view input, std::size_t output_bytes_max,
                                base::Instant deadline, const CancelToken& cancel) {
  const std::string name = words.empty() ? "" : words.front();
  const Descriptor output = file_in_memory("");
  auto command = Command::start(std::move(words), file_in_memory(input), output);
  if (!command) return std::unexpected(command.error());
  while (true) {
    if (size_of(output) > output_bytes_max)
      return failed(fmt::format("{} prints more than {} bytes", name, output_bytes_max), "try the command by hand");
    if (cancel.is_cancelled())
      return base::fail(ErrorCode::kStopped, fmt::format("{} was ended", name), "ask again if it is needed",
                        "cancelled");
    const auto now = steady_clock::now();
    if (now >= deadline)
      return base::fail(ErrorCode::kDeadlineExceeded, fmt::format("{} did not end in time", name),
                        "try the command by hand", "time");
    pollfd ready[] = {{.fd = command->descriptor(), .events = POLLIN, .revents = 0},
                      {.fd = cancel.descriptor(), .events = POLLIN, .revents = 0},
                      {.fd = command->complaints(), .events = POLLIN, .revents = 0}};
    const auto pause = std::min(std::chrono::ceil<milliseconds>(deadline - now), kMeasuredEvery);
    (void)::poll(ready, 3, static_cast<int>(pause.count()));
    if (ready[2].revents != 0) command->hear_complaints();
    if (ready[0].revents == 0) continue;
    if (auto ended = command->outcome(); !ended) return std::unexpected(ended.error());
    if (size_of(output) > output_bytes_max) continue;
    return text_of(output);
  }
}

}  // namespace penny::assistant
