#include "base/derived_id.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/sha256.hpp"

namespace penny::base {

OperationId derived_id(const OperationId& id, std::size_t n) {
  Sha256 hash;
  hash.update(id.bytes);
  hash.update(std::to_string(n));
  const Digest digest = hash.finish();
  OperationId derived = id;
  std::copy(digest.begin(), digest.begin() + 8, derived.bytes.begin() + 8);
  derived.bytes[8] = static_cast<std::uint8_t>((derived.bytes[8] & 0x3fU) | 0x80U);  // the variant of RFC 9562
  return derived;
}

}  // namespace penny::base
