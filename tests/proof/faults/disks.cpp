#include "proof/faults/disks.hpp"

#include <filesystem>
#include <optional>
#include <variant>
#include <vector>

#include <fmt/core.h>

#include "proof/faults/attempt_steps.hpp"
#include "proof/faults/contract.hpp"
#include "proof/faults/mount.hpp"
#include "support/stores.hpp"

namespace penny::proof::faults {
namespace {

using std::chrono::milliseconds;
using test::must;

constexpr std::uint32_t kIdsOfDisks = 500'000;
constexpr std::uint32_t kIdsOfRequest = 100;
constexpr std::uint32_t kIdsOfRound = 100'000;

// All kinds of commits of the table, each with ids of its own, so that one store can be asked for all of them.
std::vector<Batch> all_requests(std::uint32_t first_id) {
  std::vector<Batch> all;
  for (const Subject& subject : subjects()) {
    if (subject.deed != Deed::kCommit || !subject.is_warm || subject.refused_by_rules > 0 || !subject.only.empty() ||
        subject.state != State::kHot) {
      continue;
    }
    for (Batch& batch : subject.requests()) {
      auto id = first_id + static_cast<std::uint32_t>(all.size()) * kIdsOfRequest;
      for (Operation& operation : batch.operations) {
        operation.id = id_of(id++);
        // Of the permit at the begin of its batch.
        if (auto* outcome = std::get_if<RecordToolOutcome>(&operation.payload))
          outcome->call = *batch.operations.front().id;
      }
      all.push_back(std::move(batch));
    }
  }
  return all;
}

class DiskCheck {
 public:
  DiskCheck(SmallDisk& disk, const std::string& folder, Findings& findings)
      : disk_(disk), folder_(folder), image_(folder + "/image/memory.db"), findings_(findings) {
    std::filesystem::create_directories(folder + "/image");
    begin_anew();
  }

  void full() {
    {
      Store store = must(Store::open(disk_.database()));
      warm_up(store, expected_);
      disk_.fill();
      const std::size_t refused = ask(store, Claim::kFullDisk, [](const Error& error) {
        return error.code == ErrorCode::kUnknown ? "it is unknown" : objection_to_commit(error, Manner::kSpace);
      });
      findings_.check(Claim::kFullDisk, refused > 0, "everything was stored: the disk was not full");
      reads_go_on(store, Claim::kFullDisk);
      check_ledger(store, expected_, "on the full disk", findings_);
      copy_image(disk_.database(), image_);
      const Expected at_kill = expected_;
      create_on_full_disk();
      disk_.make_space();
      const auto stored = follow_up(store, expected_, 0);
      findings_.check(Claim::kFullDisk, stored.has_value(),
                      stored ? "" : "there is space again: " + describe(stored.error()));
      retry(store);
      Expected of_image = at_kill;
      check_reopened(image_, of_image, "killed on the full disk", findings_);
    }
    check_reopened(disk_.database(), expected_, "reopened after the full disk", findings_);
    open_on_full_disk();
  }

  void read_only() {
    disk_.set_read_only(true);
    for (const bool create : {false, true}) {
      const auto refused = Store::open(disk_.database(), {.create = create});
      check_refusal(refused, Claim::kReadOnly, ErrorCode::kNoPermission, "opening on a read-only disk");
    }
    const auto refused = Store::open(disk_.store_folder() + "/other.db");
    check_refusal(refused, Claim::kReadOnly, ErrorCode::kNoPermission, "making on a read-only disk");
    disk_.set_read_only(false);
    check_reopened(disk_.database(), expected_, "after the disk was read-only", findings_);
  }

  void dying() {
    begin_anew();
    {
      Store store = must(Store::open(disk_.database()));
      (void)must(store.last_turns(kUser));
      (void)must(follow_up(store, expected_, 1));
      disk_.abort_writes();
      const std::size_t refused =
          ask(store, Claim::kDyingDisk, [](const Error& error) { return objection_to_commit(error, Manner::kAccess); });
      findings_.check(Claim::kDyingDisk, refused == requests_.size(), "a disk that takes no writes stored something");
      reads_go_on(store, Claim::kDyingDisk);
      check_ledger(store, expected_, "on the dying disk", findings_);
    }
    disk_.mount_anew();
    check_reopened(disk_.database(), expected_, "after the disk died and came back", findings_);
  }

