// Opening: what is made, with which modes, and every file and folder that is refused, each with its own error.

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/forked.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Error refused(const std::string& path, bool create = true) { return refusal(Store::open(path, {.create = create})); }

void expect_refused(const std::string& path, ErrorCode code, const std::string& part) {
  const Error error = refused(path);
  EXPECT_EQ(error.code, code) << to_string(error.code) << ": " << error.message;
  EXPECT_THAT(error.message, HasSubstr(part));
  EXPECT_FALSE(error.advice.empty());
}

unsigned mode_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) throw std::runtime_error("no " + path);
  return status.st_mode & 07777U;
}

std::set<std::string> files_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

// The process's umask for a moment.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(umask(mask)) {}
  ~Umask() { umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

TEST(Opening, MakesTheStoreForItsOwnerAlone) {
  for (const mode_t mask : {0000U, 0022U, 0077U}) {
    const StoreFolder folder;
    const Umask umask(mask);
    const std::string path = folder / "a/b/memory.db";
    Store store = must(Store::open(path));
    must(store.commit(a_turn()));
    EXPECT_EQ(mode_of(folder / "a"), 0700U);
    EXPECT_EQ(mode_of(folder / "a/b"), 0700U);
    EXPECT_EQ(files_in(folder / "a/b"),
              (std::set<std::string>{"memory.db", "memory.db-wal", "memory.db-shm", "memory.db-gate", "memory.db-bell",
                                     "memory.db-ballast"}));
    for (const char* suffix : {"", "-wal", "-shm", "-gate", "-bell", "-ballast"})
      EXPECT_EQ(mode_of(path + suffix), 0600U) << suffix;
  }
}

TEST(Opening, LeavesTheModeOfAnExistingFolder) {
  const StoreFolder folder;
  ASSERT_EQ(chmod(folder.folder().c_str(), 0755), 0);
  folder.make();
  EXPECT_EQ(mode_of(folder.folder()), 0755U);
  EXPECT_EQ(mode_of(folder.path()), 0600U);
}

TEST(Opening, FixesTheFormAtCreation) {
  const StoreFolder folder;
  must(folder.open().commit(a_turn()));
  std::string store_id;
  {
    RawDatabase raw(folder.path());
    EXPECT_EQ(raw.text("PRAGMA page_size"), "4096");
    EXPECT_EQ(raw.text("PRAGMA auto_vacuum"), "2");  // incremental
    EXPECT_EQ(raw.text("PRAGMA application_id"), "1347309145");
    EXPECT_EQ(raw.text("PRAGMA user_version"), "4");
    EXPECT_EQ(raw.text("PRAGMA journal_mode"), "wal");
    EXPECT_EQ(raw.text("PRAGMA encoding"), "UTF-8");
    store_id = raw.text("SELECT hex(store_id) FROM store");
  }
  EXPECT_EQ(store_id.size(), 32U);
  folder.make();
  EXPECT_EQ(RawDatabase(folder.path()).text("SELECT hex(store_id) FROM store"), store_id);
  const StoreFolder other;
  other.make();
  EXPECT_NE(RawDatabase(other.path()).text("SELECT hex(store_id) FROM store"), store_id);
}

TEST(Opening, DoesNotMakeAStoreUnlessAsked) {
  const StoreFolder folder;
  EXPECT_EQ(refused(folder.path(), false).code, ErrorCode::kNotFound);
  EXPECT_EQ(refused(folder / "a/memory.db", false).code, ErrorCode::kNotFound);
  EXPECT_TRUE(files_in(folder.folder()).empty());
  folder.make();
  EXPECT_TRUE(Store::open(folder.path(), {.create = false}).has_value());
}

TEST(Opening, RefusesWhatIsNoStoreAndLeavesItAlone) {
  const StoreFolder folder;
  const std::string text =
      "Dear diary, this is more than a hundred bytes of text that no database begins with. " + std::string(100, '.');
  write_file(folder / "empty", "");
  write_file(folder / "short", "x");
  write_file(folder / "text", text);
  RawDatabase(folder / "other").run("PRAGMA application_id = 7; CREATE TABLE t(x)");
  RawDatabase(folder / "nameless").run("CREATE TABLE t(x)");
  RawDatabase(folder / "wal").run("PRAGMA journal_mode = WAL; CREATE TABLE t(x)");
  const auto before = files_in(folder.folder());

  expect_refused(folder / "empty", ErrorCode::kNotAStore, "only 0 bytes");
  expect_refused(folder / "short", ErrorCode::kNotAStore, "only 1 bytes");
  expect_refused(folder / "text", ErrorCode::kNotAStore, "no SQLite database");
  for (const char* name : {"other", "nameless", "wal"})
    expect_refused(folder / name, ErrorCode::kNotAStore, "another application");
  EXPECT_EQ(files_in(folder.folder()), before);
  EXPECT_EQ(bytes_of_file(folder / "text"), text);
  EXPECT_EQ(bytes_of_file(folder / "empty"), "");
}

TEST(Opening, RefusesAStoreThatLeftWalMode) {
  const StoreFolder folder;
  must(folder.open().commit(a_turn()));
  RawDatabase(folder.path()).run("PRAGMA journal_mode = DELETE");
  expect_refused(folder.path(), ErrorCode::kDamaged, "WAL mode");
  RawDatabase(folder.path()).run("PRAGMA journal_mode = WAL");
  EXPECT_EQ(must(folder.open().last_turns("cj")).items.size(), 1U);
}

TEST(Opening, RefusesASchemaThatItDoesNotKnow) {
  const StoreFolder folder;
  folder.make();
  for (const char* version : {"5", "1000", "2147483647"}) {
    RawDatabase(folder.path()).run("PRAGMA user_version = " + std::string(version));
    const Error error = refused(folder.path());
    EXPECT_EQ(error.code, ErrorCode::kNewerSchema);
    EXPECT_THAT(error.message, HasSubstr("schema version " + std::string(version)));
    EXPECT_THAT(error.message, HasSubstr("up to 4"));
  }
  for (const char* version : {"0", "-1"}) {
    RawDatabase(folder.path()).run("PRAGMA user_version = " + std::string(version));
    expect_refused(folder.path(), ErrorCode::kNotAStore, version);
  }
  RawDatabase(folder.path()).run("PRAGMA user_version = 4");
  EXPECT_TRUE(Store::open(folder.path()).has_value());
}

TEST(Opening, MakesNothingBesideALogWithoutItsDatabase) {
  const StoreFolder folder;
  must(folder.open().commit(a_turn()));
  fs::rename(folder.path(), folder / "away");
  const std::string log = bytes_of_file(folder.path() + "-wal");
  ASSERT_FALSE(log.empty());
  expect_refused(folder.path(), ErrorCode::kDamaged, "its database is not");
  EXPECT_TRUE(bytes_of_file(folder.path() + "-wal") == log);
  fs::rename(folder / "away", folder.path());
  EXPECT_EQ(must(folder.open().last_turns("cj")).items.size(), 1U);
}

TEST(Opening, RefusesAFileWithTwoNames) {
  const StoreFolder folder;
  folder.make();
  fs::create_hard_link(folder.path(), folder / "second.db");
  expect_refused(folder.path(), ErrorCode::kHardLinked, "2 names");
  expect_refused(folder / "second.db", ErrorCode::kHardLinked, "2 names");
  fs::remove(folder / "second.db");
  EXPECT_TRUE(Store::open(folder.path()).has_value());
}

TEST(Opening, RefusesWhatOthersMayWrite) {
  const StoreFolder folder;
  for (const mode_t mode : {0777U, 0770U, 0722U, 0702U}) {
    ASSERT_EQ(chmod(folder.folder().c_str(), mode), 0);
    expect_refused(folder.path(), ErrorCode::kNoPermission, "other users can write the folder");
  }
  EXPECT_TRUE(files_in(folder.folder()).empty());
  ASSERT_EQ(chmod(folder.folder().c_str(), 0755), 0);
  folder.make();
  ASSERT_EQ(chmod(folder.path().c_str(), 0620), 0);
  expect_refused(folder.path(), ErrorCode::kNoPermission, "other users can write the file");
  ASSERT_EQ(chmod(folder.path().c_str(), 0600), 0);
  EXPECT_TRUE(Store::open(folder.path()).has_value());
}

TEST(Opening, RefusesWhatBelongsToAnother) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may give a folder away";
  const StoreFolder folder;
  folder.make();
  ASSERT_EQ(chown(folder.path().c_str(), 12345, 12345), 0);
  expect_refused(folder.path(), ErrorCode::kNoPermission, "belongs to user 12345");
  ASSERT_EQ(chown(folder.path().c_str(), 0, 0), 0);
  ASSERT_EQ(chown(folder.folder().c_str(), 12345, 12345), 0);
  expect_refused(folder.path(), ErrorCode::kNoPermission, "belongs to user 12345");
}

