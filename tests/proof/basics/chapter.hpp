#pragma once

// The chapters of `basics`. Each works on stores of its own. One more chapter: a function here, a row in basics.cpp.

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "proof/report.hpp"

namespace penny::proof::basics {

void personality(Report& report);
void preferences(Report& report);
void sessions(Report& report);
void facts(Report& report);
void forgotten_words(Report& report);
void forgotten_spans(Report& report);
void undoing(Report& report);
void retries(Report& report);
void refused_batches(Report& report);
void versions(Report& report);
void unchanged_since(Report& report);
void limits_of_values(Report& report);
void quota(Report& report);
void files_and_modes(Report& report);
void pages(Report& report);
void order_and_time(Report& report);
void isolation(Report& report);
void snapshots(Report& report);
void deadlines(Report& report);
void queue(Report& report);
void closing(Report& report);
void foreign_writers(Report& report);
void full_disk(Report& report);
void ballast(Report& report);
void failed_read(Report& report);
void failed_sync(Report& report);
void durability(Report& report);
void chain_of_digests(Report& report);
void verification(Report& report);
void lost_tails(Report& report);
void watching(Report& report);
void searching(Report& report);
void neighbours(Report& report);
void gate(Report& report);
void creation(Report& report);
void forks(Report& report);
void erasing(Report& report);
void vacuuming(Report& report);
void keeping(Report& report);
void moving(Report& report);
void tool_calls(Report& report);

// A claim that two values are the same; the witness shows both.
template <class Value>
void same(Report& report, const std::string& claim, const Value& actual, const Value& expected,
          std::string_view where = "") {
  report.check(claim, actual == expected,
               fmt::format("{}{}{} instead of {}", where, where.empty() ? "" : ": ", actual, expected));
}

// The same for numbers that were worked out on paper.
inline void close_to(Report& report, const std::string& claim, double actual, double expected,
                     std::string_view where = "") {
  constexpr double kTolerance = 1e-12;
  report.check(claim, std::abs(actual - expected) < kTolerance,
               fmt::format("{}{}{} instead of {}", where, where.empty() ? "" : ": ", actual, expected));
}

}  // namespace penny::proof::basics
