#include "assistant/endpoint_model.hpp"

#include <chrono>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/hostile_server.hpp"
#include "support/until.hpp"

namespace penny::assistant {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::http;
using Connection = test::HostileServer::Connection;
using Behaviour = test::HostileServer::Behaviour;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
constexpr std::string_view kEnd = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

std::string piece(std::string_view text) {
  return fmt::format("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n", text);
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

Behaviour sends(std::string bytes) {
  return [bytes = std::move(bytes)](const Connection& to) { static_cast<void>(to.send(bytes)); };
}

std::map<std::string, Behaviour> behaviours() {
  const std::string begun = joined({kHead, piece("Hel")});
  const std::string hello = joined({begun, piece("lo"), kEnd});
  return {
      {"/good/chat/completions", sends(hello)},
      {"/whole/chat/completions",
       sends(http("200 OK", "application/json",
                  R"({"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]})"))},
      {"/stays-open/chat/completions",
       [=](const Connection& to) {
         if (to.send(hello)) to.wait();
       }},
      {"/byte-by-byte/chat/completions",
       [=](const Connection& to) {
         for (const char byte : hello) {
           if (!to.send({&byte, 1})) return;
         }
       }},
      {"/echo/chat/completions",
       [](const Connection& to) {
         const bool has_key = to.request().contains("\r\nAuthorization: Bearer secret\r\n");
         const bool has_words = to.request().contains(R"("content":"Hi there")");
         static_cast<void>(to.send(joined({kHead, piece(has_key && has_words ? "yes" : "no"), kEnd})));
       }},
      {"/silent/chat/completions", [](const Connection& to) { to.wait(); }},
      {"/stalls/chat/completions",
       [=](const Connection& to) {
         if (to.send(begun)) to.wait();
       }},
      {"/cut/chat/completions", sends(begun)},
      {"/cut-in-an-event/chat/completions", sends(joined({begun, "data: {\"choi"}))},
      {"/error-in-stream/chat/completions",
       sends(joined({begun, "data: {\"error\":{\"message\":\"overheated\"}}\n\n"}))},
      {"/garbage/chat/completions", sends(joined({kHead, "data: \x01\x02\n\n"}))},
      {"/html/chat/completions", sends(http("200 OK", "text/html", "<p>hello</p>"))},
      {"/no-http/chat/completions", sends("SSH-2.0-OpenSSH_9.2\r\n")},
      {"/nothing/chat/completions", [](const Connection&) {}},
      {"/endless/chat/completions",
       [](const Connection& to) {
         if (!to.send(kHead)) return;
         while (to.send(piece(std::string(4'000, 'x')))) {
         }
       }},
      {"/endless-event/chat/completions",
       [](const Connection& to) {
         if (!to.send(joined({kHead, "data: "}))) return;
         while (to.send(std::string(4'000, 'x'))) {
         }
       }},
      {"/401/chat/completions",
       sends(http("401 Unauthorized", "application/json", R"({"error":{"message":"bad key"}})"))},
      {"/404/chat/completions", sends(http("404 Not Found", "application/json", R"({"error":"no such model"})"))},
      {"/500/chat/completions", sends(http("500 Oops", "text/html", std::string(200'000, 'x')))},
      {"/redirect/chat/completions",
       sends(http("302 Found", "text/html", "x", "Location: /good/chat/completions\r\n"))},
  };
}

class EndpointModels : public testing::Test {
 protected:
  Result<Answer> ask(const std::string& path, milliseconds time = milliseconds(20'000)) {
    EndpointModel model({.base_url = server_.at(path), .model = "tiny", .key = "secret", .silence_max = silence_max_});
    Question question;
    question.context.words = "Hi there";
    return model.answer(
        question, [this](std::string_view text) { streamed_ += text; }, steady_clock::now() + time, cancel_);
  }

  std::string reason(const std::string& path) {
    const auto answer = ask(path);
    return answer ? "answered" : answer.error().field;
  }

  std::string streamed_;
  milliseconds silence_max_{20'000};
  CancelToken cancel_;
  test::HostileServer server_{behaviours()};
};

TEST_F(EndpointModels, AnswersComeInPiecesOrWhole) {
  for (const char* path : {"/good", "/whole", "/stays-open", "/byte-by-byte"}) {
    streamed_.clear();
    const auto answer = ask(path);
    ASSERT_TRUE(answer) << path << ": " << answer.error().message;
    EXPECT_EQ(answer->text, "Hello") << path;
    EXPECT_EQ(streamed_, "Hello") << path;
  }
}

TEST_F(EndpointModels, SendWordsAndKey) { EXPECT_EQ(ask("/echo")->text, "yes"); }

TEST_F(EndpointModels, FailuresSayWhatHappened) {
  const struct {
    const char* path;
    const char* reason;
    const char* streamed;
  } cases[] = {{"/cut", "cut", "Hel"},
               {"/cut-in-an-event", "cut", "Hel"},
               {"/error-in-stream", "answer", "Hel"},
               {"/garbage", "answer", ""},
               {"/html", "answer", ""},
               {"/no-http", "answer", ""},
               {"/nothing", "answer", ""},
               {"/endless-event", "answer", ""},
               {"/401", "status", ""},
               {"/404", "status", ""},
               {"/500", "status", ""},
               {"/redirect", "status", ""}};
  for (const auto& [path, expected, streamed] : cases) {
    streamed_.clear();
    EXPECT_EQ(reason(path), expected) << path;
    EXPECT_EQ(streamed_, streamed) << path;
  }
  EXPECT_EQ(reason("/endless"), "answer");
  EXPECT_TRUE(ask("/401").error().message.contains("bad key"));
  EXPECT_TRUE(ask("/error-in-stream").error().message.contains("overheated"));
}

TEST_F(EndpointModels, ASilentServerIsLeft) {
  silence_max_ = milliseconds(300);
  for (const char* path : {"/silent", "/stalls"}) {
    const auto answer = ask(path);
    ASSERT_FALSE(answer) << path;
    EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded) << path;
  }
  EXPECT_EQ(streamed_, "Hel");
}

TEST_F(EndpointModels, TheDeadlineEndsIt) {
  const auto answer = ask("/stalls", milliseconds(300));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
}

TEST_F(EndpointModels, CancellingEndsIt) {
  const std::jthread canceller([this] {
    EXPECT_TRUE(test::until([this] { return server_.requests() == 1; }));
    cancel_.cancel();
  });
  const auto answer = ask("/stalls");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kStopped);
}

TEST_F(EndpointModels, AServerThatIsNotThereIsNamed) {
  std::uint16_t port = 0;
  {
    const test::HostileServer gone{{}};
    port = gone.port();
  }
  EndpointModel model({.base_url = fmt::format("http://127.0.0.1:{}/v1", port), .model = "tiny"});
  const auto answer = model.answer({}, [](std::string_view) {}, steady_clock::now() + milliseconds(5'000), {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().field, "connection");
}

}  // namespace
}  // namespace penny::assistant
