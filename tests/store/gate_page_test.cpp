// Attacks the invariants at the head of src/store/gate_page.hpp.

#include "store/gate_page.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/temporary_folder.hpp"

namespace penny::store {
namespace {

const std::string kStoreId = "0123456789abcdef";

class GatePageTest : public ::testing::Test {
 protected:
  GatePageTest() {
    auto paths = base::prepare_paths(folder_ / "memory.db", true);
    EXPECT_TRUE(paths);
    paths_ = *paths;
  }
  std::unique_ptr<GatePage> open_page() {
    auto page = GatePage::open(paths_, true);
    EXPECT_TRUE(page);
    return std::move(*page);
  }
  std::string bytes() const {
    std::ifstream file(paths_.gate, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void overwrite(std::size_t at, const std::string& with) const {
    std::fstream file(paths_.gate, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file << with;
  }
  base::TemporaryFolder folder_;
  base::StorePaths paths_;
};

Anchor anchor(std::uint64_t seq) {
  Anchor made{.seq = seq, .digest = {}};
  made.digest.fill(static_cast<std::uint8_t>(seq));
  return made;
}

TEST_F(GatePageTest, ANewPageIsNotValidUntilItIsMadeSo) {
  const auto page = open_page();
  EXPECT_FALSE(page->is_valid());
  page->make_valid_for(kStoreId);
  EXPECT_TRUE(page->is_valid_for(kStoreId));
  EXPECT_FALSE(page->is_valid_for("fedcba9876543210"));
}

TEST_F(GatePageTest, EveryFlippedByteOfItsHeadMakesItInvalid) {
  const auto page = open_page();
  page->make_valid_for(kStoreId);
  const std::string whole = bytes();
  const std::size_t head_bytes = 8 * (1 + 2 + 5 + 1);
  for (std::size_t at = 0; at < head_bytes; ++at) {
    overwrite(at, std::string(1, static_cast<char>(whole[at] ^ 0x10)));
    EXPECT_FALSE(page->is_valid()) << "byte " << at;
    overwrite(at, std::string(1, whole[at]));
  }
  EXPECT_TRUE(page->is_valid());
}

TEST_F(GatePageTest, TheNewerAnchorCounts) {
  const auto page = open_page();
  page->make_valid_for(kStoreId);
  EXPECT_FALSE(page->anchor());
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    page->write_anchor(anchor(seq));
    ASSERT_TRUE(page->anchor());
    EXPECT_EQ(page->anchor()->seq, seq);
    EXPECT_EQ(page->anchor()->digest, anchor(seq).digest);
  }
}

TEST_F(GatePageTest, WhenOneAnchorIsTornTheOtherCounts) {
  const auto page = open_page();
  page->make_valid_for(kStoreId);
  page->write_anchor(anchor(7));
  const std::string before = bytes();
  page->write_anchor(anchor(8));
  const std::string after = bytes();
  const auto [first, ignored] = std::mismatch(before.begin(), before.end(), after.begin());
  const auto at = static_cast<std::size_t>(first - before.begin());
  ASSERT_LT(at, before.size());
  overwrite(at + 16, "torn");
  ASSERT_TRUE(page->anchor());
  EXPECT_EQ(page->anchor()->seq, 7U);
}

TEST_F(GatePageTest, AnotherStoresAnchorIsForgotten) {
  const auto page = open_page();
  page->make_valid_for(kStoreId);
  page->write_anchor(anchor(7));
  page->make_valid_for(kStoreId);
  EXPECT_TRUE(page->anchor()) << "the same store keeps it, over a reboot too";
  page->make_valid_for("fedcba9876543210");
  EXPECT_FALSE(page->anchor());
}

TEST_F(GatePageTest, SlotsAreSharedAndNamedByTheirProcess) {
  const auto page = open_page();
  page->make_valid_for(kStoreId);
  const auto slot = page->claim_slot();
  ASSERT_TRUE(slot);
  page->set_waiting(*slot, true);
  page->set_oldest_read(*slot, std::chrono::steady_clock::now());
  const auto other = open_page();
  const auto views = other->slots();
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].pid, getpid());
  EXPECT_TRUE(views[0].is_waiting);
  EXPECT_TRUE(views[0].oldest_read);
  page->release_slot(*slot);
  EXPECT_TRUE(other->slots().empty());
}

TEST_F(GatePageTest, SlotsOfDeadProcessesAreTakenOverWhenAllAreTaken) {
  const auto page = open_page();
  page->make_valid_for(kStoreId);
  const pid_t child = fork();
  if (child == 0) {
    while (page->claim_slot()) {
    }
    _exit(0);  // with all slots in its name
  }
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_TRUE(page->slots().empty()) << "the dead are not shown";
  EXPECT_TRUE(page->claim_slot());
  EXPECT_EQ(page->slots().size(), 1U);
}

TEST_F(GatePageTest, ItsFileIsForItsOwnerAlone) {
  const auto page = open_page();
  EXPECT_EQ(std::filesystem::status(paths_.gate).permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace penny::store
