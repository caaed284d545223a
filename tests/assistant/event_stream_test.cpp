#include "assistant/event_stream.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penny::assistant {
namespace {

using testing::ElementsAre;

std::vector<std::string> events(EventStream& stream) {
  std::vector<std::string> found;
  while (auto event = stream.next()) found.push_back(*std::move(event));
  return found;
}

std::vector<std::string> events_of(std::string_view bytes) {
  EventStream stream;
  EXPECT_TRUE(stream.add(bytes));
  return events(stream);
}

TEST(EventStream, AnEventEndsAtAnEmptyLine) {
  EXPECT_THAT(events_of("data: one\n\ndata: two\n\ndata: three\n"), ElementsAre("one", "two"));
}

TEST(EventStream, LineEndsOfAllKindsAreTheSame) {
  EXPECT_THAT(events_of("data: a\r\n\r\ndata: b\r\rdata: c\n\n"), ElementsAre("a", "b", "c"));
}

TEST(EventStream, SeveralLinesOfDataAreOneEvent) {
  EXPECT_THAT(events_of("data: {\ndata:  \"a\"\ndata:}\n\n"), ElementsAre("{\n \"a\"\n}"));
}

TEST(EventStream, CommentsAndOtherFieldsArePassedOver) {
  EXPECT_THAT(events_of(": ping\n\nevent: message\nid: 7\nretry: 10\ndata: x\n\nevent: only\n\n:\ndata\n\n"),
              ElementsAre("x"));
}

TEST(EventStream, AnEventThatNeverEndsIsRefused) {
  EventStream stream;
  ASSERT_TRUE(stream.add("data: "));
  const std::string part(64U << 10U, 'x');
  int parts = 0;
  while (stream.add(part) && parts < 100) {
    EXPECT_EQ(stream.next(), std::nullopt);
    ++parts;
  }
  EXPECT_EQ(parts, 16);
}

RC_GTEST_PROP(EventStream, PiecesOfAnySizeMakeTheSameEvents, ()) {
  const std::string whole = "data: a\r\n\r\n: x\ndata: b\ndata: c\r\rdata: \xc3\xa9\n\n";
  EventStream stream;
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t size = *rc::gen::inRange<std::size_t>(1, 6);
    RC_ASSERT(stream.add(std::string_view(whole).substr(begin, size)));
    for (auto& event : events(stream)) found.push_back(std::move(event));
    begin += size;
  }
  RC_ASSERT(found == (std::vector<std::string>{"a", "b\nc", "\xc3\xa9"}));
}

}  // namespace
}  // namespace penny::assistant
