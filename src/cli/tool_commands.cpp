// tool list, describe, call, log

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include <penny/tool_guard.hpp>
#include <penny/toolbox.hpp>

#include "base/json_value.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/interrupt.hpp"
#include "cli/opening.hpp"
#include "cli/standard_input.hpp"
#include "cli/text_form.hpp"
#include "cli/values.hpp"
#include "tools/program_call.hpp"

namespace penny::cli {
namespace {

using boost::json::array;
using boost::json::object;

// What the commands below need: the store, and the tools that the configuration allows.
struct Workshop {
  std::unique_ptr<Store> store;  // outlives the tools
  ToolRegistry tools;
};

class ToolCommand : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("--config", configuration_, "What tools may do (default: $XDG_CONFIG_HOME/penny/penny.toml)")
        ->type_name("FILE");
  }

 protected:
  [[nodiscard]] Result<Workshop> open_workshop(std::chrono::milliseconds deadline = OpenOptions{}.deadline) const {
    auto store = open_or_create(common, deadline);
    if (!store) return std::unexpected(store.error());
    Workshop workshop{.store = std::make_unique<Store>(std::move(*store)), .tools = {}};
    auto tools = configured_tools(*workshop.store, configuration_);
    if (!tools) return std::unexpected(tools.error());
    workshop.tools = std::move(*tools);
    return workshop;
  }

 private:
  std::string configuration_;
};

std::string limit_text(const Tool& tool) {
  return fmt::format("{} in {} s", tool.limits.calls_max, tool.limits.window.count());
}

class List : public ToolCommand {
 public:
  ExitCode run(Output& output) override {
    const auto workshop = open_workshop();
    if (!workshop) return output.fail(workshop.error());
    if (output.is_json()) {
      array items;
      for (const Tool* tool : workshop->tools.tools()) {
        items.push_back(object{{"name", tool->name},
                               {"description", tool->description},
                               {"side_effects", to_string(tool->side_effects)},
                               {"input_schema", base::read_json(tool->input_schema).value}});
      }
      output.print(boost::json::value(object{{"items", std::move(items)}}));
      return ExitCode::kDone;
    }
    Table table({"TOOL", "TOUCHES", "CALLS", "WHAT IT DOES"});
    for (const Tool* tool : workshop->tools.tools())
      table.add(
          {tool->name, std::string(to_string(tool->side_effects)), limit_text(*tool), escape_line(tool->description)});
    output.print(table.text(output));
    return ExitCode::kDone;
  }
};

