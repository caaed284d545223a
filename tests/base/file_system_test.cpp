#include "base/file_system.hpp"

#include <linux/magic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/forked.hpp"
#include "base/shared_file_system.hpp"
#include "base/temporary_folder.hpp"

namespace penny::base {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr uid_t kOtherUser = 4321;

void write_file(const std::string& path, mode_t mode = 0600) {
  std::ofstream(path) << "something";
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

mode_t mode_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

void expect_refused(const std::string& path, ErrorCode code, const std::string& part, bool create = true) {
  const auto paths = prepare_paths(path, create);
  ASSERT_FALSE(paths.has_value()) << path;
  EXPECT_EQ(to_string(paths.error().code), to_string(code)) << paths.error().message;
  EXPECT_THAT(paths.error().message, HasSubstr(part));
  EXPECT_FALSE(paths.error().advice.empty());
  EXPECT_EQ(paths.error().field, "path");
}

// The name of the error code that a user without rights gets, or "fine".
std::string answer_as_other_user(const std::string& path) {
  return in_forked_child([&path]() -> std::string {
    if (::geteuid() == 0 && (::setgid(kOtherUser) != 0 || ::setuid(kOtherUser) != 0)) return "setuid failed";
    const auto paths = prepare_paths(path, true);
    return paths ? "fine" : std::string(to_string(paths.error().code));
  });
}

TEST(StorePaths, AreAbsoluteAndBesideEachOther) {
  const TemporaryFolder folder;
  const auto paths = prepare_paths(folder / "memory.db", true);
  ASSERT_TRUE(paths.has_value()) << paths.error().message;
  EXPECT_EQ(paths->directory, folder.path());
  EXPECT_EQ(paths->database, folder / "memory.db");
  EXPECT_EQ(paths->wal, folder / "memory.db-wal");
  EXPECT_EQ(paths->shm, folder / "memory.db-shm");
  EXPECT_EQ(paths->gate, folder / "memory.db-gate");
  EXPECT_EQ(paths->bell, folder / "memory.db-bell");
  EXPECT_TRUE(fs::is_empty(folder.path()));  // the file itself is not made
}

TEST(StorePaths, MissingFoldersAreMadeForUsAlone) {
  const TemporaryFolder folder;
  const auto paths = prepare_paths(folder / "a/b//c/memory.db", true);
  ASSERT_TRUE(paths.has_value()) << paths.error().message;
  EXPECT_EQ(paths->directory, folder / "a/b/c");
  for (const char* made : {"a", "a/b", "a/b/c"}) EXPECT_EQ(mode_of(folder / made), 0700U) << made;
}

TEST(StorePaths, NothingIsMadeUnlessAskedFor) {
  const TemporaryFolder folder;
  expect_refused(folder / "memory.db", ErrorCode::kNotFound, folder / "memory.db", false);
  expect_refused(folder / "a/memory.db", ErrorCode::kNotFound, folder / "a/memory.db", false);
  EXPECT_TRUE(fs::is_empty(folder.path()));
  write_file(folder / "memory.db");
  EXPECT_TRUE(prepare_paths(folder / "memory.db", false).has_value());
}

TEST(StorePaths, AnExistingFolderKeepsItsMode) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "open");
  ASSERT_EQ(::chmod((folder / "open").c_str(), 0755), 0);
  ASSERT_TRUE(prepare_paths(folder / "open/memory.db", true).has_value());
  EXPECT_EQ(mode_of(folder / "open"), 0755U);
}

TEST(StorePaths, RelativePathsBeginInTheWorkingFolder) {
  const TemporaryFolder folder;
  const std::string found = in_forked_child([&]() -> std::string {
    if (::chdir(folder.path().c_str()) != 0) return "chdir failed";
    const auto plain = prepare_paths("memory.db", true);
    const auto deeper = prepare_paths("data/memory.db", true);
    return plain && deeper ? plain->database + " " + deeper->database : "refused";
  });
  EXPECT_EQ(found, folder / "memory.db" + " " + (folder / "data/memory.db"));
}

TEST(StorePaths, TwoNamesOfOneFileAreOne) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "real");
  fs::create_directory_symlink(folder / "real", folder / "other");
  fs::create_symlink(folder / "real/memory.db", folder / "link.db");

  // The file is not there yet: by the folder's name.
  for (const char* name : {"real/memory.db", "other/memory.db", "real/../other/./memory.db"}) {
    const auto paths = prepare_paths(folder / name, true);
    ASSERT_TRUE(paths.has_value()) << paths.error().message;
    EXPECT_EQ(paths->database, folder / "real/memory.db") << name;
  }
  write_file(folder / "real/memory.db");
  for (const char* name : {"real/memory.db", "other/memory.db", "link.db"}) {
    const auto paths = prepare_paths(folder / name, true);
    ASSERT_TRUE(paths.has_value()) << paths.error().message;
    EXPECT_EQ(paths->database, folder / "real/memory.db") << name;
    EXPECT_EQ(paths->gate, folder / "real/memory.db-gate") << name;
  }
}

