#include <string>

#include <penny/id.hpp>

#include "cli/command_line.hpp"
#include "support/child_process.hpp"
#include "support/hostile_server.hpp"

namespace penny::cli {
namespace {

class ChatLine : public CommandLine {
 protected:
  // What it prints when these lines are typed into a pipe. No model and no tools are configured.
  Finished chat(const std::string& lines, std::vector<std::string> options = {}) const {
    std::vector<std::string> words{"chat"};
    words.insert(words.end(), options.begin(), options.end());
    return penny(words,
                 {.input = lines,
                  .variables = {{"XDG_CONFIG_HOME", folder_.path()}, {"PENNY_MODEL_URL", ""}, {"PENNY_MODEL", ""}}});
  }
};

TEST_F(ChatLine, AnswersFromWhatAnotherProcessStored) {
  const std::string name = OperationId::make().to_string().substr(24);
  ASSERT_EQ(penny({"turn", "add", "--input", "my cat is called " + name, "--response", "I see", "--modality", "voice"})
                .exit_code,
            0);
  const Finished finished = chat("what is my cat called?\n");
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(finished.out.contains("you told me by voice: \"my cat is called " + name + "\"")) << finished.out;
  EXPECT_TRUE(penny({"turns"}).out.contains("what is my cat called?"));
}

TEST_F(ChatLine, PrintsOneObjectForEachAnswer) {
  const Finished finished = chat("keep it brief please\n/help\nwhat is 6*7?\n", {"--json"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  std::vector<boost::json::object> objects;
  for (std::size_t begin = 0; begin < finished.out.size();) {
    const std::size_t end = finished.out.find('\n', begin);
    objects.push_back(boost::json::parse(finished.out.substr(begin, end - begin)).as_object());
    begin = end + 1;
  }
  ASSERT_EQ(objects.size(), 3U) << finished.out;
  EXPECT_EQ(objects[0].at("rev").to_number<int>(), 1);
  EXPECT_GT(objects[0].at("lessons").to_number<int>(), 0);
  EXPECT_TRUE(text(objects[1].at("text")).contains("/forget"));
  EXPECT_TRUE(text(objects[2].at("text")).starts_with("6*7 is 42."));
  EXPECT_EQ(objects[2].at("tools").as_array().size(), 1U);
}

TEST_F(ChatLine, CommandsShowAndChangeTheMemory) {
  const Finished finished =
      chat("my color is green\n/memories color\n/personality\n/context\n/forget\n/memories color\n");
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const std::size_t forgotten = finished.out.find("Forgotten.");
  ASSERT_NE(forgotten, std::string::npos) << finished.out;
  EXPECT_TRUE(finished.out.substr(0, forgotten).contains("by chat: the user said \"my color is green\""));
  EXPECT_TRUE(finished.out.contains("communication_formality"));
  EXPECT_TRUE(finished.out.contains("User: my color is green"));
  EXPECT_TRUE(finished.out.substr(forgotten).contains("nothing is found"));
}

TEST_F(ChatLine, UndoTakesBackWhatTheLastTurnTaught) {
  const Finished finished = chat("keep it brief please\n/undo\n");
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(finished.out.contains("what it was at rev 0")) << finished.out;
  EXPECT_FALSE(penny({"preferences"}).out.contains("response_length"));
}

TEST_F(ChatLine, AWrongCommandIsRefused) {
  const Finished finished = chat("/frobnicate\n");
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_TRUE(finished.err.contains("/help"));
}

TEST_F(ChatLine, AModelThatIsNotThereLosesNoWords) {
  const Finished finished = penny({"chat"}, {.input = "remember the milk\n",
                                             .variables = {{"XDG_CONFIG_HOME", folder_.path()},
                                                           {"PENNY_MODEL_URL", "http://127.0.0.1:9/v1"},
                                                           {"PENNY_MODEL", "tiny"}}});
  EXPECT_EQ(finished.exit_code, 1) << finished.err;
  EXPECT_TRUE(finished.err.contains("start the server"));
  EXPECT_TRUE(penny({"turns"}).out.contains("remember the milk"));
}

// Killed while the model answers: nobody was told that the turn is stored, and it is not; the store is as it was.
TEST_F(ChatLine, KilledInAnAnswerLeavesTheStoreWhole) {
  ASSERT_EQ(chat("my dog is called max\n").exit_code, 0);
  const test::HostileServer model(
      {{"/v1/chat/completions", [](const test::HostileServer::Connection& to) { to.wait(); }}});
  test::ChildProcess child({"/usr/bin/env", "PENNY_MODEL_URL=" + model.at("/v1"), "PENNY_MODEL=tiny",
                            PENNY_TEST_PROGRAM, "chat", "--store", store(), "--user", "cj", "--config",
                            folder_ / "none.toml"});
  child.send("where is my dog?\n");
  ASSERT_TRUE(test::until([&] { return model.requests() == 1; }));
  child.kill();
  EXPECT_EQ(penny({"verify"}).exit_code, 0);
  EXPECT_FALSE(penny({"turns"}).out.contains("where is my dog?"));
  EXPECT_TRUE(chat("what is my dog called?\n").out.contains("max"));
}

TEST_F(ChatLine, SettingsThatMakeNoSenseAreNamed) {
  const Finished finished = penny(
      {"chat"},
      {.variables = {{"XDG_CONFIG_HOME", folder_.path()}, {"PENNY_MODEL_URL", "ftp://x"}, {"PENNY_MODEL", "tiny"}}});
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_TRUE(finished.err.contains("PENNY_MODEL_URL is no http or https address"));
}

// What is said is untrusted text, the model's too: it must not steer the terminal.
TEST_F(ChatLine, ShowsControlCharactersAsEscapes) {
  EXPECT_FALSE(chat("red \x1b[31m\n").out.contains('\x1b'));
  const test::HostileServer model(
      {{"/v1/chat/completions", [](const test::HostileServer::Connection& to) {
          static_cast<void>(to.send(test::http("200 OK", "application/json",
                                               R"({"choices":[{"message":{"content":"red \u001b[31m\nblue"}}]})")));
        }}});
  const Finished finished = penny({"chat"}, {.input = "a color\n",
                                             .variables = {{"XDG_CONFIG_HOME", folder_.path()},
                                                           {"PENNY_MODEL_URL", model.at("/v1")},
                                                           {"PENNY_MODEL", "tiny"}}});
  EXPECT_TRUE(finished.out.contains("red \\x1b[31m\nblue")) << finished.out << finished.err;
}

}  // namespace
}  // namespace penny::cli
