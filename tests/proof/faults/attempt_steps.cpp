#include "proof/faults/attempt_steps.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/connection.hpp"
#include "base/file_system.hpp"
#include "proof/faults/contract.hpp"
#include "proof/faults/fault_memory.hpp"
#include "store/gate.hpp"
#include "store/gate_page.hpp"
#include "support/stores.hpp"

namespace penny::proof::faults {
namespace {

using std::chrono::milliseconds;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) count += 1;
  return count;
}

std::size_t mappings_of(const std::string& folder) {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);)
    if (line.find(folder) != std::string::npos) count += 1;
  return count;
}

Operation small_fact(std::uint32_t id) {
  Operation operation = test::operation_of(std::string(kNeighbour), RememberFact{.text = "was here"});
  operation.id = id_of(id);
  return operation;
}

void expect_acknowledged(Expected& expected, std::string_view user, const Outcome& outcome) {
  expected.entries.push_back({.user = std::string(user), .rev = outcome.rev, .id = outcome.id});
}

}  // namespace

Bench make_bench(const std::string& folder) {
  Bench bench{.folder = folder};
  for (const char* part : {"/live", "/image"}) std::filesystem::create_directories(folder + part);
  place(stock(State::kHot, folder), bench.database());
  {
    Store store = open_live(bench);
    Expected nothing;
    warm_up(store, nothing);
  }
  bench.blocks = blocks_in_use();
  bench.descriptors = open_descriptors();
  return bench;
}

Store open_live(const Bench& bench, std::size_t queue_requests_max) {
  return test::must(
      Store::open(bench.database(), {.read_deadline = milliseconds(1'000), .queue_requests_max = queue_requests_max}));
}

void warm_up(Store& store, Expected& expected) {
  expect_acknowledged(expected, kNeighbour, test::must(store.commit(small_fact(kWarmUpId))));
  (void)test::must(store.last_turns(kUser));
}

Result<Outcome> follow_up(Store& store, Expected& expected, std::uint32_t number) {
  auto stored = store.commit(small_fact(kFollowUpId + number), milliseconds(2'000));
  if (stored) expect_acknowledged(expected, kNeighbour, *stored);
  return stored;
}

void retry_all(Store& store, Expected& expected, const std::string& where, Findings& findings) {
  for (Told& told : expected.told) {
    const auto again = store.commit(*told.batch, milliseconds(2'000));
    if (!again) {
      findings.check(told.fate == Fate::kUnknown ? Claim::kUnknown : Claim::kAcknowledged, false,
                     fmt::format("{}: the retry was answered {}", where, describe(again.error())));
      continue;
    }
    if (told.fate == Fate::kStored) {
      findings.check(Claim::kAcknowledged, again->is_already_stored,
                     where + ": the retry of what is stored was stored again");
      findings.check(Claim::kAcknowledged, again->outcomes.front().rev == told.first_rev,
                     where + ": the retry was answered with another rev");
    }
    if (told.fate == Fate::kNotStored) {
      findings.check(Claim::kDefinite, !again->is_already_stored, where + ": what was refused is already stored");
    }
    if (told.fate == Fate::kUnknown) {
      findings.check(Claim::kUnknown, again->is_already_stored == told.was_visible,
                     where + ": the retry contradicts what was read");
    }
    told.fate = Fate::kStored;
    told.first_rev = again->outcomes.front().rev;
  }
}

void check_whole(Store& store, Expected& expected, const std::string& where, Findings& findings) {
  check_ledger(store, expected, where, findings);
  const auto report = store.verify();
  findings.check(Claim::kWhole, report.has_value(),
                 report ? "" : fmt::format("{}: verify: {}", where, describe(report.error())));
  if (!report) return;
  findings.check(Claim::kWhole, report->problems.empty(),
                 report->problems.empty() ? "" : fmt::format("{}: verify: {}", where, report->problems.front()));
}

void check_reopened(const std::string& database, Expected& expected, const std::string& where, Findings& findings) {
  auto store = Store::open(database, {.create = false});
  findings.check(Claim::kOpens, store.has_value(),
                 store ? "" : fmt::format("{}: it does not open: {}", where, describe(store.error())));
  if (!store) return;
  check_ledger(*store, expected, where, findings);
  retry_all(*store, expected, where, findings);
  check_whole(*store, expected, where + ", after retries", findings);
}

void check_no_lock(const std::string& database, Findings& findings) {
  const auto paths = test::must(base::prepare_paths(database, false));
  const auto page = test::must(store::GatePage::open(paths, false));
  const auto gate = test::must(store::Gate::open(paths, *page));
  // Whoever answered is about to leave.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  const bool is_inside = gate->enter([&] { return std::chrono::steady_clock::now() < give_up; });
  findings.check(Claim::kNoLock, is_inside, "somebody is inside the gate or waits for it");
  using backend::sqlite::Connection;
  auto other = Connection::open(database, backend::sqlite::ConnectionRole::kWriter, backend::sqlite::LogSync::kNever);
  const auto begun = other ? (*other)->execute("BEGIN IMMEDIATE") : Result<void>(std::unexpected(other.error()));
  findings.check(Claim::kNoLock, begun.has_value(), begun ? "" : describe(begun.error()));
}

void check_nothing_left(const Bench& bench, Findings& findings) {
  const std::size_t descriptors = open_descriptors();
  findings.check(Claim::kNothingLeft, descriptors == bench.descriptors,
                 fmt::format("{} descriptors are open, not {}", descriptors, bench.descriptors));
  findings.check(Claim::kNothingLeft, blocks_in_use() == bench.blocks,
                 fmt::format("{} blocks of SQLite's memory are in use, not {}", blocks_in_use(), bench.blocks));
  const std::size_t mappings = mappings_of(bench.folder + "/");
  findings.check(Claim::kNothingLeft, mappings == 0, fmt::format("{} mappings are left", mappings));
}

bool is_off(const Error& error) { return error.code == ErrorCode::kStorageFailed && error.field == "writing_is_off"; }

}  // namespace penny::proof::faults
