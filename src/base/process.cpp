#include "base/process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace penny::base {
namespace {

// A file of /proc, which is short and never blocks. Empty if it cannot be read.
std::string read_proc(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::string text;
  std::array<char, 1024> part;
  for (;;) {
    const ssize_t got = ::read(file, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  ::close(file);
  return text;
}

// Word number `index`, counted from 0, of words between single spaces.
std::string_view word(std::string_view text, std::size_t index) {
  for (; index > 0; --index) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {};
    text.remove_prefix(space + 1);
  }
  return text.substr(0, text.find(' '));
}

std::optional<ProcessStat> parse_stat(std::string_view text) {
  // pid (command) state ...: the command may hold spaces and parentheses itself, so its end is the last one.
  const std::size_t begin = text.find('(');
  const std::size_t end = text.rfind(") ");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return std::nullopt;
  const std::string_view fields = text.substr(end + 2);
  constexpr std::size_t kState = 0;
  constexpr std::size_t kStartTime = 19;
  ProcessStat stat;
  stat.command = text.substr(begin + 1, end - begin - 1);
  stat.state = word(fields, kState);
  const std::string_view start = word(fields, kStartTime);
  const auto read = std::from_chars(start.data(), start.data() + start.size(), stat.start_time);
  if (read.ec != std::errc{} || stat.state.empty()) return std::nullopt;
  return stat;
}

}  // namespace

std::string boot_id() {
  std::string id = read_proc("/proc/sys/kernel/random/boot_id");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

std::optional<ProcessStat> process_stat(pid_t pid) {
  return parse_stat(read_proc("/proc/" + std::to_string(pid) + "/stat"));
}

std::uint64_t own_start_time() {
  const auto stat = parse_stat(read_proc("/proc/self/stat"));
  return stat ? stat->start_time : 0;
}

}  // namespace penny::base
