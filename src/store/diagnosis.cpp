// What the store tells about itself, without entering the gate.

#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/core.h>
#include <penny/version.hpp>

#include "backend/sqlite/erase_steps.hpp"
#include "backend/sqlite/reads.hpp"
#include "backend/sqlite/schema.hpp"
#include "backend/sqlite/verify.hpp"
#include "base/file_system.hpp"
#include "base/process.hpp"
#include "store/anchor_check.hpp"
#include "store/engine.hpp"
#include "store/file_notes.hpp"

namespace penny::store {
namespace {

using backend::sqlite::Connection;
using backend::sqlite::ConnectionRole;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A store of a hundred gigabytes takes a while to read.
constexpr std::chrono::hours kVerifyMax{24};
constexpr milliseconds kHeldTooLong{1000};

milliseconds since(base::Instant begin) { return std::chrono::duration_cast<milliseconds>(Clock::now() - begin); }

Participant participant(pid_t pid) {
  const auto process = base::process_stat(pid);
  return {.pid = pid,
          .command = process ? process->command : "gone",
          .state = process ? process->state : "-",
          .is_waiting_for_gate = false,
          .oldest_read = {}};
}

std::string hexadecimal(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

Result<ConnectionSettings> settings_of(Connection& connection, std::string role) {
  static constexpr const char* kSynchronous[] = {"off", "normal", "full", "extra"};
  const auto journal = connection.text("PRAGMA journal_mode");
  if (!journal) return std::unexpected(journal.error());
  const auto busy = connection.integer("PRAGMA busy_timeout");
  if (!busy) return std::unexpected(busy.error());
  const auto synchronous = connection.integer("PRAGMA synchronous");
  if (!synchronous) return std::unexpected(synchronous.error());
  const auto query_only = connection.integer("PRAGMA query_only");
  if (!query_only) return std::unexpected(query_only.error());
  return ConnectionSettings{
      .role = std::move(role),
      .journal_mode = *journal,
      .busy_timeout_ms = *busy,
      .synchronous = *synchronous >= 0 && *synchronous < 4 ? kSynchronous[*synchronous] : "unknown",
      .is_read_only = *query_only != 0};
}

std::string ballast_name(BallastState state) {
  switch (state) {
    case BallastState::kKept:
      return "kept";
    case BallastState::kSpent:
      return "spent";
    case BallastState::kLacking:
      return "no space for one";
    case BallastState::kImpossible:
      return "impossible";
    case BallastState::kUnknown:
      break;
  }
  return "none yet";
}

}  // namespace

void Engine::add_file_sizes(StoreStatistics& statistics) const {
  std::error_code ignored;  // a size that cannot be had is shown as 0
  const auto size = [&](const std::string& path) -> std::uint64_t {
    const auto bytes = std::filesystem::file_size(path, ignored);
    return ignored ? 0 : bytes;
  };
  statistics.file_bytes = size(file_.paths.database);
  statistics.wal_bytes = size(file_.paths.wal);
}

Result<Diagnosis> Engine::diagnose() {
  Diagnosis diagnosis;
  diagnosis.path = file_.paths.database;
  diagnosis.penny_version = std::string(kVersion);
  diagnosis.sqlite_version = std::string(sqlite_version());
  diagnosis.file_system = base::file_system_name(file_.paths.database);
  diagnosis.schema_version = file_.schema_version;
  diagnosis.store_id = hexadecimal(file_.store_id);

  // The word stays behind when a holder dies; the gate itself is free then.
  const auto holder = page_->holder();
  const auto holding = holder ? base::process_stat(holder->pid) : std::nullopt;
  if (holding && holding->start_time == holder->start_time && holding->state != "Z") {
    diagnosis.gate_holder = participant(holder->pid);
    diagnosis.gate_held_for = since(holder->since);
    if (*diagnosis.gate_held_for > kHeldTooLong) {
      diagnosis.warnings.push_back(
          fmt::format("process {} ({}, state {}) holds the gate for {} ms: all writers wait for it", holder->pid,
                      diagnosis.gate_holder->command, diagnosis.gate_holder->state, diagnosis.gate_held_for->count()));
    }
  }
  for (const SlotView& slot : page_->slots()) {
    Participant one = participant(slot.pid);
    one.is_waiting_for_gate = slot.is_waiting;
    if (slot.oldest_read) one.oldest_read = since(*slot.oldest_read);
    if (one.oldest_read && *one.oldest_read > limits::kReadDeadlineMax) {
      diagnosis.warnings.push_back(
          fmt::format("process {} ({}, state {}) reads for {} ms: the write-ahead log cannot be emptied meanwhile",
                      one.pid, one.command, one.state, one.oldest_read->count()));
    }
    diagnosis.participants.push_back(std::move(one));
  }

  diagnosis.ballast = ballast_name(page_->ballast());
  if (page_->ballast() == BallastState::kSpent) {
    diagnosis.warnings.emplace_back(
        "the disk is full: only forgetting and erasing are stored until there is space for the ballast again");
  }

  const auto anchor = page_->anchor();
  auto looked = read([&](Connection& connection) -> Result<void> {
    auto reader = settings_of(connection, is_read_only_ ? "reader of a store opened to read only" : "reader");
    if (!reader) return std::unexpected(reader.error());
    const auto page_size = connection.integer("PRAGMA page_size");
    if (!page_size) return std::unexpected(page_size.error());
    diagnosis.page_size = static_cast<std::uint32_t>(*page_size);
    auto statistics = backend::sqlite::statistics(connection);
    if (!statistics) return std::unexpected(statistics.error());
    diagnosis.statistics = *statistics;
    const auto unfinished = backend::sqlite::unfinished_erases(connection);
    if (!unfinished) return std::unexpected(unfinished.error());
    for (const auto& erase : *unfinished) {
      diagnosis.warnings.push_back(
          fmt::format("the erase of user {} is unfinished, {} operations are left: any process that has the store open "
                      "goes on with it, "
                      "unless a reader keeps the write-ahead log from being emptied",
                      erase.user, erase.rows));
    }
    diagnosis.anchor = "none yet";
    if (anchor) {
      auto digest = backend::sqlite::digest_at(connection, anchor->seq);
      if (!digest) return std::unexpected(digest.error());
      diagnosis.anchor =
          fmt::format("seq {}, {}", anchor->seq, *digest == anchor->digest ? "agrees" : "DISAGREES with the ledger");
      if (*digest != anchor->digest)
        diagnosis.warnings.push_back("the ledger is not the one that was acknowledged: run `penny verify`");
    }
    if (is_read_only_) {
      diagnosis.connections = {std::move(*reader)};
      return {};
    }
    // Opened like the committer's, since that one belongs to whoever has the role.
    auto writer = Connection::open(file_.paths.database, ConnectionRole::kWriter, log_sync());
    if (!writer) {
      diagnosis.warnings.push_back("no connection can write: " + writer.error().message);
      diagnosis.connections = {std::move(*reader)};
      return {};
    }
    auto writing = settings_of(**writer, "writer");
    if (!writing) return std::unexpected(writing.error());
    diagnosis.connections = {std::move(*writing), std::move(*reader)};
    return {};
  });
  if (!looked) return std::unexpected(looked.error());
  add_file_sizes(diagnosis.statistics);
  return diagnosis;
}

Result<VerifyReport> Engine::verify(const VerifyOptions& options) {
  const Call call;
  if (is_refused()) return std::unexpected(forked());
  const auto anchor = page_->names(file_.store_id) ? page_->anchor() : std::nullopt;
  auto lease = readers_.acquire(Clock::now() + kVerifyMax, log_sync());
  if (!lease) return std::unexpected(explained(lease.error()));
  auto report = backend::sqlite::verify(lease->connection(), file_.store_id, options.progress);
  if (report && options.deep) {
    auto deep = verify_deep(lease->connection(), options);
    if (!deep) return std::unexpected(deep.error());
    report->deep = std::move(*deep);
  }
  if (!lease->is_undisturbed()) return std::unexpected(disturbed());
  if (!report) return report;
  if (options.deep) add_file_notes(file_.paths, report->notes);
  if (!anchor) return report;
  auto digest = backend::sqlite::digest_at(lease->connection(), anchor->seq);
  if (!digest) return std::unexpected(digest.error());
  if (*digest != anchor->digest && !check_anchor(anchor, *page_, lease->connection())) {
    report->problems.push_back(fmt::format(
        "the anchor remembers an acknowledged operation with seq {} that the ledger does not have", anchor->seq));
  }
  return report;
}

}  // namespace penny::store
