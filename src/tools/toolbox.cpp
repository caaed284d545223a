#include "tools/toolbox.hpp"

#include <string>
#include <utility>

#include <fmt/core.h>
#include <boost/json.hpp>

#include <penny/toolbox.hpp>

#include "base/json.hpp"
#include "tools/builtin.hpp"
#include "tools/calculator.hpp"
#include "tools/json_value.hpp"
#include "tools/program_call.hpp"
#include "tools/web_search.hpp"

namespace penny::tools {
namespace {

namespace json = boost::json;

Result<std::string> calculate_input(const ToolCallContext& context) {
  const json::object input = checked_object(context.input);
  auto value = calculate(std::string_view(input.at("expression").as_string()));
  if (!value) return std::unexpected(value.error());
  return fmt::format(R"({{"value":{},"is_exact":{}}})", base::json_string(value->text), value->is_exact);
}

WebSearchRules rules_of(const WebSearchSettings& settings) {
  WebSearchRules rules{.endpoint = settings.endpoint, .is_endpoint_private = settings.is_endpoint_private, .fetch = {}};
  rules.fetch.hosts = settings.allowed_hosts;
  return rules;
}

Result<std::string> search_input(const WebSearchSettings& settings, const ToolCallContext& context) {
  const json::object input = checked_object(context.input);
  const WebSearch search{.query = std::string(input.at("query").as_string()),
                         .max_results = static_cast<int>(input.at("max_results").as_int64())};
  return web_search(search, rules_of(settings), context.deadline, context.cancel);
}

// A command's output is text, and becomes a JSON string.
Result<std::string> run_command(const ToolProgram& program, const ToolCallContext& context) {
  auto output = run_tool_program(program, context.input, context.deadline, context.cancel);
  if (!output) return output;
  return base::json_string(*output);
}

}  // namespace

Result<ToolRegistry> toolbox(Store& store, const Configuration& configuration) {
  return builtin_tools(store, configuration,
                       {.calculate = calculate_input,
                        .search_web = [settings = configuration.web_search](
                                          const ToolCallContext& context) { return search_input(settings, context); },
                        .run_program = run_command});
}

}  // namespace penny::tools

namespace penny {

Result<ToolRegistry> configured_tools(Store& store, const std::string& path) {
  auto file = path.empty() ? tools::default_path() : Result<std::string>(path);
  if (!file) return std::unexpected(file.error());
  const auto configuration = tools::read_configuration(*file);
  if (!configuration) return std::unexpected(configuration.error());
  return tools::toolbox(store, *configuration);
}

}  // namespace penny
