#include "support/patches.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace penny::fuzz {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kSectorBytes = 512;
constexpr int kPatchesMax = 64;

enum Kind : std::uint8_t { kBytes, kMoreBytes, kSum, kBit, kZeros, kSector, kPage, kEnd, kKinds };

// A place, from a page and an offset in it.
std::size_t place_in(const std::string& bytes, Input& input) {
  const std::size_t pages = (bytes.size() + kPageBytes - 1) / kPageBytes;
  const std::size_t page = input.byte() % pages;
  return std::min(page * kPageBytes + input.two_bytes() % kPageBytes, bytes.size() - 1);
}

void copy_within(std::string& bytes, std::size_t from, std::size_t to, std::size_t size) {
  size = std::min({size, bytes.size() - from, bytes.size() - to});
  const std::string copied = bytes.substr(from, size);
  bytes.replace(to, size, copied);
}

void patch_once(std::string& bytes, Input& input) {
  const std::uint8_t kind = input.byte();
  const std::size_t place = place_in(bytes, input);
  switch (static_cast<Kind>(kind % kKinds)) {
    case kBytes:
    case kMoreBytes: {
      const std::size_t size = static_cast<std::size_t>(kind / kKinds) % 16 + 1;
      const std::string_view put = input.bytes(std::min(size, bytes.size() - place));
      bytes.replace(place, put.size(), put);
      return;
    }
    case kSum:
      bytes[place] = static_cast<char>(static_cast<std::uint8_t>(bytes[place]) + input.byte());
      return;
    case kBit:
      bytes[place] = static_cast<char>(static_cast<std::uint8_t>(bytes[place]) ^ (1U << kind / kKinds % 8U));
      return;
    case kZeros: {
      const std::size_t sector = place / kSectorBytes * kSectorBytes;
      const std::size_t size = std::min(kSectorBytes, bytes.size() - sector);
      bytes.replace(sector, size, size, '\0');
      return;
    }
    case kSector:
      copy_within(bytes, place_in(bytes, input) / kSectorBytes * kSectorBytes, place / kSectorBytes * kSectorBytes,
                  kSectorBytes);
      return;
    case kPage:
      copy_within(bytes, place_in(bytes, input) / kPageBytes * kPageBytes, place / kPageBytes * kPageBytes, kPageBytes);
      return;
    case kEnd:
      bytes.resize(kind / kKinds % 2 == 0 ? place : place / kPageBytes * kPageBytes);
      return;
    case kKinds:
      return;
  }
}

}  // namespace

void patch(std::string& bytes, Input& input) {
  for (int count = 0; count < kPatchesMax && !input.is_at_end() && !bytes.empty(); ++count) patch_once(bytes, input);
}

}  // namespace penny::fuzz
