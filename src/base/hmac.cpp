#include "base/hmac.hpp"

#include <algorithm>
#include <array>

namespace penny::base {
namespace {
constexpr std::size_t kBlockBytes = 64;
constexpr std::uint8_t kInner = 0x36;
constexpr std::uint8_t kOuter = 0x5c;
}  // namespace

Digest hmac_sha256(std::span<const std::uint8_t> key, std::string_view message) {
  std::array<std::uint8_t, kBlockBytes> block{};
  if (key.size() > block.size()) {
    Sha256 shortened;
    shortened.update(key);
    std::ranges::copy(shortened.finish(), block.begin());
  } else {
    std::ranges::copy(key, block.begin());
  }
  std::array<std::uint8_t, kBlockBytes> inner{};
  std::array<std::uint8_t, kBlockBytes> outer{};
  for (std::size_t i = 0; i < block.size(); ++i) {
    inner[i] = static_cast<std::uint8_t>(block[i] ^ kInner);
    outer[i] = static_cast<std::uint8_t>(block[i] ^ kOuter);
  }
  Sha256 first;
  first.update(inner);
  first.update(message);
  const Digest digest = first.finish();
  Sha256 second;
  second.update(outer);
  second.update(digest);
  return second.finish();
}

}  // namespace penny::base
