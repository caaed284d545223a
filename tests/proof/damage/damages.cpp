#include "proof/damage/damages.hpp"

#include <algorithm>
#include <random>
#include <span>
#include <stdexcept>
#include <string_view>

#include <fmt/core.h>

namespace penny::proof::damage {
namespace {

constexpr std::uint64_t kSectorBytes = 512;
constexpr int kTriesMax = 200;

struct Draw {
  std::mt19937_64 random;
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : random() % limit; }
  const Place& place(const Target& target) { return target.places[below(target.places.size())]; }
  std::uint64_t byte(const Target& target) {
    const Place& chosen = place(target);
    return chosen.offset + below(chosen.size);
  }
};

void flip_bit(const Target& target, Draw& draw, std::string& bytes, Damage& damage) {
  damage.first_offset = draw.byte(target);
  const std::uint64_t bit = draw.below(8);
  bytes.at(damage.first_offset) = static_cast<char>(bytes.at(damage.first_offset) ^ (1 << bit));
  damage.what = fmt::format("bit {} of byte {} flipped", bit, damage.first_offset);
}

void change_bytes(const Target& target, Draw& draw, std::string& bytes, Damage& damage) {
  const Place& place = draw.place(target);
  damage.first_offset = place.offset + draw.below(place.size);
  const std::uint64_t count = std::min(1 + draw.below(4), place.offset + place.size - damage.first_offset);
  damage.what = fmt::format("from byte {} on written:", damage.first_offset);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(draw.below(256));
    bytes.at(damage.first_offset + i) = static_cast<char>(byte);
    damage.what += fmt::format(" {:02x}", byte);
  }
}

void zero_sector(const Target& target, Draw& draw, std::string& bytes, Damage& damage) {
  damage.first_offset = draw.byte(target) / kSectorBytes * kSectorBytes;
  const std::uint64_t size = std::min(kSectorBytes, bytes.size() - damage.first_offset);
  std::ranges::fill(std::span(bytes).subspan(damage.first_offset, size), '\0');
  damage.what = fmt::format("{} bytes from byte {} on zeroed", size, damage.first_offset);
}

void exchange_sectors(const Target& target, Draw& draw, std::string& bytes, Damage& damage) {
  const std::uint64_t one = draw.byte(target) / kSectorBytes * kSectorBytes;
  const std::uint64_t other = draw.byte(target) / kSectorBytes * kSectorBytes;
  damage.first_offset = std::min(one, other);
  const std::uint64_t size = std::min(kSectorBytes, bytes.size() - std::max(one, other));
  for (std::uint64_t i = 0; i < size; ++i) std::swap(bytes.at(one + i), bytes.at(other + i));
  damage.what = fmt::format("{} bytes from byte {} on exchanged with those from byte {} on", size, one, other);
}

void zero_field(const Target& target, Draw& draw, std::string& bytes, Damage& damage) {
  const Place& place = draw.place(target);
  damage.first_offset = place.offset;
  std::ranges::fill(std::span(bytes).subspan(place.offset, place.size), '\0');
  damage.what = fmt::format("{} bytes from byte {} on zeroed", place.size, place.offset);
}

void spoil_field(const Target& target, Draw& draw, std::string& bytes, Damage& damage) {
  const Place& place = draw.place(target);
  damage.first_offset = place.offset;
  for (std::uint64_t i = 0; i < place.size; ++i) bytes.at(place.offset + i) = static_cast<char>(draw.below(256));
  damage.what = fmt::format("{} bytes from byte {} on made garbage", place.size, place.offset);
}

void cut_anywhere(const Target&, Draw& draw, std::string& bytes, Damage& damage) {
  damage.first_offset = draw.below(bytes.size());
  bytes.resize(damage.first_offset);
  damage.what = fmt::format("cut to {} bytes", bytes.size());
}

void cut_at_a_page(const Target&, Draw& draw, std::string& bytes, Damage& damage) {
  damage.first_offset = draw.below(bytes.size() / kPageBytes + 1) * kPageBytes;
  bytes.resize(damage.first_offset);
  damage.what = fmt::format("cut to {} bytes", bytes.size());
}

void cut_a_bit_off(const Target&, Draw& draw, std::string& bytes, Damage& damage) {
  damage.first_offset = bytes.size() - std::min(bytes.size(), 1 + draw.below(2 * kPageBytes));
  bytes.resize(damage.first_offset);
  damage.what = fmt::format("cut to {} bytes", bytes.size());
}

void append(const Target&, Draw& draw, std::string& bytes, Damage& damage) {
  damage.first_offset = bytes.size();
  const std::uint64_t size = draw.below(2) == 0 ? kPageBytes : 1 + draw.below(3 * kPageBytes);
  const std::uint64_t form = draw.below(3);
  if (form == 0) bytes.append(size, '\0');
  if (form == 1) {
    for (std::uint64_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(draw.below(256)));
  }
  if (form == 2) bytes.append(bytes.substr(draw.below(bytes.size()), size));
  damage.what = fmt::format("{} bytes appended: {}", bytes.size() - damage.first_offset,
                            form == 0   ? "zeros"
                            : form == 1 ? "garbage"
                                        : "a piece of the file itself");
}

using Kind = void (*)(const Target& target, Draw& draw, std::string& bytes, Damage& damage);
constexpr Kind kPageKinds[] = {flip_bit, change_bytes, zero_sector, exchange_sectors};
constexpr Kind kFieldKinds[] = {flip_bit, change_bytes, zero_field, spoil_field};
constexpr Kind kFileKinds[] = {cut_anywhere, append, cut_at_a_page, cut_a_bit_off};

std::span<const Kind> kinds_of(Shape shape) {
  switch (shape) {
    case Shape::kField:
      return kFieldKinds;
    case Shape::kFile:
      return kFileKinds;
    default:
      return kPageKinds;
  }
}

}  // namespace

Damage draw(const std::vector<Target>& targets, const Images& images, std::uint64_t seed, std::uint64_t number) {
  const Target& target = targets[number % targets.size()];
  const Image& healthy = target.base == Base::kKilled ? images.killed : images.copied;
  const std::span<const Kind> kinds = kinds_of(target.shape);
  // Two streams of one generator must not run into each other.
  std::seed_seq sequence{seed, seed >> 32U, number, number >> 32U};
  Draw draw{.random = std::mt19937_64(sequence)};
  Damage damage{.number = number, .target = number % targets.size(), .first_offset = 0, .what = {}, .image = healthy};
  std::string& bytes = damage.image.of(target.file);
  for (int attempt = 0; attempt < kTriesMax; ++attempt) {
    // A field that is zero already cannot be zeroed: then the next kind.
    const std::size_t kind = (number / targets.size() + static_cast<std::size_t>(attempt) / 20) % kinds.size();
    kinds[kind](target, draw, bytes, damage);
    if (bytes != healthy.of(target.file)) {
      damage.what = fmt::format("{} of the {} store, memory.db{}: {}", target.name,
                                target.base == Base::kKilled ? "killed" : "copied",
                                kSuffixes[static_cast<std::size_t>(target.file)], damage.what);
      return damage;
    }
  }
  throw std::runtime_error("no damage makes a difference to " + target.name);
}

}  // namespace penny::proof::damage
