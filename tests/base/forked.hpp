#pragma once

// Runs a piece of a test in a forked child.

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>

namespace penny::base {

// What `body` returned, in a child of this process. The child ends without destructors. Throws if it did not end well.
inline std::string in_forked_child(const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no fork");
  if (child == 0) {
    const std::string answer = body();
    std::size_t written = 0;
    while (written < answer.size()) {
      const ssize_t some = ::write(ends[1], answer.data() + written, answer.size() - written);
      if (some <= 0) ::_exit(1);
      written += static_cast<std::size_t>(some);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string answer;
  char part[4096];
  for (ssize_t some = 0; (some = ::read(ends[0], part, sizeof part)) > 0;) {
    answer.append(part, static_cast<std::size_t>(some));
  }
  ::close(ends[0]);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error("the child did not end well");
  }
  return answer;
}

}  // namespace penny::base
