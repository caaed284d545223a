#include "bench/load_meter.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace penny::bench {
namespace {

constexpr std::uint64_t kParentOfKernelThreads = 2;

// A file of /proc has no size to ask for. Empty if it is gone.
std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t size = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, size));
    line.remove_prefix(size);
  }
}

std::optional<std::uint64_t> number_of(std::string_view word) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

double ours_seconds() {
  double seconds = 0;
  for (const int whose : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(whose, &usage);
    for (const timeval& part : {usage.ru_utime, usage.ru_stime}) {
      seconds += static_cast<double>(part.tv_sec) + static_cast<double>(part.tv_usec) / 1e6;
    }
  }
  return seconds;
}

bool is_process(const std::filesystem::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  return std::ranges::all_of(name, [](unsigned char letter) { return std::isdigit(letter) != 0; });
}

}  // namespace

std::optional<double> machine_seconds(std::string_view proc_stat, double ticks_per_second) {
  // cpu user nice system idle iowait irq softirq steal guest guest_nice; a guest's time is part of the user's.
  const auto words = words_of(proc_stat.substr(0, proc_stat.find('\n')));
  if (words.size() < 9 || words[0] != "cpu") return std::nullopt;
  std::uint64_t ticks = 0;
  for (const std::size_t column : {1U, 2U, 3U, 6U, 7U, 8U}) {
    const auto number = number_of(words[column]);
    if (!number) return std::nullopt;
    ticks += *number;
  }
  return static_cast<double>(ticks) / ticks_per_second;
}

std::optional<double> kernel_thread_seconds(std::string_view process_stat, double ticks_per_second) {
  // PID (COMMAND) STATE PARENT ... ; the command may hold anything, also blanks and brackets.
  const std::size_t end_of_command = process_stat.rfind(')');
  if (end_of_command == std::string_view::npos) return std::nullopt;
  const auto words = words_of(process_stat.substr(end_of_command + 1));
  if (words.size() < 13 || number_of(words[1]) != kParentOfKernelThreads) return std::nullopt;
  const auto user = number_of(words[11]);
  const auto system = number_of(words[12]);
  if (!user || !system) return std::nullopt;
  return static_cast<double>(*user + *system) / ticks_per_second;
}

CpuReading read_cpu() {
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  CpuReading reading{.at = std::chrono::steady_clock::now(), .ours = ours_seconds()};
  const auto machine = machine_seconds(contents_of("/proc/stat"), ticks_per_second);
  if (!machine) throw std::runtime_error("/proc/stat does not begin with the line \"cpu\": no way to see other load");
  reading.machine = *machine;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    if (!is_process(entry)) continue;
    reading.kernel_threads += kernel_thread_seconds(contents_of(entry.path() / "stat"), ticks_per_second).value_or(0);
  }
  return reading;
}

double cores_of_others(const CpuReading& begin, const CpuReading& end) {
  const double elapsed = std::chrono::duration<double>(end.at - begin.at).count();
  if (elapsed <= 0) return 0;
  // A kernel thread that ended meanwhile takes its seconds along.
  const double kernel_threads = std::max(0.0, end.kernel_threads - begin.kernel_threads);
  const double others = end.machine - begin.machine - (end.ours - begin.ours) - kernel_threads;
  return std::max(0.0, others / elapsed);
}

}  // namespace penny::bench
