#include "model/user_lines.hpp"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.hpp"
#include "model/generators.hpp"

namespace penny::model {
namespace {

// JSON cannot hold what is no UTF-8, nor a negative zero that stays one; no valid operation has either.
bool can_be_json(const Payload& payload) {
  return std::visit(
      [](const auto& operation) {
        std::string texts;
        if constexpr (requires { operation.user_input; })
          texts +=
              operation.user_input + operation.assistant_response + operation.metadata + operation.session.value_or("");
        if constexpr (requires { operation.key; }) texts += operation.key;
        if constexpr (requires { operation.name; }) texts += operation.name;
        if constexpr (requires { operation.text; }) texts += operation.text;
        if constexpr (requires { operation.trigger; }) texts += operation.trigger;
        if constexpr (std::is_same_v<std::decay_t<decltype(operation)>, EndSession>)
          texts += operation.session.value_or("");
        if constexpr (requires { operation.value; }) {
          if constexpr (std::is_same_v<std::decay_t<decltype(operation.value)>, std::string>) {
            texts += operation.value;
          } else if (const auto* text = std::get_if<std::string>(&operation.value)) {
            texts += *text;
          }
        }
        return base::is_valid_utf8(texts);
      },
      payload);
}

RC_GTEST_PROP(UserLines, AnOperationComesBackToTheBit, ()) {
  const Payload payload = *any_payload();
  RC_PRE(can_be_json(payload));
  const UserLine line{
      .number = *rc::gen::inRange<std::uint64_t>(1, INT64_MAX),
      .batch_place = 2,
      .batch_size = 64,
      .is_forgotten = *rc::gen::arbitrary<bool>(),
      .operation = {.user = {},
                    .payload = payload,
                    .id = *any_id(),
                    .at = Time(std::chrono::microseconds(*rc::gen::inRange<std::int64_t>(0, 253'402'300'799'999'999))),
                    .origin = Origin::kWeb,
                    .channel = "voice"}};
  const std::string text = text_of(line);
  RC_PRE(text.find(":-0,") == std::string::npos && text.find(":-0}") == std::string::npos);
  RC_ASSERT(text.find('\n') == std::string::npos);
  const auto read = read_user_line(text);
  RC_ASSERT(read.has_value());
  const auto& back = std::get<UserLine>(*read);
  RC_ASSERT(back.operation.payload == payload);
  RC_ASSERT(back.operation.id == line.operation.id);
  RC_ASSERT(back.operation.at == line.operation.at);
  RC_ASSERT(back.operation.origin == line.operation.origin);
  RC_ASSERT(back.operation.channel == line.operation.channel);
  RC_ASSERT(back.number == line.number);
  RC_ASSERT(back.is_forgotten == line.is_forgotten);
  RC_ASSERT(back.batch_place == 2U);
  RC_ASSERT(back.batch_size == 64U);
  RC_ASSERT(text_of(back) == text);
}

// Whatever comes is read or refused.
RC_GTEST_PROP(UserLines, AnyBytesAreReadOrRefused, ()) {
  const std::string text = *any_text();
  const auto read = read_user_line(text);
  RC_ASSERT(read.has_value() || read.error().code == ErrorCode::kInvalid);
}

// Others read these files: a change here is a new version of the format.
TEST(UserLines, HaveTheFormThatFilesHave) {
  EXPECT_EQ(text_of(UserHeader{.user = "c\"j"}), R"({"format":"penny user","version":1,"user":"c\"j"})");
  EXPECT_EQ(text_of(UserEnd{.operations = 12}), R"({"operations":12})");
  UserLine line{.number = 3,
                .operation = {.user = {}, .payload = ForgetTurns{.first_rev = 1, .last_rev = 2, .session = "s"}}};
  line.operation.id = *OperationId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  line.operation.at = Time(std::chrono::microseconds(1'000'001));
  EXPECT_EQ(
      text_of(line),
      R"({"number":3,"id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","at":"1970-01-01T00:00:01.000001Z","origin":"user",)"
      R"("channel":"","kind":"forget_turns","payload":{"first_number":1,"last_number":2,"session":"s"}})");
  line.operation.payload = ObserveDimension{.name = "pace", .value = 1.0, .confidence = 0.1, .trigger = "t"};
  line.batch_size = 2;
  line.is_forgotten = true;
  EXPECT_EQ(
      text_of(line),
      R"({"number":3,"id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","at":"1970-01-01T00:00:01.000001Z","origin":"user",)"
      R"("channel":"","batch_place":1,"batch_size":2,"is_forgotten":true,"kind":"observe_dimension",)"
      R"("payload":{"name":"pace","value":1,"confidence":0.1,"trigger":"t"}})");
}

TEST(UserLines, RefuseWhatIsNoPlainObject) {
  for (const char* text : {"",
                           " ",
                           "1",
                           "\"a\"",
                           "null",
                           "[]",
                           "{",
                           "{}",
                           "{\"a\":1}",
                           "{\"operations\":[]}",
                           "{\"operations\":{\"a\":{\"b\":1}}}",
                           "{\"a\":{},\"b\":{}}",
                           "{\"operations\":1}{}",
                           "{\"operations\":1,}",
                           "{\"operations\":01}",
                           "{'operations':1}",
                           "{\"operations\":1.5}",
                           "{\"operations\":-1}",
                           "{\"operations\":18446744073709551616}",
                           "{\"operations\":9223372036854775808}",
                           "{\"operations\":\"1\"}",
                           "{\"operations\":true}",
                           "{\"operations\":1} // end",
                           "{\"\":1}"}) {
    const auto read = read_user_line(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
  }
  EXPECT_TRUE(read_user_line(" {\"operations\" : 1 } \r").has_value());
}

}  // namespace
}  // namespace penny::model