 private:
  void begin_anew() {
    place(stock(State::kHot, folder_), disk_.database());
    disk_.sync();  // as whoever made it did
    expected_ = {.entries = stock(State::kHot, folder_).entries, .told = {}};
  }

  template <class Objection>
  std::size_t ask(Store& store, Claim claim, Objection objection_to) {
    requests_ = all_requests(next_id_);
    next_id_ += kIdsOfRound;
    std::size_t refused = 0;
    for (const Batch& request : requests_) {
      expected_.told.push_back({.batch = &request});
      Told& told = expected_.told.back();
      const auto answer = store.commit(request, milliseconds(2'000));
      if (answer) {
        told.fate = Fate::kStored;
        told.first_rev = answer->outcomes.front().rev;
        continue;
      }
      refused += 1;
      if (answer.error().code == ErrorCode::kUnknown) told.fate = Fate::kUnknown;
      // The guard of one of them speaks of what another one would have changed.
      if (answer.error().code == ErrorCode::kConflict || answer.error().code == ErrorCode::kNotFound) continue;
      const std::string objection = objection_to(answer.error());
      findings_.check(claim, objection.empty(), objection);
    }
    return refused;
  }

  void reads_go_on(Store& store, Claim claim) {
    for (const Subject& subject : subjects()) {
      if (subject.deed != Deed::kRead || !subject.is_warm) continue;
      const auto answer = subject.read(store);
      findings_.check(claim, answer.has_value(),
                      answer ? "" : fmt::format("{}: {}", subject.name, describe(answer.error())));
    }
    const auto report = store.verify();
    findings_.check(claim, report && report->problems.empty(), "verify finds something");
  }

  void retry(Store& store) {
    for (Told& told : expected_.told) {
      const auto again = store.commit(*told.batch, milliseconds(2'000));
      if (!again && (again.error().code == ErrorCode::kConflict || again.error().code == ErrorCode::kNotFound))
        continue;
      findings_.check(Claim::kFullDisk, again.has_value(),
                      again ? "" : "there is space again: " + describe(again.error()));
      if (!again) continue;
      findings_.check(Claim::kFullDisk, again->is_already_stored == (told.fate == Fate::kStored),
                      "a retry was not settled");
      told.fate = Fate::kStored;
      told.first_rev = again->outcomes.front().rev;
    }
  }

  void create_on_full_disk() {
    const std::string other = disk_.store_folder() + "/other.db";
    check_refusal(Store::open(other), Claim::kFullDisk, ErrorCode::kNoSpace, "making on a full disk");
    findings_.check(Claim::kFullDisk, !std::filesystem::exists(other), "a half made store is there");
  }

  // The shared memory has to be made anew, for which there is no space.
  void open_on_full_disk() {
    std::filesystem::remove(disk_.database() + "-shm");
    disk_.fill();
    if (const auto store = Store::open(disk_.database()); !store)
      check_refusal(store, Claim::kFullDisk, ErrorCode::kNoSpace, "opening on a full disk");
    disk_.make_space();
    check_reopened(disk_.database(), expected_, "opened on a full disk", findings_);
  }

  void check_refusal(const Result<Store>& answer, Claim claim, ErrorCode code, const char* what) {
    const bool is_right = !answer && answer.error().code == code && !answer.error().advice.empty();
    findings_.check(claim, is_right, fmt::format("{}: {}", what, answer ? "it works" : describe(answer.error())));
  }

  SmallDisk& disk_;
  const std::string folder_;
  const std::string image_;
  Findings& findings_;
  std::uint32_t next_id_ = kIdsOfDisks;
  std::vector<Batch> requests_;
  Expected expected_;
};

}  // namespace

void try_disks(const std::string& folder, Tally& tally) {
  if (const std::string why = leave_mount_namespace(); !why.empty()) {
    tally.add("skipped " + why, {}, "");
    return;
  }
  for (const auto& [kind, name] : {std::pair(FileSystem::kTmpfs, "tmpfs"), std::pair(FileSystem::kExt4, "ext4")}) {
    SmallDisk disk(kind, folder);
    Findings findings;
    DiskCheck check(disk, folder, findings);
    check.full();
    check.read_only();
    if (kind == FileSystem::kExt4) check.dying();
    tally.add(fmt::format("disks {}", name), findings, fmt::format("--worker faults disks FOLDER, {}", name));
  }
}

}  // namespace penny::proof::faults
