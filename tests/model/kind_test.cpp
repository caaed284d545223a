#include "model/kind.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace penny::model {
namespace {

TEST(Kind, NumbersAndNamesAreThoseOfTheLedger) {
  const std::pair<Payload, const char*> kinds[] = {{AppendTurn{}, "append_turn"},
                                                   {EndSession{}, "end_session"},
                                                   {ObservePreference{}, "observe_preference"},
                                                   {SetPreference{}, "set_preference"},
                                                   {AdjustDimension{}, "adjust_dimension"},
                                                   {ObserveDimension{}, "observe_dimension"},
                                                   {SetDimension{}, "set_dimension"},
                                                   {RememberFact{}, "remember_fact"},
                                                   {ForgetFact{}, "forget_fact"},
                                                   {ForgetTurn{}, "forget_turn"},
                                                   {ForgetTurns{}, "forget_turns"},
                                                   {ForgetPreference{}, "forget_preference"},
                                                   {EraseUser{}, "erase_user"},
                                                   {TakeToolPermit{}, "take_tool_permit"},
                                                   {RecordToolOutcome{}, "record_tool_outcome"}};
  ASSERT_EQ(std::size(kinds), std::variant_size_v<Payload>);
  int number = 0;
  for (const auto& [payload, name] : kinds) {
    ++number;
    const Kind kind = kind_of(payload);
    EXPECT_EQ(static_cast<int>(kind), number);
    EXPECT_EQ(kind_name(kind), name);
    EXPECT_EQ(penny::kind_name(payload), name);
    EXPECT_EQ(kind_from_number(number), kind);
  }
}

TEST(Kind, OtherNumbersAreNoKind) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{16}, std::int64_t{-1}, std::int64_t{257}, INT64_MIN, INT64_MAX}) {
    EXPECT_FALSE(kind_from_number(number).has_value()) << number;
  }
}

TEST(Names, EveryModalityIsReadBackFromItsName) {
  for (const auto modality : {Modality::kChat, Modality::kVoice, Modality::kAgent}) {
    EXPECT_EQ(parse_modality(to_string(modality)), modality);
  }
  EXPECT_EQ(to_string(Modality::kChat), "chat");
  EXPECT_EQ(to_string(Modality::kVoice), "voice");
  EXPECT_EQ(to_string(Modality::kAgent), "agent");
}

TEST(Names, EveryOriginIsReadBackFromItsName) {
  for (const auto origin : {Origin::kUser, Origin::kAssistant, Origin::kTool, Origin::kWeb, Origin::kImport}) {
    EXPECT_EQ(parse_origin(to_string(origin)), origin);
  }
  EXPECT_EQ(to_string(Origin::kUser), "user");
  EXPECT_EQ(to_string(Origin::kWeb), "web");
}

TEST(Names, OtherTextsAreNoName) {
  for (const char* text : {"", "Chat", "chat ", "cha", "user", "unnamed"}) EXPECT_FALSE(parse_modality(text)) << text;
  for (const char* text : {"", "User", "users", "chat", "unnamed"}) EXPECT_FALSE(parse_origin(text)) << text;
}

TEST(Names, ValuesOutOfRangeHaveNoNameOfAnother) {
  EXPECT_EQ(to_string(static_cast<Modality>(0)), "unnamed");
  EXPECT_EQ(to_string(static_cast<Modality>(4)), "unnamed");
  EXPECT_EQ(to_string(static_cast<Origin>(0)), "unnamed");
  EXPECT_EQ(to_string(static_cast<Origin>(255)), "unnamed");
}

}  // namespace
}  // namespace penny::model
