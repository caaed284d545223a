#include "proof/faults/commit_attempt.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/core.h>

#include "proof/faults/attempt_steps.hpp"
#include "proof/faults/contract.hpp"
#include "proof/faults/submit.hpp"
#include "store/sole_lock.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::proof::faults {
namespace {

class CommitAttempt {
 public:
  CommitAttempt(const Bench& bench, const Subject& subject, const std::vector<Stroke>& strokes, Verdict& verdict)
      : bench_(bench), subject_(subject), strokes_(strokes), verdict_(verdict), requests_(subject.requests()) {}

  void run() {
    place(stock(subject_.state, bench_.folder), bench_.database());
    expected_.entries = stock(subject_.state, bench_.folder).entries;
    {
      Store store = open_live(bench_, requests_.size() > 1 ? requests_.size() : 16);
      store_ = &store;
      if (subject_.is_warm) warm_up(store, expected_);
      submit_requests();
      go_on();
    }
    store_ = nullptr;
    if (verdict_.seen.has_failed_sync) {
      findings().check(Claim::kOff, seen().writes_after_failed_sync == 0,
                       fmt::format("{} writes or syncs came after the failed sync", seen().writes_after_failed_sync));
    }
    check_nothing_left(bench_, findings());
    if (is_to_be_reopened()) check_reopened(bench_.database(), expected_, "reopened", findings());
    check_reopened(bench_.image(), of_image_, "killed", findings());
    if (requests_.size() > 1) check_nothing_left(bench_, findings());
  }

 private:
  // The files of a kill are opened each time; those of an orderly end hold more (retries), but are seldom worth the time.
  [[nodiscard]] bool is_to_be_reopened() const {
    return strokes_.empty() || verdict_.unknown > 0 || strokes_.front().nth % 3 == 1;
  }
  Findings& findings() { return verdict_.findings; }

  [[nodiscard]] bool has(Manner manner) const {
    return std::ranges::any_of(strokes_, [&](const Stroke& stroke) { return stroke.fault->manner == manner; });
  }
  [[nodiscard]] bool is_for_ever() const {
    return std::ranges::any_of(
        strokes_, [](const Stroke& stroke) { return stroke.is_for_ever || stroke.fault->means != Means::kBlow; });
  }
  [[nodiscard]] bool is_refused_by_rules(std::size_t index) const {
    return index + subject_.refused_by_rules >= requests_.size();
  }
  [[nodiscard]] std::size_t told_at_most() const { return requests_.size() - subject_.refused_by_rules; }

  void submit_requests() {
    for (std::size_t i = 0; i < told_at_most(); ++i) expected_.told.push_back({.batch = &requests_[i]});
    await_copy_of_log();
    const auto submitted = submit(*store_, bench_.database(), requests_, strokes_, [this] { while_it_lasts(); });
    verdict_.seen = submitted.seen;
    verdict_.calls = submitted.calls;
    judge(submitted.answers);
  }

  // What came before may still be on its way to the database, by a thread of its own; the fault is for what is asked for now.
  void await_copy_of_log() const {
    const auto paths = test::must(base::prepare_paths(bench_.database(), false));
    if (!test::until([&] { return store::SoleLock::try_take(paths).has_value(); }))
      throw std::runtime_error("the log is copied for ever");
  }

  void judge(const std::vector<Result<BatchOutcome>>& answers) {
    bool is_any_refused = false;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      is_any_refused |= !answers[i] && !is_refused_by_rules(i);
      judge_one(i, answers[i]);
    }
    verdict_.was_met = verdict_.seen.hits > 0 || is_any_refused;
    // What failed once does not fail when the requests are run again.
    const bool is_run_again = strokes_.size() == 1 && !is_for_ever() && verdict_.seen.hits == 1 &&
                              (has(Manner::kSpace) || has(Manner::kMemory)) &&
                              verdict_.seen.first_phase != Phase::kOutside;
    if (is_run_again) findings().check(Claim::kNeighbours, !is_any_refused, "not all requests were stored");
  }

