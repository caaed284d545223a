#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace penny::proof::histories {

// A worker of this program. Killed when it is destroyed.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  void signal(int number) const;
  // Kills it and waits for its end: afterwards nothing of it is under way.
  void kill();
  // Its exit status as waitpid(2) gives it, once it has ended.
  std::optional<int> ended();
  int wait();
  [[nodiscard]] bool is_running() const { return pid_ > 0; }

 private:
  pid_t pid_ = -1;
};

}  // namespace penny::proof::histories
