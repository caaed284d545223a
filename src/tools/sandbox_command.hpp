#pragma once

// The words with which bubblewrap is started.
//
// As root it is started by setpriv(1) as a user that nobody else is: 2^30 + the id of the calling thread, which runs one program at a time. So
// that user's processes are those of one sandbox, and no file of the system belongs to it. A kernel that counts processes by user namespace
// (5.14 and later) counts them for an ordinary user too, whose other processes do not matter then.
//
// Before bubblewrap, unshare(1) makes a namespace of users and one of mounts, in which mount(8) makes the file system that will be /tmp inside:
// bubblewrap can limit the bytes of one, not its files, and 310,000 empty files held the end of a tree up for more than 200 ms. It is mounted over /sys,
// which always exists, and of which nothing is lent to a program.
//
// Inside, /bin/sh is process 1. It waits for a line on descriptor 3 before it begins anything, and ends if that is closed instead: so
// nothing runs whose end is not watched, also when the caller dies meanwhile. It collects orphans, and its end is the end of all. The limits are set
// by prlimit(1) there: inside the user namespace, where they count the sandbox's own processes only.

#include <string>
#include <vector>

#include "tools/sandbox.hpp"

namespace penny::tools {

// Descriptors of the started program, besides 0 to 2.
inline constexpr int kGateDescriptor = 3;
inline constexpr int kOptionsDescriptor = 4;
inline constexpr int kStatusDescriptor = 5;
inline constexpr int kFilterDescriptor = 6;

// Users of sandboxes, as root. Ids of threads are below 2^22.
inline constexpr std::uint32_t kSandboxUserFirst = 1U << 30U;

struct SandboxCommand {
  std::vector<std::string> words;  // of execve(2); the first is an absolute path
  std::string
      options;  // for `--args`, each ended by a zero byte. Not among the words: those are for every user to see, and
                // the values of variables are not.
};

// Of the calling thread. Errors as of `run_program`.
[[nodiscard]] Result<SandboxCommand> sandbox_command(const Program& program, const SandboxLimits& limits);

// An absolute path of a program of the system. Empty if it is not there.
[[nodiscard]] std::string system_program(std::string_view name);

}  // namespace penny::tools
