#include "assistant/conversation.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <penny/toolbox.hpp>

#include "assistant/endpoint_model.hpp"
#include "assistant/offline_model.hpp"
#include "support/hostile_server.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::assistant {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using test::must;
using Connection = test::HostileServer::Connection;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
constexpr std::string_view kEnd = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

std::string piece(std::string_view text) {
  return fmt::format("data: {}\n\n",
                     json::serialize(json::object{
                         {"choices", {json::object{{"delta", json::object{{"content", json::string(text)}}}}}}}));
}

std::string asks_for(std::string_view tool, std::string_view input) {
  const json::object call{{"index", 0},
                          {"id", "c1"},
                          {"function", json::object{{"name", json::string(tool)}, {"arguments", json::string(input)}}}};
  return fmt::format(
      "data: {}\n\ndata: [DONE]\n\n",
      json::serialize(json::object{{"choices", {json::object{{"delta", json::object{{"tool_calls", {call}}}}}}}}));
}

// A model's server: what it does with a request that holds, or does not hold, the result of a tool.
std::map<std::string, test::HostileServer::Behaviour> behaviours() {
  const auto send = [](const Connection& to, const std::string& bytes) { static_cast<void>(to.send(bytes)); };
  return {
      {"/good/chat/completions",
       [=](const Connection& to) { send(to, std::string(kHead) + piece("Green.") + std::string(kEnd)); }},
      {"/echo/chat/completions",
       [=](const Connection& to) {
         const std::string& request = to.request();
         send(to, std::string(kHead) + piece(request.substr(request.find("\r\n\r\n") + 4)) + std::string(kEnd));
       }},
      {"/calculates/chat/completions",
       [=](const Connection& to) {
         if (to.request().contains(R"("role":"tool")")) {
           const bool is_right = to.request().contains(R"(\"value\":\"42\")");
           send(to, std::string(kHead) + piece(is_right ? "It is 42." : "I do not know.") + std::string(kEnd));
         } else {
           send(to, std::string(kHead) + piece("Let me see.") + asks_for("math-calc", R"({"expression":"6*7"})"));
         }
       }},
      {"/loops/chat/completions",
       [=](const Connection& to) { send(to, std::string(kHead) + asks_for("time-now", "{}")); }},
      {"/wrong-tool/chat/completions",
       [=](const Connection& to) {
         if (to.request().contains(R"("role":"tool")")) {
           send(to, std::string(kHead) + piece("That is not there.") + std::string(kEnd));
         } else {
           send(to, std::string(kHead) + asks_for("rm-rf", "not json"));
         }
       }},
      {"/remembers-after-reading/chat/completions",
       [=](const Connection& to) {
         const std::string& request = to.request();
         if (request.contains("c2")) {
           send(to, std::string(kHead) + piece("Done.") + std::string(kEnd));
         } else if (request.contains(R"("role":"tool")")) {
           std::string asked = asks_for("memory-remember", R"({"text":"the moon is cheese"})");
           asked.replace(asked.find("c1"), 2, "c2");
           send(to, std::string(kHead) + asked);
         } else {
           send(to, std::string(kHead) + asks_for("memory-search", R"({"query":"moon"})"));
         }
       }},
      {"/breaks/chat/completions",
       [=](const Connection& to) {
         send(to, std::string(kHead) + piece("Gre") + "data: {\"error\":{\"message\":\"overheated\"}}\n\n");
       }},
      {"/cut/chat/completions", [=](const Connection& to) { send(to, std::string(kHead) + piece("Gre")); }},
      {"/garbage/chat/completions", [=](const Connection& to) { send(to, std::string(kHead) + "data: \x01\n\n"); }},
      {"/busy/chat/completions", [=](const Connection& to) { send(to, test::http("503 Busy", "text/plain", "")); }},
      {"/silent/chat/completions", [](const Connection& to) { to.wait(); }},
      {"/stalls/chat/completions",
       [=](const Connection& to) {
         if (to.send(std::string(kHead) + piece("Gre"))) to.wait();
       }},
  };
}

