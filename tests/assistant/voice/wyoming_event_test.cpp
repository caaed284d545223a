#include "assistant/voice/wyoming_event.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace penny::assistant {
namespace {

using test::must;
using test::refusal;

std::vector<WyomingEvent> read(std::string_view bytes, std::size_t piece) {
  WyomingReader reader;
  std::vector<WyomingEvent> events;
  while (!bytes.empty()) {
    reader.add(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (auto event = must(reader.next())) events.push_back(*std::move(event));
  }
  return events;
}

TEST(WyomingEvents, ComeBackAsTheyWereHoweverTheyArrive) {
  const std::string payload("\0\n{\xff", 4);
  const std::string bytes = bytes_of({.type = "audio-chunk", .data = {{"rate", 16'000}}, .payload = payload}) +
                            bytes_of({.type = "audio-stop"}) + bytes_of({.type = "x", .data = {{"text", "a\nb"}}});
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    const auto events = read(bytes, piece);
    ASSERT_EQ(events.size(), 3U) << piece;
    EXPECT_EQ(events[0].type, "audio-chunk");
    EXPECT_EQ(events[0].data.at("rate").as_int64(), 16'000);
    EXPECT_EQ(events[0].payload, payload);
    EXPECT_EQ(events[1].type, "audio-stop");
    EXPECT_EQ(events[2].data.at("text").as_string(), "a\nb");
  }
}

TEST(WyomingEvents, DataInTheHeaderAndBehindItAreOne) {
  const auto events =
      read("{\"type\":\"transcript\",\"data\":{\"text\":\"old\",\"a\":1},\"data_length\":14}\n{\"text\":\"new\"}", 5);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].data.at("text").as_string(), "new");
  EXPECT_EQ(events[0].data.at("a").as_int64(), 1);
}

TEST(WyomingEvents, WhatIsNoneIsRefused) {
  for (const std::string& bytes : {std::string("HTTP/1.1 400 Bad Request\r\n"), std::string("\n"), std::string("[]\n"),
                                   std::string("{\"type\":1}\n"), std::string("{\"type\":\"a\",\"data_length\":-1}\n"),
                                   std::string("{\"type\":\"a\",\"data_length\":2000000}\n"),
                                   std::string("{\"type\":\"a\",\"payload_length\":1e30}\n"),
                                   std::string("{\"type\":\"a\",\"payload_length\":\"7\"}\n"),
                                   std::string("{\"type\":\"a\",\"data_length\":2}\n[]"), std::string(100'000, 'x')}) {
    WyomingReader reader;
    reader.add(bytes);
    EXPECT_EQ(refusal(reader.next()).field, "answer") << bytes.substr(0, 60);
  }
}

}  // namespace
}  // namespace penny::assistant
