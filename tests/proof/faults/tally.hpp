#pragma once

// What attempts came to, added up over attempts and over workers.

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proof/faults/attempt.hpp"
#include "proof/faults/claims.hpp"

namespace penny::proof::faults {

// Groups of which a disk with little room left took some requests and refused others.
inline const std::string kSplitGroups = "groups split by a full disk";

class Tally {
 public:
  // `point`: how it is made again.
  void add(const Subject& subject, const std::vector<Stroke>& strokes, const Verdict& verdict, const std::string& point,
           double took_ms);

  // Counts `what`, which is no fault point.
  void add(const std::string& what, const Findings& findings, const std::string& point);

  void merge(const Tally& other);

  // As lines, from a worker to its parent.
  void write(std::ostream& out) const;
  // False: the file is not what `write` wrote to its end, so the worker did not finish.
  [[nodiscard]] bool read(std::istream& in);

  [[nodiscard]] std::uint64_t count(const std::string& key) const;
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }
  // The first of each claim.
  [[nodiscard]] const std::map<Claim, std::string>& reds() const { return reds_; }
  [[nodiscard]] std::uint64_t checked(Claim claim) const { return checked_[static_cast<std::size_t>(claim)]; }
  [[nodiscard]] std::uint64_t red_count() const { return red_count_; }
  [[nodiscard]] double slowest_ms() const { return slowest_ms_; }
  [[nodiscard]] const std::string& slowest() const { return slowest_; }

 private:
  // Keys: "points", "acknowledged", "phase <name>", "fault <name>", "subject <name>" ...
  std::map<std::string, std::uint64_t> counts_;
  std::map<Claim, std::string> reds_;
  std::array<std::uint64_t, kClaims> checked_{};
  std::uint64_t red_count_ = 0;
  double slowest_ms_ = 0;
  std::string slowest_;
};

}  // namespace penny::proof::faults
