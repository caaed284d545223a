#pragma once

// A program of ours or of the system as another process, with its standard input and output in our hands.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/process.hpp"
#include "support/until.hpp"

namespace penny::test {

class ChildProcess {
 public:
  // Finds the program in PATH. Standard error is ours.
  explicit ChildProcess(std::vector<std::string> arguments) {
    int to_child[2];
    int from_child[2];
    if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    // A child that died is an exception of `send`, not our own end; the child itself shall not ignore it.
    (void)std::signal(SIGPIPE, SIG_IGN);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t to_default;
    sigemptyset(&to_default);
    sigaddset(&to_default, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &to_default);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int error = posix_spawnp(&pid_, words[0], &actions, &attributes, words.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to_child[0]);
    ::close(from_child[1]);
    input_ = to_child[1];
    output_ = from_child[0];
    if (error != 0) {
      pid_ = -1;
      close_ends();
      throw std::runtime_error("cannot start " + arguments[0]);
    }
  }
  ~ChildProcess() {
    if (pid_ > 0) {
      (void)::kill(pid_, SIGKILL);
      (void)waitpid(pid_, nullptr, 0);
    }
    close_ends();
  }
  ChildProcess(ChildProcess&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        input_(std::exchange(other.input_, -1)),
        output_(std::exchange(other.output_, -1)),
        read_(std::move(other.read_)) {}
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ChildProcess& operator=(ChildProcess&&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  void send(std::string_view text) {
    std::string line(text);
    line += '\n';
    write(line);
  }

  // Without a line end.
  void write(std::string_view text) const {
    if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("the child does not listen");
  }

  void close_input() { ::close(std::exchange(input_, -1)); }

  // The next line that it says. Throws if there is none in time, or it ended.
  std::string line(std::chrono::milliseconds patience = kPatience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
      if (const auto end = read_.find('\n'); end != std::string::npos) {
        std::string found = read_.substr(0, end);
        read_.erase(0, end + 1);
        return found;
      }
      if (!read_some(deadline)) throw std::runtime_error("the child ended or was silent; before: \"" + read_ + "\"");
    }
  }

  // Until it has said this, whole lines or not; what came before it is dropped. Throws as `line`.
  void await(std::string_view text, std::chrono::milliseconds patience = kPatience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!read_.contains(text)) {
      if (!read_some(deadline)) throw std::runtime_error("the child ended or was silent; before: \"" + read_ + "\"");
    }
    read_.erase(0, read_.find(text) + text.size());
  }

  // All that it says until it closes its output.
  std::string rest(std::chrono::milliseconds patience = kPatience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (read_some(deadline)) {
    }
    return std::exchange(read_, {});
  }

  std::string ask(std::string_view text, std::chrono::milliseconds patience = kPatience) {
    send(text);
    return line(patience);
  }

  void signal(int number) const {
    if (::kill(pid_, number) != 0) throw std::runtime_error("no such child");
  }

  // Sent, and seen to have happened.
  void stop() const {
    signal(SIGSTOP);
    if (!until([this] { return is_stopped(); })) throw std::runtime_error("the child does not stop");
  }
  void go_on() const { signal(SIGCONT); }
  [[nodiscard]] bool is_stopped() const {
    const auto process = base::process_stat(pid_);
    return process && process->state == "T";
  }

  // Its status, as waitpid(2) gives it. Throws if it does not end in time.
  int wait(std::chrono::milliseconds patience = kPatience) {
    int status = 0;
    if (!until([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, patience))
      throw std::runtime_error("the child does not end");
    pid_ = -1;
    return status;
  }

  void kill() {
    signal(SIGKILL);
    (void)wait();
  }

 private:
  bool read_some(std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{.fd = output_, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, static_cast<int>(left)) <= 0) return false;
    char part[4096];
    const ssize_t got = ::read(output_, part, sizeof part);
    if (got <= 0) return false;
    read_.append(part, static_cast<std::size_t>(got));
    return true;
  }

  void close_ends() {
    if (input_ >= 0) ::close(std::exchange(input_, -1));
    if (output_ >= 0) ::close(std::exchange(output_, -1));
  }

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string read_;
};

// The words of a line.
inline std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> found;
  std::string word;
  for (const char letter : line) {
    if (letter != ' ') {
      word += letter;
    } else if (!word.empty()) {
      found.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) found.push_back(word);
  return found;
}

}  // namespace penny::test
