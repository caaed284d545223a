#pragma once

// The real program (or another one) as a child process of a test, with its output read through pipes or a terminal.

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penny::cli {

struct Surroundings {
  std::string input{};                                           // of standard input, which then ends
  std::vector<std::pair<std::string, std::string>> variables{};  // of the environment, besides ours
  std::string folder{};                                          // to start in, else ours
  bool is_output_closed = false;                                 // standard output is no descriptor at all
  bool has_terminal = false;                                     // standard output is a terminal
  std::string output_file{};                                     // where standard output goes, else to us
};

struct Finished {
  int exit_code = -1;  // 128 + the signal if one ended it
  std::string out;
  std::string err;
};

class Process {
 public:
  Process(std::string program, std::vector<std::string> arguments, const Surroundings& surroundings = {}) {
    arguments.insert(arguments.begin(), std::move(program));
    Pipe input;
    Pipe output;
    Pipe errors;
    if (surroundings.has_terminal && openpty(&output.reader, &output.writer, nullptr, nullptr, nullptr) != 0) {
      throw std::runtime_error("openpty");
    }
    if (!surroundings.has_terminal) output.open();
    input.open();
    errors.open();

    // Everything that allocates comes before the fork.
    std::vector<char*> argument_pointers;
    for (auto& argument : arguments) argument_pointers.push_back(argument.data());
    argument_pointers.push_back(nullptr);
    std::vector<std::string> environment = environment_with(surroundings.variables);
    std::vector<char*> environment_pointers;
    for (auto& variable : environment) environment_pointers.push_back(variable.data());
    environment_pointers.push_back(nullptr);

    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      if (!surroundings.output_file.empty()) output.writer = ::open(surroundings.output_file.c_str(), O_WRONLY);
      if (!surroundings.folder.empty() && ::chdir(surroundings.folder.c_str()) != 0) ::_exit(126);
      ::dup2(input.reader, STDIN_FILENO);
      ::dup2(output.writer, STDOUT_FILENO);
      if (surroundings.is_output_closed) ::close(STDOUT_FILENO);
      ::dup2(errors.writer, STDERR_FILENO);
      ::execve(argument_pointers[0], argument_pointers.data(), environment_pointers.data());
      ::_exit(127);
    }
    close_and_forget(input.reader);
    close_and_forget(output.writer);
    close_and_forget(errors.writer);
    out_ = output.reader;
    err_ = errors.reader;
    feed(input.writer, surroundings.input);
  }

  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::kill(pid_, SIGCONT);
      ::waitpid(pid_, nullptr, 0);
    }
    close_and_forget(out_);
    close_and_forget(err_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const { ::kill(pid_, number); }

  // The next line of standard output without its end; nothing if there is none within the time.
  std::optional<std::string> read_line(std::chrono::milliseconds patience = std::chrono::seconds{20}) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (true) {
      if (const auto length = out_text_.find('\n'); length != std::string::npos) {
        std::string line = out_text_.substr(0, length);
        out_text_.erase(0, length + 1);
        return line;
      }
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      if (left.count() <= 0 || !read_some(static_cast<int>(left.count()))) return std::nullopt;
    }
  }

  // As a reader that loses interest.
  void close_output() { close_and_forget(out_); }

  // Reads all that comes and waits for the end.
  Finished finish() {
    while (out_ >= 0 || err_ >= 0) {
      if (!read_some(-1)) break;
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    const int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {.exit_code = exit_code, .out = std::move(out_text_), .err = std::move(err_text_)};
  }

 private:
  struct Pipe {
    int reader = -1;
    int writer = -1;
    void open() {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
      reader = ends[0];
      writer = ends[1];
    }
  };

  static void close_and_forget(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
  }

  // Without what would change what the program does, so that tests mean the same everywhere.
  static std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& variables) {
    std::vector<std::string> environment;
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string_view text{*variable};
      if (!text.starts_with("PENNY_") && !text.starts_with("NO_COLOR=") && !text.starts_with("TERM=")) {
        environment.emplace_back(text);
      }
    }
    environment.emplace_back("TERM=xterm");
    for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
    return environment;
  }

  // Tests give less than a pipe holds, so this does not wait for a reader.
  static void feed(int writer, const std::string& text) {
    const ssize_t written = text.empty() ? 0 : ::write(writer, text.data(), text.size());
    close_and_forget(writer);
    if (written != static_cast<ssize_t>(text.size())) throw std::runtime_error("standard input was not taken");
  }

  // Waits for some output. False: the time passed, or both ended.
  bool read_some(int timeout_ms) {
    pollfd descriptors[2] = {{.fd = out_, .events = POLLIN, .revents = 0},
                             {.fd = err_, .events = POLLIN, .revents = 0}};
    if (::poll(descriptors, 2, timeout_ms) <= 0) return false;
    if (descriptors[0].revents != 0) append(out_, out_text_);
    if (descriptors[1].revents != 0) append(err_, err_text_);
    return out_ >= 0 || err_ >= 0;
  }

  // A terminal whose last user has gone answers EIO, a pipe 0.
  static void append(int& descriptor, std::string& text) {
    char buffer[65536];
    const ssize_t size = ::read(descriptor, buffer, sizeof buffer);
    if (size > 0) {
      text.append(buffer, static_cast<std::size_t>(size));
    } else {
      close_and_forget(descriptor);
    }
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string out_text_;
  std::string err_text_;
};

}  // namespace penny::cli
