// The registry. What a tool may ask for is checked when it is added, so that a call finds nothing wrong with the tool.

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <penny/tool.hpp>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "tools/json_value.hpp"
#include "tools/schema.hpp"

namespace penny {
namespace {

using namespace std::chrono_literals;

std::unexpected<Error> refuse(std::string field, std::string message, std::string advice) {
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), std::move(field));
}

bool is_tool_name(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  bool is_at_word_begin = true;
  for (const char c : name) {
    const bool is_letter = c >= 'a' && c <= 'z';
    if (is_at_word_begin && !is_letter) return false;
    if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '.') return false;
    is_at_word_begin = c == '.';
  }
  return !is_at_word_begin;
}

template <class T, class Show>
Result<void> check_range(std::string_view field, T value, T least, T most, Show show) {
  if (value >= least && value <= most) return {};
  return refuse(std::string(field),
                fmt::format("{} must be {}..{}, but is {}", field, show(least), show(most), show(value)),
                "choose a value in the range");
}

template <class T>
Result<void> check_number(std::string_view field, T value, T least, T most) {
  return check_range(field, value, least, most, [](T number) { return fmt::format("{}", number); });
}

Result<void> check_limits(const ToolLimits& limits) {
  const auto in_seconds = [](auto time) { return fmt::format("{} s", time.count()); };
  const auto in_milliseconds = [](auto time) { return fmt::format("{} ms", time.count()); };
  for (const Result<void>& checked : {
           check_number<std::uint32_t>("calls_max", limits.calls_max, 1, 100),
           check_range("window", limits.window, std::chrono::seconds(1s), std::chrono::seconds(1h), in_seconds),
           check_range("deadline", limits.deadline, std::chrono::milliseconds(1ms), std::chrono::milliseconds(10min),
                       in_milliseconds),
           check_number<std::size_t>("input_bytes_max", limits.input_bytes_max, 2, std::size_t{64} << 10),
           check_number<std::size_t>("output_bytes_max", limits.output_bytes_max, 1, std::size_t{1} << 20),
       }) {
    if (!checked) return checked;
  }
  return {};
}

bool is_argument(const std::string& text) { return base::is_valid_utf8(text) && text.find('\0') == std::string::npos; }

bool is_absolute(const std::string& path) { return is_argument(path) && path.starts_with('/'); }

Result<void> check_program(const ToolProgram& program) {
  if (program.command.empty() || !is_absolute(program.command.front())) {
    return refuse("command", "the command does not begin with an absolute path", "write it like /usr/bin/date");
  }
  if (program.command.size() > 64 || !std::ranges::all_of(program.command, is_argument)) {
    return refuse("command", "the command must be 1..64 UTF-8 texts without NUL", "shorten it");
  }
  if (program.readable_paths.size() > 32 || !std::ranges::all_of(program.readable_paths, is_absolute)) {
    return refuse("readable_paths", "readable_paths must be at most 32 absolute paths", "write them like /srv/notes");
  }
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  for (const Result<void>& checked : {
           check_number<std::uint64_t>("memory_bytes", program.memory_bytes, 16 * kMiB, 65'536 * kMiB),
           check_number<std::uint32_t>("processes", program.processes, 1, 256),
           check_number<std::uint64_t>("file_bytes", program.file_bytes, 0, 1024 * kMiB),
           check_number<std::uint32_t>("cpu_seconds", program.cpu_seconds, 1, 600),
           check_number<std::size_t>("output_bytes", program.output_bytes, 1, std::size_t{1} << 20),
       }) {
    if (!checked) return checked;
  }
  return {};
}

Result<void> check_handler(const Tool& tool) {
  if (const auto* const program = std::get_if<ToolProgram>(&tool.handler)) return check_program(*program);
  if (std::get<ToolFunction>(tool.handler)) return {};
  return refuse("handler", fmt::format("the tool {} has no handler", tool.name), "give it a function or a program");
}

}  // namespace

struct ToolRegistry::Entry {
  Tool tool;
  tools::InputSchema schema;
};

ToolRegistry::ToolRegistry() = default;
ToolRegistry::ToolRegistry(ToolRegistry&&) noexcept = default;
ToolRegistry& ToolRegistry::operator=(ToolRegistry&&) noexcept = default;
ToolRegistry::~ToolRegistry() = default;

Result<void> ToolRegistry::add(Tool tool) {
  if (!is_tool_name(tool.name)) {
    return refuse("name", fmt::format("{} is no name of a tool", tools::quoted_briefly(tool.name)),
                  "use lower-case words of a-z, 0-9 and _, joined by dots, at most 64 bytes, for example math.calc");
  }
  if (find(tool.name) != nullptr) {
    return refuse("name", fmt::format("there is a tool {} already", tool.name), "choose another name");
  }
  if (tool.description.empty() || tool.description.size() > 1024 || !base::is_printable_utf8(tool.description)) {
    return refuse("description",
                  fmt::format("the description of {} must be 1..1024 bytes of text on one line", tool.name),
                  "say in a sentence what it does");
  }
  if (tool.output_origin != Origin::kTool && tool.output_origin != Origin::kWeb) {
    return refuse("output_origin", fmt::format("the output of {} must be of the origin tool or web", tool.name),
                  "choose one of them");
  }
  if (auto checked = check_limits(tool.limits); !checked) return checked;
  if (auto checked = check_handler(tool); !checked) return checked;
  auto schema = tools::InputSchema::compile(tool.input_schema);
  if (!schema) return std::unexpected(schema.error());
  const auto place = std::ranges::lower_bound(entries_, tool.name, {},
                                              [](const auto& entry) -> const std::string& { return entry->tool.name; });
  entries_.insert(place, std::make_unique<const Entry>(std::move(tool), std::move(*schema)));
  return {};
}

const ToolRegistry::Entry* ToolRegistry::find_entry(std::string_view name) const {
  const auto place = std::ranges::lower_bound(entries_, name, {},
                                              [](const auto& entry) -> std::string_view { return entry->tool.name; });
  return place == entries_.end() || (*place)->tool.name != name ? nullptr : place->get();
}

const Tool* ToolRegistry::find(std::string_view name) const {
  const Entry* const entry = find_entry(name);
  return entry == nullptr ? nullptr : &entry->tool;
}

std::vector<const Tool*> ToolRegistry::tools() const {
  std::vector<const Tool*> tools;
  for (const auto& entry : entries_) tools.push_back(&entry->tool);
  return tools;
}

Result<std::string> ToolRegistry::check_input(std::string_view tool, std::string_view input) const {
  const Entry* const entry = find_entry(tool);
  if (entry == nullptr) {
    return base::fail(ErrorCode::kNotFound, fmt::format("there is no tool {}", tools::quoted_briefly(tool)),
                      "penny tool list tells which there are", "tool");
  }
  return entry->schema.check(input, entry->tool.limits.input_bytes_max);
}

std::string_view to_string(SideEffects side_effects) {
  switch (side_effects) {
    case SideEffects::kNone:
      return "none";
    case SideEffects::kReadsMemory:
      return "reads_memory";
    case SideEffects::kWritesMemory:
      return "writes_memory";
    case SideEffects::kReachesNetwork:
      return "reaches_network";
    case SideEffects::kRunsPrograms:
      return "runs_programs";
  }
  return "unnamed";
}

}  // namespace penny
