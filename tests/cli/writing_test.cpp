// Commands that change the store, run as real processes.

#include <string>

#include "cli/command_line.hpp"
#include "test_paths.hpp"

namespace penny::cli {
namespace {

const std::string kId = "0199f3a1-7c2e-7000-8000-3f1d5c7a9b42";

TEST_F(CommandLine, TurnAddStoresTheTurnAndWhatItTaughtAsOneBatch) {
  const auto stored = json({"turn", "add", "--modality", "voice", "--input", "Thanks, that was great", "--response",
                            "You are welcome", "--metadata", R"({"room":"kitchen"})", "--response-time-ms", "12.5",
                            "--confidence", "0.75", "--channel", "voice@kitchen"});

  EXPECT_EQ(stored.at("rev"), 1);
  EXPECT_EQ(stored.at("outcome"), "stored");
  EXPECT_EQ(stored.at("result").at("number"), 1);
  const auto& learned = stored.at("learned").get_array();
  ASSERT_FALSE(learned.empty());
  EXPECT_EQ(learned.front().at("rev"), 2);

  const auto turn = json({"turns"}).at("items").at(0).get_object();
  EXPECT_EQ(turn.at("id"), stored.at("id"));
  EXPECT_EQ(turn.at("modality"), "voice");
  EXPECT_EQ(turn.at("user_input"), "Thanks, that was great");
  EXPECT_EQ(turn.at("assistant_response"), "You are welcome");
  EXPECT_EQ(turn.at("metadata").at("room"), "kitchen");
  EXPECT_EQ(turn.at("response_time_ms").to_number<double>(), 12.5);
  EXPECT_EQ(turn.at("confidence").to_number<double>(), 0.75);
  EXPECT_EQ(turn.at("channel"), "voice@kitchen");
  EXPECT_EQ(json({"stats"}).at("user").at("operations").to_number<std::size_t>(), 1 + learned.size());
  EXPECT_NE(penny({"preferences"}).out.find("response_style"), std::string::npos);
}

TEST_F(CommandLine, NoLearnStoresTheTurnAlone) {
  const auto stored = json({"turn", "add", "--no-learn", "--input", "Thanks, that was great"});

  EXPECT_TRUE(stored.at("learned").get_array().empty());
  EXPECT_EQ(json({"stats"}).at("user").at("operations"), 1);
}

TEST_F(CommandLine, ARetryWithTheSameIdIsAlreadyStored) {
  const std::vector<std::string> words{"turn", "add", "--id", kId, "--input", "Thanks, tell me a joke"};
  const auto first = json(words);
  const auto second = json(words);
  const auto third = penny(words);

  EXPECT_EQ(first.at("outcome"), "stored");
  EXPECT_EQ(second.at("outcome"), "already_stored");
  EXPECT_EQ(second.at("rev"), first.at("rev"));
  EXPECT_EQ(second.at("result"), first.at("result"));
  EXPECT_EQ(third.exit_code, 0);
  EXPECT_TRUE(third.out.starts_with("already stored  rev 1  id " + kId)) << third.out;
  EXPECT_EQ(json({"stats"}).at("user").at("turns"), 1);
}

TEST_F(CommandLine, AnIdWithAnotherPayloadIsWrongUse) {
  ASSERT_EQ(penny({"remember", "Likes tea", "--id", kId}).exit_code, 0);

  const auto refused = json({"remember", "Likes coffee", "--id", kId}, 2);

  EXPECT_EQ(refused.at("error").at("field"), "id_reused");
  EXPECT_EQ(text(refused.at("id")), kId);
}

TEST_F(CommandLine, EveryWritePrintsIdRevAndOutcome) {
  const std::vector<std::vector<std::string>> writes{{"turn", "add", "--no-learn", "--input", "Hi"},
                                                     {"remember", "Likes tea"},
                                                     {"prefer", "theme", "dark"},
                                                     {"observe", "technical_depth_preference", "0.9"},
                                                     {"session", "end"}};
  int rev = 0;
  for (const auto& words : writes) {
    const Finished finished = penny(words);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_TRUE(finished.out.starts_with("stored  rev " + std::to_string(++rev) + "  id ")) << finished.out;
  }
}

TEST_F(CommandLine, ATextComesFromStandardInputWithoutItsLastLineEnd) {
  ASSERT_EQ(penny({"turn", "add", "--input", "-", "--response", "Two lines"}, {.input = "one\ntwo\n"}).exit_code, 0);
  ASSERT_EQ(penny({"remember", "-"}, {.input = "Likes tea\n"}).exit_code, 0);

  EXPECT_EQ(json({"turns"}).at("items").at(0).at("user_input"), "one\ntwo");
  EXPECT_EQ(json({"facts"}).at("items").at(0).at("text"), "Likes tea");
}

TEST_F(CommandLine, AnEmptyValueAfterTheEqualsSignIsAnEmptyText) {
  ASSERT_EQ(penny({"turn", "add", "--input=", "--response", "Anybody there?"}).exit_code, 0);

  const auto turn = json({"turns"}).at("items").at(0).get_object();
  EXPECT_EQ(turn.at("user_input"), "");
  EXPECT_EQ(turn.at("assistant_response"), "Anybody there?");
}

TEST_F(CommandLine, ATextMayBeginWithADashOrBeTheNameOfACommand) {
  ASSERT_EQ(penny({"remember", "--", "-x"}).exit_code, 0);
  ASSERT_EQ(penny({"remember", "turns"}).exit_code, 0);

  const auto facts = json({"facts"}).at("items").get_array();
  EXPECT_EQ(facts.at(0).at("text"), "-x");
  EXPECT_EQ(facts.at(1).at("text"), "turns");
}

TEST_F(CommandLine, AFactIsRememberedAndForgotten) {
  const auto stored = json({"remember", "Is allergic to nuts", "--confidence", "0.9"});
  const std::string fact = text(stored.at("result").at("fact"));
  EXPECT_EQ(fact, text(stored.at("id")));
  EXPECT_EQ(text(json({"facts"}).at("items").at(0).at("id")), fact);

  EXPECT_EQ(penny({"forget", fact}).exit_code, 0);

  EXPECT_TRUE(json({"facts"}).at("items").get_array().empty());
  EXPECT_EQ(penny({"forget", fact}).exit_code, 3);
}

TEST_F(CommandLine, PreferObservesOrSetsAValueThatIsJsonOrElseText) {
  EXPECT_EQ(json({"prefer", "theme", "dark"}).at("kind"), "observe_preference");
  EXPECT_EQ(json({"prefer", "theme", "\"dark\"", "--confidence", "0.3"}).at("result").at("frequency"), 2);
  EXPECT_EQ(json({"prefer", "limits", R"({"words":[1,2.5]})", "--set"}).at("kind"), "set_preference");
  EXPECT_EQ(json({"prefer", "offset", "-7"}).at("result").at("is_value_taken"), true);

  const auto preferences = json({"preferences"}).at("items").get_array();
  ASSERT_EQ(preferences.size(), 3);
  EXPECT_EQ(preferences[0].at("value").at("words").at(1).to_number<double>(), 2.5);
  EXPECT_EQ(preferences[0].at("confidence").to_number<double>(), 1);
  EXPECT_EQ(preferences[1].at("value"), -7);
  EXPECT_EQ(preferences[2].at("value"), "dark");
  EXPECT_NEAR(preferences[2].at("confidence").to_number<double>(), 0.4, 1e-9);
}

TEST_F(CommandLine, ObserveObservesSetsAndAdjusts) {
  const std::string name = "technical_depth_preference";
  EXPECT_EQ(json({"observe", name, "--by", "-0.25", "--confidence-change", "0.1", "--trigger", "asked"}).at("kind"),
            "adjust_dimension");
  EXPECT_EQ(json({"observe", name, "0.25"}).at("kind"), "observe_dimension");
  EXPECT_EQ(json({"observe", name, "--set", "1"}).at("kind"), "set_dimension");
  EXPECT_EQ(json({"observe", "humor_style_preference", "dry"}).at("result").at("value"), "dry");

  const auto history = json({"history", name}).at("items").get_array();
  ASSERT_EQ(history.size(), 3);
  EXPECT_EQ(history[0].at("old_value").to_number<double>(), 0.5);
  EXPECT_EQ(history[0].at("new_value").to_number<double>(), 0.25);
  EXPECT_EQ(history[0].at("trigger"), "asked");
  EXPECT_EQ(history[2].at("new_value").to_number<double>(), 1);
  EXPECT_EQ(json({"history"}).at("items").get_array().size(), 4);
  EXPECT_EQ(json({"personality"}).at("items").get_array().size(), 7);
}

TEST_F(CommandLine, AConditionThatNoLongerHoldsIsAFailure) {
  ASSERT_EQ(penny({"prefer", "theme", "dark", "--if-version", "0"}).exit_code, 0);

  const auto refused = json({"prefer", "theme", "light", "--if-version", "0"}, 1);

  EXPECT_EQ(refused.at("error").at("code"), "conflict");
}

TEST_F(CommandLine, ADecisionMadeFromAReadingIsRefusedWhenWhatWasReadHasChanged) {
  ASSERT_EQ(penny({"turn", "add", "--no-learn", "--input", "Hi"}).exit_code, 0);
  const std::string seen = text(json({"context"}).at("rev"));
  ASSERT_EQ(penny({"prefer", "theme", "dark"}).exit_code, 0);
  const std::vector<std::string> decision{"remember", "Says hi", "--if-unchanged-since", seen, "--unchanged", "turns"};
  EXPECT_EQ(penny(decision).exit_code, 0);
  ASSERT_EQ(penny({"turn", "add", "--no-learn", "--input", "Bye"}).exit_code, 0);

  const auto refused = json(decision, 1);

  EXPECT_EQ(refused.at("error").at("code"), "conflict");
  EXPECT_EQ(penny({"remember", "x", "--if-unchanged-since", seen}).exit_code, 2);
}

TEST_F(CommandLine, ASessionEndsAndTheNextTurnBeginsANewOne) {
  ASSERT_EQ(penny({"turn", "add", "--input", "I bought a new computer"}).exit_code, 0);
  const auto ended = json({"session", "end"});
  EXPECT_EQ(ended.at("result").at("was_open"), true);
  ASSERT_EQ(penny({"turn", "add", "--input", "Hello again"}).exit_code, 0);

  const auto sessions = json({"sessions"}).at("items").get_array();
  ASSERT_EQ(sessions.size(), 2);
  EXPECT_EQ(sessions[0].at("id"), ended.at("result").at("session"));
  EXPECT_TRUE(sessions[0].at("ended_at").is_string());
  EXPECT_TRUE(sessions[1].at("ended_at").is_null());
  EXPECT_EQ(penny({"session", "end", "no-such-session"}).exit_code, 3);
}

TEST_F(CommandLine, AnImportSaysWhenItWas) {
  ASSERT_EQ(
      penny({"turn", "add", "--input", "Hello", "--at", "2024-02-29T10:30:00.5+01:00", "--origin", "import"}).exit_code,
      0);

  const auto turn = json({"turns"}).at("items").at(0).get_object();
  EXPECT_EQ(turn.at("at"), "2024-02-29T09:30:00.500000Z");
  EXPECT_EQ(turn.at("origin"), "import");
}

class WhileTheGateIsHeld : public CommandLine {
 protected:
  void SetUp() override {
    ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
    sitter_.emplace(PENNY_TEST_GATE_SITTER, std::vector{store()});
    ASSERT_EQ(sitter_->read_line(), "inside");
  }

