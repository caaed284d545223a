#pragma once

// SHA-256 (FIPS 180-4).

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace penny::base {

using Digest = std::array<std::uint8_t, 32>;

// One hash. Several may be alive in one thread; each is used by one thread at a time. Contexts are kept for the next
// hash of the thread, so a short one takes about a microsecond. Throws std::bad_alloc without memory, and
// std::runtime_error if OpenSSL offers no SHA-256.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::span<const std::uint8_t> bytes);
  void update(std::string_view bytes);

  // The digest of everything so far. The last call of a hash.
  [[nodiscard]] Digest finish();

 private:
  void* context_;
};

}  // namespace penny::base
