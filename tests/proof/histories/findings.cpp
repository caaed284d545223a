#include "proof/histories/findings.hpp"

#include <algorithm>

namespace penny::proof::histories {

void Findings::contradict(std::string_view claim, std::uint64_t size, const std::function<std::string()>& witness) {
  Claim& known = claim_of(claim);
  known.tested = std::max<std::uint64_t>(known.tested, 1);
  if (known.contradicted == 0 || size < known.size) {
    known.size = size;
    known.witness = witness();
  }
  known.contradicted += 1;
}

void Findings::add(const Findings& other, const std::string& prefix) {
  for (const auto& [text, claim] : other.claims_) {
    Claim& known = claim_of(text);
    known.tested += claim.tested;
    if (claim.contradicted > 0 && (known.contradicted == 0 || claim.size < known.size)) {
      known.size = claim.size;
      known.witness = prefix + claim.witness;
    }
    known.contradicted += claim.contradicted;
  }
}

Findings::Claim Findings::find(std::string_view claim) const {
  const auto found = claims_.find(claim);
  return found == claims_.end() ? Claim{} : found->second;
}

Findings::Claim& Findings::claim_of(std::string_view claim) {
  auto found = claims_.find(claim);
  if (found == claims_.end()) found = claims_.emplace(std::string(claim), Claim{}).first;
  return found->second;
}

}  // namespace penny::proof::histories