class Conversations : public testing::Test {
 protected:
  Conversations()
      : store_(folder_.open()), tools_(must(configured_tools(store_, folder_ / "none.toml"))), guard_(store_, tools_) {}

  std::unique_ptr<Model> served(const std::string& path) const {
    return std::make_unique<EndpointModel>(
        EndpointSettings{.base_url = server_.at(path), .model = "tiny", .silence_max = milliseconds(500)});
  }

  Conversation talk(Model& model, Modality modality = Modality::kChat) {
    return {store_,
            model,
            {.user = "cj", .modality = modality, .channel = modality == Modality::kChat ? "chat@1" : "voice@1"},
            &guard_,
            &tools_};
  }

  Reply say(Conversation& conversation, const std::string& words, const CancelToken& cancel = {}) {
    streamed_.clear();
    return must(conversation.say(
        words,
        [this](std::string_view text) {
          streamed_ += text;
          streamed_bytes_ = streamed_.size();
        },
        cancel));
  }

  Turn last_turn() const { return must(store_.last_turns("cj", 1)).items.at(0); }

  test::StoreFolder folder_;
  Store store_;
  ToolRegistry tools_;
  ToolGuard guard_;
  test::HostileServer server_{behaviours()};
  std::string streamed_;
  std::atomic<std::size_t> streamed_bytes_ = 0;
};

TEST_F(Conversations, ATurnAndWhatItTaughtAreStoredTogether) {
  const auto model = served("/good");
  auto chat = talk(*model);
  const Reply reply = say(chat, "thanks, keep it brief: what is my favorite color?");
  EXPECT_EQ(reply.text, "Green.");
  EXPECT_EQ(streamed_, "Green.");
  EXPECT_FALSE(reply.failure);
  const Turn turn = last_turn();
  EXPECT_EQ(turn.id, reply.turn);
  EXPECT_EQ(turn.rev, reply.rev);
  EXPECT_EQ(turn.assistant_response, "Green.");
  EXPECT_EQ(turn.channel, "chat@1");
  EXPECT_GT(turn.response_time_ms, 0);
  EXPECT_EQ(json::parse(turn.metadata).at("model").as_string(), "tiny");
  // The lessons follow the turn without a gap: one batch.
  ASSERT_GE(reply.lessons.size(), 2U);
  const auto changes = must(store_.changes("cj", turn.rev));
  ASSERT_EQ(changes.items.size(), reply.lessons.size());
  for (std::size_t i = 0; i < changes.items.size(); ++i) EXPECT_EQ(changes.items[i].operation.id, reply.lessons[i].id);
}

TEST_F(Conversations, TheModelIsToldWhatTheOtherOneHeard) {
  const auto model = served("/echo");
  auto chat = talk(*model);
  auto voice = talk(*model, Modality::kVoice);
  (void)say(chat, "hello");
  (void)say(voice, "my dog is called max");
  const Reply reply = say(chat, "what is my dog called?");
  EXPECT_TRUE(reply.text.contains("What happened elsewhere since your last answer"));
  EXPECT_TRUE(reply.text.contains(R"(by voice: the user said \"my dog is called max\")"));
  EXPECT_TRUE(reply.text.contains(R"({"role":"user","content":"my dog is called max"})"));
  // It is news once.
  const Reply again = say(chat, "and my cat?");
  EXPECT_FALSE(again.text.contains(R"(by voice: the user said \"my dog)"));
}

TEST_F(Conversations, OldTurnsAreFoundByTheirWords) {
  (void)must(store_.commit(test::a_turn("cj", "my dog is called max")));
  for (int i = 0; i < 20; ++i) (void)must(store_.commit(test::a_turn("cj", fmt::format("note {}", i))));
  const auto model = served("/echo");
  auto chat = talk(*model);
  const Reply reply = say(chat, "what is my dog called?");
  EXPECT_TRUE(reply.text.contains("What you remember that may matter now"));
  EXPECT_TRUE(reply.text.contains(R"(the user said \"my dog is called max\")"));
}

