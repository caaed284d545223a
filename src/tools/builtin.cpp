#include "tools/builtin.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>

#include "base/derived_id.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/time_text.hpp"
#include "tools/json_value.hpp"
#include "tools/time_zone.hpp"

namespace penny::tools {
namespace {

namespace json = boost::json;

constexpr std::string_view kCalculateSchema = R"({
  "type": "object",
  "properties": {
    "expression": {
      "type": "string", "minLength": 1, "maxLength": 200,
      "description": "Arithmetic, for example (2 + 3) * 4 or sqrt(2) / 3"
    }
  },
  "required": ["expression"]
})";

constexpr std::string_view kTimeSchema = R"({
  "type": "object",
  "properties": {
    "time_zone": {
      "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_+/-]+$",
      "description": "An IANA name, for example Europe/Berlin; without it the zone of this machine"
    }
  }
})";

// 256 characters are at most 1024 bytes, which is what one search may have.
constexpr std::string_view kSearchMemorySchema = R"({
  "type": "object",
  "properties": {
    "query": {
      "type": "string", "minLength": 1, "maxLength": 256,
      "description": "Words; \"in quotes\" a phrase; with * at the end the begin of words"
    },
    "match": {
      "type": "string", "enum": ["all", "any"], "default": "all",
      "description": "Whether all words must be there, or one is enough"
    },
    "limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 5, "description": "How many at most"}
  },
  "required": ["query"]
})";

constexpr std::string_view kRememberSchema = R"({
  "type": "object",
  "properties": {
    "text": {
      "type": "string", "minLength": 1, "maxLength": 2000, "x-lines": true,
      "description": "One fact about the user, in a sentence that can be understood by itself"
    }
  },
  "required": ["text"]
})";

constexpr std::string_view kSearchWebSchema = R"({
  "type": "object",
  "properties": {
    "query": {"type": "string", "minLength": 1, "maxLength": 500, "description": "What to search for"},
    "max_results": {"type": "integer", "minimum": 1, "maximum": 10, "default": 3, "description": "How many at most"}
  },
  "required": ["query"]
})";

std::string shell_schema(const ShellSettings& shell) {
  json::array names;
  for (const auto& [name, path] : shell.commands) names.emplace_back(name);
  return json::serialize(json::value{
      {"type", "object"},
      {"properties",
       {{"command", {{"type", "string"}, {"enum", std::move(names)}, {"description", "The program to run"}}},
        {"arguments",
         {{"type", "array"},
          {"items", {{"type", "string"}, {"maxLength", 1024}, {"x-lines", true}}},
          {"maxItems", 32},
          {"default", json::array{}},
          {"description", "Handed to the program as they are; no shell looks at them"}}}}},
      {"required", json::array{"command"}}});
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<std::string> answer_time(const ToolCallContext& context) {
  const std::string name = text_of(checked_object(context.input), "time_zone");
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto zone = find_zone(name, now);
  if (!zone) {
    return base::fail(ErrorCode::kInvalid, fmt::format("there is no time zone {}", quoted_briefly(name)),
                      "use an IANA name, for example Europe/Berlin or UTC", "input.time_zone");
  }
  return time_answer(now, *zone);
}

json::object found_json(const SearchHit& hit) {
  json::object found{{"rev", hit.rev}, {"text", hit.snippet.text}};
  if (const auto* turn = std::get_if<Turn>(&hit.found)) {
    found["kind"] = "turn";
    found["at"] = base::format_time(turn->at);
    found["origin"] = to_string(turn->origin);
  } else {
    const auto& fact = std::get<Fact>(hit.found);
    found["kind"] = "fact";
    found["at"] = base::format_time(fact.at);
    found["origin"] = to_string(fact.origin);
  }
  return found;
}

Result<std::string> search_memory(const Store& store, const ToolCallContext& context) {
  const json::object input = checked_object(context.input);
  SearchQuery query{.words = text_of(input, "query")};
  query.match = text_of(input, "match") == "any" ? SearchMatch::kAny : SearchMatch::kAll;
  query.limit = static_cast<std::size_t>(input.at("limit").as_int64());
  const auto page = store.search(context.user, query);
  if (!page) {
    Error error = page.error();
    if (error.field == "words") error.field = "input.query";
    return std::unexpected(std::move(error));
  }
  json::array items;
  for (const SearchHit& hit : page->items) items.emplace_back(found_json(hit));
  return json::serialize(
      json::object{{"items", std::move(items)}, {"is_complete", page->is_complete}, {"rev", page->rev}});
}

Result<std::string> remember(Store& store, const ToolCallContext& context) {
  // Else a page could make itself remembered: somebody who was asked must say it in the user's or the assistant's own words.
  if (context.origin == Origin::kTool || context.origin == Origin::kWeb) {
    return base::fail(ErrorCode::kNoPermission, "text of tools and of the web never becomes a fact by itself",
                      "ask the user, and remember what the user answers", "origin");
  }
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0) {
    return base::fail(ErrorCode::kDeadlineExceeded, "there was no time left to remember it", "call again");
  }
  // The fact's id follows from the call's: a call that is tried again remembers nothing twice.
  Operation operation{.user = std::string(context.user),
                      .payload = RememberFact{.text = text_of(checked_object(context.input), "text")},
                      .id = base::derived_id(context.call, 1),
                      .origin = context.origin,
                      .channel = "tool:memory.remember"};
  const auto stored = store.commit(std::move(operation), left);
  if (!stored) return std::unexpected(stored.error());
  return json::serialize(json::object{{"fact", stored->id.to_string()}, {"rev", stored->rev}});
}

