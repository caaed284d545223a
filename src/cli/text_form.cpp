#include "cli/text_form.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "cli/escape.hpp"
#include "cli/values.hpp"

namespace penny::cli {
namespace {

constexpr std::size_t kExcerptCharacters = 60;

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", shorten(text, kExcerptCharacters)); }

// A result is of its operation's kind; if it ever is not, the line says nothing wrong.
template <class Expected>
Expected result_or_empty(const OperationResult& result) {
  const auto* held = std::get_if<Expected>(&result);
  return held != nullptr ? *held : Expected{};
}

std::string describe_dimension(std::string_view name, const OperationResult& result) {
  const auto dimension = result_or_empty<DimensionResult>(result);
  return fmt::format("dimension {} = {} (confidence {}, version {})", escape_line(name), format_value(dimension.value),
                     format_number(dimension.confidence), dimension.version);
}

std::string describe_preference(std::string_view key, std::string_view value, const OperationResult& result) {
  const auto preference = result_or_empty<PreferenceResult>(result);
  if (!preference.is_value_taken) {
    return fmt::format("preference {} keeps its value, which is surer than {} (confidence {}, version {})",
                       escape_line(key), shorten(value, kExcerptCharacters), format_number(preference.confidence),
                       preference.version);
  }
  return fmt::format("preference {} = {} (confidence {}, seen {}, version {})", escape_line(key),
                     shorten(value, kExcerptCharacters), format_number(preference.confidence),
                     count_of(preference.frequency, "time"), preference.version);
}

struct Describe {
  const OperationResult& result;

  std::string operator()(const AppendTurn& turn) const {
    const auto place = result_or_empty<TurnResult>(result);
    std::string text =
        fmt::format("{} turn {} of session {}", to_string(turn.modality), place.number, escape_line(place.session));
    if (!turn.user_input.empty()) text += fmt::format("  {}", in_quotes(turn.user_input));
    if (!turn.assistant_response.empty()) text += fmt::format("  -> {}", in_quotes(turn.assistant_response));
    return text;
  }

  std::string operator()(const EndSession&) const {
    const auto session = result_or_empty<SessionResult>(result);
    return fmt::format("session {} {} ({})", escape_line(session.session),
                       session.was_open ? "ended" : "had ended before", count_of(session.turn_count, "turn"));
  }

  std::string operator()(const ObservePreference& preference) const {
    return describe_preference(preference.key, preference.value, result);
  }
  std::string operator()(const SetPreference& preference) const {
    return describe_preference(preference.key, preference.value, result);
  }

  std::string operator()(const AdjustDimension& dimension) const { return describe_dimension(dimension.name, result); }
  std::string operator()(const ObserveDimension& dimension) const { return describe_dimension(dimension.name, result); }
  std::string operator()(const SetDimension& dimension) const { return describe_dimension(dimension.name, result); }

  std::string operator()(const RememberFact& fact) const {
    return fmt::format("fact {} remembered  {}", result_or_empty<FactResult>(result).fact.to_string(),
                       in_quotes(fact.text));
  }
  std::string operator()(const ForgetFact& forget) const {
    return fmt::format("fact {} forgotten", forget.fact.to_string());
  }
  std::string operator()(const ForgetTurn& forget) const {
    return fmt::format("turn {} forgotten", forget.turn.to_string());
  }
  std::string operator()(const ForgetTurns& forget) const {
    return fmt::format("{} turns forgotten, of rev {} to {}", result_or_empty<ForgottenResult>(result).turns,
                       forget.first_rev, forget.last_rev);
  }
  std::string operator()(const ForgetPreference& forget) const {
    return fmt::format("preference {} forgotten", forget.key);
  }
  std::string operator()(const EraseUser&) const { return "everything of the user erased"; }
  std::string operator()(const TakeToolPermit& permit) const {
    return fmt::format("tool {} may be called with {}", permit.tool, permit.input);
  }
  std::string operator()(const RecordToolOutcome& outcome) const {
    return fmt::format("tool {} {} after {:.0f} ms", result_or_empty<ToolOutcomeResult>(result).tool,
                       to_string(outcome.status), outcome.took_ms);
  }
};

}  // namespace

Table::Table(std::vector<std::string> heading) : heading_(std::move(heading)) {}

void Table::add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

std::string Table::text(const Output& output) const {
  std::vector<std::size_t> widths;
  for (const auto& cell : heading_) widths.push_back(count_characters(cell));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], count_characters(row[i]));
  }
  const auto line = [&](const std::vector<std::string>& row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - count_characters(row[i]) + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  std::string text = output.in(Colour::kHeading, line(heading_)) + "\n";
  for (const auto& row : rows_) text += line(row) + "\n";
  return text;
}

std::string format_number(double number) { return fmt::format("{:.4g}", number); }

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return count_of(bytes, "byte");
  constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::string count_of(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string format_value(const DimensionValue& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? format_number(*number) : escape_line(std::get<std::string>(value));
}

std::string turn_text(const Turn& turn, const Output& output) {
  std::string head = fmt::format("{}  {}  {}  session {} turn {}", turn.rev, format_time_briefly(turn.at),
                                 to_string(turn.modality), escape_line(turn.session), turn.number);
  if (!turn.channel.empty()) head += fmt::format("  {}", escape_line(turn.channel));
  if (turn.origin != Origin::kUser) head += fmt::format("  origin {}", to_string(turn.origin));
  std::string text = output.in(Colour::kHeading, head) + "\n";
  if (turn.is_forgotten) return text + "  " + output.in(Colour::kQuiet, "(forgotten)") + "\n";
  constexpr std::size_t kIndent = 13;
  if (!turn.user_input.empty()) text += fmt::format("  user       {}\n", escape_block(turn.user_input, kIndent));
  if (!turn.assistant_response.empty()) {
    text += fmt::format("  assistant  {}\n", escape_block(turn.assistant_response, kIndent));
  }
  return text;
}

std::string describe(const Payload& payload, const OperationResult& result) {
  return std::visit(Describe{result}, payload);
}

std::string change_text(const Change& change, const Output& output) {
  const Operation& operation = change.operation;
  const std::string time = operation.at ? format_time_briefly(*operation.at) : "";
  std::string line = fmt::format("{:>6}  {}  {}", change.rev, output.in(Colour::kQuiet, time),
                                 describe(operation.payload, change.result));
  if (change.is_forgotten) line += output.in(Colour::kQuiet, "  (forgotten)");
  if (!operation.channel.empty())
    line += output.in(Colour::kQuiet, fmt::format("  [{}]", escape_line(operation.channel)));
  return line + "\n";
}

}  // namespace penny::cli
