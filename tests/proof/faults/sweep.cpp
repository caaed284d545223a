#include "proof/faults/sweep.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <stdexcept>

#include <fmt/core.h>
#include <sys/prctl.h>

#include "base/temporary_folder.hpp"
#include "proof/faults/board.hpp"
#include "proof/faults/disks.hpp"
#include "proof/faults/fault_vfs.hpp"
#include "proof/faults/tally.hpp"

namespace penny::proof::faults {
namespace {

// Far beyond what any deed needs: the end of a cell that never ends.
constexpr std::uint64_t kPointsOfCellMax = 100'000;

// With fewer points than this part of all, the dear ones would take most of the time.
constexpr std::uint64_t kShortOf = 20;

struct Cell {
  const Subject* subject;
  const Fault* fault;
  bool is_for_ever;
  std::uint64_t points;  // by the counting run
};

// splitmix64: the same choice for the same seed, on every machine.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111eb;
  return value ^ (value >> 31U);
}

std::uint64_t of(const std::array<std::uint64_t, kCalls>& calls, Call call) {
  return calls.at(static_cast<std::size_t>(call));
}

// Limits are worth trying where something is opened or written: by SQLite, and some more by Penny itself.
std::uint64_t points_of(const Fault& fault, const std::array<std::uint64_t, kCalls>& calls) {
  constexpr std::uint64_t kOpensOfPenny = 6;
  const std::uint64_t opens = of(calls, Call::kSystemOpen);
  switch (fault.means) {
    case Means::kDescriptors:
      return opens == 0 ? 0 : std::min(steps_of(fault), opens + kOpensOfPenny);
    case Means::kFileSize:
    case Means::kRoom:
      return of(calls, Call::kSystemWrite) == 0 ? 0 : steps_of(fault);
    default:
      return of(calls, fault.blow.call);
  }
}

double unit(std::uint64_t value) { return static_cast<double>(mixed(value) >> 11U) * 0x1.0p-53; }

std::string point_of(const Subject& subject, const std::vector<Stroke>& strokes) {
  std::string point = fmt::format("--worker faults point '{}'", subject.name);
  for (const Stroke& stroke : strokes)
    point += fmt::format(" {} {} {}", stroke.fault->name, stroke.nth, stroke.is_for_ever ? "ever" : "once");
  return point;
}

class Sweep {
 public:
  Sweep(const Share& share, Board& board) : share_(share), board_(board), bench_(make_bench(share.folder)) {
    for (const Subject& subject : subjects()) count(subject);
  }

  void run() {
    const auto portions = portions_of_faults();
    choose();
    const bool is_short = share_.budget > 0 && share_.budget < points() / kShortOf;
    for (std::size_t i = share_.first_cell; i < cells_.size(); ++i) {
      const double portion = portions.at(cells_[i].fault);
      run_cell(i, portion >= 1 && !is_short ? 1 : portion / cells_[i].subject->cost);
    }
    run_pairs();
  }

  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  Verdict one(std::uint64_t cell, const Subject& subject, const std::vector<Stroke>& strokes) {
    const std::string point = point_of(subject, strokes);
    board_.begin(cell, point);
    const auto began = std::chrono::steady_clock::now();
    Verdict verdict = attempt(bench_, subject, strokes);
    tally_.add(subject, strokes, verdict, point,
               std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
    board_.end();
    return verdict;
  }

  void count(const Subject& subject) {
    const Verdict verdict = one(0, subject, {});
    for (const Fault& fault : faults()) {
      const bool is_limit = fault.means != Means::kBlow;
      if (!subject.only.empty() && (is_limit || std::ranges::find(subject.only, fault.blow.call) == subject.only.end()))
        continue;
      // What a write is told of the file it may write down for good; only a checksum of every page would see that.
      if (fault.manner == Manner::kLie && subject.deed == Deed::kCommit) continue;
      const std::uint64_t points = points_of(fault, verdict.calls);
      if (points == 0) continue;
      if (!is_limit) cells_.push_back({&subject, &fault, false, points});
      cells_.push_back({&subject, &fault, true, points});
    }
  }

  // Which part of each fault's points is taken: all faults get as much of the budget, those with few points all they have.
  [[nodiscard]] std::map<const Fault*, double> portions_of_faults() const {
    std::map<const Fault*, std::uint64_t> totals;
    for (const Cell& cell : cells_) totals[cell.fault] += cell.points;
    std::vector<std::pair<std::uint64_t, const Fault*>> by_size;
    for (const auto& [fault, total] : totals) by_size.emplace_back(total, fault);
    std::ranges::sort(by_size);
    std::map<const Fault*, double> portions;
    double left = static_cast<double>(share_.budget);
    for (std::size_t i = 0; i < by_size.size(); ++i) {
      const auto total = static_cast<double>(by_size[i].first);
      const double fair = left / static_cast<double>(by_size.size() - i);
      const double taken = std::min(total, fair);
      portions[by_size[i].second] = share_.budget == 0 ? 1.0 : taken / total;
      left -= taken;
    }
    return portions;
  }

  [[nodiscard]] std::uint64_t points() const {
    std::uint64_t total = 0;
    for (const Cell& cell : cells_) total += cell.points;
    return total;
  }

  // A sample has the first point of one cell of each fault.
  void choose() {
    std::map<const Fault*, std::vector<std::size_t>> cells;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].subject->cost <= 1) cells[cells_[i].fault].push_back(i);
    }
    for (const auto& [fault, indexes] : cells) chosen_[fault] = indexes[mixed(share_.seed) % indexes.size()];
  }

  void run_cell(std::size_t index, double portion) {
    const Cell& cell = cells_[index];
    const bool is_whole = portion >= 1.0;
    const bool is_chosen = index == chosen_.at(cell.fault);
    const bool is_counted = cell.fault->means == Means::kBlow;
    bool was_met = true;
    for (std::uint64_t n = 1 + (index + share_.index) % share_.workers; n <= kPointsOfCellMax; n += share_.workers) {
      // The first point beyond the counted ones shows that the deed ends without the fault.
      const std::uint64_t last = cell.points + (is_whole && is_counted ? 1 : 0);
      if (n > last && !(is_whole && is_counted && was_met)) return;
      if (!is_whole && !(is_chosen && n == 1) && unit(share_.seed * 0x10001 + index * kPointsOfCellMax + n) >= portion)
        continue;
      was_met = one(index, *cell.subject, {{cell.fault, n, cell.is_for_ever}}).was_met;
    }
  }

  void run_pairs() {
    std::vector<const Cell*> single;
    for (const Cell& cell : cells_) {
      if (cell.fault->means == Means::kBlow && cell.subject->deed == Deed::kCommit) single.push_back(&cell);
    }
    for (std::uint64_t i = share_.index; i < share_.pairs; i += share_.workers) {
      const auto draw = [&](std::uint64_t what) { return mixed(share_.seed + i * 8 + what); };
      const Cell& first = *single[draw(0) % single.size()];
      std::vector<const Cell*> others;
      for (const Cell* cell : single) {
        if (cell->subject == first.subject && cell->fault->blow.call != first.fault->blow.call) others.push_back(cell);
      }
      if (others.empty()) continue;
      const Cell& second = *others[draw(1) % others.size()];
      (void)one(cells_.size(), *first.subject,
                {{first.fault, 1 + draw(2) % first.points, first.is_for_ever},
                 {second.fault, 1 + draw(3) % second.points, second.is_for_ever}});
    }
  }

  const Share& share_;
  Board& board_;
  const Bench bench_;
  std::vector<Cell> cells_;
  std::map<const Fault*, std::size_t> chosen_;
  Tally tally_;
};

