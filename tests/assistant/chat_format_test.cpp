#include "assistant/chat_format.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace penny::assistant {
namespace {

namespace json = boost::json;

// The whole of a stream, as it is told to the sink; or the reason of the error.
std::string told(AnswerReader& reader, const std::vector<std::string>& events) {
  std::string text;
  for (const std::string& event : events) {
    const auto piece = reader.add(event);
    if (!piece) return "error: " + piece.error().message;
    text += *piece;
  }
  return text;
}

std::string said(const std::string& text) {
  return json::serialize(json::object{{"choices", {json::object{{"delta", json::object{{"content", text}}}}}}});
}

Turn a_turn_of(std::string input, std::string response, std::uint64_t rev = 1) {
  Turn turn;
  turn.rev = rev;
  turn.user_input = std::move(input);
  turn.assistant_response = std::move(response);
  return turn;
}

TEST(ChatRequest, HoldsInstructionsTurnsWordsAndTools) {
  Question question;
  question.context.words = "and 2+2?";
  question.context.recent = {a_turn_of("Hi", "Hello")};
  question.tools = {{.name = "math.calc", .description = "Calculates.", .input_schema = R"({"type":"object"})"}};
  const json::value request = json::parse(chat_request(question, "tiny"));
  EXPECT_EQ(request.at("model").as_string(), "tiny");
  EXPECT_TRUE(request.at("stream").as_bool());
  const json::array& messages = request.at("messages").as_array();
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages[0].at("role").as_string(), "system");
  EXPECT_EQ(messages[1].at("content").as_string(), "Hi");
  EXPECT_EQ(messages[2].at("role").as_string(), "assistant");
  EXPECT_EQ(messages[3].at("content").as_string(), "and 2+2?");
  const json::value& function = request.at("tools").at(0).at("function");
  EXPECT_EQ(function.at("name").as_string(), "math-calc");
  EXPECT_EQ(function.at("parameters").at("type").as_string(), "object");
}

TEST(ChatRequest, ARoundOfToolsIsTheModelsCallsAndTheirResults) {
  Question question;
  question.context.words = "2+2?";
  question.rounds = {{.said = "Let me see.",
                      .calls = {{.id = "a", .tool = "math.calc", .input = R"({"expression":"2+2"})"},
                                {.id = "b", .tool = "time.now", .input = "{}"}},
                      .results = {"four", "noon"}}};
  const json::value request = json::parse(chat_request(question, "tiny"));
  EXPECT_FALSE(request.as_object().contains("tools"));
  const json::array& messages = request.at("messages").as_array();
  ASSERT_EQ(messages.size(), 5U);
  EXPECT_EQ(messages[2].at("tool_calls").at(0).at("function").at("arguments").as_string(), R"({"expression":"2+2"})");
  EXPECT_EQ(messages[3].at("role").as_string(), "tool");
  EXPECT_EQ(messages[3].at("tool_call_id").as_string(), "a");
  EXPECT_EQ(messages[4].at("content").as_string(), "noon");
}

TEST(AnswerReader, PutsPiecesTogether) {
  AnswerReader reader;
  EXPECT_EQ(told(reader, {R"({"choices":[{"delta":{"role":"assistant"}}]})", said("Hel"), said("lo"),
                          R"({"choices":[{"delta":{},"finish_reason":"stop"}]})",
                          R"({"choices":[],"usage":{"total_tokens":9}})", "[DONE]"}),
            "Hello");
  EXPECT_TRUE(reader.is_done());
  const auto answer = reader.finish();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "Hello");
  EXPECT_EQ(answer->ending, Ending::kWhole);
}

TEST(AnswerReader, KnowsWhenTheModelStoppedAtItsLimit) {
  AnswerReader reader;
  told(reader, {said("Hel"), R"({"choices":[{"delta":{},"finish_reason":"length"}]})"});
  const auto answer = reader.finish();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->ending, Ending::kTooLong);
}