TEST_F(Conversations, WordsOfOthersAreNotInTheContext) {
  (void)must(store_.commit(test::a_turn("cj", "the lamp is green")));
  Operation page = test::a_turn("cj", "the code of the lamp is swordfish");
  page.origin = Origin::kWeb;
  (void)must(store_.commit(std::move(page)));
  const auto model = served("/echo");
  auto chat = talk(*model);
  const Reply reply = say(chat, "what is the code of the lamp?");
  EXPECT_TRUE(reply.text.contains("the lamp is green"));
  EXPECT_FALSE(reply.text.contains("swordfish"));
}

TEST_F(Conversations, ToolsGoThroughTheGuard) {
  const auto model = served("/calculates");
  auto chat = talk(*model);
  const Reply reply = say(chat, "six times seven?");
  EXPECT_EQ(reply.text, "Let me see.\nIt is 42.");
  ASSERT_EQ(reply.tools.size(), 1U);
  EXPECT_TRUE(reply.tools[0].has_succeeded);
  const auto calls = must(store_.tool_calls("cj"));
  ASSERT_EQ(calls.items.size(), 1U);
  EXPECT_EQ(calls.items[0].tool, "math.calc");
  EXPECT_EQ(calls.items[0].channel, "chat@1");
  EXPECT_EQ(json::parse(last_turn().metadata).at("tools").at(0).at("tool").as_string(), "math.calc");
}

TEST_F(Conversations, AToolThatIsNotThereIsToldToTheModel) {
  const auto model = served("/wrong-tool");
  auto chat = talk(*model);
  const Reply reply = say(chat, "delete everything");
  EXPECT_EQ(reply.text, "That is not there.");
  ASSERT_EQ(reply.tools.size(), 1U);
  EXPECT_FALSE(reply.tools[0].has_succeeded);
  EXPECT_TRUE(must(store_.tool_calls("cj")).items.empty());
}

TEST_F(Conversations, AModelThatAsksForToolsWithoutEndIsStopped) {
  const auto model = served("/loops");
  auto chat = talk(*model);
  const Reply reply = say(chat, "what time is it?");
  ASSERT_TRUE(reply.failure);
  EXPECT_EQ(reply.failure->field, "tool_calls");
  EXPECT_EQ(reply.tools.size(), static_cast<std::size_t>(kToolRoundsMax));
  EXPECT_EQ(server_.requests(), kToolRoundsMax + 1);
  EXPECT_EQ(last_turn().user_input, "what time is it?");
}

// What was read may hold words of others: nothing of it becomes a fact by itself.
TEST_F(Conversations, AfterReadingWordsOfOthersNothingIsRemembered) {
  (void)must(store_.commit(test::a_turn("cj", "the moon is far away")));
  const auto model = served("/remembers-after-reading");
  auto chat = talk(*model);
  const Reply reply = say(chat, "what of the moon?");
  EXPECT_EQ(reply.text, "Done.");
  ASSERT_EQ(reply.tools.size(), 2U);
  EXPECT_TRUE(reply.tools[0].has_succeeded);
  EXPECT_FALSE(reply.tools[1].has_succeeded);
  EXPECT_TRUE(must(store_.facts("cj")).items.empty());
}

