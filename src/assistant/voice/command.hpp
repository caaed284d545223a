#pragma once

// Commands that the user's own configuration names: a recogniser, a voice, a microphone, a player. They run as the user, without a
// sandbox, and without a shell.

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <penny/cancel.hpp>
#include <penny/error.hpp>

#include "base/clock.hpp"
#include "tools/descriptor.hpp"

namespace penny::assistant {

// A command that runs, in a process group of its own: with its end here all of that group is killed.
class Command {
 public:
  // Its first word is looked for in PATH. The descriptors become its standard input and output; the last of its errors are kept. Error:
  // `kNotFound` with `field` "command".
  [[nodiscard]] static Result<Command> start(std::vector<std::string> words, const tools::Descriptor& input,
                                             const tools::Descriptor& output);
  ~Command();
  Command(Command&& other) noexcept;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  Command& operator=(Command&&) = delete;

  // Readable when it has ended.
  [[nodiscard]] int descriptor() const { return process_.get(); }

  // Readable when it complains: whoever waits for the command then calls `hear_complaints`, or it waits for that. Does not block.
  [[nodiscard]] int complaints() const { return errors_.get(); }
  void hear_complaints();

  // Once it has ended: nothing, if it says that all is well, else the error with its exit code and its last words.
  [[nodiscard]] Result<void> outcome();

 private:
  Command(std::string name, pid_t id, tools::Descriptor process, tools::Descriptor errors);

  std::string name_;
  pid_t id_;  // and of its group; -1 when it was waited for
  tools::Descriptor process_;
  tools::Descriptor errors_;  // a pipe, so that a command that complains without end fills no memory
  std::string last_words_;
};

// Bytes in a file in memory: what a command reads leaves no trace on the disk. Not open if there is no memory.
[[nodiscard]] tools::Descriptor file_in_memory(std::string_view bytes);

// Runs it to its end, with `input` on its standard input, and gives what it printed. Both are files in memory, and so a command that
// wants a file's name is given "/dev/stdin" or "/dev/stdout". Blocks. Errors: `kNotFound` with `field` "command" if it cannot be
// started, fails, or prints more than `output_bytes_max`; `kDeadlineExceeded` and `kStopped`: it was killed.
[[nodiscard]] Result<std::string> run_command(std::vector<std::string> words, std::string_view input,
                                              std::size_t output_bytes_max, base::Instant deadline,
                                              const CancelToken& cancel);

}  // namespace penny::assistant
