#include "proof/kills/crew.hpp"

#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>

namespace penny::proof::kills {

Crew::~Crew() {
  for (std::size_t place = 0; place < children_.size(); ++place) {
    if (children_[place].pid < 0) continue;
    signal(place, SIGKILL);
    (void)reap(place);
  }
}

void Crew::start(std::size_t place, const std::optional<Target>& target) {
  ProcessPage& page = journal_.processes.at(place);
  page.life.fetch_add(1, std::memory_order_relaxed);
  page.threads.store(0, std::memory_order_relaxed);
  page.inside_since_ns.store(0, std::memory_order_relaxed);
  for (auto& point : page.last_point) point.store(0, std::memory_order_relaxed);
  aim(place, target);

  setting_.process = place;
  std::vector<std::string> words{"penny_proof", "--worker", std::string(kWorkerName)};
  for (std::string& word : setting_.words()) words.push_back(std::move(word));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  Child& child = children_.at(place);
  if (posix_spawn(&child.pid, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ) != 0) {
    child.pid = -1;
    throw std::runtime_error("no process could be started");
  }
  child.descriptor = static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0));
  if (child.descriptor < 0) throw std::runtime_error("pidfd_open");
}

void Crew::aim(std::size_t place, const std::optional<Target>& target) {
  Strike& strike = journal_.processes.at(place).strike;
  strike.point.store(0, std::memory_order_release);
  strike.carried_out.store(0, std::memory_order_relaxed);
  if (!target) return;
  strike.countdown.store(target->countdown, std::memory_order_relaxed);
  strike.signal.store(target->signal, std::memory_order_relaxed);
  strike.point.store(static_cast<std::uint32_t>(target->point + 1), std::memory_order_release);
}

void Crew::signal(std::size_t place, int number) const {
  if (kill(children_.at(place).pid, number) != 0) throw std::runtime_error("kill");
}

std::vector<std::size_t> Crew::wait_for_deaths(std::chrono::steady_clock::time_point deadline) const {
  std::vector<pollfd> waiting;
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < children_.size(); ++place) {
    if (children_[place].pid < 0) continue;
    waiting.push_back({.fd = children_[place].descriptor, .events = POLLIN, .revents = 0});
    places.push_back(place);
  }
  const auto left =
      std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(deadline - std::chrono::steady_clock::now()));
  const timespec patience{.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
  std::vector<std::size_t> died;
  if (ppoll(waiting.data(), waiting.size(), &patience, nullptr) <= 0) return died;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].revents != 0) died.push_back(places[i]);
  }
  return died;
}

int Crew::reap(std::size_t place) {
  Child& child = children_.at(place);
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error("waitpid");
  }
  close(child.descriptor);
  child = {};
  return status;
}

bool Crew::is_stopped(std::size_t place) const {
  siginfo_t seen{};
  const auto pid = static_cast<id_t>(children_.at(place).pid);
  return waitid(P_PID, pid, &seen, WSTOPPED | WNOHANG | WNOWAIT) == 0 && seen.si_pid != 0;
}

}  // namespace penny::proof::kills
