// What stands in a page besides its cells is found and overwritten, and nothing else is touched.

#include "backend/sqlite/free_space.hpp"

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/erase_steps.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::backend::sqlite {
namespace {

using test::must;
using test::StoreFolder;

constexpr std::size_t kPage = 4096;

// A leaf with one cell at its end, a free block of 20 bytes before it, and a gap.
std::vector<std::uint8_t> a_leaf() {
  std::vector<std::uint8_t> page(kPage, 0);
  page[0] = 13;
  page[1] = 0x0f;  // the free block stands at 4000 = 0x0fa0
  page[2] = 0xa0;
  page[4] = 1;     // one cell
  page[5] = 0x0f;  // cells begin at 3990 = 0x0f96
  page[6] = 0x96;
  page[8] = 0x0f;
  page[9] = 0x96;
  page[4003] = 20;  // the block's size
  return page;
}

TEST(FreeSpace, IsTheGapAndTheFreeBlocks) {
  std::vector<std::uint8_t> page = a_leaf();
  const std::vector<std::uint8_t> clean = page;
  EXPECT_FALSE(clear_free_space(page, 0));
  EXPECT_EQ(page, clean);
  page[10] = 'x';    // the first byte of the gap
  page[3989] = 'y';  // its last one
  page[4004] = 'z';  // in the block, behind its four bytes
  page[4019] = 'z';
  page[3990] = 'c';  // the cell
  page[4020] = 'c';
  EXPECT_TRUE(clear_free_space(page, 0));
  EXPECT_EQ(page[3990], 'c');
  EXPECT_EQ(page[4020], 'c');
  page[3990] = 0;
  page[4020] = 0;
  EXPECT_EQ(page, clean);
}

TEST(FreeSpace, OfAPageThatContradictsItselfIsLeftAlone) {
  const auto is_left_alone = [](const std::vector<std::pair<std::size_t, std::uint8_t>>& changes) {
    std::vector<std::uint8_t> page = a_leaf();
    page[20] = 'x';
    for (const auto& [at, byte] : changes) page[at] = byte;
    const std::vector<std::uint8_t> before = page;
    return !clear_free_space(page, 0) && page == before;
  };
  EXPECT_TRUE(is_left_alone({{0, 0}}));                      // no page of a tree
  EXPECT_TRUE(is_left_alone({{3, 0xff}}));                   // more cells than fit
  EXPECT_TRUE(is_left_alone({{5, 0x20}}));                   // cells behind the page
  EXPECT_TRUE(is_left_alone({{1, 0x01}}));                   // a block in front of the cells
  EXPECT_TRUE(is_left_alone({{4002, 0x10}}));                // a block longer than the page
  EXPECT_TRUE(is_left_alone({{4003, 3}}));                   // a block shorter than its own four bytes
  EXPECT_TRUE(is_left_alone({{4000, 0x0f}, {4001, 0xa0}}));  // a block that follows itself
}

TEST(FreeSpace, TheMapOfPagesIsWhereSqliteHasIt) {
  EXPECT_EQ(map_place(2).page, 2U);
  EXPECT_EQ(map_place(3).page, 2U);
  EXPECT_EQ(map_place(3).at, 0U);
  EXPECT_EQ(map_place(821).page, 2U);
  EXPECT_EQ(map_place(822).page, 822U);
  EXPECT_EQ(map_place(823).page, 822U);
}

// The very leak that an erase mends, shown to exist: SQLite balances a tree, and copies of cells stay behind; and that
// overwriting them changes no row.
TEST(FreeSpace, IsClearedInARealStoreWithoutHarm) {
  const StoreFolder folder;
  Store store = folder.open();
  std::minstd_rand random(7);
  for (int i = 0; i < 1500; ++i) {
    const std::string key = std::to_string(random() % 100'000) + std::string(random() % 60, 'k');
    must(store.commit(test::operation_of(
        "cj", SetPreference{.key = key, .value = "\"" + std::string(random() % 900, 'v') + "\"", .confidence = 1})));
  }
  store.close();
  auto connection = must(Connection::open(folder.path(), ConnectionRole::kWriter));
  const auto later = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  const auto dump = [&] {
    test::RawDatabase raw(folder.path());
    return raw.rows("SELECT * FROM preferences ORDER BY key");
  };
  const auto before = dump();
  Leftovers leftovers = must(find_leftovers(*connection, 1, later));
  EXPECT_EQ(leftovers.next, 0U);
  EXPECT_FALSE(leftovers.pages.empty()) << "SQLite leaves nothing behind any more";
  ASSERT_TRUE(connection->execute("BEGIN IMMEDIATE"));
  ASSERT_TRUE(clear_leftovers(*connection, leftovers.pages, later));
  ASSERT_TRUE(connection->execute("COMMIT"));
  EXPECT_TRUE(must(find_leftovers(*connection, 1, later)).pages.empty());
  EXPECT_EQ(must(connection->text("PRAGMA integrity_check")), "ok");
  EXPECT_EQ(dump(), before);
}

}  // namespace
}  // namespace penny::backend::sqlite