  void judge_one(std::size_t index, const Result<BatchOutcome>& answer) {
    const bool is_not_found = !answer && answer.error().code == ErrorCode::kNotFound;
    if (is_refused_by_rules(index) && (answer || is_not_found)) {
      findings().check(Claim::kTyped, is_not_found, "what the rules refuse was stored");
      return;
    }
    if (answer) {
      verdict_.acknowledged += 1;
      Told& told = expected_.told[index];
      told.fate = Fate::kStored;
      told.first_rev = answer->outcomes.front().rev;
      findings().check(Claim::kAcknowledged, !answer->is_already_stored,
                       "a new request was answered as already stored");
      return;
    }
    const Error& error = answer.error();
    findings().check(Claim::kUnnoticed, !strokes_.empty() && !is_only(Manner::kUnnoticed), describe(error));
    const std::string objection = objection_of(error);
    findings().check(Claim::kTyped, objection.empty(), objection);
    if (error.code != ErrorCode::kUnknown) {
      verdict_.refused += 1;
      return;
    }
    verdict_.unknown += 1;
    const bool is_limit = strokes_.front().fault->means != Means::kBlow;
    // SQLite may notice in COMMIT alone that there was no memory before it.
    const bool is_allowed = is_limit || is_only(Manner::kMemory);
    findings().check(Claim::kUnknown, is_allowed || verdict_.seen.hits_in_commit > 0,
                     fmt::format("answered {}, but the fault met nothing of COMMIT", describe(error)));
    if (index < expected_.told.size()) expected_.told[index].fate = Fate::kUnknown;
  }

  [[nodiscard]] bool is_only(Manner manner) const {
    return std::ranges::all_of(strokes_, [&](const Stroke& stroke) { return stroke.fault->manner == manner; });
  }

  // Any of the two faults may be the reason.
  [[nodiscard]] std::string objection_of(const Error& error) const {
    std::string objection = "there was no fault: " + describe(error);
    for (const Stroke& stroke : strokes_) {
      objection = objection_to_commit(error, stroke.fault->manner);
      if (objection.empty()) break;
    }
    return objection;
  }

  // Before anybody was told, so nothing is known of the requests.
  void while_it_lasts() {
    if (!is_for_ever() || strokes_.size() > 1) return;
    const bool must_read = has(Manner::kSpace) || has(Manner::kWriting) || has(Manner::kSync);
    const Manner manner = strokes_.front().fault->manner;
    const auto judge_read = [&](const char* what, bool is_answered, const Error& error) {
      if (must_read) findings().check(Claim::kReadsGoOn, is_answered, fmt::format("{}: {}", what, describe(error)));
      if (is_answered) return;
      const std::string objection = objection_to_read(error, manner);
      findings().check(Claim::kTyped, objection.empty(), fmt::format("{} {}", what, objection));
    };
    auto entries = entries_of(*store_);
    judge_read("reading", entries.has_value(), entries ? Error() : entries.error());
    if (entries) under_fault_ = std::move(*entries);
    const auto diagnosis = store_->diagnose();
    judge_read("diagnose", diagnosis.has_value(), diagnosis ? Error() : diagnosis.error());
  }

  // The fault is gone.
  void go_on() {
    if (under_fault_) check_entries(*under_fault_, expected_, "while the fault lasts", findings());
    check_ledger(*store_, expected_, "live", findings());
    copy_image(bench_.database(), bench_.image());
    check_no_lock(bench_.database(), findings());
    of_image_ = expected_;
    // What lack of memory left in the log is written over by the next commit, so that writing goes on.
    const bool is_unknown = verdict_.unknown > 0 && !is_only(Manner::kMemory);
    const auto stored = follow_up(*store_, expected_, 0);
    if (is_unknown || verdict_.seen.has_failed_sync) {
      findings().check(Claim::kOff, !stored, "it went on writing");
    } else {
      findings().check(Claim::kResumes, stored.has_value(), stored ? "" : describe(stored.error()));
    }
    if (!stored) {
      findings().check(Claim::kOff, is_off(stored.error()) && !stored.error().advice.empty(), describe(stored.error()));
      check_ledger(*store_, expected_, "live, writing is off", findings());
      return;
    }
    retry_all(*store_, expected_, "live", findings());
    check_ledger(*store_, expected_, "live, after retries", findings());
  }

  const Bench& bench_;
  const Subject& subject_;
  const std::vector<Stroke>& strokes_;
  Verdict& verdict_;
  const std::vector<Batch> requests_;
  Store* store_ = nullptr;
  Expected expected_;
  Expected of_image_;
  std::optional<std::vector<Entry>> under_fault_;  // what was read meanwhile
};

}  // namespace

void try_commit(const Bench& bench, const Subject& subject, const std::vector<Stroke>& strokes, Verdict& verdict) {
  CommitAttempt(bench, subject, strokes, verdict).run();
}

}  // namespace penny::proof::faults
