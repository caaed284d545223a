#include "tools/sandbox_command.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/proof.hpp"
#include "tools/sandbox_limits.hpp"

namespace penny::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWordsMax = 256;
constexpr std::size_t kWordBytesMax = std::size_t{64} << 10U;

// What a program may want of /etc, none of it secret. Those of the second list only matter to one that uses the network.
constexpr std::array kSystemFiles{"/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"};
constexpr std::array kNetworkFiles{"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl/certs"};

// Folders of which nothing is lent: they hold processes, devices and sockets, not files.
constexpr std::array kNeverReadable{"/proc", "/sys", "/dev", "/run"};

constexpr std::string_view kGate =
    "read -r go <&3 && exec 3<&- && \"$@\"\n"
    "exit $?";

// The words behind it are the options of mount, then bubblewrap.
constexpr std::string_view kScratch = "mount -t tmpfs -o \"$0\" none /sys && exec \"$@\"";

class Options {
 public:
  void add(std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) {
      text_ += word;
      text_ += '\0';
    }
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

bool is_text(std::string_view word) {
  return word.size() <= kWordBytesMax && word.find('\0') == std::string_view::npos;
}

std::unexpected<Error> refuse(std::string message, std::string advice, std::string field) {
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), std::move(field));
}

bool is_within(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

// Where the first word is found; nothing is looked for in PATH, which belongs to the caller.
Result<std::string> resolved(const std::string& word) {
  std::string path = word.starts_with('/') ? word : system_program(word);
  if (path.empty() || ::access(path.c_str(), X_OK) != 0 || fs::is_directory(path)) {
    return refuse(fmt::format("there is no program \"{}\"", word),
                  "name an executable file by its absolute path, or one of /usr/local/bin, /usr/bin or /bin",
                  "command");
  }
  return path;
}

Result<void> check_words(const Program& program) {
  if (program.command.empty() || program.command.front().empty())
    return refuse("the command is empty", "name a program", "command");
  if (program.command.size() > kWordsMax || !std::ranges::all_of(program.command, is_text)) {
    return refuse(fmt::format("the command has more than {} words, or a word has more than {} bytes or a zero byte",
                              kWordsMax, kWordBytesMax),
                  "hand what is long to the program as its input", "command");
  }
  return {};
}

Result<void> add_environment(const Program& program, Options& options) {
  if (!base::proof::is_planted("environment_inherited_by_programs")) options.add({"--clearenv"});
  options.add({"--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin"});
  options.add({"--setenv", "LANG", "C.UTF-8"});
  options.add({"--setenv", "HOME", "/tmp"});
  for (const std::string& name : program.environment) {
    if (name.empty() || name.find('=') != std::string::npos || !is_text(name) || name.starts_with("LD_")) {
      return refuse(fmt::format("\"{}\" is no name of a variable that a program may get", name),
                    "name variables without = that do not begin with LD_", "environment");
    }
    const char* value = std::getenv(name.c_str());
    if (value != nullptr) options.add({"--setenv", name, value});
  }
  return {};
}

// On a merged system /bin and its kind are links into /usr.
void add_system(bool has_network, Options& options) {
  options.add({"--ro-bind", "/usr", "/usr"});
  for (const std::string folder : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    std::error_code ignored;
    if (fs::is_symlink(folder, ignored)) {
      options.add({"--symlink", fs::read_symlink(folder, ignored).string(), folder});
    } else if (fs::is_directory(folder, ignored)) {
      options.add({"--ro-bind", folder, folder});
    }
  }
  for (const char* file : kSystemFiles) options.add({"--ro-bind-try", file, file});
  if (!has_network) return;
  for (const char* file : kNetworkFiles) options.add({"--ro-bind-try", file, file});
}

Result<void> add_readable_paths(const Program& program, Options& options) {
  for (const std::string& path : program.readable_paths) {
    std::error_code wrong;
    const std::string real = is_text(path) && path.starts_with('/') ? fs::canonical(path, wrong).string() : "";
    if (real.empty() || wrong) {
      return refuse(fmt::format("\"{}\" is no absolute path of a file or folder", path),
                    "name what is there by its absolute path", "readable_paths");
    }
    if (real == "/" ||
        std::ranges::any_of(kNeverReadable, [&](const char* folder) { return is_within(real, folder); })) {
      return refuse(fmt::format("\"{}\" cannot be lent to a program", path),
                    "name the folder that it needs, not the whole system", "readable_paths");
    }
    options.add({"--ro-bind", real, path});
  }
  return {};
}

void add_isolation(const SandboxLimits& limits, Options& options) {
  options.add({"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup"});
  if (!limits.has_network && !base::proof::is_planted("sandbox_with_network")) options.add({"--unshare-net"});
  options.add({"--disable-userns", "--uid", "65534", "--gid", "65534", "--hostname", "sandbox"});
  options.add({"--as-pid-1", "--new-session", "--cap-drop", "ALL"});
  if (!base::proof::is_planted("sandbox_outlives_its_caller")) options.add({"--die-with-parent"});
  options.add({"--json-status-fd", fmt::format("{}", kStatusDescriptor)});
  options.add({"--seccomp", fmt::format("{}", kFilterDescriptor)});
}

// The words before bubblewrap's own. Only root can change to another user, and only root must.
Result<std::vector<std::string>> as_nobody() {
  if (::geteuid() != 0) return std::vector<std::string>();
  const std::string setpriv = system_program("setpriv");
  if (setpriv.empty()) {
    return base::fail(ErrorCode::kNotFound, "setpriv is missing, and no program is run as root",
                      "install util-linux, or run Penny as an ordinary user");
  }
  const std::string user = fmt::format("{}", kSandboxUserFirst + static_cast<std::uint32_t>(::gettid()));
  return std::vector<std::string>{setpriv, "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs"};
}

}  // namespace

