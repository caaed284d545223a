#include "cli/stress/crew.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include <fmt/core.h>

#include "cli/stress/worker.hpp"

namespace penny::cli::stress {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookAgain{2};

std::unexpected<Error> failed(const std::string& message) {
  return std::unexpected(Error{
      .code = ErrorCode::kStorageFailed, .message = message, .advice = "Look at the messages above.", .field = {}});
}

bool is_writing(Role role) { return role != Role::kObserver; }

// Attributes of a spawned process: signals as at its begin, and a process group of its own, so that an interrupt from
// the terminal reaches the supervisor alone.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&actions_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void hand_down(int descriptor, int as) { posix_spawn_file_actions_adddup2(&actions_, descriptor, as); }

  int spawn(pid_t& pid, const char* program, char* const* arguments) {
    return posix_spawn(&pid, program, &actions_, &attributes_, arguments, environ);
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

Result<void> write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.flush();
  if (!file) return failed(fmt::format("cannot write {}", path.string()));
  return {};
}

}  // namespace

Result<Crew> Crew::make(const CrewPlan& plan, const Script& script) {
  auto memory = SharedMemory::make("penny-board", Board::bytes_for(plan.processes.size(), script.users()));
  if (!memory) return std::unexpected(memory.error());
  Crew crew(Board(*std::move(memory)), script);
  BoardHeader& header = crew.board_.header();
  header.magic = kBoardMagic;
  if (plan.store.size() >= header.store.size()) return failed("the store's path is too long");
  std::memcpy(header.store.data(), plan.store.data(), plan.store.size());
  header.seed = plan.seed;
  header.processes = static_cast<std::uint32_t>(plan.processes.size());
  header.users = static_cast<std::uint32_t>(script.users());
  header.observers = plan.observers;
  header.scenario = plan.scenario;
  header.members = plan.members;
  header.supervisor_pid = getpid();
  crew.is_fresh_ = plan.revs_before.empty();
  for (std::size_t user = 0; user < plan.revs_before.size(); ++user) {
    crew.board_.users()[user].rev_before = plan.revs_before[user];
  }
  for (std::size_t process = 0; process < plan.processes.size(); ++process) {
    const ProcessPlan& part = plan.processes[process];
    ProcessBoard& own = crew.board_.processes()[process];
    own.role = part.role;
    own.user = part.user;
    own.modality = static_cast<std::uint32_t>(part.modality);
    own.threads = part.threads;
    const auto number = static_cast<std::uint32_t>(process);
    if (is_writing(part.role)) {
      auto log = WriterLog::make(account::LogKind::kWriter, number, plan.entries_max);
      if (!log) return std::unexpected(log.error());
      crew.writer_logs_.push_back(*std::move(log));
    } else {
      auto log = ObserverLog::make(account::LogKind::kObserver, number, plan.entries_max * 8);
      if (!log) return std::unexpected(log.error());
      crew.observer_logs_.push_back(*std::move(log));
    }
  }
  crew.pids_.assign(plan.processes.size(), 0);
  return crew;
}

Crew::~Crew() {
  for (std::size_t process = 0; process < pids_.size(); ++process) kill(process);
}

Result<void> Crew::spawn(std::size_t process) {
  ProcessBoard& own = board_.processes()[process];
  own.lives.fetch_add(1, std::memory_order_relaxed);
  own.last_acknowledged_ns.store(0, std::memory_order_relaxed);
  own.begun_ns.store(now_ns(), std::memory_order_relaxed);
  for (auto& thread : own.thread) thread.in_flight_since_ns.store(0, std::memory_order_relaxed);

  SpawnSettings settings;
  settings.hand_down(board_.descriptor(), kBoardDescriptor);
  settings.hand_down(script_->descriptor(), kScriptDescriptor);
  settings.hand_down(process < writer_logs_.size() ? writer_logs_[process].descriptor()
                                                   : observer_logs_[process - writer_logs_.size()].descriptor(),
                     kLogDescriptor);
  std::string name = "penny";
  std::string command = "stress-worker";
  std::string number = std::to_string(process);
  const std::array<char*, 4> arguments{name.data(), command.data(), number.data(), nullptr};
  const int code = settings.spawn(pids_[process], "/proc/self/exe", arguments.data());
  if (code != 0) {
    pids_[process] = 0;
    return failed(fmt::format("cannot start a process: {}", std::strerror(code)));
  }
  return {};
}

Result<void> Crew::start(std::chrono::milliseconds deadline) {
  const auto end = Clock::now() + deadline;
  for (std::size_t process = 0; process < size(); ++process) {
    if (auto spawned = spawn(process); !spawned) return spawned;
  }
  const auto is_ready = [](const ProcessBoard& own) {
    return own.ready_threads.load(std::memory_order_acquire) >= own.threads;
  };
  while (!std::ranges::all_of(board_.processes(), is_ready)) {
    if (reap()) return failed(message().value_or("a process ended before it began"));
    if (Clock::now() > end) return failed("not every process was ready in time");
    std::this_thread::sleep_for(kLookAgain);
  }
  return {};
}

