#include "proof/faults/ledger_check.hpp"

#include <algorithm>
#include <map>

#include <fmt/core.h>

namespace penny::proof::faults {
namespace {

using Found = std::multimap<OperationId, const Entry*>;

std::string name(const OperationId& id) { return id.to_string().substr(28); }

// Takes the rows of a request out of `found`.
void check_request(Found& found, Told& told, const std::string& where, Findings& findings) {
  const auto& operations = told.batch->operations;
  std::vector<const Entry*> rows;
  for (const Operation& operation : operations) {
    const auto [begin, end] = found.equal_range(*operation.id);
    const auto count = std::distance(begin, end);
    findings.check(Claim::kAcknowledged, count <= 1,
                   fmt::format("{}: {} is there {} times", where, name(*operation.id), count));
    if (count > 0) rows.push_back(begin->second);
    found.erase(begin, end);
  }
  const bool is_there = rows.size() == operations.size();
  findings.check(Claim::kAcknowledged, is_there || rows.empty(),
                 fmt::format("{}: {} of {} operations of one batch are there", where, rows.size(), operations.size()));
  if (told.fate == Fate::kStored) {
    findings.check(Claim::kAcknowledged, is_there,
                   fmt::format("{}: {} was acknowledged and is not there", where, name(*operations[0].id)));
  }
  if (told.fate == Fate::kNotStored) {
    findings.check(Claim::kDefinite, !is_there,
                   fmt::format("{}: {} was refused and is there", where, name(*operations[0].id)));
  }
  if (told.fate == Fate::kUnknown) {
    findings.check(Claim::kUnknown, is_there || !told.was_visible,
                   fmt::format("{}: {} of unknown outcome was read, and is gone", where, name(*operations[0].id)));
    told.was_visible = is_there;
  }
  for (std::size_t i = 0; is_there && told.fate == Fate::kStored && i < rows.size(); ++i) {
    findings.check(Claim::kAcknowledged, rows[i]->rev == told.first_rev + i,
                   fmt::format("{}: {} has rev {}, acknowledged was {}", where, name(*operations[i].id), rows[i]->rev,
                               told.first_rev + i));
  }
}

}  // namespace

void check_entries(const std::vector<Entry>& entries, Expected& expected, const std::string& where,
                   Findings& findings) {
  Found found;
  std::map<std::string, std::uint64_t> last_rev;
  for (const Entry& entry : entries) {
    found.emplace(entry.id, &entry);
    std::uint64_t& last = last_rev[entry.user];
    findings.check(Claim::kAcknowledged, entry.rev == last + 1,
                   fmt::format("{}: rev {} of {} follows {}", where, entry.rev, entry.user, last));
    last = entry.rev;
  }
  for (const Entry& entry : expected.entries) {
    const auto [begin, end] = found.equal_range(entry.id);
    const bool is_once = std::distance(begin, end) == 1 && *begin->second == entry;
    findings.check(Claim::kAcknowledged, is_once,
                   fmt::format("{}: {}'s {} with rev {} is there {} times", where, entry.user, name(entry.id),
                               entry.rev, std::distance(begin, end)));
    found.erase(begin, end);
  }
  for (Told& told : expected.told) check_request(found, told, where, findings);
  findings.check(Claim::kDefinite, found.empty(),
                 found.empty() ? "" : fmt::format("{}: nobody wrote {}", where, name(found.begin()->first)));
}

void check_ledger(const Store& store, Expected& expected, const std::string& where, Findings& findings) {
  const auto entries = entries_of(store);
  findings.check(Claim::kResumes, entries.has_value(),
                 entries ? "" : fmt::format("{}: reading: {}", where, entries.error().message));
  if (entries) check_entries(*entries, expected, where, findings);
}

}  // namespace penny::proof::faults
