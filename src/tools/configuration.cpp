#include "tools/configuration.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "tools/formats.hpp"
#include "tools/json_value.hpp"
#include "tools/owned_file.hpp"
#include "tools/toml_table.hpp"

namespace penny::tools {
namespace {

constexpr std::size_t kSchemaFileBytesMax = std::size_t{64} << 10;
constexpr std::size_t kProgramsMax = 100;
constexpr std::size_t kPathBytesMax = 4096;

void take_settings(TomlTable& table, ToolSettings& settings) {
  std::uint64_t calls = 0;
  std::uint64_t window_seconds = 0;
  double deadline_seconds = 0;
  bool needs_permission = false;
  table.take("calls_per_window", calls, 1, 100);
  table.take("window_seconds", window_seconds, 1, 3600);
  table.take_seconds("deadline_seconds", deadline_seconds, 0.001, 600);
  table.take("needs_permission", needs_permission);
  if (table.has("calls_per_window")) settings.calls_max = static_cast<std::uint32_t>(calls);
  if (table.has("window_seconds")) settings.window = std::chrono::seconds(window_seconds);
  if (table.has("deadline_seconds")) {
    settings.deadline = std::chrono::milliseconds(std::llround(deadline_seconds * 1000));
  }
  if (table.has("needs_permission")) settings.needs_permission = needs_permission;
}

// The limits of a sandbox.
void take_program(TomlTable& table, ToolProgram& program) {
  std::uint64_t memory_mib = program.memory_bytes >> 20;
  std::uint64_t processes = program.processes;
  std::uint64_t file_mib = program.file_bytes >> 20;
  std::uint64_t cpu_seconds = program.cpu_seconds;
  std::uint64_t output_kib = program.output_bytes >> 10;
  table.take("network", program.has_network);
  table.take("memory_mib", memory_mib, 16, 65536);
  table.take("processes", processes, 1, 256);
  table.take("file_mib", file_mib, 0, 1024);
  table.take("cpu_seconds", cpu_seconds, 1, 600);
  table.take("output_kib", output_kib, 1, 1024);
  table.take("readable_paths", program.readable_paths, 32, kPathBytesMax);
  if (!std::ranges::all_of(program.readable_paths, [](const std::string& path) { return path.starts_with('/'); })) {
    table.refuse("readable_paths", "must be absolute paths", "write them like /srv/notes");
  }
  program.memory_bytes = memory_mib << 20;
  program.processes = static_cast<std::uint32_t>(processes);
  program.file_bytes = file_mib << 20;
  program.cpu_seconds = static_cast<std::uint32_t>(cpu_seconds);
  program.output_bytes = output_kib << 10;
}

// A file that may be run, by its absolute path or by its name in the system's own folders; never by PATH, which others may set.
std::optional<std::string> find_command(const std::string& command) {
  const auto is_program = [](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
  };
  if (command.starts_with('/')) return is_program(command) ? std::optional(command) : std::nullopt;
  if (command.find('/') != std::string::npos) return std::nullopt;
  for (const char* folder : {"/usr/local/bin/", "/usr/bin/", "/bin/"}) {
    if (is_program(folder + command)) return folder + command;
  }
  return std::nullopt;
}

class ConfigurationReader {
 public:
  explicit ConfigurationReader(const std::string& path) : path_(path) {}

  Result<Configuration> read(const toml::table& file) {
    TomlTable top(file, path_, "the file");
    const toml::table* const tools = top.take_table("tools");
    const toml::table* const web_search = top.take_table("web_search");
    const toml::table* const shell = top.take_table("shell");
    const toml::node* const programs = top.take_node("tool");
    (void)top.take_table("model");  // whoever asks a model reads it, and whoever speaks the other
    (void)top.take_table("voice");
    if (auto finished = top.finish(); !finished) return std::unexpected(finished.error());
    // Programs come first: their names may have settings.
    for (const Result<void>& taken : {
             programs == nullptr ? Result<void>{} : take_programs(*programs, top),
             tools == nullptr ? Result<void>{} : take_tools(*tools),
             web_search == nullptr ? Result<void>{} : take_web_search(*web_search),
             shell == nullptr ? Result<void>{} : take_shell(*shell),
         }) {
      if (!taken) return std::unexpected(taken.error());
    }
    return std::move(configuration_);
  }