void begin_process() {
  (void)std::signal(SIGXFSZ, SIG_IGN);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever started us is gone: nobody reads what we find
  install_stand_ins();
}

int run_share(const std::vector<std::string>& words) {
  Share share{.folder = words.at(1),
              .index = std::stoull(words.at(2)),
              .workers = std::stoull(words.at(3)),
              .budget = std::stoull(words.at(4)),
              .pairs = std::stoull(words.at(5)),
              .seed = std::stoull(words.at(6)),
              .first_cell = std::stoull(words.at(7))};
  begin_process();
  Board board(share.folder + "-board");
  Sweep sweep(share, board);
  sweep.run();
  sweep.tally().write(std::cout);
  return 0;
}

// One point again: point SUBJECT FAULT N once|ever [FAULT N once|ever].
int run_point(const std::vector<std::string>& words) {
  begin_process();
  const base::TemporaryFolder folder;
  const Subject* subject = find_subject(words.at(1));
  std::vector<Stroke> strokes;
  for (std::size_t i = 2; i + 2 < words.size(); i += 3)
    strokes.push_back({find_fault(words[i]), std::stoull(words[i + 1]), words[i + 2] == "ever"});
  if (subject == nullptr || std::ranges::any_of(strokes, [](const Stroke& s) { return s.fault == nullptr; }))
    throw std::runtime_error("no such subject or fault");
  const Verdict verdict = attempt(make_bench(folder.path()), *subject, strokes);
  fmt::print("hits {} ({} in COMMIT), first {} {}\nacknowledged {}, refused {}, unknown {}\n", verdict.seen.hits,
             verdict.seen.hits_in_commit, name_of(verdict.seen.first_phase), verdict.seen.first_file,
             verdict.acknowledged, verdict.refused, verdict.unknown);
  for (const Red& red : verdict.findings.reds())
    fmt::print("RED {}\n    {}\n", kClaimTexts.at(static_cast<std::size_t>(red.claim)), red.what);
  return verdict.findings.reds().empty() ? 0 : 1;
}

int run_disks(const std::vector<std::string>& words) {
  begin_process();
  Tally tally;
  try_disks(words.at(1), tally);
  tally.write(std::cout);
  return tally.red_count() == 0 ? 0 : 1;
}

}  // namespace

std::vector<std::string> arguments_of(const Share& share) {
  return {"sweep",
          share.folder,
          std::to_string(share.index),
          std::to_string(share.workers),
          std::to_string(share.budget),
          std::to_string(share.pairs),
          std::to_string(share.seed),
          std::to_string(share.first_cell)};
}

int run_faults_worker(const std::vector<std::string>& arguments) {
  const std::string& what = arguments.at(0);
  if (what == "sweep") return run_share(arguments);
  if (what == "point") return run_point(arguments);
  if (what == "disks") return run_disks(arguments);
  throw std::runtime_error("faults: sweep, point or disks");
}

}  // namespace penny::proof::faults