void Crew::go() {
  const std::uint64_t now = now_ns();
  for (ProcessBoard& own : board_.processes()) own.begun_ns.store(now, std::memory_order_relaxed);
  board_.set_phase(Phase::kRunning);
}

std::optional<pid_t> Crew::pid(std::size_t process) const {
  if (pids_[process] == 0) return std::nullopt;
  return pids_[process];
}

std::optional<std::size_t> Crew::process_of(pid_t pid) const {
  const auto found = std::ranges::find(pids_, pid);
  if (pid == 0 || found == pids_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - pids_.begin());
}

void Crew::note_end(std::size_t process, int status) {
  pids_[process] = 0;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  has_failed_ = true;
  const std::string how = WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                              : fmt::format("exit code {}", WEXITSTATUS(status));
  note_message(board_.processes()[process], fmt::format("process {} ended with {}", process, how));
}

bool Crew::freeze(std::size_t process) {
  const pid_t pid = pids_[process];
  if (pid == 0 || ::kill(pid, SIGSTOP) != 0) return false;
  int status = 0;
  while (waitpid(pid, &status, WUNTRACED) < 0) {
    if (errno != EINTR) return false;
  }
  if (WIFSTOPPED(status)) return true;
  note_end(process, status);
  return false;
}

void Crew::thaw(std::size_t process) {
  if (pids_[process] != 0) ::kill(pids_[process], SIGCONT);
}

void Crew::kill(std::size_t process) {
  if (pids_[process] == 0) return;
  ::kill(pids_[process], SIGKILL);
  while (waitpid(pids_[process], nullptr, 0) < 0 && errno == EINTR) {
  }
  pids_[process] = 0;
}

bool Crew::reap() {
  const bool had_failed = has_failed_;
  for (std::size_t process = 0; process < size(); ++process) {
    int status = 0;
    if (pids_[process] != 0 && waitpid(pids_[process], &status, WNOHANG) > 0) note_end(process, status);
  }
  return has_failed_ && !had_failed;
}

bool Crew::wait(bool (*is_meant)(Role), std::chrono::milliseconds deadline) {
  const auto end = Clock::now() + deadline;
  const auto is_left = [&](std::size_t process) {
    return pids_[process] != 0 && is_meant(board_.processes()[process].role);
  };
  for (;;) {
    reap();
    bool is_any_left = false;
    for (std::size_t process = 0; process < size(); ++process) is_any_left = is_any_left || is_left(process);
    if (!is_any_left) return !has_failed_;
    if (Clock::now() > end) break;
    std::this_thread::sleep_for(kLookAgain);
  }
  for (std::size_t process = 0; process < size(); ++process) {
    if (!is_left(process)) continue;
    note_message(board_.processes()[process], fmt::format("process {} did not come to its end", process));
    kill(process);
  }
  has_failed_ = true;
  return false;
}

Result<void> Crew::write_logs(const std::filesystem::path& folder) const {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  auto users = SharedLog<account::UserRecord>::make(account::LogKind::kUsers, 0, script_->users());
  if (!users) return std::unexpected(users.error());
  users->header().is_fresh = is_fresh_ ? 1 : 0;
  for (std::size_t user = 0; user < script_->users(); ++user) {
    account::UserRecord& record = users->at(*users->reserve(1));
    const std::string_view name = script_->user(user);
    if (name.size() > sizeof(record.name)) return failed(fmt::format("the user's name {} is too long", name));
    std::memcpy(record.name, name.data(), name.size());
    record.name_bytes = static_cast<std::uint32_t>(name.size());
    record.rev_before = board_.users()[user].rev_before;
  }
  if (auto written = write_file(folder / "users.log", users->contents()); !written) return written;
  for (std::size_t i = 0; i < writer_logs_.size(); ++i) {
    auto written = write_file(folder / fmt::format("writer-{:03}.log", i), writer_logs_[i].contents());
    if (!written) return written;
  }
  for (std::size_t i = 0; i < observer_logs_.size(); ++i) {
    auto written = write_file(folder / fmt::format("observer-{:03}.log", i), observer_logs_[i].contents());
    if (!written) return written;
  }
  return {};
}

std::optional<std::string> Crew::message() const {
  for (const ProcessBoard& own : board_.processes()) {
    if (own.has_message.load(std::memory_order_acquire) == 2) return std::string(own.message.data());
  }
  return std::nullopt;
}

}  // namespace penny::cli::stress
