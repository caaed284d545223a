#include "base/hmac.hpp"

#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace penny::base {
namespace {

std::string hexadecimal(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

// RFC 4231, cases 2 and 6: a short key, and one that is longer than a block.
TEST(Hmac, IsAsPublished) {
  const std::string short_key = "Jefe";
  const std::vector<std::uint8_t> key(short_key.begin(), short_key.end());
  EXPECT_EQ(hexadecimal(hmac_sha256(key, "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const std::vector<std::uint8_t> long_key(131, 0xaa);
  EXPECT_EQ(hexadecimal(hmac_sha256(long_key, "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace
}  // namespace penny::base
