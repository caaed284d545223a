// What a thread may expect of its own calls, and one process of another's. A thing's place is its version, a session's the
// number of its turns; places only grow.

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/core.h>

#include "proof/histories/checkers.hpp"
#include "proof/histories/vocabulary.hpp"
#include "proof/histories/writes.hpp"

namespace penny::proof::histories {
namespace {

using Thing = std::uint64_t;

// A session is its number: no two users have the same one, and none has this bit.
Thing thing_of(std::uint8_t user, Name name) {
  constexpr std::uint64_t kNameBit = std::uint64_t{1} << 62U;
  return kNameBit | std::uint64_t{user} << 8U | static_cast<std::uint64_t>(name);
}

struct Place {
  Thing thing = 0;
  std::uint64_t place = 0;
};

// Where a call saw or put things.
std::vector<Place> places_of(const Call& call) {
  std::map<Thing, std::uint64_t> places;
  const auto see = [&](Thing thing, std::uint64_t place) { places[thing] = std::max(places[thing], place); };
  const bool is_absent =
      call.ask == Ask::kSessionTurns && call.status == Status::kRefused && call.error == ErrorCode::kNotFound;
  if (is_absent) return {{call.session, 0}};
  if (call.status != Status::kOk) return {};
  switch (call.ask) {
    case Ask::kWrite:
      for (std::size_t i = 0; i < call.actions.size() && i < call.entries.size(); ++i) {
        const Entry& entry = call.entries[i];
        if (entry.kind == Kind::kAppendTurn) see(entry.session, entry.number);
        if (call.actions[i].name != Name::kNone) see(thing_of(call.user, call.actions[i].name), entry.version);
      }
      break;
    case Ask::kPreferences:
      see(thing_of(call.user, Name::kTone), call.entries.empty() ? 0 : call.entries.front().version);
      break;
    case Ask::kPersonality:
      for (const Entry& entry : call.entries) see(thing_of(call.user, entry.name), entry.version);
      break;
    case Ask::kSessionTurns:
      if (call.entries.size() < call.limit) see(call.session, call.entries.size());
      break;
    case Ask::kLastTurns:
      for (const Entry& entry : call.entries) see(entry.session, entry.number);
      break;
    default:
      break;
  }
  std::vector<Place> found;
  for (const auto& [thing, place] : places) found.push_back({thing, place});
  return found;
}

class GuaranteeCheck {
 public:
  GuaranteeCheck(const History& history, Findings& findings)
      : history_(history), findings_(findings), origin_(origin_of(history)) {}

  void run() {
    collect();
    // In order of their beginnings, and so in each thread in the order in which it made them.
    for (const Call& call : history_.calls) {
      if (call.is_id_reused || call.is_already_stored) continue;
      for (const Place& place : places_of(call)) {
        in_thread(call, place);
        if (!call.is_write()) across_processes(call, place);
      }
    }
  }

 private:
  struct Seen {
    std::uint64_t read = 0;
    std::uint64_t written = 0;
    const Call* read_by = nullptr;
    const Call* written_by = nullptr;
  };
  struct Lane {
    std::unordered_map<Thing, Seen> things;
  };
  // The highest place that was acknowledged up to a moment, and the highest of other processes than that one's.
  struct Known {
    std::uint64_t at = 0;
    std::uint64_t place = 0;
    const Call* by = nullptr;
    std::uint64_t other_place = 0;
    const Call* other_by = nullptr;
  };

  void collect() {
    for (const Call& call : history_.calls) {
      if (!call.is_stored() || call.is_id_reused) continue;
      for (const Place& place : places_of(call))
        known_[place.thing].push_back({call.completed, place.place, &call, 0, nullptr});
    }
    for (auto& [thing, known] : known_) {
      std::ranges::sort(known, {}, &Known::at);
      for (std::size_t i = 1; i < known.size(); ++i) known[i] = joined(known[i - 1], known[i]);
    }
  }

  static Known joined(const Known& before, const Known& next) {
    Known both = before;
    both.at = next.at;
    if (next.by->process == before.by->process) {
      if (next.place > both.place) {
        both.place = next.place;
        both.by = next.by;
      }
    } else if (next.place > before.place) {
      both.other_place = before.place;
      both.other_by = before.by;
      both.place = next.place;
      both.by = next.by;
    } else if (next.place > before.other_place) {
      both.other_place = next.place;
      both.other_by = next.by;
    }
    return both;
  }

  void in_thread(const Call& call, const Place& place) {
    Seen& seen = lanes_[{call.process, call.thread}].things[place.thing];
    if (call.is_write()) {
      check(claim::kMonotonicWrites, seen.written_by, call, place.place > seen.written);
      check(claim::kMonotonicWrites, seen.read_by, call, place.place > seen.read);
      if (place.place > seen.written) seen = {seen.read, place.place, seen.read_by, &call};
      return;
    }
    check(claim::kReadYourWrites, seen.written_by, call, place.place >= seen.written);
    check(claim::kMonotonicReads, seen.read_by, call, place.place >= seen.read);
    if (seen.read_by == nullptr || place.place > seen.read) seen = {place.place, seen.written, &call, seen.written_by};
  }

  void across_processes(const Call& call, const Place& place) {
    const auto found = known_.find(place.thing);
    if (found == known_.end()) return;
    const auto after = std::ranges::lower_bound(found->second, call.invoked, {}, &Known::at);
    if (after == found->second.begin()) return;
    const Known& known = *std::prev(after);
    const bool is_own = known.by->process == call.process;
    check(claim::kOtherProcesses, is_own ? known.other_by : known.by, call,
          place.place >= (is_own ? known.other_place : known.place));
  }

  void check(std::string_view claim, const Call* before, const Call& call, bool holds) {
    if (before == nullptr) return;
    findings_.tested(claim);
    if (holds) return;
    findings_.contradict(
        claim, 2, [&] { return fmt::format("{}; then {}", describe(*before, origin_), describe(call, origin_)); });
  }

  const History& history_;
  Findings& findings_;
  std::uint64_t origin_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Lane> lanes_;
  std::unordered_map<Thing, std::vector<Known>> known_;
};

}  // namespace

void check_guarantees(const History& history, Findings& findings) { GuaranteeCheck(history, findings).run(); }

}  // namespace penny::proof::histories