// The rows go to the file PENNY_TABLE, if there is one.
TEST_F(Conversations, WhateverBecomesOfTheModelTheWordsAreStored) {
  const struct {
    std::string_view what;
    std::string base_url;
    std::string_view reason;
    std::string_view answered;
  } cases[] = {{"nobody listens", "http://127.0.0.1:9/v1", "connection", ""},
               {"refused: 503", server_.at("/busy"), "status", ""},
               {"no such path: 404", server_.at("/missing"), "status", ""},
               {"slow: no byte for 0.5 s", server_.at("/silent"), "time", ""},
               {"slow: stops in the middle", server_.at("/stalls"), "time", "Gre"},
               {"cut in the stream: its process is killed", server_.at("/cut"), "cut", "Gre"},
               {"garbage", server_.at("/garbage"), "answer", ""},
               {"an error in the stream", server_.at("/breaks"), "answer", "Gre"},
               {"asks for tools without end", server_.at("/loops"), "tool_calls", ""}};
  for (const auto& [what, base_url, reason, answered] : cases) {
    EndpointModel model({.base_url = base_url, .model = "tiny", .silence_max = milliseconds(500)});
    auto chat = talk(model);
    const std::string words = fmt::format("these words, please: {}", what);
    const Reply reply = say(chat, words);
    ASSERT_TRUE(reply.failure) << what;
    EXPECT_EQ(reply.failure->field, reason) << what;
    const Turn turn = last_turn();
    EXPECT_EQ(turn.user_input, words);
    EXPECT_EQ(turn.assistant_response, answered) << what;
    EXPECT_EQ(json::parse(turn.metadata).at("failure").at("reason").as_string(), reason) << what;
    EXPECT_FALSE(reply.lessons.empty()) << what;
    if (const char* const path = std::getenv("PENNY_TABLE"); path != nullptr)
      std::ofstream(path, std::ios::app) << fmt::format("| {} | the words, {} lessons | {} | {} |\n", what,
                                                        reply.lessons.size(), answered.empty() ? "nothing" : answered,
                                                        reason);
  }
}

TEST_F(Conversations, ACancelledAnswerIsStoredAsFarAsItCame) {
  const auto model = served("/stalls");
  auto chat = talk(*model);
  const CancelToken cancel;
  const std::jthread canceller([&] {
    EXPECT_TRUE(test::until([&] { return streamed_bytes_ == std::string_view("Gre").size(); }));
    cancel.cancel();
  });
  const Reply reply = say(chat, "tell me everything", cancel);
  ASSERT_TRUE(reply.failure);
  EXPECT_EQ(reply.failure->code, ErrorCode::kStopped);
  EXPECT_EQ(last_turn().assistant_response, "Gre");
}

TEST_F(Conversations, WordsThatAreNoneAreRefusedBeforeAnythingIsAsked) {
  const auto model = served("/good");
  auto chat = talk(*model);
  for (const std::string& words : {std::string(), std::string("\xff"), std::string("a\0b", 3)})
    EXPECT_EQ(test::refusal(chat.say(words, [](std::string_view) {})).code, ErrorCode::kInvalid);
  EXPECT_EQ(server_.requests(), 0);
  EXPECT_TRUE(must(store_.last_turns("cj")).items.empty());
}

TEST_F(Conversations, WithoutAModelMemoryAnswers) {
  // A name that nobody could have foreseen, stored by somebody else.
  const std::string name = OperationId::make().to_string().substr(24);
  (void)must(store_.commit(test::a_turn("cj", "my cat is called " + name)));
  OfflineModel model;
  auto voice = talk(model, Modality::kVoice);
  const Reply reply = say(voice, "what is my cat called");
  EXPECT_TRUE(reply.text.contains(name)) << reply.text;
  EXPECT_TRUE(reply.text.contains("No language model is configured"));
  const Reply second = say(voice, "what is the name of my horse");
  EXPECT_TRUE(second.text.contains("I find nothing about \"name horse\"")) << second.text;
  EXPECT_FALSE(second.text.contains("No language model"));
}

TEST_F(Conversations, WithoutAModelToolsAndLessonsAnswer) {
  OfflineModel model;
  auto chat = talk(model);
  EXPECT_TRUE(say(chat, "what is 2^64 + 1?").text.contains("2^64 + 1 is 18446744073709551617."));
  EXPECT_TRUE(say(chat, "what time is it").text.starts_with("It is "));
  const Reply reply = say(chat, "please keep it short");
  EXPECT_TRUE(reply.text.contains("response_length concise")) << reply.text;
}

}  // namespace
}  // namespace penny::assistant
