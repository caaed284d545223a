// Hostile inputs against every built-in tool's schema, and hostile schemas. With PENNY_TABLE=file the summary is written there, in
// Markdown: docs/tools_inputs.md shows it.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "support/processor_time.hpp"
#include "support/stores.hpp"
#include "tools/builtin.hpp"
#include "tools/hostile_inputs.hpp"
#include "tools/hostile_schemas.hpp"
#include "tools/schema.hpp"

namespace penny::test {
namespace {

constexpr double kLongestMs = 50 * kSlowdown;

ToolRegistry all_builtin_tools(Store& store) {
  tools::Configuration configuration;
  configuration.web_search.endpoint = "https://search.example.org/search";
  configuration.shell.commands = {{"date", "/usr/bin/date"}};
  const auto answer = [](const ToolCallContext&) -> Result<std::string> { return "null"; };
  return must(tools::builtin_tools(
      store, configuration,
      {.calculate = answer,
       .search_web = answer,
       .run_program = [](const ToolProgram&, const ToolCallContext&) -> Result<std::string> { return "null"; }}));
}

// The text of the target's field in an accepted input.
std::string text_in(const std::string& input, const Target& target) {
  boost::json::value value = boost::json::parse(input);
  boost::json::object& object = value.as_object();
  if (target.tool == "shell.run") return std::string(object.at("arguments").as_array().at(0).as_string());
  return std::string(object.at(target.name).as_string());
}

struct Summary {
  std::size_t inputs = 0;
  std::size_t tries = 0;
  std::size_t refused_as_whole = 0;  // field "input"
  std::size_t refused_at_field = 0;
  std::size_t accepted = 0;
  double slowest_ms = 0;
};

void write_table(const std::map<std::string, Summary>& summaries) {
  const char* const path = std::getenv("PENNY_TABLE");
  if (path == nullptr) return;
  std::ofstream file(path);
  file << "| kind | inputs | tries | refused as a whole | refused at a field | accepted as data | slowest |\n"
          "|---|---|---|---|---|---|---|\n";
  Summary all;
  for (const auto& [kind, sum] : summaries) {
    file << fmt::format("| {} | {} | {} | {} | {} | {} | {:.2f} ms |\n", kind, sum.inputs, sum.tries,
                        sum.refused_as_whole, sum.refused_at_field, sum.accepted, sum.slowest_ms);
    all.inputs += sum.inputs;
    all.tries += sum.tries;
    all.refused_as_whole += sum.refused_as_whole;
    all.refused_at_field += sum.refused_at_field;
    all.accepted += sum.accepted;
    all.slowest_ms = std::max(all.slowest_ms, sum.slowest_ms);
  }
  file << fmt::format("| all | {} | {} | {} | {} | {} | {:.2f} ms |\n", all.inputs, all.tries, all.refused_as_whole,
                      all.refused_at_field, all.accepted, all.slowest_ms);
}

TEST(HostileInputs, AreRefusedAtTheirFieldOrTakenAsDataByEveryTool) {
  const StoreFolder folder;
  Store store = folder.open();
  const ToolRegistry registry = all_builtin_tools(store);
  const auto inputs = HostileInputs().all();
  ASSERT_GE(inputs.size(), 200U);
  std::map<std::string, Summary> summaries;
  for (const HostileInput& input : inputs) {
    Summary& summary = summaries[input.kind];
    summary.inputs += 1;
    for (const Target& target : targets()) {
      SCOPED_TRACE(fmt::format("{}: {} for {}", input.kind, input.name.substr(0, 80), target.tool));
      const std::string text = input.input(target);
      const double begin = processor_ms();
      const Result<std::string> checked = registry.check_input(target.tool, text);
      const double took_ms = processor_ms() - begin;
      summary.tries += 1;
      summary.slowest_ms = std::max(summary.slowest_ms, took_ms);
      EXPECT_LT(took_ms, kLongestMs);
      const auto expected = input.refused_at(target);
      if (checked) {
        summary.accepted += 1;
        EXPECT_FALSE(expected.has_value()) << "accepted, but expected to be refused at " << expected.value_or("");
        if (input.text) {
          EXPECT_EQ(text_in(*checked, target), *input.text);
        }
        // What was accepted once is accepted again, unchanged.
        EXPECT_EQ(must(registry.check_input(target.tool, *checked)), *checked);
        continue;
      }
      const Error& error = checked.error();
      const bool is_as_a_whole = error.field == "input";
      (is_as_a_whole ? summary.refused_as_whole : summary.refused_at_field) += 1;
      EXPECT_EQ(error.code, ErrorCode::kInvalid);
      EXPECT_FALSE(error.message.empty());
      EXPECT_FALSE(error.advice.empty());
      EXPECT_LT(error.message.size() + error.field.size(), 1000U);
      ASSERT_TRUE(expected.has_value()) << "refused: " << error.message;
      // "input" alone is the whole; anything longer is how the path begins.
      EXPECT_TRUE(*expected == "input" ? is_as_a_whole : error.field.starts_with(*expected))
          << error.field << ": " << error.message << "; expected at " << *expected;
    }
  }
  write_table(summaries);
}

TEST(HostileInputs, SchemasThatCouldFetchLoopOrGrowAreRefused) {
  const auto schemas = hostile_schemas();
  ASSERT_GE(schemas.size(), 50U);
  for (const HostileSchema& hostile : schemas) {
    SCOPED_TRACE(hostile.name);
    const double begin = processor_ms();
    const auto compiled = tools::InputSchema::compile(hostile.schema);
    EXPECT_LT(processor_ms() - begin, kLongestMs);
    ASSERT_FALSE(compiled.has_value());
    EXPECT_EQ(compiled.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(compiled.error().field, "input_schema");
    EXPECT_FALSE(compiled.error().advice.empty());
  }
}

TEST(HostileInputs, APatternTakesTimeThatGrowsWithTheTextAlone) {
  const auto schema = must(tools::InputSchema::compile(
      R"({"type":"object","properties":{"a":{"type":"string","pattern":"^(a+)+$"}},"required":["a"]})"));
  const std::string text = R"({"a":")" + std::string(16000, 'a') + "!\"}";
  const double begin = processor_ms();
  EXPECT_EQ(refusal(schema.check(text, 16384)).field, "input.a");
  EXPECT_LT(processor_ms() - begin, kLongestMs);
}

}  // namespace
}  // namespace penny::test
