// Permits for calls of tools, shared by all processes of a store, and the journal of the calls.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

Operation permit_of(TakeToolPermit permit = {.tool = "math.calc"}, const std::string& user = "cj") {
  return with_id(operation_of(user, std::move(permit)));
}

PermitResult permit_in(const Result<Outcome>& outcome) { return result_of<PermitResult>(must(outcome)); }

TEST(ToolCalls, AreLimitedForAUserAndAToolOverAllStores) {
  const StoreFolder folder;
  Store chat = folder.open();
  Store voice = folder.open();
  for (std::uint64_t call = 0; call < 5; ++call) {
    Store& store = call % 2 == 0 ? chat : voice;
    const PermitResult permit = permit_in(store.commit(permit_of()));
    EXPECT_EQ(permit.calls_left, 4 - call);
    EXPECT_FALSE(permit.boot.empty());
  }
  const Time before = base::now();
  for (Store* store : {&chat, &voice}) {
    const Error refused = refusal(store->commit(permit_of()));
    EXPECT_EQ(refused.code, ErrorCode::kRateLimited);
    EXPECT_EQ(refused.field, "tool");
    ASSERT_TRUE(refused.free_at);
    EXPECT_GT(*refused.free_at, before + seconds(30));
    EXPECT_LE(*refused.free_at, base::now() + seconds(60));
  }
  // Others are not in the way.
  EXPECT_EQ(permit_in(chat.commit(permit_of({.tool = "time.now"}))).calls_left, 4U);
  EXPECT_EQ(permit_in(chat.commit(permit_of({.tool = "math.calc"}, "ada"))).calls_left, 4U);
  EXPECT_EQ(permit_in(chat.commit(permit_of({.tool = "math.calc", .calls_max = 7}))).calls_left, 1U);
  EXPECT_EQ(must(chat.verify()).problems, std::vector<std::string>{});
}

TEST(ToolCalls, AreNotRunAgainByARetry) {
  const StoreFolder folder;
  Store store = folder.open();
  const Operation permit = permit_of({.tool = "math.calc", .calls_max = 1});
  const Outcome first = must(store.commit(permit));
  const Outcome again = must(store.commit(permit));
  EXPECT_TRUE(again.is_already_stored);
  EXPECT_EQ(again.rev, first.rev);
  EXPECT_EQ(again.result, first.result);
  EXPECT_EQ(must(store.tool_calls("cj")).items.size(), 1U);
}