TEST(StorePaths, ASymbolicLinkToNothingIsRefused) {
  const TemporaryFolder folder;
  fs::create_symlink(folder / "nowhere.db", folder / "link.db");
  expect_refused(folder / "link.db", ErrorCode::kInvalid, "symbolic link to nothing");
  fs::create_symlink(folder / "circle.db", folder / "circle.db");
  expect_refused(folder / "circle.db", ErrorCode::kInvalid, "circle.db");
}

TEST(StorePaths, AFolderInPlaceOfTheFileIsRefused) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "memory.db");
  expect_refused(folder / "memory.db", ErrorCode::kInvalid, "is a folder");
  expect_refused(folder.path() + "/", ErrorCode::kInvalid, "names a folder");
  expect_refused(folder / "..", ErrorCode::kInvalid, "names a folder");
  expect_refused(folder / "new/.", ErrorCode::kInvalid, "names a folder");
  expect_refused("/", ErrorCode::kInvalid, "names a folder");
}

TEST(StorePaths, WhatIsNoRegularFileIsRefused) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "memory.db").c_str(), 0600), 0);
  expect_refused(folder / "memory.db", ErrorCode::kInvalid, "no regular file");
  expect_refused("/dev/null", ErrorCode::kInvalid, "no regular file");
}

TEST(StorePaths, AFileInPlaceOfAFolderIsRefused) {
  const TemporaryFolder folder;
  write_file(folder / "file");
  expect_refused(folder / "file/memory.db", ErrorCode::kInvalid, "file/memory.db");
  expect_refused(folder / "file/a/memory.db", ErrorCode::kInvalid, "file/a/memory.db");
}

TEST(StorePaths, AHardLinkedFileIsRefused) {
  const TemporaryFolder folder;
  write_file(folder / "memory.db");
  fs::create_hard_link(folder / "memory.db", folder / "second.db");
  expect_refused(folder / "memory.db", ErrorCode::kHardLinked, "has 2 names; the limit is 1");
  fs::remove(folder / "second.db");
  EXPECT_TRUE(prepare_paths(folder / "memory.db", true).has_value());
}

TEST(StorePaths, AFolderThatOthersCanWriteIsRefused) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "shared");
  for (const mode_t mode : {0777U, 01777U, 0722U, 0770U, 0702U}) {
    ASSERT_EQ(::chmod((folder / "shared").c_str(), mode), 0);
    expect_refused(folder / "shared/memory.db", ErrorCode::kNoPermission, "other users can write the folder");
  }
  for (const mode_t mode : {0700U, 0755U, 0711U}) {
    ASSERT_EQ(::chmod((folder / "shared").c_str(), mode), 0);
    EXPECT_TRUE(prepare_paths(folder / "shared/memory.db", true).has_value()) << mode;
  }
}

TEST(StorePaths, AFileThatOthersCanWriteIsRefused) {
  const TemporaryFolder folder;
  write_file(folder / "memory.db", 0666);
  expect_refused(folder / "memory.db", ErrorCode::kNoPermission, "other users can write the file");
  ASSERT_EQ(::chmod((folder / "memory.db").c_str(), 0644), 0);
  EXPECT_TRUE(prepare_paths(folder / "memory.db", true).has_value());
}

TEST(StorePaths, AFolderOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  const TemporaryFolder folder;
  fs::create_directory(folder / "theirs");
  ASSERT_EQ(::chown((folder / "theirs").c_str(), kOtherUser, kOtherUser), 0);
  expect_refused(folder / "theirs/memory.db", ErrorCode::kNoPermission, "belongs to user 4321");
  // Its owner may use it.
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  EXPECT_EQ(answer_as_other_user(folder / "theirs/memory.db"), "fine");
}

TEST(StorePaths, AFileOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const TemporaryFolder folder;
  write_file(folder / "memory.db");
  ASSERT_EQ(::chown((folder / "memory.db").c_str(), kOtherUser, kOtherUser), 0);
  expect_refused(folder / "memory.db", ErrorCode::kNoPermission, "belongs to user 4321");
}

TEST(StorePaths, WithoutTheRightToWriteItIsRefused) {
  const TemporaryFolder folder;
  const auto give_away = [](const std::string& path) {
    return ::geteuid() != 0 || ::chown(path.c_str(), kOtherUser, kOtherUser) == 0;
  };
  ASSERT_TRUE(give_away(folder.path()));
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  fs::create_directory(folder / "closed");
  fs::create_directory(folder / "open");
  write_file(folder / "open/memory.db", 0400);
  for (const char* name : {"closed", "open", "open/memory.db"}) ASSERT_TRUE(give_away(folder / name));
  ASSERT_EQ(::chmod((folder / "closed").c_str(), 0500), 0);

  EXPECT_EQ(answer_as_other_user(folder / "closed/memory.db"), "no_permission");
  EXPECT_EQ(answer_as_other_user(folder / "closed/new/memory.db"), "no_permission");
  EXPECT_EQ(answer_as_other_user(folder / "open/memory.db"), "no_permission");
  EXPECT_EQ(answer_as_other_user(folder / "open/new/memory.db"), "fine");
  ASSERT_EQ(::chmod((folder / "closed").c_str(), 0000), 0);
  EXPECT_EQ(answer_as_other_user(folder / "closed/memory.db"), "no_permission");
  ASSERT_EQ(::chmod((folder / "closed").c_str(), 0700), 0);
}