std::string system_program(std::string_view name) {
  if (name.empty() || name.find('/') != std::string_view::npos) return {};
  for (const char* folder : {"/usr/local/bin", "/usr/bin", "/bin"}) {
    std::string path = fmt::format("{}/{}", folder, name);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

Result<SandboxCommand> sandbox_command(const Program& program, const SandboxLimits& limits) {
  if (auto right = check_words(program); !right) return std::unexpected(right.error());
  if (auto right = check_limits(limits); !right) return std::unexpected(right.error());
  const auto path = resolved(program.command.front());
  if (!path) return std::unexpected(path.error());
  for (const std::string_view needed : {"bwrap", "prlimit", "unshare", "mount", "sh"}) {
    if (!system_program(needed).empty()) continue;
    return base::fail(ErrorCode::kNotFound,
                      fmt::format("{} is missing, and no program is run without a sandbox", needed),
                      "install the packages bubblewrap, util-linux and mount");
  }

  Options options;
  add_isolation(limits, options);
  add_system(limits.has_network, options);
  options.add({"--proc", "/proc", "--dev", "/dev", "--bind", "/sys", "/tmp"});
  // After /tmp, or it would hide what is there.
  if (auto added = add_readable_paths(program, options); !added) return std::unexpected(added.error());
  options.add({"--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"});
  if (auto added = add_environment(program, options); !added) return std::unexpected(added.error());

  auto words = as_nobody();
  if (!words) return std::unexpected(words.error());
  const auto add = [&](std::initializer_list<std::string> more) { words->insert(words->end(), more); };
  add({system_program("unshare"), "--user", "--map-root-user", "--mount", "--", system_program("sh"), "-c",
       std::string(kScratch)});
  add({fmt::format("size={},nr_inodes={},mode=0700,nosuid,nodev", limits.scratch_bytes, limits.scratch_files)});
  add({system_program("bwrap"), "--args", fmt::format("{}", kOptionsDescriptor), "--"});
  add({"/bin/sh", "-c", std::string(kGate), "sandbox", system_program("prlimit")});
  std::ranges::move(prlimit_options(limits), std::back_inserter(*words));
  add({"--", *path});
  words->insert(words->end(), program.command.begin() + 1, program.command.end());
  return SandboxCommand{.words = std::move(*words), .options = options.take()};
}

}  // namespace penny::tools
