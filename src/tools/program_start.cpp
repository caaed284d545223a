#include "tools/program_start.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/proof.hpp"
#include "tools/sandbox_filter.hpp"

namespace penny::tools {
namespace {

// Above all numbers that the started program uses: else giving it one descriptor could overwrite another.
constexpr int kOutOfTheWay = 16;

std::unexpected<Error> overloaded(std::string_view what, int error) {
  return base::fail(ErrorCode::kOverloaded,
                    fmt::format("no program can be started: {}: {}", what, std::strerror(error)),
                    "raise the limits of open files and processes, or try again later");
}

bool move_out_of_the_way(Descriptor& descriptor) {
  descriptor = Descriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, kOutOfTheWay));
  return descriptor.is_open();
}

struct Pipe {
  Descriptor reading;
  Descriptor writing;

  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    reading = Descriptor(ends[0]);
    writing = Descriptor(ends[1]);
    return move_out_of_the_way(reading) && move_out_of_the_way(writing);
  }
};

// The other end keeps blocking, as programs expect: the flag belongs to an end.
bool make_non_blocking(const Descriptor& end) { return ::fcntl(end.get(), F_SETFL, O_NONBLOCK) == 0; }

// A file in memory with this text, read from its begin.
Descriptor text_file(std::string_view text) {
  Descriptor file(::memfd_create("penny-options", MFD_CLOEXEC));
  if (!file.is_open() || !move_out_of_the_way(file)) return {};
  if (::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) return {};
  return file;
}

class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    // Signals that this process blocks or ignores are the program's to meet.
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void give(const Descriptor& ours, int number) { posix_spawn_file_actions_adddup2(&actions_, ours.get(), number); }
  // Other code of this process may open files without close-on-exec; bubblewrap would hand them on.
  void close_others() {
    if (!base::proof::is_planted("descriptors_inherited_by_programs"))
      posix_spawn_file_actions_addclosefrom_np(&actions_, kFilterDescriptor + 1);
  }

  // posix_spawn(3) of glibc shares memory with the child until it executes (CLONE_VM | CLONE_VFORK, since 2.24), and so runs no handler of
  // pthread_atfork(3): an open store does not notice. `words` end with a null pointer. The environment is empty: what bubblewrap
  // is started with, its program can read.
  int spawn(pid_t& child, char** words) {
    char* nothing[] = {nullptr};
    char** environment = base::proof::is_planted("environment_inherited_by_programs") ? environ : nothing;
    return ::posix_spawn(&child, words[0], &actions_, &attributes_, words, environment);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<StartedProgram> start_program(SandboxCommand command) {
  auto filter = sandbox_filter();
  if (!filter) return std::unexpected(filter.error());
  Pipe input;
  Pipe output;
  Pipe errors;
  Pipe status;
  Pipe gate;
  for (Pipe* pipe : {&input, &output, &errors, &status, &gate}) {
    if (!pipe->open()) return overloaded("a pipe", errno);
  }
  const Descriptor options = text_file(command.options);
  if (!options.is_open() || !move_out_of_the_way(*filter)) return overloaded("a file in memory", errno);
  if (!make_non_blocking(input.writing) || !make_non_blocking(output.reading) || !make_non_blocking(errors.reading) ||
      !make_non_blocking(status.reading))
    return overloaded("a pipe", errno);

  SpawnPlan plan;
  plan.give(input.reading, STDIN_FILENO);
  plan.give(output.writing, STDOUT_FILENO);
  plan.give(errors.writing, STDERR_FILENO);
  plan.give(gate.reading, kGateDescriptor);
  plan.give(options, kOptionsDescriptor);
  plan.give(status.writing, kStatusDescriptor);
  plan.give(*filter, kFilterDescriptor);
  plan.close_others();
  std::vector<char*> words;
  for (std::string& word : command.words) words.push_back(word.data());
  words.push_back(nullptr);

  StartedProgram started;
  if (const int error = plan.spawn(started.bubblewrap, words.data()); error != 0)
    return overloaded(command.words.front(), error);
  // Nobody else waits for our child, so its id names it still.
  started.bubblewrap_process = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, started.bubblewrap, 0)));
  started.input = std::move(input.writing);
  started.output = std::move(output.reading);
  started.errors = std::move(errors.reading);
  started.status = std::move(status.reading);
  started.gate = std::move(gate.writing);
  return started;
}

}  // namespace penny::tools
