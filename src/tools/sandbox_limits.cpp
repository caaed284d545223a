#include "tools/sandbox_limits.hpp"

#include <array>
#include <string_view>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::tools {
namespace {

constexpr std::uint64_t kKilobyte = 1U << 10U;
constexpr std::uint64_t kMegabyte = 1U << 20U;
constexpr std::uint64_t kGigabyte = 1U << 30U;

struct Range {
  std::string_view name;
  std::uint64_t value;
  std::uint64_t smallest;
  std::uint64_t largest;
};

}  // namespace

Result<void> check_limits(const SandboxLimits& limits) {
  const std::array ranges{
      Range{"memory_bytes", limits.memory_bytes, 16 * kMegabyte, 64 * kGigabyte},
      // The shell that waits and the program are two.
      Range{"processes", limits.processes, 2, 4'096},
      Range{"open_files", limits.open_files, 8, 4'096},
      Range{"file_bytes", limits.file_bytes, 0, 64 * kGigabyte},
      // A file system of 0 bytes would be one without a limit.
      Range{"scratch_bytes", limits.scratch_bytes, 4 * kKilobyte, 16 * kGigabyte},
      // 0 would be none too. Many make its end slow: the kernel frees them before the last process counts as gone.
      Range{"scratch_files", limits.scratch_files, 8, 65'536},
      Range{"stack_bytes", limits.stack_bytes, 128 * kKilobyte, kGigabyte},
      Range{"cpu_seconds", limits.cpu_seconds, 1, std::uint64_t{24} * 3'600},
      Range{"output_bytes", limits.output_bytes, 0, 64 * kMegabyte},
      Range{"error_bytes", limits.error_bytes, 0, 64 * kMegabyte},
  };
  for (const Range& range : ranges) {
    if (range.value >= range.smallest && range.value <= range.largest) continue;
    return base::fail(
        ErrorCode::kInvalid,
        fmt::format("{} is {}; it must be {} to {}", range.name, range.value, range.smallest, range.largest),
        "set it within that range", "limits");
  }
  return {};
}

std::vector<std::string> prlimit_options(const SandboxLimits& limits) {
  const auto option = [](std::string_view name, std::uint64_t value) {
    return fmt::format("--{}={}:{}", name, value, value);
  };
  std::vector<std::string> options;
  if (!base::proof::is_planted("sandbox_without_memory_limit")) options.push_back(option("as", limits.memory_bytes));
  if (!base::proof::is_planted("sandbox_without_process_limit")) options.push_back(option("nproc", limits.processes));
  if (!base::proof::is_planted("sandbox_without_file_limit")) options.push_back(option("fsize", limits.file_bytes));
  options.push_back(option("cpu", limits.cpu_seconds));
  options.push_back(option("nofile", limits.open_files));
  options.push_back(option("stack", limits.stack_bytes));
  options.push_back(option("core", 0));
  // Messages of the kernel's queues and locked pages count as nobody's memory.
  options.push_back(option("msgqueue", 0));
  options.push_back(option("memlock", 0));
  return options;
}

}  // namespace penny::tools
