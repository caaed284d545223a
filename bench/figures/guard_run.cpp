// What the guard costs for a tool that does nothing, as a function and as a program in its sandbox, beside two plain commits: it
// makes one before the call and one after it.

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include <fmt/core.h>
#include <penny/tool_guard.hpp>

#include "bench/figures/figures.hpp"
#include "bench/figures/interrupt.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/progress.hpp"
#include "bench/figures/waits.hpp"
#include "bench/statistics.hpp"

namespace penny::figures {
namespace {

constexpr const char* kSchema = R"({"type":"object","properties":{"text":{"type":"string","maxLength":100}}})";
constexpr const char* kInput = R"({"text":"nothing"})";
constexpr std::uint32_t kCallsOfOneUser = 100;  // the highest limit there is

Tool tool_of(std::string name, std::variant<ToolFunction, ToolProgram> handler) {
  Tool tool{
      .name = std::move(name), .description = "Does nothing", .input_schema = kSchema, .handler = std::move(handler)};
  tool.limits.calls_max = kCallsOfOneUser;
  tool.limits.window = std::chrono::hours(1);
  return tool;
}

bench::Histogram times_of(const char* what, std::uint32_t times,
                          const std::function<void(const std::string& user)>& work) {
  bench::Histogram taken;
  Progress progress(what);
  for (std::uint32_t i = 0; i < times; ++i) {
    const std::string user = fmt::format("{} {}", what, i / kCallsOfOneUser);
    const auto began = std::chrono::steady_clock::now();
    work(user);
    taken.record(static_cast<std::uint64_t>((std::chrono::steady_clock::now() - began) / std::chrono::nanoseconds(1)));
    progress.show(i, times);
    throw_if_interrupted();
  }
  return taken;
}

}  // namespace

Section measure_guard(const GuardOptions& options, const WorkFolder& folder) {
  Store store = must(Store::open((folder.fresh("guard") / kStoreName).string()), "opening the store");
  ToolRegistry tools;
  must(tools.add(tool_of("nothing.function", ToolFunction([](const ToolCallContext&) { return "null"; }))),
       "adding a function");
  must(tools.add(tool_of("nothing.program", ToolProgram{.command = {"/usr/bin/echo", "null"}})), "adding a program");
  ToolGuard guard(store, tools);
  const auto call = [&](const std::string& tool) {
    return [&guard, tool](const std::string& user) {
      const ToolAnswer answer = must(guard.call({.user = user, .tool = tool, .input = kInput}), tool);
      if (answer.status != ToolCallStatus::kSucceeded) throw std::runtime_error(answer.output);
    };
  };
  const auto commit_twice = [&](const std::string& user) {
    for (int i = 0; i < 2; ++i) {
      must(store.commit({.user = user, .payload = AdjustDimension{.name = "communication_formality", .delta = 0.01}}),
           "committing");
    }
  };
  (void)times_of("warming up", kCallsOfOneUser, call("nothing.function"));

  Section section{.name = "guard"};
  section.notes.push_back(
      fmt::format("A tool that does nothing, one call after the other by one thread: {} calls of a function, {} of a "
                  "program (`echo null`). The "
                  "guard checks the input, commits a permit, has the work done, and commits what became of it.",
                  options.functions, options.programs));
  const Waits commits = waits_of(times_of("commits", options.functions, commit_twice));
  const Waits functions = waits_of(times_of("functions", options.functions, call("nothing.function")));
  const Waits programs = waits_of(times_of("programs", options.programs, call("nothing.program")));
  bench::Table table{.title = "The guard, for nothing", .header = {"", "p50 ms", "p99 ms", "worst ms"}, .rows = {}};
  table.rows.push_back(row({"two plain commits"}, cells_of(commits)));
  table.rows.push_back(row({"a call of a function"}, cells_of(functions)));
  table.rows.push_back(row({"a call of a program, in its sandbox"}, cells_of(programs)));
  section.tables = {table};
  section.json = {{"commits", json_of(commits)}, {"functions", json_of(functions)}, {"programs", json_of(programs)}};
  if (!must(store.verify(), "verifying").problems.empty()) section.problems.emplace_back("the store does not verify");
  store.close();
  folder.remove("guard");
  return section;
}

}  // namespace penny::figures
