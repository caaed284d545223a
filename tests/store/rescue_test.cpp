// What is right in a damaged store is saved, what is not is told, and nothing that is wrong gets into the new one.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <penny/rescue.hpp>

#include "support/raw_database.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kPage = 4096;

class Rescue : public testing::Test {
 protected:
  [[nodiscard]] std::string saved() const { return other_ / "saved.db"; }

  void fill(int turns, std::size_t size = 500) const {
    Store store = folder_.open();
    for (const Operation& operation : one_of_each("cj")) must(store.commit(operation));
    for (int i = 0; i < turns; ++i)
      must(store.commit(a_turn("ada", "turn " + std::to_string(i) + std::string(size, 'x'))));
    store.close();
    RawDatabase(folder_.path()).run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  void overwrite_page(std::size_t page) const {
    std::string bytes = bytes_of_file(folder_.path());
    ASSERT_LE(page * kPage, bytes.size());
    bytes.replace((page - 1) * kPage, kPage, kPage, '\xa5');
    write_file(folder_.path(), bytes);
  }

  // Leaves of the ledger, in order.
  [[nodiscard]] std::vector<std::size_t> leaves() const {
    std::vector<std::size_t> pages;
    for (const auto& row :
         RawDatabase(folder_.path())
             .rows("SELECT pageno FROM dbstat WHERE name = 'ledger' AND pagetype = 'leaf' ORDER BY path"))
      pages.push_back(std::stoul(row.at(0)));
    return pages;
  }

  const StoreFolder folder_;
  const StoreFolder other_;
};

TEST_F(Rescue, OfAWholeStoreIsAllOfIt) {
  fill(200);
  const RescueReport report = must(rescue(folder_.path(), saved()));
  EXPECT_EQ(report.lost, 0U);
  EXPECT_THAT(report.losses, IsEmpty());
  EXPECT_EQ(report.users, 2U);
  Store before = folder_.open();
  Store after = must(Store::open(saved()));
  EXPECT_EQ(must(after.verify()).problems, std::vector<std::string>{});
  EXPECT_EQ(report.operations + report.forgotten, must(before.statistics()).operations);
  const auto old_turns = must(before.last_turns("ada", 1000)).items;
  const auto new_turns = must(after.last_turns("ada", 1000)).items;
  ASSERT_EQ(new_turns.size(), 200U);
  for (std::size_t i = 0; i < old_turns.size(); ++i) {
    EXPECT_EQ(new_turns[i].id, old_turns[i].id);
    EXPECT_EQ(new_turns[i].user_input, old_turns[i].user_input);
    EXPECT_EQ(new_turns[i].at, old_turns[i].at);
  }
  EXPECT_EQ(must(after.preferences("cj")).items.size(), must(before.preferences("cj")).items.size());
  EXPECT_EQ(must(after.facts("cj")).items.size(), must(before.facts("cj")).items.size());
  // A retry of what was acknowledged is known there too.
  EXPECT_TRUE(must(after.commit(with_id(a_turn("ada", old_turns[7].user_input), old_turns[7].id))).is_already_stored);
  EXPECT_EQ(fs::exists(saved() + "-rescue"), false);
}

TEST_F(Rescue, SavesWhatIsAroundPagesThatCannotBeRead) {
  fill(400);
  const std::vector<std::size_t> pages = leaves();
  ASSERT_GT(pages.size(), 20U);
  overwrite_page(pages[5]);
  overwrite_page(pages[10]);
  overwrite_page(pages[11]);
  const RescueReport report = must(rescue(folder_.path(), saved()));
  EXPECT_GT(report.lost, 5U);
  EXPECT_LT(report.lost, 40U);
  EXPECT_THAT(report.losses, Contains(HasSubstr("user ada: revs ")));
  const Store store = must(Store::open(saved()));
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
  EXPECT_EQ(must(store.last_turns("ada", 1000)).items.size(), 400 - report.lost);
  EXPECT_THAT(must(store.last_turns("ada", 1)).items.front().user_input, HasSubstr("turn 399"));
}

TEST_F(Rescue, EndsHoweverFarApartTheNumbersOfRowsAre) {
  fill(4);
  must(folder_.open().commit(a_turn("ada", std::string(20'000, 'x'))));
  std::size_t page = 0;
  {
    RawDatabase raw(folder_.path());
    raw.run("UPDATE ledger SET seq = 1 << 60 WHERE seq = (SELECT max(seq) FROM ledger)");
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
    page =
        std::stoul(raw.text("SELECT pageno FROM dbstat WHERE name = 'ledger' AND pagetype = 'overflow' ORDER BY path"));
  }
  overwrite_page(page);
  const RescueReport report = must(rescue(folder_.path(), saved()));
  EXPECT_EQ(report.lost, 1U) << testing::PrintToString(report.losses);
  EXPECT_EQ(must(must(Store::open(saved())).last_turns("ada", 1000)).items.size(), 4U);
}

TEST_F(Rescue, EndsBehindTheLastNumberThatThereIs) {
  fill(4);
  RawDatabase(folder_.path())
      .run("UPDATE ledger SET seq = 9223372036854775807 WHERE seq = (SELECT max(seq) FROM ledger)");
  const RescueReport report = must(rescue(folder_.path(), saved()));
  EXPECT_EQ(report.lost, 0U) << testing::PrintToString(report.losses);
  EXPECT_EQ(must(must(Store::open(saved())).last_turns("ada", 1000)).items.size(), 4U);
}

TEST_F(Rescue, TellsWhatWasLostAtTheEnd) {
  fill(400);
  overwrite_page(leaves().back());
  const RescueReport report = must(rescue(folder_.path(), saved()));
  EXPECT_GT(report.lost, 0U);
  EXPECT_LT(report.lost, 20U);
  EXPECT_EQ(must(must(Store::open(saved())).last_turns("ada", 1000)).items.size(), 400 - report.lost);
}

TEST_F(Rescue, SavesNothingThatWasChanged) {
  fill(20);
  {
    RawDatabase raw(folder_.path());
    raw.run("UPDATE ledger SET user_input = 'a lie' WHERE user = 2 AND rev = 3");
    raw.run("UPDATE ledger SET at = at + 1 WHERE user = 2 AND rev = 7");
  }
  const RescueReport report = must(rescue(folder_.path(), saved()));
  EXPECT_EQ(report.lost, 2U);
  EXPECT_THAT(report.losses, ElementsAre(HasSubstr("user ada: rev 3 is not what was acknowledged"),
                                         HasSubstr("user ada: rev 7 is not what was acknowledged")));
  const Store store = must(Store::open(saved()));
  EXPECT_EQ(must(store.last_turns("ada", 100)).items.size(), 18U);
  for (const Turn& turn : must(store.last_turns("ada", 100)).items) EXPECT_NE(turn.user_input, "a lie");
}

TEST_F(Rescue, DoesNotBringBackWhatWasForgottenOrErased) {
  {
    Store store = folder_.open();
    const OperationId turn = OperationId::make();
    must(store.commit(with_id(a_turn("ada", "the canary sings"), turn)));
    must(store.commit(a_turn("ada", "stays")));
    must(store.commit(operation_of("ada", ForgetTurn{.turn = turn})));
    must(store.commit(a_turn("eve", "of eve")));
    must(store.erase("eve"));
  }
  const RescueReport report = must(rescue(folder_.path(), saved()));
  EXPECT_EQ(report.lost, 0U) << testing::PrintToString(report.losses);
  EXPECT_EQ(report.operations, 1U);
  EXPECT_EQ(report.forgotten, 3U);
  EXPECT_EQ(must(must(Store::open(saved())).last_turns("ada")).items.size(), 1U);
}

TEST_F(Rescue, ReadsALogToo) {
  {
    Store store = folder_.open();
    must(store.commit(a_turn("ada", "only in the log")));
  }
  ASSERT_GT(fs::file_size(folder_.path() + "-wal"), 0U);
  const std::string log = bytes_of_file(folder_.path() + "-wal");
  EXPECT_EQ(must(rescue(folder_.path(), saved())).operations, 1U);
  EXPECT_EQ(bytes_of_file(folder_.path() + "-wal"), log);
}

TEST_F(Rescue, RefusesWhatIsInItsWay) {
  fill(3);
  write_file(saved(), "mine");
  EXPECT_EQ(refusal(rescue(folder_.path(), saved())).code, ErrorCode::kInvalid);
  EXPECT_EQ(bytes_of_file(saved()), "mine");
  fs::remove(saved());
  {
    const StoreUser user(folder_.path());
    EXPECT_EQ(refusal(rescue(folder_.path(), saved())).code, ErrorCode::kConflict);
  }
  write_file(other_ / "text", std::string(5000, 'x'));
  EXPECT_EQ(refusal(rescue(other_ / "text", saved())).code, ErrorCode::kNotAStore);
  EXPECT_EQ(refusal(rescue(other_ / "nothing", saved())).code, ErrorCode::kNotFound);
  const auto stopped =
      rescue(folder_.path(), saved(), {.progress = [](std::uint64_t, std::uint64_t) { return false; }});
  EXPECT_EQ(refusal(stopped).code, ErrorCode::kStopped);
  EXPECT_FALSE(fs::exists(saved()));
  EXPECT_FALSE(fs::exists(saved() + "-rescue"));
}

}  // namespace
}  // namespace penny::test
