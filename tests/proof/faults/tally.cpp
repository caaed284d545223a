#include "proof/faults/tally.hpp"

#include <algorithm>
#include <istream>
#include <ostream>
#include <sstream>

#include <fmt/core.h>

namespace penny::proof::faults {
namespace {

constexpr std::string_view kEnd = "end";

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '\t', ' ');
  return text;
}

}  // namespace

void Tally::add(const Subject& subject, const std::vector<Stroke>& strokes, const Verdict& verdict,
                const std::string& point, double took_ms) {
  counts_["attempts"] += 1;
  counts_["acknowledged"] += verdict.acknowledged;
  counts_["refused"] += verdict.refused;
  counts_["unknown"] += verdict.unknown;
  const bool is_split = verdict.acknowledged > 0 && verdict.refused > 0;
  if (is_split && strokes.size() == 1 && strokes.front().fault->means == Means::kRoom) counts_[kSplitGroups] += 1;
  if (verdict.was_met) {
    counts_["points"] += 1;
    counts_["subject " + subject.name] += 1;
    for (const Stroke& stroke : strokes) counts_[fmt::format("fault {}", stroke.fault->name)] += 1;
    if (verdict.seen.hits > 0) counts_[fmt::format("phase {}", name_of(verdict.seen.first_phase))] += 1;
  }
  for (std::size_t i = 0; i < kClaims; ++i) checked_[i] += verdict.findings.checked()[i];
  for (const Red& red : verdict.findings.reds()) {
    red_count_ += 1;
    counts_[fmt::format("red {} / {}", static_cast<int>(red.claim),
                        strokes.empty() ? "-" : strokes.front().fault->name)] += 1;
    reds_.emplace(red.claim, one_line(fmt::format(
                                 "{}: {} (the fault struck {}{}{})", point, red.what, name_of(verdict.seen.first_phase),
                                 verdict.seen.first_file.empty() ? "" : ", ", verdict.seen.first_file)));
  }
  if (took_ms > slowest_ms_) {
    slowest_ms_ = took_ms;
    slowest_ = point;
  }
}

void Tally::add(const std::string& what, const Findings& findings, const std::string& point) {
  counts_[what] += 1;
  for (std::size_t i = 0; i < kClaims; ++i) checked_[i] += findings.checked()[i];
  for (const Red& red : findings.reds()) {
    red_count_ += 1;
    reds_.emplace(red.claim, one_line(fmt::format("{}: {}", point, red.what)));
  }
}

void Tally::merge(const Tally& other) {
  std::stringstream lines;
  other.write(lines);
  (void)read(lines);
}

void Tally::write(std::ostream& out) const {
  for (const auto& [key, count] : counts_) out << "count\t" << key << '\t' << count << '\n';
  for (std::size_t i = 0; i < kClaims; ++i) out << "checked\t" << i << '\t' << checked_[i] << '\n';
  for (const auto& [claim, what] : reds_) out << "red\t" << static_cast<int>(claim) << '\t' << what << '\n';
  out << "reds\t" << red_count_ << "\t\n" << "slowest\t" << slowest_ms_ << '\t' << one_line(slowest_) << '\n';
  out << kEnd << '\n' << std::flush;
}

bool Tally::read(std::istream& in) {
  for (std::string line; std::getline(in, line);) {
    if (line == kEnd) return true;
    std::istringstream words(line);
    std::string kind;
    std::string first;
    std::string rest;
    std::getline(words, kind, '\t');
    std::getline(words, first, '\t');
    std::getline(words, rest);
    if (kind == "count") counts_[first] += std::stoull(rest);
    if (kind == "checked") checked_.at(std::stoul(first)) += std::stoull(rest);
    if (kind == "red") reds_.emplace(static_cast<Claim>(std::stoi(first)), rest);
    if (kind == "reds") red_count_ += std::stoull(first);
    if (kind == "slowest" && std::stod(first) > slowest_ms_) {
      slowest_ms_ = std::stod(first);
      slowest_ = rest;
    }
  }
  return false;
}

std::uint64_t Tally::count(const std::string& key) const {
  const auto found = counts_.find(key);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace penny::proof::faults
