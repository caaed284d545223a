#include "proof/kills/history.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <penny/error.hpp>

namespace penny::proof::kills {
namespace {

constexpr std::string_view kNoRefusal = "no commit is refused: nobody ever sees that the store is busy or locked";
constexpr std::string_view kNoOtherRefusal =
    "no commit is refused but because of its deadline: nobody ever sees that the store is busy or locked";
constexpr std::string_view kSameAnswer =
    "a retry of what was answered is already stored, with its first rev and result";
constexpr std::string_view kFirstAnswer = "only a retry is already stored";
constexpr std::string_view kNotApplied = "what was refused because of its deadline is not applied: its retry is new";
constexpr std::string_view kSamePayload = "a retry sends what was begun";

class LaneReader {
 public:
  LaneReader(const Lane& lane, std::vector<Fate>& fates, History& history, bool has_deadlines, std::string witness,
             Court& court)
      : lane_(lane),
        fates_(fates),
        history_(history),
        has_deadlines_(has_deadlines),
        witness_(std::move(witness)),
        court_(court) {}

  void read() {
    const std::uint32_t count = lane_.count.load(std::memory_order_acquire);
    for (std::uint32_t place = 0; place < count; ++place) {
      const Event& event = lane_.events.at(place);
      if (event.request >= fates_.size()) fates_.resize(event.request + 1);
      Fate& fate = fates_.at(event.request);
      if (event.kind == EventKind::kBegun) {
        begun(event, fate);
        begun_ = &event;
      } else if (event.kind == EventKind::kRefused) {
        refused(event, fate);
      } else {
        answered(event, fate);
      }
    }
    for (const Fate& fate : fates_) {
      history_.requests += fate.begun > 0 ? 1 : 0;
      history_.acknowledged += fate.rev > 0 ? 1 : 0;
    }
  }

 private:
  void begun(const Event& event, Fate& fate) {
    check(kSamePayload, fate.begun == 0 || fate.digest == event.digest, event, "another payload");
    fate.begun += 1;
    fate.digest = event.digest;
  }

  void refused(const Event& event, Fate& fate) {
    const bool is_too_late = event.code == static_cast<std::uint32_t>(ErrorCode::kDeadlineExceeded);
    check(has_deadlines_ ? kNoOtherRefusal : kNoRefusal, has_deadlines_ && is_too_late, event,
          to_string(static_cast<ErrorCode>(event.code)));
    fate.too_late += 1;
  }

  void answered(const Event& event, Fate& fate) {
    const bool is_known = event.kind == EventKind::kAlreadyStored;
    if (begun_ != nullptr && begun_->life == event.life)
      history_.worst_wait_ns = std::max(history_.worst_wait_ns, event.at_ns - begun_->at_ns);
    if (fate.rev != 0) {
      check(kSameAnswer, is_known && fate.rev == event.rev && fate.result == event.digest, event,
            fmt::format("{} with rev {}, first was {}", is_known ? "known" : "new", event.rev, fate.rev));
      history_.retries_answered += 1;
      return;
    }
    check(kFirstAnswer, !is_known || fate.begun > 1, event, "known at its first try");
    if (has_deadlines_) check(kNotApplied, !is_known, event, "the retry is already stored");
    if (fate.begun > 1) (is_known ? history_.retries_known : history_.retries_stored) += 1;
    if (fate.too_late > 0 && !is_known) history_.stored_at_retry += 1;
    fate.rev = event.rev;
    fate.result = event.digest;
  }

  void check(std::string_view claim, bool holds, const Event& event, std::string_view what) {
    if (holds) return court_.check(claim, true);
    court_.check(claim, false, fmt::format("{}, request {}, life {}: {}", witness_, event.request, event.life, what));
  }

  const Lane& lane_;
  std::vector<Fate>& fates_;
  History& history_;
  const bool has_deadlines_;
  const std::string witness_;
  Court& court_;
  const Event* begun_ = nullptr;
};

}  // namespace

History read_history(const Journal& journal, bool has_deadlines, const std::string& witness, Court& court) {
  History history;
  // Every one of them is shown, also where nothing could contradict it.
  for (const std::string_view claim :
       {has_deadlines ? kNoOtherRefusal : kNoRefusal, kSameAnswer, kFirstAnswer, kSamePayload})
    court.check(claim, true);
  for (std::size_t process = 0; process < kProcessesMax; ++process) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      LaneReader(journal.processes.at(process).lanes.at(lane), history.fates.at(process).at(lane), history,
                 has_deadlines, fmt::format("{}, process {}, lane {}", witness, process, lane), court)
          .read();
    }
  }
  return history;
}

}  // namespace penny::proof::kills
