#include "bench/machine.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <penny/version.hpp>

#include "bench/shared_page.hpp"
#include "bench/statistics.hpp"

namespace penny::bench {
namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.find(": ") + 2, line.size()));
  }
  return "unknown";
}

// The type of the mount whose path is the longest beginning of ours.
std::string file_system_of(const std::filesystem::path& folder) {
  const std::string path = std::filesystem::canonical(folder).string();
  std::ifstream file("/proc/self/mounts");
  std::string type = "unknown";
  std::size_t longest = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string device;
    std::string point;
    std::string mounted;
    words >> device >> point >> mounted;
    const bool is_ours = point == "/" || path == point || path.starts_with(point + "/");
    if (!is_ours || point.size() < longest) continue;
    longest = point.size();
    type = mounted;
  }
  return type;
}

}  // namespace

Machine describe_machine(const std::filesystem::path& folder) {
  if (sqlite_version() != sqlite3_libversion()) {
    throw std::runtime_error(fmt::format("Penny has SQLite {} and its rivals {}: nothing to compare", sqlite_version(),
                                         sqlite3_libversion()));
  }
  utsname system{};
  uname(&system);
  return {.processor = processor_name(),
          .cores = std::thread::hardware_concurrency(),
          .kernel = fmt::format("{} {}", system.sysname, system.release),
          .file_system = file_system_of(folder),
          .sqlite_version = sqlite3_libversion()};
}

double sync_us(const std::filesystem::path& folder) {
  constexpr std::size_t kBlock = 4096;
  constexpr int kBlocks = 64;
  constexpr int kWrites = 192;
  const std::string path = (folder / "sync").string();
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const auto check = [](bool is_done) {
    if (!is_done) throw std::system_error(errno, std::generic_category(), "writing to the disk");
  };
  check(file >= 0);
  std::array<char, kBlock> block{};
  std::vector<double> times_us;
  for (int write = -kBlocks; write < kWrites; ++write) {
    block.fill(static_cast<char>(write));
    const off_t place = static_cast<off_t>(kBlock) * ((write + kBlocks) % kBlocks);
    const std::uint64_t begin = now_ns();
    check(pwrite(file, block.data(), block.size(), place) == static_cast<ssize_t>(block.size()));
    if (write < 0 && write != -1) continue;
    check(fdatasync(file) == 0);
    if (write >= 0) times_us.push_back(static_cast<double>(now_ns() - begin) / 1e3);
  }
  close(file);
  unlink(path.c_str());
  return median(times_us);
}

}  // namespace penny::bench
