#include "assistant/chat_format.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "assistant/prompt.hpp"
#include "base/error.hpp"
#include "base/json_value.hpp"
#include "base/one_line.hpp"
#include "base/utf8.hpp"

namespace penny::assistant {
namespace {

namespace json = boost::json;

constexpr std::size_t kErrorCharactersMax = 300;

std::unexpected<Error> refuse(std::string message) {
  return base::fail(ErrorCode::kNotFound, std::move(message), "check that the endpoint serves /v1/chat/completions",
                    "answer");
}

// Names of functions are letters, digits, _ and -; ours have no hyphens.
std::string outer_name(std::string name) {
  std::ranges::replace(name, '.', '-');
  return name;
}

std::string inner_name(std::string name) {
  std::ranges::replace(name, '-', '.');
  return name;
}

json::object message(std::string_view role, std::string_view content) {
  return {{"role", json::string(role)}, {"content", json::string(content)}};
}

json::array messages_of(const Question& question) {
  json::array all;
  all.push_back(message("system", instructions(question.context)));
  for (const Message& each : messages(question.context))
    all.push_back(message(each.is_of_user ? "user" : "assistant", each.text));
  for (const ToolRound& round : question.rounds) {
    json::array calls;
    for (const AskedCall& call : round.calls) {
      calls.push_back(
          json::object{{"id", call.id},
                       {"type", "function"},
                       {"function", json::object{{"name", outer_name(call.tool)}, {"arguments", call.input}}}});
    }
    json::object asked = message("assistant", round.said);
    asked["tool_calls"] = std::move(calls);
    all.push_back(std::move(asked));
    for (std::size_t i = 0; i < round.calls.size() && i < round.results.size(); ++i) {
      json::object result = message("tool", round.results[i]);
      result["tool_call_id"] = round.calls[i].id;
      all.push_back(std::move(result));
    }
  }
  return all;
}

const json::value* member(const json::object& object, std::string_view key) { return object.if_contains(key); }

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* const found = member(object, key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

const json::object* object_in(const json::object& object, std::string_view key) {
  const json::value* const found = member(object, key);
  return found == nullptr ? nullptr : found->if_object();
}

const json::array* array_in(const json::object& object, std::string_view key) {
  const json::value* const found = member(object, key);
  return found == nullptr ? nullptr : found->if_array();
}

std::string briefly(std::string_view text) {
  if (!base::is_valid_utf8(text)) return {};
  return base::on_one_line(text.substr(0, base::utf8_prefix_bytes(text, kErrorCharactersMax)));
}

// {"error": {"message": ...}} of most servers, {"error": "..."} of Ollama, {"message": ...} and {"detail": ...} of others.
std::string error_in(const json::object& body) {
  if (const json::object* const error = object_in(body, "error")) {
    const std::string message = text_of(*error, "message");
    return message.empty() ? "an error without a message" : briefly(message);
  }
  for (const char* key : {"error", "message", "detail"}) {
    if (const std::string message = text_of(body, key); !message.empty()) return briefly(message);
  }
  return {};
}

}  // namespace

std::string chat_request(const Question& question, std::string_view model) {
  json::object request{{"model", json::string(model)}, {"stream", true}, {"messages", messages_of(question)}};
  if (!question.tools.empty()) {
    json::array tools;
    for (const OfferedTool& tool : question.tools) {
      tools.push_back(
          json::object{{"type", "function"},
                       {"function", json::object{{"name", outer_name(tool.name)},
                                                 {"description", tool.description},
                                                 {"parameters", base::read_json(tool.input_schema).value}}}});
    }
    request["tools"] = std::move(tools);
  }
  return json::serialize(request);
}

Result<std::string> AnswerReader::add(std::string_view data) {
  if (data == "[DONE]") {
    is_done_ = true;
    return std::string();
  }
  const base::JsonReading reading = base::read_json(data);
  const json::object* const event = reading.value.if_object();
  if (event == nullptr) return refuse("an event of the model's stream is no JSON object");
  if (member(*event, "error") != nullptr) return refuse(fmt::format("the model's server says: {}", error_in(*event)));
  const json::array* const choices = array_in(*event, "choices");
  if (choices == nullptr || choices->empty()) return std::string();  // usage, timings
  const json::object* const choice = choices->front().if_object();
  if (choice == nullptr) return refuse("an event of the model's stream has a choice that is no object");
  std::string piece;
  if (const json::object* const delta = object_in(*choice, "delta")) {
    auto taken = take(*delta);
    if (!taken) return taken;
    piece = *std::move(taken);
  }
  if (const std::string reason = text_of(*choice, "finish_reason"); !reason.empty()) {
    has_ended_ = true;
    if (reason == "length") answer_.ending = Ending::kTooLong;
  }
  return piece;
}

Result<std::string> AnswerReader::add_whole(std::string_view body) {
  const base::JsonReading reading = base::read_json(body);
  const json::object* const whole = reading.value.if_object();
  if (whole == nullptr) return refuse("what the model's server sent is no JSON object");
  if (member(*whole, "error") != nullptr) return refuse(fmt::format("the model's server says: {}", error_in(*whole)));
  const json::array* const choices = array_in(*whole, "choices");
  const json::object* const choice = choices == nullptr || choices->empty() ? nullptr : choices->front().if_object();
  const json::object* const message = choice == nullptr ? nullptr : object_in(*choice, "message");
  if (message == nullptr) return refuse("the model's answer has no message");
  if (text_of(*choice, "finish_reason") == "length") answer_.ending = Ending::kTooLong;
  has_ended_ = true;
  is_done_ = true;
  return take(*message);
}

// What a model thinks aloud ("reasoning_content") is not part of its answer.
Result<std::string> AnswerReader::take(const json::object& message) {
  std::string piece = text_of(message, "content");
  if (auto counted = count(piece.size()); !counted) return std::unexpected(counted.error());
  answer_.text += piece;
  if (const json::array* const calls = array_in(message, "tool_calls")) {
    if (auto taken = take_calls(*calls); !taken) return std::unexpected(taken.error());
  }
  return piece;
}

// A call comes in pieces: the first has its place, id and name, all have parts of the input.
Result<void> AnswerReader::take_calls(const json::array& calls) {
  for (const json::value& each : calls) {
    const json::object* const call = each.if_object();
    const json::object* const function = call == nullptr ? nullptr : object_in(*call, "function");
    if (function == nullptr) return refuse("the model asked for a call without a function");
    const json::value* const said = member(*call, "index");
    const bool has_place = said != nullptr && said->is_int64() && said->get_int64() >= 0;
    const bool begins = !text_of(*function, "name").empty();
    const std::size_t last = answer_.calls.size() - (begins || answer_.calls.empty() ? 0 : 1);
    const std::size_t place = has_place ? static_cast<std::size_t>(said->get_int64()) : last;
    if (place >= kCallsMax) return refuse(fmt::format("the model asked for more than {} calls at once", kCallsMax));
    if (place > answer_.calls.size()) return refuse("the model's calls are out of order");
    if (place == answer_.calls.size()) answer_.calls.emplace_back();
    AskedCall& asked = answer_.calls[place];
    if (std::string id = text_of(*call, "id"); !id.empty()) asked.id = std::move(id);
    if (begins) asked.tool = inner_name(text_of(*function, "name"));
    const json::value* const input = member(*function, "arguments");
    std::string piece =
        input != nullptr && input->is_object() ? json::serialize(*input) : text_of(*function, "arguments");
    if (auto counted = count(piece.size()); !counted) return counted;
    asked.input += piece;
  }
  return {};
}

Result<void> AnswerReader::count(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ > kAnswerBytesMax)
    return refuse(fmt::format("the model's answer is longer than {} bytes", kAnswerBytesMax));
  return {};
}

Result<Answer> AnswerReader::finish() {
  if (!is_done_ && !has_ended_) {
    return base::fail(ErrorCode::kNotFound, "the model's answer ended in the middle", "ask again", "cut");
  }
  std::size_t place = 0;
  for (AskedCall& call : answer_.calls) {
    if (call.tool.empty()) return refuse("the model asked for a call without a name");
    if (call.id.empty()) call.id = fmt::format("call-{}", place);
    if (call.input.empty()) call.input = "{}";
    ++place;
  }
  return std::move(answer_);
}

std::string error_in(std::string_view body) {
  const base::JsonReading reading = base::read_json(body);
  const json::object* const object = reading.value.if_object();
  return object == nullptr ? std::string() : error_in(*object);
}

}  // namespace penny::assistant
