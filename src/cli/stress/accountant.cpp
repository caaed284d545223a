#include "cli/stress/accountant.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/core.h>

namespace penny::cli::stress {
namespace {

constexpr const char* kProgram = "penny-account";

std::unexpected<Error> failed(const std::string& message) {
  return std::unexpected(Error{.code = ErrorCode::kStorageFailed,
                               .message = message,
                               .advice = "penny-account must stand beside penny or on the path.",
                               .field = {}});
}

std::string program_path() {
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / kProgram;
  return std::filesystem::exists(beside, error) ? beside.string() : std::string(kProgram);
}

Result<std::string> run(const std::string& store, const std::string& log) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return failed(fmt::format("no pipe: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string program = program_path();
  std::string option = "--json";
  std::string store_argument = store;
  std::string log_argument = log;
  const std::array<char*, 5> arguments{program.data(), option.data(), store_argument.data(), log_argument.data(),
                                       nullptr};
  pid_t pid = 0;
  const int code = posix_spawnp(&pid, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string output;
  std::array<char, 4096> buffer{};
  while (code == 0) {
    const ssize_t count = read(ends[0], buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);
  if (code != 0) return failed(fmt::format("cannot start {}: {}", program, std::strerror(code)));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) return failed(fmt::format("{} failed", program));
  return output;
}

std::uint64_t number(const boost::json::object& object, std::string_view name) {
  return object.at(name).to_number<std::uint64_t>();
}

}  // namespace

Result<Verdict> ask_accountant(const std::string& store, const std::filesystem::path& log) {
  const auto output = run(store, log.string());
  if (!output) return std::unexpected(output.error());
  boost::system::error_code error;
  const auto value = boost::json::parse(*output, error);
  if (error || !value.is_object()) return failed("penny-account printed something else than a JSON object");
  Verdict verdict;
  verdict.all = value.as_object();
  const boost::json::object& all = verdict.all;
  verdict.is_clean = all.at("is_clean").as_bool();
  verdict.asked = number(all, "asked");
  verdict.acknowledged = number(all, "acknowledged");
  verdict.in_doubt = number(all, "in_doubt");
  verdict.refused = number(all, "refused");
  verdict.stored = number(all, "stored");
  verdict.retried = number(all, "retried");
  verdict.recovered = number(all, "recovered");
  verdict.lost = number(all, "lost");
  verdict.doubled = number(all, "doubled") + number(all, "phantom");
  verdict.wrong =
      number(all, "altered") + number(all, "gaps") + number(all, "broken_chains") + number(all, "wrong_retries");
  verdict.conversations = number(all, "conversations");
  verdict.journal_mode = all.at("journal_mode").as_string();
  verdict.lag_p50_ms = all.at("lag_p50_ms").to_number<double>();
  verdict.lag_p99_ms = all.at("lag_p99_ms").to_number<double>();
  for (const auto& observer : all.at("observers").as_array()) {
    verdict.seen += number(observer.as_object(), "seen");
    verdict.missed += number(observer.as_object(), "missed");
  }
  for (const auto& problem : all.at("problems").as_array()) verdict.problems.emplace_back(problem.as_string());
  return verdict;
}

}  // namespace penny::cli::stress