class Describe : public ToolCommand {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("tool", name_, "Which; `penny tool list` shows their names")->type_name("TOOL")->required();
    ToolCommand::add_options(app);
  }

  ExitCode run(Output& output) override {
    const auto workshop = open_workshop();
    if (!workshop) return output.fail(workshop.error());
    const Tool* const tool = workshop->tools.find(name_);
    if (tool == nullptr) {
      return output.fail({.code = ErrorCode::kNotFound,
                          .message = "there is no tool " + escape_line(name_),
                          .advice = "`penny tool list` shows the tools",
                          .field = "tool"});
    }
    const bool runs_programs = tool->side_effects == SideEffects::kRunsPrograms;
    const auto* const program = std::get_if<ToolProgram>(&tool->handler);
    std::optional<tools::SandboxReport> sandbox;
    if (program != nullptr || runs_programs)
      sandbox = tools::describe_sandbox(tools::limits_of(program != nullptr ? *program : ToolProgram{}));
    if (output.is_json()) {
      output.print(boost::json::value(in_json(*tool, sandbox)));
    } else {
      output.print(in_text(output, *tool, sandbox));
    }
    return ExitCode::kDone;
  }

 private:
  static object in_json(const Tool& tool, const std::optional<tools::SandboxReport>& sandbox) {
    object json{{"name", tool.name},
                {"description", tool.description},
                {"side_effects", to_string(tool.side_effects)},
                {"needs_permission", tool.needs_permission},
                {"is_output_untrusted", tool.is_output_untrusted},
                {"output_origin", to_string(tool.output_origin)},
                {"calls_max", tool.limits.calls_max},
                {"window_s", tool.limits.window.count()},
                {"deadline_ms", tool.limits.deadline.count()},
                {"input_bytes_max", tool.limits.input_bytes_max},
                {"output_bytes_max", tool.limits.output_bytes_max},
                {"input_schema", base::read_json(tool.input_schema).value}};
    if (!sandbox) return json;
    array measures;
    for (const auto& measure : sandbox->measures)
      measures.push_back(
          object{{"name", measure.name}, {"is_in_force", measure.is_in_force}, {"value", measure.value}});
    json["sandbox"] =
        object{{"is_usable", sandbox->is_usable}, {"problem", sandbox->problem}, {"measures", std::move(measures)}};
    return json;
  }

  static std::string in_text(const Output& output, const Tool& tool,
                             const std::optional<tools::SandboxReport>& sandbox) {
    std::string text = fmt::format("{}\n{}\n\n", output.in(Colour::kHeading, tool.name), escape_line(tool.description));
    text += fmt::format("touches      {}\n", to_string(tool.side_effects));
    text += fmt::format("calls        {} of one user, over all processes\n", limit_text(tool));
    text += fmt::format("deadline     {:.3g} s\n", std::chrono::duration<double>(tool.limits.deadline).count());
    text += fmt::format("input        at most {} bytes\n", tool.limits.input_bytes_max);
    text += fmt::format("output       at most {} bytes{}\n", tool.limits.output_bytes_max,
                        tool.is_output_untrusted ? ", of others: never instructions" : "");
    if (tool.needs_permission) text += "permission   is asked for before each call\n";
    text +=
        fmt::format("schema       {}\n", escape_line(boost::json::serialize(base::read_json(tool.input_schema).value)));
    if (!sandbox) return text;
    text += fmt::format("\n{}\n", output.in(Colour::kHeading, "SANDBOX"));
    if (!sandbox->is_usable) text += output.in(Colour::kWarning, escape_line(sandbox->problem)) + "\n";
    Table table({"MEASURE", "IN FORCE", "VALUE"});
    for (const auto& measure : sandbox->measures)
      table.add({measure.name, measure.is_in_force ? "yes" : "no", escape_line(measure.value)});
    return text + table.text(output);
  }

  std::string name_;
};

class Call : public ToolCommand {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("tool", name_, "Which; `penny tool list` shows their names")->type_name("TOOL")->required();
    app.add_option("input", input_, "Its input, a JSON object; - reads it from standard input (default: {})")
        ->type_name("JSON");
    app.add_flag("--yes", is_permitted_, "Permission for a tool that needs it for each call");
    add_value(app, "--id", id_, OperationId::parse, "UUID", "a UUID of 36 characters",
              "The call's id; sent again with the same id, it runs once (default: a new one)");
    app.add_option("--channel", channel_, "Who calls, for example voice@kitchen")->type_name("NAME");
    ToolCommand::add_options(app);
  }

  ExitCode run(Output& output) override {
    auto input = argument_or_standard_input(input_, "input");
    if (!input) return output.fail(input.error());
    auto workshop = open_workshop();
    if (!workshop) return output.fail(workshop.error());
    ToolGuard guard(*workshop->store, workshop->tools,
                    [this](const Tool&, const ToolRequest&) { return is_permitted_; });
    const auto answer = guard.call({.user = common.user,
                                    .tool = name_,
                                    .input = *std::move(input),
                                    .id = id_,
                                    .origin = Origin::kUser,
                                    .channel = channel_});
    if (!answer) {
      object context{{"name", tool_error_name(answer.error().code)}};
      if (answer.error().free_at) context["free_at"] = format_time(*answer.error().free_at);
      if (!output.is_json()) output.note(tool_error_name(answer.error().code));
      return output.fail(answer.error(), std::move(context));
    }
    print(output, *answer);
    return answer->status == ToolCallStatus::kSucceeded ? ExitCode::kDone : ExitCode::kFailed;
  }

 private:
  static void print(Output& output, const ToolAnswer& answer) {
    if (output.is_json()) {
      output.print(boost::json::value(object{{"call", answer.call.to_string()},
                                             {"status", to_string(answer.status)},
                                             {"output", base::read_json(answer.output).value},
                                             {"is_cut", answer.is_cut},
                                             {"is_untrusted", answer.is_untrusted},
                                             {"origin", to_string(answer.origin)},
                                             {"took_us", answer.took.count()},
                                             {"calls_left", answer.calls_left},
                                             {"is_earlier", answer.is_earlier},
                                             {"is_journalled", answer.is_journalled}}));
      return;
    }
    if (answer.status == ToolCallStatus::kUnknown)
      output.note("penny: it was called with this id before, and nobody knows how that ended; it is not called again");
    if (answer.status == ToolCallStatus::kFailed) output.note("penny: the tool failed");
    if (!answer.output.empty()) output.print(escape_json(answer.output) + "\n");
  }

  std::string name_;
  std::string input_ = "{}";
  std::string channel_;
  std::optional<OperationId> id_;
  bool is_permitted_ = false;
};

