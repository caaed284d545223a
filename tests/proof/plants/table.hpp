#pragma once

// The planted bugs. A new one: `base::proof::is_planted("its_name")` at its place in src/, and a row in table.cpp.

#include <span>
#include <string_view>

namespace penny::proof::plants {

struct Plant {
  std::string_view name;
  std::string_view breaks;    // what it does, in a sentence
  bool is_promise = false;    // breaks what the README promises: two layers must see it
  std::string_view layers{};  // names of the parts to ask first, in this order
  std::string_view tests{};   // unit tests that see it, as a filter of GoogleTest's; where only one part does
};

[[nodiscard]] std::span<const Plant> all_plants();

// Claims that speak of the attack, not of the store ("every point was hit"). They may go red on a busy machine, so they have
// seen nothing.
[[nodiscard]] bool is_about_the_attack(std::string_view claim);

}  // namespace penny::proof::plants
