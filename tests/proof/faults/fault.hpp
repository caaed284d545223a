#pragma once

// The table of faults: what fails, how, and what the store may answer then. A new fault is a line in fault.cpp.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proof/faults/strike.hpp"

namespace penny::proof::faults {

// How the fault comes about.
enum class Means : std::uint8_t {
  kBlow,         // the n-th call fails
  kDescriptors,  // RLIMIT_NOFILE: the n-th descriptor from now on cannot be had, by whomever
  kRoom,         // the disk is full as soon as a file grows beyond the log's present size and n times 4 KiB
  kFileSize,     // RLIMIT_FSIZE: no file grows beyond the log's present size and n KiB
};

// What the design promises for it.
enum class Manner : std::uint8_t {
  kUnnoticed,  // it has to be as if nothing had happened
  kSpace,      // each request runs once more, alone; never unknown; reads go on
  kMemory,     // each request runs once more, alone; never unknown
  kWriting,    // unknown if it met COMMIT, and then no more writing; reads go on
  kSync,       // no more writing, wherever it was; reads go on
  kAccess,     // unknown if it met COMMIT; it may be answered as a want of permission, for SQLite does not tell more
  kLock,       // as a lock that somebody else holds, until the deadline
  kShmSpace,   // as kOther, or as a want of space: shared memory that cannot grow has no other reason
  kMedium,     // as kOther, or as damage: to SQLite a sector that cannot be read is that
  kOther,      // unknown if it met COMMIT
  kLie,        // the end of a file where there is none: it may be answered as damage, and a read may believe it
};

struct Fault {
  std::string_view name;
  Means means = Means::kBlow;
  Manner manner = Manner::kOther;
  Blow blow{};
  std::uint64_t times_at_most = kForEver;  // "for ever" is this often
};

[[nodiscard]] const std::vector<Fault>& faults();
[[nodiscard]] const Fault* find_fault(std::string_view name);

// One blow of the sweep: the n-th call (or the n-th step of a limit), once or for ever.
struct Stroke {
  const Fault* fault = nullptr;
  std::uint64_t nth = 1;
  bool is_for_ever = false;
};

// Limits have a fixed number of steps, and are for ever. 0: as many as there are calls.
[[nodiscard]] std::uint64_t steps_of(const Fault& fault);
[[nodiscard]] Blow blow_of(const Stroke& stroke);

// While it lives the fault is in force. `log`: the store's write-ahead log.
class InForce {
 public:
  explicit InForce(const std::vector<Stroke>& strokes, const std::string& log);
  ~InForce();  // lifts it
  InForce(const InForce&) = delete;
  InForce& operator=(const InForce&) = delete;
  void lift();

 private:
  int resource_ = -1;  // whose limit was lowered
  unsigned long limit_before_ = 0;
};

}  // namespace penny::proof::faults
