#pragma once

// One damage: where, what, and what the store's files look like then.

#include <cstdint>
#include <string>
#include <vector>

#include "proof/damage/image.hpp"
#include "proof/damage/targets.hpp"

namespace penny::proof::damage {

struct Damage {
  std::uint64_t number = 0;
  std::size_t target = 0;
  std::uint64_t first_offset = 0;  // of what was changed, in the target's file
  std::string what;                // with place and kind, enough to do it by hand
  Image image;
};

// The damage with this number, the same for the same seed. Targets take turns, and with each the kinds that fit.
[[nodiscard]] Damage draw(const std::vector<Target>& targets, const Images& images, std::uint64_t seed,
                          std::uint64_t number);

}  // namespace penny::proof::damage