 private:
  [[nodiscard]] std::vector<std::string_view> names() const {
    std::vector<std::string_view> names(kBuiltinNames.begin(), kBuiltinNames.end());
    for (const Tool& tool : configuration_.programs) names.emplace_back(tool.name);
    return names;
  }

  Result<void> take_tools(const toml::table& table) {
    TomlTable reader(table, path_, "[tools]");
    take_settings(reader, configuration_.all_tools);
    const auto known = names();
    for (const auto& [key, node] : table) {
      if (!node.is_table()) continue;
      const std::string name(key.str());
      (void)reader.take_node(name);
      if (std::ranges::find(known, name) == known.end()) {
        return base::fail(
            ErrorCode::kInvalid, fmt::format("{}: there is no tool {}", reader.place_of(node), quoted_briefly(name)),
            fmt::format("write it like [tools.\"math.calc\"]; there are {}", fmt::join(known, ", ")), name);
      }
      ToolSettings& settings = configuration_.tools[name];
      TomlTable inner(*node.as_table(), path_, fmt::format("[tools.\"{}\"]", name));
      inner.take("enabled", settings.is_enabled);
      take_settings(inner, settings);
      if (auto finished = inner.finish(); !finished) return finished;
    }
    return reader.finish();
  }

  Result<void> take_web_search(const toml::table& table) {
    WebSearchSettings& settings = configuration_.web_search;
    TomlTable reader(table, path_, "[web_search]");
    reader.take("endpoint", settings.endpoint, 2048);
    reader.take("endpoint_is_private", settings.is_endpoint_private);
    reader.take("allowed_hosts", settings.allowed_hosts, 256, 253);
    const bool has_scheme = settings.endpoint.starts_with("http://") || settings.endpoint.starts_with("https://");
    if (!settings.endpoint.empty() && (!has_scheme || !find_format("uri")->is_met(settings.endpoint))) {
      reader.refuse("endpoint", "must be an http or https address", "write it like https://search.example.org/search");
    }
    if (!std::ranges::all_of(settings.allowed_hosts, find_format("hostname")->is_met)) {
      reader.refuse("allowed_hosts", "must be names of hosts", "write them like example.org, without scheme and port");
    }
    return reader.finish();
  }

  Result<void> take_shell(const toml::table& table) {
    TomlTable reader(table, path_, "[shell]");
    std::vector<std::string> commands;
    reader.take("commands", commands, 64, kPathBytesMax);
    take_program(reader, configuration_.shell.program);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const auto path = find_command(commands[i]);
      if (!path) {
        reader.refuse("commands", fmt::format("has no program at its place {}", i + 1),
                      "write a name in /usr/local/bin, /usr/bin or /bin, or an absolute path");
        break;
      }
      const std::string name = std::filesystem::path(*path).filename();
      if (name.size() > 64 || !configuration_.shell.commands.emplace(name, *path).second) {
        reader.refuse("commands", fmt::format("has a name that is too long or there already at its place {}", i + 1),
                      "allow each name once");
        break;
      }
    }
    return reader.finish();
  }

