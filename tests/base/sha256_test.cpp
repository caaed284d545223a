#include "base/sha256.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penny::base {
namespace {

std::string hexadecimal(const Digest& digest) { return fmt::format("{:02x}", fmt::join(digest, "")); }

std::string hash_of(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hexadecimal(hash.finish());
}

// The examples of FIPS 180-4.
TEST(Sha256, GivesTheStandardsDigests) {
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash_of(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, TakesBytesAsWellAsText) {
  const std::vector<std::uint8_t> bytes{'a', 'b', 'c'};
  Sha256 hash;
  hash.update(bytes);
  EXPECT_EQ(hexadecimal(hash.finish()), hash_of("abc"));
}

TEST(Sha256, SeveralHashesOfOneThreadDoNotDisturbEachOther) {
  std::vector<std::unique_ptr<Sha256>> hashes;
  for (int i = 0; i < 20; ++i) hashes.push_back(std::make_unique<Sha256>());
  for (int part = 0; part < 3; ++part) {
    for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i]->update(std::string(10, static_cast<char>('a' + i)));
  }
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    EXPECT_EQ(hexadecimal(hashes[i]->finish()), hash_of(std::string(30, static_cast<char>('a' + i))));
  }
}

TEST(Sha256, AnUnfinishedHashLeavesNothingBehind) {
  for (int i = 0; i < 3; ++i) {
    Sha256 unfinished;
    unfinished.update("something else");
  }
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, AHashMayEndInAnotherThread) {
  auto hash = std::make_unique<Sha256>();
  hash->update("ab");
  std::string found;
  std::thread([&] {
    hash->update("c");
    found = hexadecimal(hash->finish());
    hash.reset();
  }).join();
  EXPECT_EQ(found, hash_of("abc"));
}

TEST(Sha256, WorksInTheLastDestructorsOfAThread) {
  struct Late {
    std::string* found = nullptr;
    ~Late() {
      if (found != nullptr) *found = hash_of("abc");
    }
  };
  std::string found;
  std::thread([&] {
    thread_local Late late;  // made first, so destroyed after the thread's contexts
    late.found = &found;
    static_cast<void>(hash_of("before"));
  }).join();
  EXPECT_EQ(found, hash_of("abc"));
}

RC_GTEST_PROP(Sha256, PartsGiveTheSameDigestAsTheWhole, (const std::vector<std::string>& parts)) {
  Sha256 hash;
  std::string whole;
  for (const std::string& part : parts) {
    hash.update(part);
    whole += part;
  }
  RC_ASSERT(hexadecimal(hash.finish()) == hash_of(whole));
}

}  // namespace
}  // namespace penny::base
