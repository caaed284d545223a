#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <penny/tool.hpp>

#include "support/stores.hpp"

namespace penny::test {
namespace {

using namespace std::chrono_literals;

Tool tool_of(std::string name) {
  return {.name = std::move(name),
          .description = "Answers null.",
          .input_schema = R"({"type":"object","properties":{"a":{"type":"integer"}}})",
          .handler = [](const ToolCallContext&) -> Result<std::string> { return "null"; }};
}

Error refused(const Tool& tool) {
  ToolRegistry registry;
  return refusal(registry.add(tool));
}

TEST(ToolRegistryTest, FindsToolsByNameAndListsThemInOrder) {
  ToolRegistry registry;
  for (const char* name : {"time.now", "math.calc", "a", "web.search_2"})
    EXPECT_TRUE(registry.add(tool_of(name)).has_value());
  ASSERT_NE(registry.find("math.calc"), nullptr);
  EXPECT_EQ(registry.find("math.calc")->name, "math.calc");
  EXPECT_EQ(registry.find("math"), nullptr);
  std::vector<std::string> names;
  for (const Tool* const tool : registry.tools()) names.push_back(tool->name);
  EXPECT_THAT(names, testing::ElementsAre("a", "math.calc", "time.now", "web.search_2"));
  EXPECT_EQ(must(registry.check_input("a", R"({"a":1.0})")), R"({"a":1})");
  EXPECT_EQ(refusal(registry.check_input("b", "{}")).code, ErrorCode::kNotFound);
}

TEST(ToolRegistryTest, RefusesNamesThatAreNone) {
  for (const char* name :
       {"", ".", "a.", ".a", "a..b", "A", "math.Calc", "1a", "a.1", "_a", "a b", "a-b", "a/b", "é", "a\n"}) {
    EXPECT_EQ(refused(tool_of(name)).field, "name") << name;
  }
  EXPECT_EQ(refused(tool_of(std::string(65, 'a'))).field, "name");
  ToolRegistry registry;
  EXPECT_TRUE(registry.add(tool_of(std::string(64, 'a'))).has_value());
  EXPECT_EQ(refusal(registry.add(tool_of(std::string(64, 'a')))).field, "name");
}

TEST(ToolRegistryTest, RefusesWhatNoCallCouldUse) {
  Tool tool = tool_of("a");
  tool.input_schema = R"({"type":"string"})";
  EXPECT_EQ(refused(tool).field, "input_schema");
  tool = tool_of("a");
  tool.description = "";
  EXPECT_EQ(refused(tool).field, "description");
  tool = tool_of("a");
  tool.handler = ToolFunction{};
  EXPECT_EQ(refused(tool).field, "handler");
  tool = tool_of("a");
  tool.handler = ToolProgram{.command = {"date"}};
  EXPECT_EQ(refused(tool).field, "command");
  tool = tool_of("a");
  tool.handler = ToolProgram{.command = {"/bin/date"}, .processes = 0};
  EXPECT_EQ(refused(tool).field, "processes");
  tool = tool_of("a");
  tool.output_origin = Origin::kUser;
  EXPECT_EQ(refused(tool).field, "output_origin");
}

TEST(ToolRegistryTest, RefusesAbsurdLimits) {
  for (const auto& [limits, field] :
       std::vector<std::pair<ToolLimits, std::string>>{{{.calls_max = 0}, "calls_max"},
                                                       {{.calls_max = 101}, "calls_max"},
                                                       {{.window = 0s}, "window"},
                                                       {{.window = 3601s}, "window"},
                                                       {{.deadline = 0ms}, "deadline"},
                                                       {{.deadline = -1ms}, "deadline"},
                                                       {{.deadline = 600'001ms}, "deadline"},
                                                       {{.input_bytes_max = 1}, "input_bytes_max"},
                                                       {{.input_bytes_max = 65537}, "input_bytes_max"},
                                                       {{.output_bytes_max = 0}, "output_bytes_max"},
                                                       {{.output_bytes_max = (1U << 20) + 1}, "output_bytes_max"}}) {
    Tool tool = tool_of("a");
    tool.limits = limits;
    EXPECT_EQ(refused(tool).field, field);
  }
}

}  // namespace
}  // namespace penny::test