  std::optional<Process> sitter_;
};

TEST_F(WhileTheGateIsHeld, AWriteIsAnsweredAtItsDeadlineWithTheIdToRetryWith) {
  const auto busy = json({"remember", "Likes coffee", "--id", kId, "--deadline", "200ms"}, 4);
  EXPECT_EQ(busy.at("error").at("code"), "deadline_exceeded");
  EXPECT_EQ(text(busy.at("id")), kId);
  const Finished told = penny({"remember", "Likes coffee", "--deadline", "0.2s"});
  EXPECT_EQ(told.exit_code, 4);
  EXPECT_NE(told.err.find("retry the same command with --id "), std::string::npos) << told.err;

  sitter_.reset();
  EXPECT_EQ(json({"remember", "Likes coffee", "--id", kId}).at("outcome"), "stored");
}

TEST_F(WhileTheGateIsHeld, AWriteThatIsToldToStopPrintsTheIdThatSettlesIt) {
  Process write(PENNY_TEST_PROGRAM, with_store({"remember", "--json", "Likes coffee", "--id", kId}));
  const auto is_waiting = [&] {
    const auto diagnosis = json({"doctor"});
    for (const auto& participant : diagnosis.at("participants").get_array()) {
      if (participant.at("pid") == write.pid() && participant.at("is_waiting_for_gate") == true) return true;
    }
    return false;
  };
  for (int tries = 0; tries < 1000 && !is_waiting(); ++tries) {
  }
  ASSERT_TRUE(is_waiting());

  write.signal(SIGTERM);
  const Finished finished = write.finish();

  EXPECT_EQ(finished.exit_code, 4);
  const auto told = boost::json::parse(finished.out).get_object();
  EXPECT_EQ(told.at("error").at("code"), "unknown");
  EXPECT_EQ(text(told.at("id")), kId);
}

TEST_F(WhileTheGateIsHeld, DoctorNamesAHolderThatIsStoppedAndReadersGoOn) {
  sitter_->signal(SIGSTOP);
  int status = 0;
  ASSERT_EQ(::waitpid(sitter_->pid(), &status, WUNTRACED), sitter_->pid());

  const auto diagnosis = json({"doctor"});
  EXPECT_EQ(diagnosis.at("gate_holder").at("pid"), sitter_->pid());
  EXPECT_EQ(diagnosis.at("gate_holder").at("state"), "T");
  const Finished told = penny({"doctor"});
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_NE(told.out.find("kill -CONT " + std::to_string(sitter_->pid())), std::string::npos) << told.out;
  EXPECT_EQ(penny({"facts"}).exit_code, 0);
  EXPECT_EQ(penny({"remember", "Likes coffee", "--deadline", "100ms"}).exit_code, 4);
}

}  // namespace
}  // namespace penny::cli