void apply_settings(const ToolSettings& settings, Tool& tool) {
  if (settings.calls_max) tool.limits.calls_max = *settings.calls_max;
  if (settings.window) tool.limits.window = *settings.window;
  if (settings.deadline) tool.limits.deadline = *settings.deadline;
  if (settings.needs_permission) tool.needs_permission = *settings.needs_permission;
}

Tool shell_tool(const ShellSettings& shell, const ProgramRunner& run) {
  Tool tool{.name = "shell.run",
            .description = "Runs one of a few allowed programs of this machine with arguments, without a shell.",
            .input_schema = shell_schema(shell),
            .side_effects = SideEffects::kRunsPrograms};
  tool.handler = [shell, run](const ToolCallContext& context) -> Result<std::string> {
    const auto program = shell_program(shell, context.input);
    if (!program) return std::unexpected(program.error());
    return run(*program, context);
  };
  tool.limits.output_bytes_max = shell.program.output_bytes;
  tool.is_output_untrusted = true;
  tool.needs_permission = true;
  return tool;
}

std::vector<Tool> defined_tools(Store& store, const Configuration& configuration, const Bindings& bindings) {
  std::vector<Tool> tools;
  if (bindings.calculate) {
    tools.push_back({.name = "math.calc",
                     .description = "Calculates an arithmetic expression exactly where integers allow it.",
                     .input_schema = std::string(kCalculateSchema),
                     .side_effects = SideEffects::kNone,
                     .handler = bindings.calculate});
  }
  tools.push_back({.name = "time.now",
                   .description = "Tells the present date and time, in UTC and in a time zone.",
                   .input_schema = std::string(kTimeSchema),
                   .side_effects = SideEffects::kNone,
                   .handler = answer_time});
  tools.push_back({.name = "memory.search",
                   .description =
                       "Finds what was said to or remembered of the user, by its words. Each finding tells whose "
                       "words they are.",
                   .input_schema = std::string(kSearchMemorySchema),
                   .side_effects = SideEffects::kReadsMemory,
                   .handler = [&store](const ToolCallContext& context) { return search_memory(store, context); },
                   .is_output_untrusted = true});
  tools.push_back({.name = "memory.remember",
                   .description = "Remembers one fact that the user told. Not for text of tools or of the web.",
                   .input_schema = std::string(kRememberSchema),
                   .side_effects = SideEffects::kWritesMemory,
                   .handler = [&store](const ToolCallContext& context) { return remember(store, context); }});
  if (bindings.search_web && !configuration.web_search.endpoint.empty()) {
    tools.push_back({.name = "web.search",
                     .description = "Searches the web and answers with titles, addresses and extracts.",
                     .input_schema = std::string(kSearchWebSchema),
                     .side_effects = SideEffects::kReachesNetwork,
                     .handler = bindings.search_web,
                     .is_output_untrusted = true,
                     .output_origin = Origin::kWeb});
  }
  if (bindings.run_program && !configuration.shell.commands.empty()) {
    tools.push_back(shell_tool(configuration.shell, bindings.run_program));
  }
  tools.insert(tools.end(), configuration.programs.begin(), configuration.programs.end());
  return tools;
}

}  // namespace

Result<ToolProgram> shell_program(const ShellSettings& shell, std::string_view input) {
  const json::object object = checked_object(input);
  const std::string name = text_of(object, "command");
  const auto command = shell.commands.find(name);
  if (command == shell.commands.end()) {
    std::vector<std::string_view> names;
    for (const auto& [allowed, path] : shell.commands) names.emplace_back(allowed);
    return base::fail(ErrorCode::kInvalid, fmt::format("the command {} is not allowed", quoted_briefly(name)),
                      fmt::format("allowed are {}", fmt::join(names, ", ")), "input.command");
  }
  ToolProgram program = shell.program;
  program.command = {command->second};
  if (const json::value* const arguments = object.if_contains("arguments"); arguments != nullptr) {
    for (const json::value& argument : arguments->get_array()) program.command.emplace_back(argument.get_string());
  }
  return program;
}

Result<ToolRegistry> builtin_tools(Store& store, const Configuration& configuration, const Bindings& bindings) {
  ToolRegistry registry;
  for (Tool& tool : defined_tools(store, configuration, bindings)) {
    const auto settings = configuration.tools.find(tool.name);
    apply_settings(configuration.all_tools, tool);
    if (settings != configuration.tools.end()) {
      if (!settings->second.is_enabled) continue;
      apply_settings(settings->second, tool);
    }
    if (auto added = registry.add(std::move(tool)); !added) return std::unexpected(added.error());
  }
  return registry;
}

}  // namespace penny::tools