// What opening the path answers to a user without rights, who is another than the owner.
std::string answer_to_another_user(const std::string& path) {
  return base::in_forked_child([&]() -> std::string {
    constexpr uid_t kNobody = 65534;
    if (setgid(kNobody) != 0 || setuid(kNobody) != 0) return "cannot become another user";
    const auto store = Store::open(path);
    return store ? "opened" : std::string(to_string(store.error().code));
  });
}

TEST(Opening, TellsAnotherUserThatPermissionIsMissing) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const StoreFolder folder;
  folder.make();
  EXPECT_EQ(answer_to_another_user(folder.path()), "no_permission");  // cannot even look into the folder
  ASSERT_EQ(chmod(folder.folder().c_str(), 0755), 0);
  EXPECT_EQ(answer_to_another_user(folder.path()), "no_permission");
  EXPECT_EQ(answer_to_another_user(folder / "new.db"), "no_permission");
  EXPECT_EQ(answer_to_another_user(folder / "a/b/new.db"), "no_permission");
  ASSERT_EQ(chmod(folder.path().c_str(), 0644), 0);
  EXPECT_EQ(answer_to_another_user(folder.path()), "no_permission");
}

TEST(Opening, BySymbolicLinksLeadsToTheSameStore) {
  const StoreFolder folder;
  fs::create_directory(folder / "real");
  fs::permissions(folder / "real", fs::perms::owner_all);
  Store store = must(Store::open(folder / "real/memory.db"));
  fs::create_symlink(folder / "real/memory.db", folder / "link.db");
  fs::create_directory_symlink(folder / "real", folder / "linked");

  Store by_file = must(Store::open(folder / "link.db"));
  Store by_folder = must(Store::open(folder / "linked/memory.db"));
  must(store.commit(a_turn("cj", "1")));
  must(by_file.commit(a_turn("cj", "2")));
  EXPECT_EQ(must(by_folder.commit(a_turn("cj", "3"))).rev, 3U);
  EXPECT_EQ(must(store.last_turns("cj")).items.size(), 3U);
  EXPECT_EQ(must(by_file.diagnose()).path, folder / "real/memory.db");
  EXPECT_EQ(files_in(folder.folder()), (std::set<std::string>{"real", "link.db", "linked"}));

  fs::create_symlink(folder / "nowhere", folder / "dangling.db");
  expect_refused(folder / "dangling.db", ErrorCode::kInvalid, "symbolic link to nothing");
}

TEST(Opening, RefusesPathsThatCannotBe) {
  const StoreFolder folder;
  write_file(folder / "file", "x");
  EXPECT_EQ(refused("").code, ErrorCode::kInvalid);
  EXPECT_EQ(refused(folder.folder()).code, ErrorCode::kInvalid);
  EXPECT_EQ(refused(folder / "file/memory.db").code, ErrorCode::kInvalid);
  EXPECT_EQ(refused(folder / std::string(300, 'x')).code, ErrorCode::kInvalid);
  EXPECT_EQ(refused("/dev/null").code, ErrorCode::kInvalid);
}

TEST(Opening, ManyTimesInOneProcessGivesOneStore) {
  const StoreFolder folder;
  std::vector<Store> stores;
  for (int i = 0; i < 20; ++i) stores.push_back(folder.open());
  for (std::size_t i = 0; i < stores.size(); ++i) EXPECT_EQ(must(stores[i].commit(a_turn())).rev, i + 1);
  stores.erase(stores.begin(), stores.begin() + 19);
  EXPECT_EQ(must(stores[0].last_turns("cj", 100)).items.size(), 20U);
  EXPECT_EQ(must(stores[0].verify()).problems, std::vector<std::string>{});
}

}  // namespace
}  // namespace penny::test
