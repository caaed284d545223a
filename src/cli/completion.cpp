#include "cli/completion.hpp"

#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace penny::cli {
namespace {

// What a value may be, by the name of its type. Others are for the user alone to know.
struct KnownValues {
  std::string_view type_name;
  std::string_view words;  // empty: a file
};
constexpr std::array kKnownValues{
    KnownValues{"PATH", ""}, KnownValues{"FILE", ""}, KnownValues{"MODALITY", "chat voice agent"},
    KnownValues{"ORIGIN", "user assistant tool web import"}, KnownValues{"SHELL", "bash zsh fish"}};

const KnownValues* known_values(const TreeOption& option) {
  for (const KnownValues& known : kKnownValues) {
    if (known.type_name == option.type_name) return &known;
  }
  return nullptr;
}

// For all three shells.
std::string shell_word(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + "'";
}

std::string pattern_of(const TreeCommand& command, const TreeOption& option) {
  std::vector<std::string> patterns;
  for (const std::string& name : option.names) patterns.push_back(shell_word(command.name + " " + name));
  return fmt::format("{}", fmt::join(patterns, " | "));
}

std::vector<std::string> names_of_commands(const std::vector<TreeCommand>& tree) {
  std::vector<std::string> names;
  for (const TreeCommand& command : tree) {
    if (&command != &tree.front()) names.push_back(shell_word(command.name));
  }
  return names;
}

std::vector<std::string> words_of(const TreeCommand& command) {
  std::vector<std::string> words = command.subcommands;
  for (const TreeOption& option : command.options) {
    words.insert(words.end(), option.names.begin(), option.names.end());
    if (const KnownValues* known = known_values(option); option.is_positional() && known && !known->words.empty())
      words.emplace_back(known->words);
  }
  return words;
}

bool takes_file(const TreeCommand& command) {
  for (const TreeOption& option : command.options) {
    const KnownValues* known = known_values(option);
    if (option.is_positional() && known != nullptr && known->words.empty()) return true;
  }
  return false;
}

std::string bash_script(const std::vector<TreeCommand>& tree) {
  std::string script = fmt::format(R"(# Completion of penny for bash; made by `penny completion bash`.

_penny_files() {{
  compopt -o filenames 2> /dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}}

_penny() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} command=penny words i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${{COMP_WORDS[i]}}" in
      {}) command="$command ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$command ${{COMP_WORDS[COMP_CWORD - 1]}}" in
)",
                                   fmt::join(names_of_commands(tree), " | "));
  for (const TreeCommand& command : tree) {
    for (const TreeOption& option : command.options) {
      if (!option.takes_value()) continue;
      const KnownValues* known = known_values(option);
      const std::string action = known == nullptr       ? "return"
                                 : known->words.empty() ? "_penny_files \"$current\"; return"
                                                        : fmt::format(
                                                              "mapfile -t COMPREPLY < <(compgen -W '{}' -- "
                                                              "\"$current\"); return",
                                                              known->words);
      script += fmt::format("    {}) {} ;;\n", pattern_of(command, option), action);
    }
  }
  script += "  esac\n  case \"$command\" in\n";
  for (const TreeCommand& command : tree) {
    script += fmt::format("    {})\n      words={}\n", shell_word(command.name),
                          shell_word(fmt::format("{}", fmt::join(words_of(command), " "))));
    if (takes_file(command))
      script += "      if [[ $current != -* ]]; then\n        _penny_files \"$current\"\n        return\n      fi\n";
    script += "      ;;\n";
  }
  script += R"(  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _penny penny
)";
  return script;
}

