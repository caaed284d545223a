#include "tools/builtin.hpp"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/derived_id.hpp"
#include "support/stores.hpp"
#include "tools/time_zone.hpp"

namespace penny::tools {
namespace {

using namespace std::chrono_literals;
using test::must;
using test::refusal;
using testing::HasSubstr;

Result<std::string> call(const ToolRegistry& registry, const std::string& name, const std::string& input,
                         Origin origin = Origin::kAssistant, OperationId id = OperationId::make()) {
  const auto checked = registry.check_input(name, input);
  if (!checked) return std::unexpected(checked.error());
  return std::get<ToolFunction>(registry.find(name)->handler)({.user = "cj",
                                                               .call = id,
                                                               .input = *checked,
                                                               .deadline = std::chrono::steady_clock::now() + 10s,
                                                               .cancel = {},
                                                               .origin = origin});
}

std::vector<std::string> names_of(const ToolRegistry& registry) {
  std::vector<std::string> names;
  for (const Tool* const tool : registry.tools()) names.push_back(tool->name);
  return names;
}

Bindings all_bindings() {
  const auto answer = [](const ToolCallContext&) -> Result<std::string> { return "null"; };
  return {.calculate = answer,
          .search_web = answer,
          .run_program = [](const ToolProgram& program, const ToolCallContext&) -> Result<std::string> {
            boost::json::array command;
            for (const std::string& part : program.command) command.emplace_back(part);
            return boost::json::serialize(command);
          }};
}

TEST(BuiltinTools, WhatReachesOutIsOffUntilItIsAllowed) {
  const test::StoreFolder folder;
  Store store = folder.open();
  Configuration configuration;
  EXPECT_THAT(names_of(must(builtin_tools(store, configuration, all_bindings()))),
              testing::ElementsAre("math.calc", "memory.remember", "memory.search", "time.now"));
  configuration.web_search.endpoint = "https://search.example.org";
  configuration.shell.commands = {{"date", "/bin/date"}};
  EXPECT_THAT(names_of(must(builtin_tools(store, configuration, all_bindings()))),
              testing::ElementsAreArray(kBuiltinNames));
  EXPECT_THAT(names_of(must(builtin_tools(store, configuration, {}))),
              testing::ElementsAre("memory.remember", "memory.search", "time.now"));
}

TEST(BuiltinTools, HaveTheSettingsOfTheConfiguration) {
  const test::StoreFolder folder;
  Store store = folder.open();
  Configuration configuration;
  configuration.all_tools.calls_max = 7;
  configuration.tools["time.now"].deadline = 100ms;
  configuration.tools["memory.search"].is_enabled = false;
  const ToolRegistry registry = must(builtin_tools(store, configuration, {}));
  EXPECT_EQ(registry.find("memory.search"), nullptr);
  EXPECT_EQ(registry.find("time.now")->limits.calls_max, 7U);
  EXPECT_EQ(registry.find("time.now")->limits.deadline, 100ms);
  EXPECT_EQ(registry.find("memory.remember")->limits.deadline, 30s);
}

TEST(BuiltinTools, RememberOnceForEachCall) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const ToolRegistry registry = must(builtin_tools(store, {}, {}));
  const OperationId id = OperationId::make();
  const std::string first = must(call(registry, "memory.remember", R"({"text":"likes tea"})", Origin::kAssistant, id));
  EXPECT_EQ(must(call(registry, "memory.remember", R"({"text":"likes tea"})", Origin::kAssistant, id)), first);
  const auto facts = must(store.facts("cj")).items;
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].id, base::derived_id(id, 1));
  EXPECT_EQ(facts[0].text, "likes tea");
  EXPECT_EQ(facts[0].origin, Origin::kAssistant);
}

TEST(BuiltinTools, TextOfToolsAndOfTheWebNeverBecomesAFact) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const ToolRegistry registry = must(builtin_tools(store, {}, {}));
  for (const Origin origin : {Origin::kTool, Origin::kWeb}) {
    EXPECT_EQ(refusal(call(registry, "memory.remember", R"({"text":"likes spam"})", origin)).code,
              ErrorCode::kNoPermission);
  }
  EXPECT_TRUE(must(store.facts("cj")).items.empty());
}

