#include "proof/plants/layer.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ranges>
#include <stdexcept>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "support/until.hpp"

namespace penny::proof::plants {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

std::string whole_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> environment_with(const std::string& temporary_folder, std::string_view plant) {
  std::vector<std::string> all;
  for (char** one = environ; *one != nullptr; ++one) {
    if (!std::string_view(*one).starts_with("TMPDIR=")) all.emplace_back(*one);
  }
  all.push_back("TMPDIR=" + temporary_folder);
  if (!plant.empty()) all.push_back(fmt::format("PENNY_PLANT={}", plant));
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Leads a process group of its own, with its output in files of the folder.
pid_t start(const std::string& program, std::vector<std::string> arguments, std::string_view plant,
            const std::string& folder) {
  std::vector<std::string> variables = environment_with(folder, plant);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (folder + "/out").c_str(), kFlags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (folder + "/err").c_str(), kFlags, 0600);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program.c_str(), &actions, &attributes, pointers_to(arguments).data(),
                                pointers_to(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("a layer cannot be started");
  return pid;
}

// What it said of its claims. False: it said nothing that can be read.
bool take_report(const std::string& said, LayerRun& run) {
  boost::system::error_code error;
  const boost::json::value report = boost::json::parse(said, error);
  if (error || !report.is_object() || !report.as_object().contains("claims")) return false;
  for (const boost::json::value& claim : report.at("claims").as_array()) {
    if (claim.at("holds").as_bool()) continue;
    if (run.red.empty()) run.witness = claim.at("witness").as_string().c_str();
    run.red.emplace_back(claim.at("claim").as_string().c_str());
  }
  if (run.red.empty() && !report.at("is_green").as_bool()) run.red.emplace_back("nothing was checked");
  return true;
}

std::string last_words(const std::string& folder) {
  constexpr std::size_t kShownMax = 200;
  std::string said = whole_file(folder + "/err");
  if (said.size() > kShownMax) said.erase(0, said.size() - kShownMax);
  return said;
}

// Its report is taken by `take`, which says whether there was one.
template <class Take>
LayerRun run_process(std::string_view name, const std::string& program, std::vector<std::string> arguments,
                     std::string_view plant, const std::string& folder, milliseconds limit, Take take) {
  std::filesystem::create_directories(folder);
  const auto began = Clock::now();
  const pid_t pid = start(program, std::move(arguments), plant, folder);
  int status = 0;
  const bool has_ended = test::until([&] { return waitpid(pid, &status, WNOHANG) == pid; }, limit, milliseconds(5));
  (void)kill(-pid, SIGKILL);  // what it left behind, too
  if (!has_ended) (void)waitpid(pid, &status, 0);

  LayerRun run;
  run.took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
  if (!has_ended) {
    run.red.push_back(fmt::format("{} comes to its end", name));
    run.witness = fmt::format("not within {} s", limit.count() / 1000);
  } else if (!WIFEXITED(status)) {
    run.red.push_back(fmt::format("{} does not crash", name));
    run.witness = fmt::format("signal {}; {}", WTERMSIG(status), last_words(folder));
  } else if (!take(whole_file(folder + "/out"), run)) {
    run.red.push_back(fmt::format("{} can be run to its report", name));
    run.witness = last_words(folder);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return run;
}

// What GoogleTest said: each failed test is named in the end.
bool take_failed_tests(const std::string& said, LayerRun& run) {
  constexpr std::string_view kFailed = "[  FAILED  ] ";
  if (said.find("[  PASSED  ]") == std::string::npos) return false;
  for (std::size_t at = said.find(kFailed); at != std::string::npos; at = said.find(kFailed, at + 1)) {
    const std::size_t name = at + kFailed.size();
    const std::string test = said.substr(name, said.find_first_of(" ,\n", name) - name);
    if (test.find('.') != std::string::npos && std::ranges::find(run.red, test) == run.red.end())
      run.red.push_back(test);
  }
  return true;
}

std::string tests_program() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "penny_proof_tests").string();
}

}  // namespace

LayerRun run_layer(std::string_view part, std::string_view plant, std::uint64_t seed, const std::string& folder,
                   milliseconds limit) {
  // The plant comes by the environment, as it does to the processes of every part.
  return run_process(part, "/proc/self/exe",
                     {"penny_proof", std::string(part), "--scale", "short", "--seed", std::to_string(seed), "--json"},
                     plant, folder, limit, take_report);
}

bool are_tests_there() { return access(tests_program().c_str(), X_OK) == 0; }

std::vector<std::string> patterns_without_tests(std::string_view filter, const std::string& folder) {
  std::vector<std::string> without;
  for (const auto part : std::views::split(filter, ':')) {
    const std::string pattern(part.begin(), part.end());
    bool has_tests = false;
    const auto take = [&](const std::string& said, LayerRun&) {
      has_tests = said.find("\n  ") != std::string::npos;  // GoogleTest indents the tests of a suite
      return true;
    };
    (void)run_process("unit tests", tests_program(),
                      {"penny_proof_tests", "--gtest_list_tests", fmt::format("--gtest_filter={}", pattern)}, "",
                      folder, milliseconds(30'000), take);
    if (!has_tests) without.push_back(pattern);
  }
  return without;
}

LayerRun run_tests(std::string_view filter, std::string_view plant, const std::string& folder, milliseconds limit) {
  return run_process("unit tests", tests_program(), {"penny_proof_tests", fmt::format("--gtest_filter={}", filter)},
                     plant, folder, limit, take_failed_tests);
}

}  // namespace penny::proof::plants