std::string zsh_script(const std::vector<TreeCommand>& tree) {
  std::string script = fmt::format(R"(#compdef penny
# Completion of penny for zsh; made by `penny completion zsh`.

_penny() {{
  local command=penny
  local -i i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    case "$command ${{words[i]}}" in
      ({}) command="$command ${{words[i]}}" ;;
    esac
  done
  case "$command ${{words[CURRENT-1]}}" in
)",
                                   fmt::join(names_of_commands(tree), " | "));
  for (const TreeCommand& command : tree) {
    for (const TreeOption& option : command.options) {
      if (!option.takes_value()) continue;
      const KnownValues* known = known_values(option);
      const std::string action = known == nullptr       ? fmt::format("_message {}", shell_word(option.type_name))
                                 : known->words.empty() ? "_files"
                                                        : fmt::format("compadd -- {}", known->words);
      script += fmt::format("    ({}) {}; return ;;\n", pattern_of(command, option), action);
    }
  }
  script += "  esac\n  case \"$command\" in\n";
  // A colon ends the word that it describes.
  const auto described = [](std::string_view word, std::string_view description) {
    return shell_word(fmt::format("{}:{}", word, description));
  };
  const auto description_of = [&](const std::string& name) -> std::string_view {
    for (const TreeCommand& command : tree) {
      if (command.name == name) return command.description;
    }
    return {};
  };
  for (const TreeCommand& command : tree) {
    script += fmt::format("    ({})\n", shell_word(command.name));
    for (const std::string& name : command.subcommands)
      script += fmt::format("      commands+=({})\n", described(name, description_of(command.name + " " + name)));
    for (const TreeOption& option : command.options) {
      for (const std::string& name : option.names)
        script += fmt::format("      options+=({})\n", described(name, option.description));
      if (const KnownValues* known = known_values(option); option.is_positional() && known != nullptr)
        script += known->words.empty() ? "      _files\n" : fmt::format("      commands+=({})\n", known->words);
    }
    script += "      ;;\n";
  }
  script += R"(  esac
  (( ${#commands} )) && _describe command commands
  _describe -o option options
}

if [ "$funcstack[1]" = _penny ]; then
  _penny "$@"
else
  compdef _penny penny
fi
)";
  return script;
}

std::string fish_script(const std::vector<TreeCommand>& tree) {
  std::string script = fmt::format(R"(# Completion of penny for fish; made by `penny completion fish`.

function __penny_is_at
    set -l command penny
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if contains -- "$command $word" {}
            set command "$command $word"
        end
    end
    test "$command" = "$argv[1]"
end

complete -c penny -f
)",
                                   fmt::join(names_of_commands(tree), " "));
  for (const TreeCommand& command : tree) {
    const std::string begin = fmt::format("complete -c penny -n \"__penny_is_at {}\"", shell_word(command.name));
    for (const TreeCommand& other : tree) {
      const bool is_below = other.name.starts_with(command.name + " ") &&
                            other.name.find(' ', command.name.size() + 1) == std::string::npos;
      if (!is_below) continue;
      script += fmt::format("{} -a {} -d {}\n", begin, other.name.substr(command.name.size() + 1),
                            shell_word(other.description));
    }
    for (const TreeOption& option : command.options) {
      const KnownValues* known = known_values(option);
      const bool is_file = known != nullptr && known->words.empty();
      std::string line = begin;
      for (const std::string& name : option.names)
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (option.is_positional()) {
        if (known == nullptr) continue;
        line += is_file ? " -F" : fmt::format(" -a {}", shell_word(known->words));
      } else if (option.takes_value()) {
        line += is_file ? " -r -F" : " -x";
        if (known != nullptr && !is_file) line += fmt::format(" -a {}", shell_word(known->words));
      }
      script += fmt::format("{} -d {}\n", line, shell_word(option.description));
    }
  }
  return script;
}

}  // namespace

std::optional<Shell> parse_shell(std::string_view text) {
  if (text == "bash") return Shell::kBash;
  if (text == "zsh") return Shell::kZsh;
  if (text == "fish") return Shell::kFish;
  return std::nullopt;
}

std::string completion_script(const std::vector<TreeCommand>& tree, Shell shell) {
  switch (shell) {
    case Shell::kBash:
      return bash_script(tree);
    case Shell::kZsh:
      return zsh_script(tree);
    case Shell::kFish:
      return fish_script(tree);
  }
  return {};
}

}  // namespace penny::cli
