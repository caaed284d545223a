#include "bench/figures/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "base/process.hpp"
#include "bench/figures/interrupt.hpp"

namespace penny::figures {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookEvery{50};
constexpr std::size_t kPart = 4096;

// Adds what can be read within the time. False: the other side has closed.
bool read_some(int descriptor, std::chrono::milliseconds within, std::string& text) {
  pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
  if (poll(&waiting, 1, static_cast<int>(within.count())) <= 0) return true;
  std::array<char, kPart> part{};
  const ssize_t got = ::read(descriptor, part.data(), part.size());
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  text.append(part.data(), static_cast<std::size_t>(got));
  return true;
}

// Takes the first line out of the text; false if there is no whole one.
bool take_line(std::string& text, std::string& line) {
  const auto end = text.find('\n');
  if (end == std::string::npos) return false;
  line = text.substr(0, end);
  text.erase(0, end + 1);
  return true;
}

}  // namespace

Child::Child(std::vector<std::string> arguments) : name_(arguments.at(0)) {
  std::array<int, 2> to_child{-1, -1};
  std::array<int, 2> from_child{-1, -1};
  if (pipe2(to_child.data(), O_CLOEXEC) != 0 || pipe2(from_child.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "a pipe to a worker process");
  arguments.insert(arguments.begin(), {"penny_figures", "--worker"});
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  // By its path, so that it has the program's name.
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const int error = posix_spawn(&pid_, program.c_str(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(to_child[0]);
  ::close(from_child[1]);
  input_ = to_child[1];
  output_ = from_child[0];
  if (error == 0) return;
  pid_ = -1;
  close_ends();
  throw std::system_error(error, std::generic_category(), "starting a worker process");
}

Child::~Child() {
  kill();
  close_ends();
}

void Child::send(std::string_view line) {
  const std::string whole = std::string(line) + "\n";
  if (::write(input_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size()))
    throw std::runtime_error(fmt::format("the worker \"{}\" does not listen", name_));
}

boost::json::object Child::answer(std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  std::string line;
  while (!take_line(read_, line)) {
    throw_if_interrupted();
    if (Clock::now() >= deadline) throw std::runtime_error(fmt::format("the worker \"{}\" does not answer", name_));
    if (!read_some(output_, kLookEvery, read_))
      throw std::runtime_error(fmt::format("the worker \"{}\" ended too early; it may say why above", name_));
  }
  return boost::json::parse(line).as_object();
}

boost::json::object Child::ask(std::string_view line, std::chrono::seconds patience) {
  send(line);
  return answer(patience);
}

void Child::stop() {
  ::kill(pid_, SIGSTOP);
  constexpr std::chrono::seconds kPatience{10};
  const auto deadline = Clock::now() + kPatience;
  for (;;) {
    const auto process = base::process_stat(pid_);
    if (process && process->state == "T") return;
    if (Clock::now() >= deadline) throw std::runtime_error(fmt::format("the worker \"{}\" does not stop", name_));
    pause(std::chrono::milliseconds(1));
  }
}

void Child::go_on() { ::kill(pid_, SIGCONT); }

void Child::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool Child::has_ended() {
  if (pid_ > 0 && waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
  return pid_ <= 0;
}

void Child::finish(std::chrono::seconds patience) {
  ::close(std::exchange(input_, -1));
  const auto deadline = Clock::now() + patience;
  while (!has_ended()) {
    if (Clock::now() >= deadline) throw std::runtime_error(fmt::format("the worker \"{}\" does not end", name_));
    pause(std::chrono::milliseconds(5));
  }
  if (!WIFEXITED(status_) || WEXITSTATUS(status_) != 0)
    throw std::runtime_error(fmt::format("the worker \"{}\" failed; it may say why above", name_));
}

void Child::close_ends() {
  if (input_ >= 0) ::close(std::exchange(input_, -1));
  if (output_ >= 0) ::close(std::exchange(output_, -1));
}

void tell(const boost::json::object& line) {
  fmt::print("{}\n", boost::json::serialize(line));
  std::fflush(stdout);
}

Command next_command(std::chrono::milliseconds patience) {
  static std::string read;  // by the one thread that listens
  Command command;
  if (take_line(read, command.text)) return command;
  command.is_over = !read_some(STDIN_FILENO, patience, read);
  (void)take_line(read, command.text);
  return command;
}

}  // namespace penny::figures
