// What is in force is asked inside a real sandbox, from the kernel: not what was asked for.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <fmt/core.h>

#include "tools/sandbox.hpp"
#include "tools/sandbox_command.hpp"

namespace penny::tools {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::milliseconds kPatience{2'500};

constexpr std::array kNamespaces{"user", "pid", "ipc", "uts", "mnt", "cgroup", "net"};

// What stands behind `name` in the line that begins with it, without spaces around it.
std::string_view line_of(std::string_view text, std::string_view name) {
  std::size_t place = text.find(name);
  while (place != std::string_view::npos && place > 0 && text[place - 1] != '\n') place = text.find(name, place + 1);
  if (place == std::string_view::npos) return {};
  std::string_view line = text.substr(place + name.size());
  line = line.substr(0, line.find('\n'));
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

std::string_view first_word(std::string_view line) { return line.substr(0, line.find_first_of(" \t")); }

// The options of what is mounted there, as mount(8) writes them.
std::string_view mount_options(std::string_view mounts, std::string_view folder) {
  const std::string mark = fmt::format(" {} ", folder);
  const std::size_t place = mounts.find(mark);
  if (place == std::string_view::npos) return {};
  std::string_view rest = mounts.substr(place + mark.size());
  rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  return first_word(rest);
}

Result<std::string> ask(std::vector<std::string> command, SandboxLimits limits) {
  limits.output_bytes = std::max<std::uint64_t>(limits.output_bytes, 64U << 10U);
  limits.error_bytes = std::max<std::uint64_t>(limits.error_bytes, 4U << 10U);
  auto result = run_program({.command = std::move(command), .environment = {}, .readable_paths = {}}, {}, limits,
                            std::chrono::steady_clock::now() + kPatience, CancelToken());
  if (!result) return std::unexpected(result.error());
  if (result->end == ProgramEnd::kExit && result->code == 0) return std::move(result->output);
  return std::unexpected(Error{.code = ErrorCode::kOverloaded,
                               .message = fmt::format("a look into the sandbox ended by {} {}: {}",
                                                      to_string(result->end), result->code, result->errors),
                               .advice = "raise the limits, or try again on a quieter machine",
                               .field = {}});
}

void add_namespaces(std::string_view links, bool has_network, SandboxReport& report) {
  for (const char* name : kNamespaces) {
    std::error_code ignored;
    const std::string ours = fs::read_symlink(fmt::format("/proc/self/ns/{}", name), ignored).string();
    const std::string_view theirs = first_word(line_of(links, fmt::format("{}:", name)));
    const bool is_own = !ours.empty() && !theirs.empty() && ours != fmt::format("{}:{}", name, theirs);
    std::string value = is_own ? "of its own" : "shared with this system";
    if (std::string_view(name) == "net" && has_network) value += ", as allowed";
    report.measures.push_back(
        {.name = fmt::format("{} namespace", name), .is_in_force = is_own, .value = std::move(value)});
  }
}

void add_rights(std::string_view said, SandboxReport& report) {
  const auto add = [&](std::string name, bool is_in_force, std::string value) {
    report.measures.push_back({.name = std::move(name), .is_in_force = is_in_force, .value = std::move(value)});
  };
  const bool is_root = ::geteuid() == 0;
  add("unprivileged user", first_word(line_of(said, "Uid:")) != "0",
      is_root ? fmt::format("one for each run, from {}", kSandboxUserFirst) : "this user, in a namespace of users");
  const auto has_none = [&](std::string_view name) {
    const std::string_view set = first_word(line_of(said, name));
    return !set.empty() && set.find_first_not_of('0') == std::string_view::npos;
  };
  add("no capabilities", has_none("CapEff:") && has_none("CapPrm:") && has_none("CapBnd:"),
      std::string(first_word(line_of(said, "CapBnd:"))));
  add("no new privileges", first_word(line_of(said, "NoNewPrivs:")) == "1",
      std::string(first_word(line_of(said, "NoNewPrivs:"))));
  add("system call filter", first_word(line_of(said, "Seccomp:")) == "2",
      fmt::format("{} in force", first_word(line_of(said, "Seccomp_filters:"))));
  const auto is_read_only = [&](std::string_view folder) { return mount_options(said, folder).starts_with("ro,"); };
  add("read-only system", is_read_only("/") && is_read_only("/usr") && is_read_only("/dev"), "/, /usr, /dev");
}

void add_limits(std::string_view said, const SandboxLimits& limits, SandboxReport& report) {
  const auto add = [&](std::string name, std::string_view line, std::uint64_t limit, std::string_view unit) {
    const std::string_view found = first_word(line_of(said, line));
    report.measures.push_back({.name = std::move(name),
                               .is_in_force = found == fmt::format("{}", limit),
                               .value = fmt::format("{} {}", found, unit)});
  };
  add("memory of a process", "Max address space", limits.memory_bytes, "bytes");
  add("processes and threads", "Max processes", limits.processes, "");
  add("open files of a process", "Max open files", limits.open_files, "");
  add("size of a file", "Max file size", limits.file_bytes, "bytes");
  add("CPU of a process", "Max cpu time", limits.cpu_seconds, "seconds");
  add("stack", "Max stack size", limits.stack_bytes, "bytes");
  add("no core files", "Max core file size", 0, "bytes");
  const std::string_view scratch = mount_options(said, "/tmp");
  for (const std::string_view option : {"size=", "nr_inodes="}) {
    const std::size_t found = scratch.find(option);
    const bool is_there = found != std::string_view::npos;
    const std::string_view rest = is_there ? scratch.substr(found + option.size()) : "no limit";
    report.measures.push_back({.name = option == "size=" ? "size of /tmp" : "files in /tmp",
                               .is_in_force = is_there,
                               .value = std::string(rest.substr(0, rest.find(',')))});
  }
  report.measures.push_back(
      {.name = "memory of all processes together",
       .is_in_force = false,
       .value = fmt::format("no limit but {} x {} bytes", limits.processes, limits.memory_bytes)});
}

}  // namespace

SandboxReport describe_sandbox(const SandboxLimits& limits) {
  SandboxReport report;
  const auto said = ask({"cat", "/proc/self/status", "/proc/self/limits", "/proc/self/mounts"}, limits);
  std::vector<std::string> links{"readlink"};
  for (const char* name : kNamespaces) links.push_back(fmt::format("/proc/self/ns/{}", name));
  const auto linked = said ? ask(std::move(links), limits) : said;
  if (!linked) {
    report.problem = fmt::format("{}; {}", linked.error().message, linked.error().advice);
    return report;
  }
  report.is_usable = true;
  add_rights(*said, report);
  add_namespaces(*linked, limits.has_network, report);
  add_limits(*said, limits, report);
  return report;
}

}  // namespace penny::tools
