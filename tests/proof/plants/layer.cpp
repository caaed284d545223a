#include "proof/plants/layer.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
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

std::vector<std::string> environment_with(const std::string& temporary_folder) {
  std::vector<std::string> all;
  for (char** one = environ; *one != nullptr; ++one) {
    if (!std::string_view(*one).starts_with("TMPDIR=")) all.emplace_back(*one);
  }
  all.push_back("TMPDIR=" + temporary_folder);
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Leads a process group of its own, with its output in files of the folder.
pid_t start(std::vector<std::string> arguments, const std::string& folder) {
  std::vector<std::string> variables = environment_with(folder);
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
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, pointers_to(arguments).data(),
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

}  // namespace

LayerRun run_layer(std::string_view part, std::string_view plant, std::uint64_t seed, const std::string& folder,
                   milliseconds limit) {
  std::filesystem::create_directories(folder);
  std::vector<std::string> arguments{"penny_proof", std::string(part),    "--scale", "short",
                                     "--seed",      std::to_string(seed), "--json"};
  if (!plant.empty()) {
    arguments.emplace_back("--plant");
    arguments.emplace_back(plant);
  }
  const auto began = Clock::now();
  const pid_t pid = start(std::move(arguments), folder);
  int status = 0;
  const bool has_ended =
      test::until([&] { return waitpid(pid, &status, WNOHANG) == pid; }, limit, std::chrono::milliseconds(5));
  (void)kill(-pid, SIGKILL);  // what it left behind, too
  if (!has_ended) (void)waitpid(pid, &status, 0);

  LayerRun run;
  run.took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
  if (!has_ended) {
    run.red.push_back(fmt::format("{} comes to its end", part));
    run.witness = fmt::format("not within {} s", limit.count() / 1000);
  } else if (!WIFEXITED(status)) {
    run.red.push_back(fmt::format("{} does not crash", part));
    run.witness = fmt::format("signal {}; {}", WTERMSIG(status), last_words(folder));
  } else if (!take_report(whole_file(folder + "/out"), run)) {
    run.red.push_back(fmt::format("{} can be run to its report", part));
    run.witness = last_words(folder);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return run;
}

}  // namespace penny::proof::plants