TEST(ToolCalls, ThatAreRefusedLeaveNoTrace) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(permit_of({.tool = "math.calc", .calls_max = 1})));
  const Operation refused = permit_of({.tool = "math.calc", .calls_max = 1});
  EXPECT_EQ(refusal(store.commit(refused)).code, ErrorCode::kRateLimited);
  EXPECT_EQ(must(store.changes("cj")).items.size(), 1U);
  // In a batch it takes the others along.
  EXPECT_EQ(refusal(store.commit(Batch{.operations = {a_turn("cj"), refused}})).code, ErrorCode::kRateLimited);
  EXPECT_EQ(must(store.changes("cj")).items.size(), 1U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(ToolCalls, AreJournalledBeforeTheyRunAndTheirOutcomeOnce) {
  const StoreFolder folder;
  Store store = folder.open();
  Operation permit = permit_of({.tool = "web.search", .input = R"({"query":"tea"})"});
  permit.origin = Origin::kAssistant;
  permit.channel = "voice@kitchen";
  const Outcome taken = must(store.commit(permit));
  {
    const ToolCall call = must(store.tool_call("cj", taken.id)).value;
    EXPECT_EQ(call.status, ToolCallStatus::kUnknown);
    EXPECT_EQ(call.input, R"({"query":"tea"})");
    EXPECT_EQ(call.channel, "voice@kitchen");
    EXPECT_EQ(call.origin, Origin::kAssistant);
    EXPECT_EQ(call.outcome_rev, 0U);
  }
  const RecordToolOutcome outcome{
      .call = taken.id, .status = ToolCallStatus::kTimedOut, .output = "30 s were over", .took_ms = 30'000};
  const Outcome recorded = must(store.commit(operation_of("cj", outcome)));
  EXPECT_EQ(result_of<ToolOutcomeResult>(recorded).tool, "web.search");
  const ToolCall call = must(store.tool_call("cj", taken.id)).value;
  EXPECT_EQ(call.status, ToolCallStatus::kTimedOut);
  EXPECT_EQ(call.output, "30 s were over");
  EXPECT_EQ(call.took_ms, 30'000);
  EXPECT_EQ(call.outcome_rev, recorded.rev);

  const Error again = refusal(store.commit(operation_of("cj", outcome)));
  EXPECT_EQ(again.code, ErrorCode::kConflict);
  EXPECT_EQ(again.field, "recorded");
  EXPECT_EQ(refusal(store.commit(operation_of("ada", outcome))).code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal(store.tool_call("ada", taken.id)).code, ErrorCode::kNotFound);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(ToolCalls, ComeInPagesTheLatestFirst) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 7; ++i) {
    must(store.commit(a_turn("cj")));
    must(store.commit(permit_of({.tool = "tool " + std::to_string(i)})));
  }
  std::vector<std::string> tools;
  std::uint64_t before = 0;
  do {
    const auto page = must(store.tool_calls("cj", before, 3));
    for (const ToolCall& call : page.items) tools.push_back(call.tool);
    before = page.next.value_or(0);
  } while (before != 0);
  EXPECT_THAT(tools, testing::ElementsAre("tool 6", "tool 5", "tool 4", "tool 3", "tool 2", "tool 1", "tool 0"));
}

TEST(ToolCalls, OfTheWrongFormAreRefusedBeforeAnythingIsWritten) {
  const StoreFolder folder;
  Store store = folder.open();
  const auto field = [&](Payload payload) {
    return refusal(store.commit(operation_of("cj", std::move(payload)))).field;
  };
  EXPECT_EQ(field(TakeToolPermit{.tool = ""}), "tool");
  EXPECT_EQ(field(TakeToolPermit{.tool = "t", .input = "[]"}), "input");
  EXPECT_EQ(field(TakeToolPermit{.tool = "t", .input = R"({"a":1)"}), "input");
  EXPECT_EQ(field(TakeToolPermit{.tool = "t", .calls_max = 0}), "calls_max");
  EXPECT_EQ(field(TakeToolPermit{.tool = "t", .calls_max = 101}), "calls_max");
  EXPECT_EQ(field(TakeToolPermit{.tool = "t", .window_s = 0}), "window_s");
  EXPECT_EQ(field(TakeToolPermit{.tool = "t", .window_s = 3601}), "window_s");
  EXPECT_EQ(field(RecordToolOutcome{.call = {}, .status = ToolCallStatus::kUnknown}), "status");
  EXPECT_EQ(field(RecordToolOutcome{.call = {}, .output = std::string(limits::kToolOutputBytesMax + 1, 'x')}),
            "output");
  EXPECT_EQ(field(RecordToolOutcome{.call = {}, .took_ms = -1}), "took_ms");
  EXPECT_TRUE(must(store.changes("cj")).items.empty());
}

TEST(ToolCalls, OfAnImportAreHistoryAndCountForNothing) {
  const StoreFolder folder;
  const StoreFolder other;
  std::string lines;
  {
    Store store = folder.open();
    for (int i = 0; i < 5; ++i) {
      const Outcome taken = must(store.commit(permit_of()));
      must(store.commit(operation_of("cj", RecordToolOutcome{.call = taken.id, .output = "4"})));
    }
    must(store.export_user("cj", [&](std::string_view line) {
      lines += line;
      return true;
    }));
  }
  Store store = other.open();
  std::size_t place = 0;
  must(store.import_user([&](std::span<char> room) -> Result<std::size_t> {
    const std::size_t size = lines.copy(room.data(), room.size(), place);
    place += size;
    return size;
  }));
  const auto calls = must(store.tool_calls("cj")).items;
  ASSERT_EQ(calls.size(), 5U);
  EXPECT_EQ(calls.front().output, "4");
  EXPECT_EQ(permit_in(store.commit(permit_of())).calls_left, 4U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(ToolCalls, VerifyFindsAWindowThatForgotItsPermits) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(permit_of()));
  RawDatabase(folder.path()).run("UPDATE tool_windows SET permits = x''");
  EXPECT_THAT(must(store.verify()).problems, testing::Contains(testing::HasSubstr("tool_windows differs")));
  RawDatabase(folder.path()).run("UPDATE tool_calls SET status = 2");
  EXPECT_THAT(must(store.verify()).problems, testing::Contains(testing::HasSubstr("tool_calls differs")));
}

}  // namespace
}  // namespace penny::test