class Log : public Command {
 public:
  void add_options(CLI::App& app) override {
    add_whole_number(app, "--before", before_, "REV", "Calls before this rev (default: all)");
    add_whole_number(app, "--limit", limit_, "N", "At most this many (default: 20)");
  }

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto page = store->tool_calls(common.user, before_.value_or(0), limit_.value_or(20));
    if (!page) return output.fail(page.error());
    if (output.is_json()) {
      array items;
      for (const ToolCall& call : page->items) items.push_back(in_json(call));
      object json{{"rev", page->rev}, {"items", std::move(items)}};
      if (page->next) json["next"] = *page->next;
      output.print(boost::json::value(std::move(json)));
      return ExitCode::kDone;
    }
    if (page->items.empty()) output.note(fmt::format("no calls of tools for user {}", escape_line(common.user)));
    if (page->items.empty()) return ExitCode::kDone;
    Table table({"REV", "AT", "TOOL", "STATUS", "TOOK", "INPUT", "OUTPUT"});
    for (const ToolCall& call : page->items) {
      table.add({std::to_string(call.rev), format_time_briefly(call.at), escape_line(call.tool),
                 std::string(to_string(call.status)), fmt::format("{:.1f} ms", call.took_ms), briefly(call.input),
                 briefly(call.output)});
    }
    output.print(table.text(output));
    return ExitCode::kDone;
  }

 private:
  static std::string briefly(std::string_view text) { return escape_line(shorten(text, 60)); }

  static object in_json(const ToolCall& call) {
    return {{"id", call.id.to_string()},
            {"rev", call.rev},
            {"at", format_time(call.at)},
            {"tool", call.tool},
            {"input", base::read_json(call.input).value},
            {"status", to_string(call.status)},
            {"output", call.output},
            {"took_ms", call.took_ms},
            {"outcome_rev", call.outcome_rev},
            {"origin", to_string(call.origin)},
            {"channel", call.channel}};
  }

  std::optional<std::uint64_t> before_;
  std::optional<std::uint64_t> limit_;
};

}  // namespace

void add_tool_commands(CLI::App& app, Commands& commands) {
  CLI::App* const tool = app.add_subcommand("tool", "Look at the tools, call one, see what was called");
  tool->require_subcommand(1)->footer("Example:\n  penny tool call math.calc '{\"expression\":\"2^64\"}' --user cj");
  commands.add<List>(*tool, "list", "Show the tools", "penny tool list");
  commands.add<Describe>(*tool, "describe", "Show a tool's input, limits, and the sandbox that is in force",
                         "penny tool describe math.calc");
  commands.add<Call>(*tool, "call", "Call a tool as an assistant would: checked, limited, journalled",
                     "penny tool call time.now '{}' --user cj");
  commands.add<Log>(*tool, "log", "Show the latest calls and what became of them", "penny tool log --user cj");
}

}  // namespace penny::cli
