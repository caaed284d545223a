// A chat on a real terminal: `script` makes one and types what we send. `exec`: a shell that waits would be interrupted too.

#include <string>
#include <string_view>

#include "cli/command_line.hpp"
#include "support/child_process.hpp"
#include "support/hostile_server.hpp"

namespace penny::cli {
namespace {

using test::HostileServer;

class ChatTerminal : public CommandLine {
 protected:
  test::ChildProcess chat(const std::string& variables = {}) const {
    test::ChildProcess child({"script", "-qec",
                              "exec env NO_COLOR=1 TERM=xterm PENNY_MODEL_URL= PENNY_MODEL= " + variables + " " +
                                  PENNY_TEST_PROGRAM + " chat --user cj --store " + store() + " --config " +
                                  (folder_ / "none.toml"),
                              "/dev/null"});
    child.await("/help");
    child.await("You: ");  // now it reads single keys
    return child;
  }

  static constexpr const char* kInterrupt = "\x03";
};

TEST_F(ChatTerminal, ShowsWhatHappensElsewhereAtOnceAlsoWhileALineIsTyped) {
  auto child = chat();
  child.send("the lamp is green");
  child.await("I keep that: \"the lamp is green\"");
  child.write("where is");
  child.await("where is");
  ASSERT_EQ(penny({"turn", "add", "--input", "my dog is in the garden", "--response", "Good.", "--modality", "voice"})
                .exit_code,
            0);
  child.await("[voice] my dog is in the garden -> Good.");
  // What was typed before is still there.
  child.send(" my dog?");
  child.await("you told me by voice: \"my dog is in the garden\"");
  EXPECT_TRUE(penny({"turns"}).out.contains("where is my dog?"));
}

TEST_F(ChatTerminal, AnInterruptEndsTheAnswerAndKeepsTheWords) {
  const HostileServer model({{"/v1/chat/completions", [](const HostileServer::Connection& to) {
                                if (to.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                                            "data: {\"choices\":[{\"delta\":{\"content\":\"Well\"}}]}\n\n"))
                                  to.wait();
                              }}});
  auto child = chat("PENNY_MODEL_URL=" + model.at("/v1") + " PENNY_MODEL=tiny");
  child.send("tell me a story");
  ASSERT_TRUE(test::until([&] { return model.requests() == 1; }));
  child.write(kInterrupt);
  child.await("the answer was cancelled");
  EXPECT_TRUE(penny({"turns"}).out.contains("tell me a story"));
  child.send("/quit");
  EXPECT_EQ(child.wait(), 0);
}

TEST_F(ChatTerminal, AnInterruptEmptiesALineAndASecondOneLeaves) {
  auto child = chat();
  child.write("a line that is given up");
  child.await("given up");
  child.write(kInterrupt);
  child.await("You: ");
  child.send("another");
  child.await("I keep that: \"another\"");
  child.await("You: ");
  child.write(kInterrupt);
  EXPECT_EQ(child.wait(), 0);
}

TEST_F(ChatTerminal, BringsBackWhatWasSaidInAnEarlierChat) {
  {
    auto first = chat();
    first.send("my cat sleeps");
    first.await("I keep that");
    first.await("You: ");  // it is stored
  }
  auto second = chat();
  second.send("\x1b[A");  // the arrow up
  second.await("I keep that: \"my cat sleeps\"");
}

}  // namespace
}  // namespace penny::cli