  Result<void> take_programs(const toml::node& node, TomlTable& top) {
    const toml::array* const tables = node.as_array();
    if (tables == nullptr || tables->size() > kProgramsMax || !tables->is_homogeneous<toml::table>()) {
      top.refuse("tool", fmt::format("must be at most {} tables", kProgramsMax), "write [[tool]]");
      return top.finish();
    }
    ToolRegistry registry;  // says what is wrong with a tool
    for (const toml::node& table : *tables) {
      auto tool = read_tool(*table.as_table());
      if (!tool) return std::unexpected(tool.error());
      auto added = registry.add(*tool);
      const bool is_builtin = std::ranges::find(kBuiltinNames, tool->name) != kBuiltinNames.end();
      if (added && is_builtin)
        added = base::fail(ErrorCode::kInvalid, "the name is that of a built-in tool", "choose another name", "name");
      if (!added) {
        Error error = added.error();
        error.message = fmt::format("{}: [[tool]] is refused: {}", top.place_of(table), error.message);
        return std::unexpected(std::move(error));
      }
      configuration_.programs.push_back(std::move(*tool));
    }
    return {};
  }

  Result<Tool> read_tool(const toml::table& table) {
    TomlTable reader(table, path_, "[[tool]]");
    Tool tool;
    tool.side_effects = SideEffects::kRunsPrograms;
    tool.is_output_untrusted = true;
    ToolProgram program;
    std::string output;
    std::string schema_file;
    for (const char* key : {"name", "description", "command"}) {
      if (!table.contains(key)) reader.refuse(key, "is missing", "name, description and command are needed");
    }
    reader.take("name", tool.name, 64);
    reader.take("description", tool.description, 1024);
    reader.take("command", program.command, 64, kPathBytesMax);
    take_program(reader, program);
    ToolSettings settings;
    take_settings(reader, settings);
    reader.take("output", output, 4);
    if (!output.empty() && output != "tool" && output != "web") {
      reader.refuse("output", "must be \"tool\" or \"web\"", "web: it hands on what others wrote on the web");
    }
    const toml::node* const schema = reader.take_node("input_schema");
    reader.take("input_schema_file", schema_file, kPathBytesMax);
    if ((schema == nullptr) == schema_file.empty()) {
      reader.refuse("input_schema", "must be there, or input_schema_file, and not both", "give one of them");
    }
    if (!program.command.empty() && !find_command(program.command.front()).has_value()) {
      reader.refuse("command", "does not begin with a program that may be run", "write its absolute path first");
    }
    if (schema != nullptr) take_schema(*schema, reader, tool);
    if (auto finished = reader.finish(); !finished) return std::unexpected(finished.error());
    if (!schema_file.empty()) {
      auto text =
          read_owned_file((std::filesystem::path(path_).parent_path() / schema_file).string(), kSchemaFileBytesMax);
      if (!text) return std::unexpected(text.error());
      tool.input_schema = std::move(*text);
    }
    tool.output_origin = output == "web" ? Origin::kWeb : Origin::kTool;
    tool.limits.output_bytes_max = program.output_bytes;
    program.command.front() = *find_command(program.command.front());
    tool.handler = std::move(program);
    configuration_.tools[tool.name] = settings;
    return tool;
  }

  static void take_schema(const toml::node& schema, TomlTable& reader, Tool& tool) {
    const auto json = schema.is_table() ? json_of(schema) : std::nullopt;
    if (!json) {
      reader.refuse("input_schema", "must be a table of what JSON has", "write it like [tool.input_schema]");
      return;
    }
    tool.input_schema = canonical_text(*json);
  }

  const std::string& path_;
  Configuration configuration_;
};

}  // namespace

Result<std::string> default_path() {
  const char* const configured = std::getenv("XDG_CONFIG_HOME");
  if (configured != nullptr && configured[0] == '/') return std::string(configured) + "/penny/penny.toml";
  const char* const home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.config/penny/penny.toml";
  return base::fail(ErrorCode::kNotFound, "neither XDG_CONFIG_HOME nor HOME names a folder",
                    "set HOME, or name the configuration file", "path");
}

Result<Configuration> read_configuration(const std::string& path) {
  const auto file = read_toml(path);
  if (!file) return std::unexpected(file.error());
  return ConfigurationReader(path).read(*file);
}

}  // namespace penny::tools
