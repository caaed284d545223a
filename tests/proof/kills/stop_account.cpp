#include "proof/kills/stop_account.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace penny::proof::kills {
namespace {

constexpr std::string_view kAnswered =
    "while the gate's holder is stopped, every commit of another process is answered within its deadline of 500 ms and "
    "50 ms";
constexpr std::string_view kFelt =
    "while the gate's holder is stopped, other processes are refused because of their deadlines";
constexpr std::string_view kCostsLittle =
    "a process that is stopped outside of the gate delays no other by more than 60 ms";
constexpr std::string_view kOthersGoOn = "a process that is stopped outside of the gate lets the others commit";
constexpr std::string_view kVictimAnswers = "a stopped process answers within 2 s when it goes on";
constexpr std::uint64_t kVictimAnswersNs = 2'000 * kMillisecond;

double milliseconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / kMillisecond; }

class Judge {
 public:
  Judge(const Journal& journal, std::size_t processes, const Stop& stop, std::string witness, Court& court,
        StopFigures& figures)
      : journal_(journal),
        processes_(processes),
        stop_(stop),
        witness_(std::move(witness)),
        court_(court),
        figures_(figures) {}

  void judge() {
    for (std::size_t process = 0; process < processes_; ++process) {
      for (const Lane& lane : journal_.processes.at(process).lanes) read(process, lane);
    }
    if (stop_.is_inside) check(kFelt, refused_ > 0, "nobody was refused");
    if (!stop_.is_inside) check(kOthersGoOn, stored_ > 0, "nothing was stored");
  }

 private:
  // Each answer whose commit was under way in the stop.
  void read(std::size_t process, const Lane& lane) {
    const std::uint32_t count = lane.count.load(std::memory_order_acquire);
    const Event* begun = nullptr;
    for (std::uint32_t place = 0; place < count; ++place) {
      const Event& event = lane.events.at(place);
      if (event.kind == EventKind::kBegun) {
        begun = &event;
      } else if (begun != nullptr && begun->at_ns < stop_.until_ns && event.at_ns > stop_.from_ns) {
        if (process == stop_.victim) {
          judge_victim(event);
        } else if (stop_.is_inside) {
          judge_answer(process, *begun, event);
        } else {
          judge_commit(process, *begun, event);
        }
      }
    }
    // Begun in the stop, and not answered to this day.
    const bool is_open = count > 0 && lane.events.at(count - 1).kind == EventKind::kBegun;
    if (is_open && begun->at_ns < stop_.until_ns)
      check(kAnswered, false, fmt::format("process {}, request {} has no answer", process, begun->request));
  }

  void judge_answer(std::size_t process, const Event& begun, const Event& answer) {
    figures_.answers_in_stops += 1;
    const std::uint64_t late = journal_.processes.at(process).lates.worst(begun.at_ns, answer.at_ns);
    figures_.worst_late_ns = std::max(figures_.worst_late_ns, late);
    // Only what waited for the stopped one: after that it may have been taken, and been on its way to the disk.
    std::uint64_t kept = std::min(answer.at_ns, stop_.until_ns) - std::max(begun.at_ns, stop_.from_ns);
    figures_.worst_kept_ns = std::max(figures_.worst_kept_ns, kept);
    if (answer.kind == EventKind::kRefused) {
      refused_ += 1;
      figures_.refused += 1;
      kept = answer.at_ns - begun.at_ns;
      figures_.worst_answer_ns = std::max(figures_.worst_answer_ns, kept);
    }
    if (kept > kDeadlineNs + kAnswerSlackNs) figures_.late += 1;
    check(kAnswered, kept <= kDeadlineNs + kAnswerSlackNs + late,
          fmt::format("process {}, request {} waited {:.1f} ms; its threads were woken up to {:.1f} ms late", process,
                      answer.request, milliseconds(kept), milliseconds(late)));
  }

  void judge_commit(std::size_t process, const Event& begun, const Event& answer) {
    figures_.commits_beside += 1;
    stored_ += answer.kind == EventKind::kStored ? 1 : 0;
    const std::uint64_t took = answer.at_ns - begun.at_ns;
    // While somebody is properly inside, the stopped one is not what keeps others waiting.
    const std::uint64_t busy = std::min(took, answer.gate_ns - std::min(answer.gate_ns, begun.gate_ns));
    const std::uint64_t idle = took - busy;
    // It may have waited for each of the others in turn.
    std::uint64_t late = 0;
    for (std::size_t other = 0; other < processes_; ++other) {
      if (other != stop_.victim) late += journal_.processes.at(other).lates.worst(begun.at_ns, answer.at_ns);
    }
    figures_.worst_commit_ns = std::max(figures_.worst_commit_ns, took);
    figures_.worst_idle_ns = std::max(figures_.worst_idle_ns, idle);
    figures_.worst_late_ns = std::max(figures_.worst_late_ns, late);
    if (idle > kStoppedWaiterCostsNs) figures_.late += 1;
    check(kCostsLittle, idle <= kStoppedWaiterCostsNs + late,
          fmt::format(
              "process {}, request {} took {:.1f} ms, {:.1f} ms of them with nobody inside the gate; threads were "
              "woken up to {:.1f} ms late",
              process, answer.request, milliseconds(took), milliseconds(idle), milliseconds(late)));
  }

  void judge_victim(const Event& answer) {
    const std::uint64_t took = answer.at_ns - std::min(answer.at_ns, stop_.until_ns);
    figures_.worst_victim_ns = std::max(figures_.worst_victim_ns, took);
    check(kVictimAnswers, took <= kVictimAnswersNs,
          fmt::format("request {} was answered {:.1f} ms later", answer.request, milliseconds(took)));
  }

  void check(std::string_view claim, bool holds, const std::string& what) {
    court_.check(claim, holds,
                 holds ? "" : fmt::format("{}, process {} stopped {}: {}", witness_, stop_.victim, stop_.where, what));
  }

  const Journal& journal_;
  const std::size_t processes_;
  const Stop& stop_;
  const std::string witness_;
  Court& court_;
  StopFigures& figures_;
  std::uint64_t refused_ = 0;
  std::uint64_t stored_ = 0;
};

}  // namespace

void judge_stop(const Journal& journal, std::size_t processes, const Stop& stop, const std::string& witness,
                Court& court, StopFigures& figures) {
  Judge(journal, processes, stop, witness, court, figures).judge();
}

}  // namespace penny::proof::kills