TEST(StorePaths, ARootFolderThatWeCannotWriteIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a folder of root's to try";
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  EXPECT_EQ(answer_as_other_user(folder / "memory.db"), "no_permission");
}

TEST(StorePaths, PathsAreBounded) {
  const TemporaryFolder folder;
  const std::size_t name_max = 255 - 32;
  EXPECT_TRUE(prepare_paths(folder / std::string(name_max, 'n'), true).has_value());
  expect_refused(folder / std::string(name_max + 1, 'n'), ErrorCode::kInvalid, "has 224 bytes; the limit is 223");
  expect_refused(folder / std::string(300, 'n') + "/memory.db", ErrorCode::kInvalid, "bytes");

  std::string path = folder.path();
  while (path.size() < 4063) path += "/" + std::string(std::min<std::size_t>(100, 4063 - path.size() - 1), 'p');
  ASSERT_EQ(path.size(), 4063U);
  EXPECT_TRUE(prepare_paths(path, true).has_value());
  expect_refused(path + "p", ErrorCode::kInvalid, "path has 4064 bytes; the limit is 4063");
  expect_refused(std::string(1'000'000, 'a'), ErrorCode::kInvalid, "path has 1000000 bytes; the limit is 4063");
}

TEST(StorePaths, EmptyPathsAndNulAreRefused) {
  expect_refused("", ErrorCode::kInvalid, "path has 0 bytes");
  expect_refused("data/memory.db\0.txt"s, ErrorCode::kInvalid, "path holds a NUL; it has 19 bytes");
}

TEST(StorePaths, AStoreOnASharedFileSystemIsRefusedAndNothingIsMade) {
  const TemporaryFolder folder;
  const std::string answers = in_forked_child([&]() -> std::string {
    if (!mount_shared_file_system(folder.path())) return "cannot mount";
    std::string codes;
    for (const char* name : {"memory.db", "new/memory.db"}) {
      const auto paths = prepare_paths(folder / name, true);
      codes += paths ? "fine " : std::string(to_string(paths.error().code)) + " " + paths.error().message + "\n";
    }
    return codes + file_system_name(folder.path());
  });
  if (answers == "cannot mount") GTEST_SKIP() << "needs the right to mount";
  const std::string refusal = "unsupported_file_system " + folder.path() + " is on fuse, ";
  EXPECT_THAT(answers, StartsWith(refusal));
  EXPECT_THAT(answers, HasSubstr("\n" + refusal));  // a folder to be made is refused where it would be
  EXPECT_THAT(answers, EndsWith("\nfuse"));
}

TEST(FileSystem, SharedFileSystemsAreNotSupported) {
  const std::pair<std::uint64_t, const char*> shared[] = {
      {NFS_SUPER_MAGIC, "nfs"},   {SMB_SUPER_MAGIC, "smb"},   {CIFS_SUPER_MAGIC, "cifs"},   {SMB2_SUPER_MAGIC, "smb2"},
      {V9FS_MAGIC, "9p"},         {FUSE_SUPER_MAGIC, "fuse"}, {AFS_SUPER_MAGIC, "afs"},     {AFS_FS_MAGIC, "kafs"},
      {CODA_SUPER_MAGIC, "coda"}, {CEPH_SUPER_MAGIC, "ceph"}, {OCFS2_SUPER_MAGIC, "ocfs2"}, {0x01161970, "gfs2"},
      {0x0bd00bd0, "lustre"},     {NCP_SUPER_MAGIC, "ncp"}};
  for (const auto& [magic, name] : shared) EXPECT_EQ(unsupported_file_system(magic), name);
}

TEST(FileSystem, LocalFileSystemsAreSupported) {
  for (const std::uint64_t magic :
       {std::uint64_t{EXT4_SUPER_MAGIC}, std::uint64_t{XFS_SUPER_MAGIC}, std::uint64_t{BTRFS_SUPER_MAGIC},
        std::uint64_t{TMPFS_MAGIC}, std::uint64_t{OVERLAYFS_SUPER_MAGIC}, std::uint64_t{F2FS_SUPER_MAGIC},
        std::uint64_t{0x2fc12fc1} /* zfs */}) {
    EXPECT_FALSE(unsupported_file_system(magic).has_value()) << magic;
  }
}

TEST(FileSystem, IsNamedByItsMount) {
  EXPECT_EQ(file_system_name("/proc/self/status"), "proc");
  EXPECT_EQ(file_system_name("/nothing/here"), "unknown");
  const TemporaryFolder folder;
  EXPECT_NE(file_system_name(folder.path()), "unknown");
  EXPECT_NE(file_system_name(folder.path()), "");
}

}  // namespace
}  // namespace penny::base
