#include "assistant/offline_model.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "assistant/prompt.hpp"
#include "assistant/question_words.hpp"
#include "base/json_value.hpp"
#include "base/one_line.hpp"
#include "rules/words.hpp"

namespace penny::assistant {
namespace {

namespace json = boost::json;

constexpr std::size_t kToldMax = 2;
constexpr std::string_view kCalculate = "math.calc";
constexpr std::string_view kTellTime = "time.now";

// The longest piece that is arithmetic: numbers, and at least one sign between them.
std::string arithmetic_in(std::string_view words) {
  constexpr std::string_view kSigns = "+-*/^%";
  constexpr std::string_view kAllowed = "0123456789.()+-*/^% ";
  std::string best;
  for (std::size_t begin = 0; begin < words.size();) {
    const std::size_t end = std::min(words.find_first_not_of(kAllowed, begin), words.size());
    std::string_view piece = words.substr(begin, end - begin);
    piece = piece.substr(std::min(piece.find_first_of("0123456789.("), piece.size()));
    piece = piece.substr(0, piece.find_last_of("0123456789)") + 1);
    const bool has_sign = piece.find_first_of(kSigns, 1) != std::string_view::npos;
    if (has_sign && piece.size() > best.size()) best = piece;
    begin = end + 1;
  }
  return best;
}

bool asks_for_time(std::string_view words) {
  if (!is_question(words)) return false;
  const rules::Words all(words);
  return all.has("what time") || all.has("the time") || all.has("what day") || all.has("the date") ||
         all.has("today's date");
}

std::vector<AskedCall> calls_for(const Question& question) {
  const auto is_offered = [&](std::string_view name) {
    return std::ranges::any_of(question.tools, [&](const OfferedTool& tool) { return tool.name == name; });
  };
  std::vector<AskedCall> calls;
  if (const std::string expression = arithmetic_in(question.context.words);
      !expression.empty() && is_offered(kCalculate)) {
    calls.push_back({.id = "calculate",
                     .tool = std::string(kCalculate),
                     .input = json::serialize(json::object{{"expression", expression}})});
  }
  if (asks_for_time(question.context.words) && is_offered(kTellTime))
    calls.push_back({.id = "tell-time", .tool = std::string(kTellTime), .input = "{}"});
  return calls;
}

// A result as the conversation hands it on: one of the guard's answers, or a refusal with a message.
std::string sentence_of(const AskedCall& call, std::string_view result) {
  const base::JsonReading reading = base::read_json(result);
  const json::object* const answer = reading.value.if_object();
  const json::value* const output = answer == nullptr ? nullptr : answer->if_contains("output");
  const json::object* const fields = output == nullptr ? nullptr : output->if_object();
  const auto text = [&](std::string_view key) {
    const json::value* const found = fields == nullptr ? nullptr : fields->if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  if (call.tool == kCalculate && !text("value").empty()) {
    const base::JsonReading input = base::read_json(call.input);
    return fmt::format("{} is {}.", std::string_view(input.value.at("expression").as_string()), text("value"));
  }
  if (call.tool == kTellTime && !text("local").empty()) {
    const std::string local = text("local");  // 2026-11-29T12:30:00+00:00
    return fmt::format("It is {}, {}, {} ({}).", local.substr(11, 5), text("weekday"), local.substr(0, 10),
                       text("time_zone"));
  }
  const json::value* const message = answer == nullptr ? nullptr : answer->if_contains("message");
  return fmt::format(
      "{} could not help{}{}.", call.tool, message != nullptr && message->is_string() ? ": " : "",
      message != nullptr && message->is_string() ? std::string_view(message->get_string()) : std::string_view());
}

// As one says it, by voice too; a time zone does not matter to it.
std::string ago(Time then, Time now) {
  using namespace std::chrono;
  const auto passed = floor<minutes>(now - then);
  const auto counted = [](std::int64_t count, std::string_view what) {
    return fmt::format("{} {}{} ago", count, what, count == 1 ? "" : "s");
  };
  if (passed < minutes(2)) return "Just now";
  if (passed < hours(1)) return counted(passed.count(), "minute");
  if (passed < hours(48)) return counted(floor<hours>(passed).count(), "hour");
  if (passed < days(14)) return counted(floor<days>(passed).count(), "day");
  return "On " + day_of(then);
}

// What the user told, by the words' best places. His own questions of before tell nothing.
std::vector<std::string> told_by(const std::vector<SearchHit>& memories) {
  const Time now = std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
  std::vector<std::string> told;
  for (const SearchHit& hit : memories) {
    if (told.size() == kToldMax) break;
    const Turn* const turn = std::get_if<Turn>(&hit.found);
    if (turn != nullptr && (turn->user_input.empty() || is_question(turn->user_input))) continue;
    told.push_back(turn != nullptr
                       ? fmt::format("{} you told me {}: \"{}\".", ago(turn->at, now), way(turn->modality),
                                     base::on_one_line(turn->user_input))
                       : fmt::format("I remember: \"{}\".", base::on_one_line(std::get<Fact>(hit.found).text)));
  }
  return told;
}

std::string learned_from(const std::vector<Operation>& lessons) {
  std::string learned;
  for (const Operation& lesson : lessons) {
    std::string part;
    if (const auto* const preference = std::get_if<ObservePreference>(&lesson.payload)) {
      if (preference->key == "active_time") continue;  // every turn teaches it
      part = fmt::format("{} {}", preference->key, plain_value(preference->value));
    } else if (const auto* const dimension = std::get_if<ObserveDimension>(&lesson.payload)) {
      part = fmt::format("{} towards {}", dimension->name, value_text(dimension->value));
    }
    if (!part.empty()) learned += (learned.empty() ? "" : ", ") + part;
  }
  return learned;
}

std::string compose(const Question& question) {
  std::vector<std::string> sentences;
  for (const ToolRound& round : question.rounds) {
    for (std::size_t i = 0; i < round.calls.size() && i < round.results.size(); ++i)
      sentences.push_back(sentence_of(round.calls[i], round.results[i]));
  }
  const Context& context = question.context;
  const bool is_asked = is_question(context.words);
  if (sentences.empty() && is_asked) {
    sentences = told_by(context.memories);
    if (sentences.empty()) {
      const std::string words = telling_words(context.words);
      sentences.push_back(words.empty() ? "There is no word in that to look for in your memory."
                                        : fmt::format("I find nothing about \"{}\" in your memory.", words));
    }
  } else if (sentences.empty()) {
    sentences.push_back(fmt::format("I keep that: \"{}\".", base::on_one_line(context.words)));
  }
  if (const std::string learned = learned_from(context.lessons); !learned.empty())
    sentences.push_back(fmt::format("I learn from it: {}.", learned));
  return fmt::format("{}", fmt::join(sentences, " "));
}

}  // namespace

Result<Answer> OfflineModel::answer(const Question& question, const TextSink& sink, base::Instant /*deadline*/,
                                    const CancelToken& /*cancel*/) {
  Answer answer;
  if (question.rounds.empty()) answer.calls = calls_for(question);
  if (!answer.calls.empty()) return answer;
  answer.text = compose(question);
  if (!std::exchange(has_said_so_, true))
    answer.text += " No language model is configured; I answer from your memory alone.";
  sink(answer.text);
  return answer;
}

}  // namespace penny::assistant