TEST(AnswerReader, AStreamThatEndsInTheMiddleIsCut) {
  AnswerReader reader;
  told(reader, {said("Hel")});
  const auto answer = reader.finish();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().field, "cut");
}

TEST(AnswerReader, PutsCallsTogether) {
  AnswerReader reader;
  told(
      reader,
      {R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"math-calc","arguments":"{\"expr"}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ession\":\"1+1\"}"}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"name":"time-now"}}]}}]})",
       R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})"});
  const auto answer = reader.finish();
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->calls.size(), 2U);
  EXPECT_EQ(answer->calls[0].tool, "math.calc");
  EXPECT_EQ(answer->calls[0].input, R"({"expression":"1+1"})");
  EXPECT_EQ(answer->calls[1].tool, "time.now");
  EXPECT_EQ(answer->calls[1].input, "{}");
  EXPECT_EQ(answer->calls[1].id, "call-1");
}

// Ollama gives whole calls without a place, and inputs as objects.
TEST(AnswerReader, ReadsWholeCallsWithoutAPlace) {
  AnswerReader reader;
  told(reader,
       {R"({"choices":[{"delta":{"tool_calls":[{"function":{"name":"math-calc","arguments":{"expression":"1+1"}}},)"
        R"({"function":{"name":"time-now","arguments":{}}}]},"finish_reason":"tool_calls"}]})"});
  const auto answer = reader.finish();
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->calls.size(), 2U);
  EXPECT_EQ(answer->calls[0].input, R"({"expression":"1+1"})");
  EXPECT_EQ(answer->calls[1].tool, "time.now");
}

TEST(AnswerReader, WhatIsThoughtAloudIsNotTheAnswer) {
  AnswerReader reader;
  EXPECT_EQ(told(reader, {R"({"choices":[{"delta":{"reasoning_content":"hm","content":null}}]})", said("Yes")}), "Yes");
}

TEST(AnswerReader, AnErrorInTheStreamIsTold) {
  for (const char* event : {R"({"error":{"message":"out of memory","code":500}})", R"({"error":"out of memory"})"}) {
    AnswerReader reader;
    EXPECT_EQ(told(reader, {said("Hel"), event}), "error: the model's server says: out of memory");
  }
}

TEST(AnswerReader, GarbageIsRefused) {
  for (const char* event : {"", "hello", "[1]", "{\"choices\":[7]}", R"({"choices":[{"delta":{"tool_calls":[7]}}]})",
                            R"({"choices":[{"delta":{"tool_calls":[{"index":5,"function":{"name":"a"}}]}}]})",
                            R"({"choices":[{"delta":{"tool_calls":[{"index":99,"function":{"name":"a"}}]}}]})"}) {
    AnswerReader reader;
    EXPECT_TRUE(told(reader, {event}).starts_with("error: ")) << event;
  }
}

TEST(AnswerReader, AnAnswerWithoutEndIsRefused) {
  AnswerReader reader;
  const std::string event = said(std::string(60'000, 'x'));
  int taken = 0;
  while (taken < 100 && reader.add(event)) ++taken;
  EXPECT_EQ(taken, 8);
}

TEST(AnswerReader, ReadsAWholeAnswer) {
  AnswerReader reader;
  const auto text = reader.add_whole(R"({"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]})");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "Hello");
  EXPECT_EQ(reader.finish()->text, "Hello");
  for (const char* body : {"", "<html>", "{}", R"({"choices":[]})", R"({"choices":[{"text":"x"}]})"})
    EXPECT_FALSE(AnswerReader().add_whole(body)) << body;
}

TEST(ErrorIn, FindsWhatServersSay) {
  EXPECT_EQ(error_in(R"({"error":{"message":"no such\nmodel"}})"), "no such model");
  EXPECT_EQ(error_in(R"({"error":"gone"})"), "gone");
  EXPECT_EQ(error_in(R"({"detail":"nope"})"), "nope");
  for (const char* body : {"", "<html>", "[]", "{}", R"({"error":7})"}) EXPECT_EQ(error_in(body), "") << body;
}

}  // namespace
}  // namespace penny::assistant
