#pragma once

// The processes of a run, as their supervisor sees them: started by posix_spawn of this program, stopped, killed,
// started again. One thread uses it, which must live as long as the processes do.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <penny/error.hpp>

#include "cli/stress/acknowledgements.hpp"
#include "cli/stress/board.hpp"
#include "cli/stress/script.hpp"

namespace penny::cli::stress {

struct ProcessPlan {
  Role role = Role::kWriter;
  std::uint32_t user = 0;
  Modality modality = Modality::kChat;
  std::uint32_t threads = 1;
};

struct CrewPlan {
  std::string store;
  std::uint64_t seed = 1;
  std::uint32_t scenario = 0;
  std::uint32_t members = 0;
  std::uint32_t observers = 0;
  std::size_t entries_max = 0;  // of one process
  std::vector<ProcessPlan> processes;
  std::vector<std::uint64_t> revs_before;  // one of each user of the script; empty: the store is to be made
};

class Crew {
 public:
  // The script outlives the crew.
  [[nodiscard]] static Result<Crew> make(const CrewPlan& plan, const Script& script);
  Crew(Crew&&) = default;
  Crew& operator=(Crew&&) = delete;
  ~Crew();  // kills what is left

  [[nodiscard]] const Board& board() const { return board_; }
  [[nodiscard]] std::size_t size() const { return pids_.size(); }

  // Spawns all and waits until each has opened the store.
  [[nodiscard]] Result<void> start(std::chrono::milliseconds deadline);

  // Lets all begin at once, and notes the time.
  void go();

  // Spawns a process (again).
  [[nodiscard]] Result<void> spawn(std::size_t process);

  // Nothing if it is not running.
  [[nodiscard]] std::optional<pid_t> pid(std::size_t process) const;
  [[nodiscard]] std::optional<std::size_t> process_of(pid_t pid) const;

  // Stops (SIGSTOP) and blocks until the process stands still; false if it ended instead.
  [[nodiscard]] bool freeze(std::size_t process);
  void thaw(std::size_t process);
  // Kills it (SIGKILL) and blocks until it is gone.
  void kill(std::size_t process);

  // Takes note of processes that ended by themselves. True if one of them failed.
  bool reap();
  [[nodiscard]] bool has_failed() const { return has_failed_; }

  // Waits until every process of these roles has ended; what has not by then is killed, which is a failure.
  bool wait(bool (*is_meant)(Role), std::chrono::milliseconds deadline);

  // Writes the logs of all processes and of the users into the folder, which is made.
  [[nodiscard]] Result<void> write_logs(const std::filesystem::path& folder) const;

  // The first error that a process noted, or nothing.
  [[nodiscard]] std::optional<std::string> message() const;

 private:
  Crew(Board board, const Script& script) : board_(std::move(board)), script_(&script) {}
  void note_end(std::size_t process, int status);

  Board board_;
  const Script* script_;
  std::vector<pid_t> pids_;                 // 0: not running
  std::vector<WriterLog> writer_logs_;      // in order of the processes that write
  std::vector<ObserverLog> observer_logs_;  // in order of the observers, which come after them
  bool has_failed_ = false;
  bool is_fresh_ = true;
};

}  // namespace penny::cli::stress
