#include "cli/man_page.hpp"

#include <fmt/format.h>

namespace penny::cli {
namespace {

// Text for roff: nothing in it is a request or an escape, and a dash can be copied out of the page.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_at_begin = result.empty() || result.back() == '\n';
    if (is_at_begin && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if (c == '`' || c == '\'') {
      result += c == '`' ? "\\(ga" : "\\(aq";
    } else if (c == '"') {
      result += "\\(dq";
    } else {
      result += c;
    }
  }
  return result;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

std::string synopsis_of(const TreeCommand& command) {
  std::string text = bold(command.name);
  bool has_options = false;
  for (const TreeOption& option : command.options) {
    if (!option.is_positional() && option.is_required)
      text += " " + bold(option.names.back()) + " " + italic(option.type_name);
    has_options = has_options || (!option.is_positional() && !option.is_required);
  }
  if (has_options) text += " [" + italic("OPTIONS") + "]";
  if (!command.subcommands.empty()) text += " " + italic("COMMAND");
  for (const TreeOption& option : command.options) {
    if (option.is_positional())
      text += option.is_required ? " " + italic(option.type_name) : " [" + italic(option.type_name) + "]";
  }
  return text;
}

std::string entry_of(const TreeOption& option) {
  std::string head;
  for (const std::string& name : option.names) head += (head.empty() ? "" : ", ") + bold(name);
  if (!option.type_name.empty()) head += (head.empty() ? "" : " ") + italic(option.type_name);
  return fmt::format(".TP\n{}\n{}\n", head, escaped(option.description));
}

bool is_common(const TreeOption& option) { return option.group == "Common options"; }
bool is_help(const TreeOption& option) { return !option.names.empty() && option.names.back() == "--help"; }

std::string section_of(const TreeCommand& command) {
  std::string text =
      fmt::format(".SS {}\n{}.\n.PP\n{}\n", escaped(command.name), escaped(command.description), synopsis_of(command));
  for (const TreeOption& option : command.options) {
    if (!is_common(option) && !is_help(option)) text += entry_of(option);
  }
  if (command.subcommands.empty() && !command.footer.empty())
    text += fmt::format(".PP\n.nf\n{}\n.fi\n", escaped(command.footer));
  return text;
}

// The options that commands share, from the first one that has them as they mostly are.
std::string common_options(const std::vector<TreeCommand>& tree) {
  for (const TreeCommand& command : tree) {
    std::string text;
    for (const TreeOption& option : command.options) {
      if (is_common(option)) text += entry_of(option);
    }
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace

std::string man_page(const std::vector<TreeCommand>& tree, std::string_view version) {
  const TreeCommand& program = tree.front();
  std::string text = fmt::format(
      ".TH PENNY 1 \"\" \"Penny {}\" \"User Commands\"\n"
      ".SH NAME\npenny \\- the memory and personality of an assistant, shared by all its processes\n"
      ".SH SYNOPSIS\n{}\n"
      ".SH DESCRIPTION\n{}.\n"
      "One file holds the turns, preferences, facts and personality of any number of users. Any number of processes\n"
      "may read and write it at the same time; what a command has told to be stored survives every crash.\n",
      escaped(version), synopsis_of(program), escaped(program.description));
  text += ".SH OPTIONS\n";
  for (const TreeOption& option : program.options) text += entry_of(option);
  text += ".SH COMMON OPTIONS\nOf nearly all commands:\n" + common_options(tree);
  text += ".SH COMMANDS\n";
  for (const TreeCommand& command : tree) {
    if (&command != &program) text += section_of(command);
  }
  text +=
      ".SH EXIT STATUS\n"
      ".TP\n0\nDone.\n"
      ".TP\n1\nFailed.\n"
      ".TP\n2\nWrong use.\n"
      ".TP\n3\nNot found.\n"
      ".TP\n4\nBusy, too late, or interrupted by Ctrl\\-C: the same command may be run again, and goes on where it "
      "was.\n"
      ".TP\n5\nThe store is damaged.\n"
      ".TP\n130, 143\nEnded by a signal before it changed anything.\n"
      ".SH ENVIRONMENT\n"
      ".TP\n.B PENNY_STORE\nThe store's file, if \\fB\\-\\-store\\fR is not given.\n"
      ".TP\n.B PENNY_USER\nWhose memory, if \\fB\\-\\-user\\fR is not given.\n"
      ".TP\n.B NO_COLOR\nIf not empty, no colours are used.\n"
      ".SH FILES\n"
      ".TP\n.I data/memory.db\nThe store. Beside it lie files that begin with its name; none of them may be deleted\n"
      "while the store is open, and the one that ends in \\-wal is data at any time.\n"
      ".SH SEE ALSO\n.BR sqlite3 (1)\n";
  return text;
}

}  // namespace penny::cli