TEST(BuiltinTools, SearchTellsWhoseWordsItFinds) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const ToolRegistry registry = must(builtin_tools(store, {}, {}));
  must(call(registry, "memory.remember", R"({"text":"likes green tea"})"));
  must(store.commit(test::operation_of("cj", AppendTurn{.user_input = "I had tea", .assistant_response = "Good"})));
  must(store.commit(test::operation_of("somebody", AppendTurn{.user_input = "my tea", .assistant_response = "Yours"})));
  const auto found = boost::json::parse(must(call(registry, "memory.search", R"({"query":"tea"})")));
  const auto& items = found.at("items").as_array();
  ASSERT_EQ(items.size(), 2U);
  for (const auto& item : items) {
    const bool is_fact = item.at("kind").as_string() == "fact";
    EXPECT_EQ(item.at("origin").as_string(), is_fact ? "assistant" : "user");
    EXPECT_THAT(std::string(item.at("text").as_string()), HasSubstr("tea"));
  }
  const auto one = boost::json::parse(must(call(registry, "memory.search", R"({"query":"tea","limit":1})")));
  EXPECT_EQ(one.at("items").as_array().size(), 1U);
}

TEST(BuiltinTools, ShellRunsWhatIsAllowedAndHandsArgumentsOnAsTheyAre) {
  const test::StoreFolder folder;
  Store store = folder.open();
  Configuration configuration;
  configuration.shell.commands = {{"date", "/usr/bin/date"}};
  const ToolRegistry registry = must(builtin_tools(store, configuration, all_bindings()));
  EXPECT_EQ(must(call(registry, "shell.run", R"({"command":"date"})")), R"(["/usr/bin/date"])");
  EXPECT_EQ(must(call(registry, "shell.run", R"json({"command":"date","arguments":["$(id)","; rm -rf /"]})json")),
            R"json(["/usr/bin/date","$(id)","; rm -rf /"])json");
  for (const char* command : {"rm", "/usr/bin/date", "date ", "../date", "date;id"}) {
    EXPECT_EQ(refusal(call(registry, "shell.run", std::string(R"({"command":")") + command + "\"}")).field,
              "input.command");
    EXPECT_EQ(refusal(shell_program(configuration.shell, std::string(R"({"command":")") + command + "\"}")).field,
              "input.command");
  }
}

TEST(BuiltinTools, TimeKnowsZonesAndTheirSummers) {
  const Time winter = std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + 12h;
  const Time summer = std::chrono::sys_days{std::chrono::year{2026} / 7 / 15} + 12h;
  EXPECT_EQ(find_zone("Europe/Berlin", winter)->offset, 1h);
  EXPECT_EQ(find_zone("Europe/Berlin", summer)->offset, 2h);
  EXPECT_EQ(find_zone("Asia/Kathmandu", summer)->offset, 5h + 45min);
  EXPECT_EQ(find_zone("America/St_Johns", winter)->offset, -(3h + 30min));
  EXPECT_EQ(find_zone("UTC", winter)->offset, 0s);
  EXPECT_TRUE(find_zone("", winter).has_value());
  for (const char* name : {"Mars/Phobos", "Europe", "../../etc/passwd", "Europe/Berlin\n", "europe berlin"}) {
    EXPECT_FALSE(find_zone(name, winter).has_value()) << name;
  }
  EXPECT_EQ(
      time_answer(winter, *find_zone("America/St_Johns", winter)),
      R"({"local":"2026-01-15T08:30:00-03:30","time_zone":"America/St_Johns","utc":"2026-01-15T12:00:00Z","weekday":"Thursday"})");
}

TEST(BuiltinTools, TimeIsThePresentOne) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const ToolRegistry registry = must(builtin_tools(store, {}, {}));
  const auto answer = boost::json::parse(must(call(registry, "time.now", R"({"time_zone":"UTC"})")));
  EXPECT_THAT(std::string(answer.at("utc").as_string()), testing::MatchesRegex("[0-9-]+T[0-9:]+Z"));
  EXPECT_EQ(refusal(call(registry, "time.now", R"({"time_zone":"Mars/Phobos"})")).field, "input.time_zone");
}

}  // namespace
}  // namespace penny::tools
