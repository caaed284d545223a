#include "assistant/voice/endpoint_speech.hpp"

#include <chrono>
#include <map>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "assistant/voice/spoken.hpp"
#include "support/hostile_server.hpp"
#include "support/until.hpp"

namespace penny::assistant {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::http;
using test::must;
using test::refusal;
using Connection = test::HostileServer::Connection;
using Behaviour = test::HostileServer::Behaviour;

std::string body_of(const Connection& to) {
  const std::string& request = to.request();
  return request.substr(request.find("\r\n\r\n") + 4);
}

// The part of a form that has this name.
std::string part_of(const std::string& body, const std::string& name) {
  const std::string boundary = body.substr(0, body.find("\r\n"));
  const std::size_t head = body.find("name=\"" + name + "\"");
  if (head == std::string::npos) return {};
  const std::size_t begin = body.find("\r\n\r\n", head) + 4;
  return body.substr(begin, body.find("\r\n" + boundary, begin) - begin);
}

Behaviour sends(std::string bytes) {
  return [bytes = std::move(bytes)](const Connection& to) { static_cast<void>(to.send(bytes)); };
}

// The good ones have flite and pocketsphinx behind them.
std::map<std::string, Behaviour> behaviours() {
  const Behaviour transcribe = [](const Connection& to) {
    const std::string body = body_of(to);
    const bool is_right = to.request().contains("\r\nAuthorization: Bearer secret\r\n") &&
                          part_of(body, "model") == "whisper-1" && part_of(body, "response_format") == "json" &&
                          body.find("name=\"file\"") > body.find("name=\"model\"");
    const auto sound = read_sound(part_of(body, "file"));
    const boost::json::object answer{{"text", is_right && sound ? test::heard(*sound) : "wrong request"}};
    static_cast<void>(to.send(http("200 OK", "application/json", boost::json::serialize(answer))));
  };
  const Behaviour speak = [](const Connection& to) {
    const auto wanted = boost::json::parse(body_of(to)).as_object();
    const bool is_right = wanted.at("response_format") == "wav" && wanted.at("voice") == "slt";
    const std::string sound = wav_of(test::spoken(is_right ? std::string(wanted.at("input").as_string()) : "wrong"));
    static_cast<void>(to.send(http("200 OK", "audio/wav", sound)));
  };
  const Behaviour wait = [](const Connection& to) { to.wait(); };
  const Behaviour endless = [](const Connection& to) {
    if (!to.send("HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\n")) return;
    while (to.send(std::string(100'000, 'x'))) {
    }
  };
  std::map<std::string, Behaviour> all;
  const auto add = [&](const std::string& path, const Behaviour& hears, const Behaviour& speaks) {
    all[path + "/audio/transcriptions"] = hears;
    all[path + "/audio/speech"] = speaks;
  };
  add("/good", transcribe, speak);
  add("/silent", wait, wait);
  add("/endless", endless, endless);
  const auto both = [&](const std::string& path, const Behaviour& does) { add(path, does, does); };
  both("/401", sends(http("401 Unauthorized", "application/json", R"({"error":{"message":"bad key"}})")));
  both("/404", sends(http("404 Not Found", "text/plain", "nothing here")));
  both("/html", sends(http("200 OK", "text/html", "<p>hello</p>")));
  both("/empty", sends(http("200 OK", "application/json", "")));
  both("/no-text", sends(http("200 OK", "application/json", R"({"text":7})")));
  both("/bad-text", sends(http("200 OK", "application/json", "{\"text\":\"a\\u0000b\"}")));
  both("/no-http", sends("SSH-2.0-OpenSSH_9.2\r\n"));
  both("/cut", sends("HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 1000\r\n\r\nRIFF"));
  both("/redirect", sends(http("302 Found", "text/html", "x", "Location: /good/audio/speech\r\n")));
  return all;
}

class EndpointSpeech : public testing::Test {
 protected:
  AudioEndpoint endpoint(const std::string& path) const {
    return {.base_url = server_.at(path),
            .model = "whisper-1",
            .voice = "slt",
            .key = "secret",
            .silence_max = milliseconds(10'000)};
  }

  Result<std::string> hear(const std::string& path, const Sound& sound = test::silence(milliseconds(100)),
                           milliseconds time = milliseconds(60'000), const CancelToken& cancel = {}) const {
    EndpointSpeechToText ears(endpoint(path));
    return ears.hear(sound, steady_clock::now() + time, cancel);
  }

  Result<Sound> speak(const std::string& path, std::string_view text = "hello",
                      milliseconds time = milliseconds(60'000)) const {
    EndpointTextToSpeech voice(endpoint(path));
    return voice.speak(text, steady_clock::now() + time, {});
  }

  test::HostileServer server_{behaviours()};
};

TEST_F(EndpointSpeech, IsSpokenAndUnderstood) {
  const Sound spoken = must(speak("/good", "my favorite color is green"));
  EXPECT_EQ(must(hear("/good", spoken)), "my favorite color is green");
}

TEST_F(EndpointSpeech, FailuresSayWhatHappened) {
  const struct {
    const char* path;
    const char* hearing;
    const char* speaking;
  } cases[] = {{"/401", "status", "status"},      {"/404", "status", "status"},     {"/redirect", "status", "status"},
               {"/html", "answer", "answer"},     {"/empty", "answer", "answer"},   {"/no-text", "answer", "answer"},
               {"/bad-text", "answer", "answer"}, {"/no-http", "answer", "answer"}, {"/cut", "cut", "cut"},
               {"/endless", "answer", "answer"}};
  for (const auto& [path, hearing, speaking] : cases) {
    EXPECT_EQ(refusal(hear(path)).field, hearing) << path;
    EXPECT_EQ(refusal(speak(path)).field, speaking) << path;
  }
  EXPECT_TRUE(refusal(hear("/401")).message.contains("bad key"));
}

TEST_F(EndpointSpeech, WhoSaysNothingIsLeft) {
  EXPECT_EQ(refusal(hear("/silent", {}, milliseconds(300))).code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(refusal(speak("/silent", "hello", milliseconds(300))).code, ErrorCode::kDeadlineExceeded);
  const CancelToken cancel;
  const int before = server_.requests();
  const std::jthread canceller([&] {
    EXPECT_TRUE(test::until([&] { return server_.requests() == before + 1; }));
    cancel.cancel();
  });
  EXPECT_EQ(refusal(hear("/silent", {}, milliseconds(20'000), cancel)).code, ErrorCode::kStopped);
}

}  // namespace
}  // namespace penny::assistant
