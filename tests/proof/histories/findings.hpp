#pragma once

// What a checker found: for each claim how often it was put to the test, how often it was contradicted, and the smallest
// contradiction. A claim that was never put to the test does not hold.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace penny::proof::histories {

class Findings {
 public:
  struct Claim {
    std::uint64_t tested = 0;
    std::uint64_t contradicted = 0;
    std::uint64_t size = 0;  // of the witness: how many calls one has to look at
    std::string witness;
    [[nodiscard]] bool holds() const { return tested > 0 && contradicted == 0; }
  };

  void tested(std::string_view claim, std::uint64_t times = 1) { claim_of(claim).tested += times; }
  // `witness` is asked for only if this is the smallest contradiction so far.
  void contradict(std::string_view claim, std::uint64_t size, const std::function<std::string()>& witness);
  // Their witnesses get the prefix: where they come from.
  void add(const Findings& other, const std::string& prefix = {});

  [[nodiscard]] const std::map<std::string, Claim, std::less<>>& claims() const { return claims_; }
  // As if it was never tested, when there is no such claim.
  [[nodiscard]] Claim find(std::string_view claim) const;

 private:
  Claim& claim_of(std::string_view claim);
  std::map<std::string, Claim, std::less<>> claims_;
};

}  // namespace penny::proof::histories
