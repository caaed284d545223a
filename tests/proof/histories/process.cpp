#include "proof/histories/process.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace penny::proof::histories {

Process::Process(const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"/proc/self/exe", "--worker"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> words;
  for (std::string& word : all) words.push_back(word.data());
  words.push_back(nullptr);
  const int error = posix_spawn(&pid_, "/proc/self/exe", nullptr, nullptr, words.data(), environ);
  if (error != 0) throw std::system_error(error, std::generic_category(), "posix_spawn");
}

Process::~Process() {
  if (is_running()) kill();
}

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

void Process::signal(int number) const {
  if (is_running()) ::kill(pid_, number);
}

void Process::kill() {
  signal(SIGKILL);
  (void)wait();
}

std::optional<int> Process::ended() {
  int status = 0;
  if (!is_running() || waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return status;
}

int Process::wait() {
  int status = 0;
  while (is_running() && waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

}  // namespace penny::proof::histories
