// Sessions as lists, in the manner of Elle. The order of each list, the reads of it and real time say who must come before
// whom; if that has no cycle, there is an order of all calls that explains everything. Nothing here knows our rev: a guarded
// batch is one transaction with the read that it was decided on, because it was accepted as still true.

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <unordered_map>

#include <fmt/core.h>

#include "proof/histories/checkers.hpp"
#include "proof/histories/graph.hpp"
#include "proof/histories/vocabulary.hpp"
#include "proof/histories/writes.hpp"

namespace penny::proof::histories {
namespace {

using List = std::vector<std::uint64_t>;  // of turns
using Key = std::pair<std::uint8_t, std::uint64_t>;

constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

class ListCheck {
 public:
  ListCheck(const History& history, Findings& findings)
      : history_(history), findings_(findings), origin_(origin_of(history)), writes_(writes_of(history)), graph_(0) {}

  void run() {
    add_nodes();
    collect_lists();
    for (const Call& call : history_.calls) {
      const bool is_absent =
          call.ask == Ask::kSessionTurns && call.status == Status::kRefused && call.error == ErrorCode::kNotFound;
      if (call.ask == Ask::kSessionTurns && (call.has_read() || is_absent)) read_session(call, node_of_.at(&call));
      if (call.ask == Ask::kLastTurns && call.has_read()) read_last_turns(call, node_of_.at(&call), std::nullopt);
    }
    for (const Write& write : writes_) {
      if (write.is_acknowledged() && write.asked().guard) read_of_guard(write);
    }
    add_time();
    report_cycle();
  }

 private:
  struct Node {
    const Call* call = nullptr;
    std::uint64_t invoked = 0;
    std::uint64_t completed = 0;
  };

  void add_nodes() {
    for (const Write& write : writes_) {
      if (write.is_refused()) {
        for (const Action& action : write.asked().actions) refused_.emplace(action.id, &write.asked());
        continue;
      }
      const Call* call = write.is_acknowledged() ? write.answer : &write.asked();
      for (const Action& action : write.asked().actions) {
        if (action.kind == Kind::kAppendTurn) writer_of_.emplace(action.id, nodes_.size());
      }
      node_of_.emplace(call, nodes_.size());
      nodes_.push_back({call, write.invoked, write.settled});
    }
    for (const Call& call : history_.calls) {
      lanes_[{call.process, call.thread}].push_back(&call);
      if (call.ask != Ask::kSessionTurns && call.ask != Ask::kLastTurns) continue;
      if (call.status == Status::kPending || call.status == Status::kUnknown) continue;
      node_of_.emplace(&call, nodes_.size());
      nodes_.push_back({&call, call.invoked, call.completed});
    }
    graph_ = Graph(static_cast<std::uint32_t>(nodes_.size()));
  }

  [[nodiscard]] std::uint32_t writer(std::uint64_t turn) const {
    const auto found = writer_of_.find(turn);
    return found == writer_of_.end() ? kNobody : static_cast<std::uint32_t>(found->second);
  }

  void collect_lists() {
    for (std::uint8_t user = 0; user < kUsers; ++user) {
      for (const SessionLine& session : history_.final_states.at(user).sessions) {
        List& list = lists_[{user, session.session}];
        for (const Entry& turn : session.turns) list.push_back(turn.id);
        for (std::size_t i = 1; i < list.size(); ++i) {
          const std::uint32_t before = writer(list[i - 1]);
          const std::uint32_t after = writer(list[i]);
          if (before != kNobody && after != kNobody) graph_.add(before, after, Before::kWriteWrite);
        }
      }
    }
  }

  void read_session(const Call& call, std::size_t node) {
    if (call.entries.size() >= call.limit) return;
    List seen;
    for (const Entry& entry : call.entries) seen.push_back(entry.id);
    read(call, node, {call.user, call.session}, seen);
  }

  // The last turns hold the whole of every session whose first turn is among them.
  void read_last_turns(const Call& call, std::size_t node, std::optional<std::uint64_t> only) {
    std::map<std::uint64_t, List> seen;
    for (const Entry& entry : call.entries) {
      if (entry.number == 1 || seen.contains(entry.session)) seen[entry.session].push_back(entry.id);
    }
    for (const auto& [session, list] : seen) {
      if (!only || *only == session) read(call, node, {call.user, session}, list);
    }
  }

  // What an accepted batch was decided on was still so when it was stored.
  void read_of_guard(const Write& write) {
    const Guard& guard = *write.asked().guard;
    // A retry may be made by another process; the lane is that of the first attempt.
    const auto lane = lanes_.find({write.asked().process, write.asked().thread});
    if (lane == lanes_.end() || guard.based_on >= lane->second.size()) return;
    const Call& basis = *lane->second[guard.based_on];
    for (const GuardKey& key : guard.keys) {
      if (key.what != GuardKey::What::kSession) continue;
      const std::size_t node = node_of_.at(write.answer);
      if (basis.ask == Ask::kSessionTurns && basis.session == key.number) read_session(basis, node);
      if (basis.ask == Ask::kLastTurns && basis.has_read()) read_last_turns(basis, node, key.number);
    }
  }

  void read(const Call& call, std::size_t node, const Key& key, const List& seen) {
    static const List kEmpty;
    const auto known = lists_.find(key);
    const List& list = known == lists_.end() ? kEmpty : known->second;
    const auto reader = static_cast<std::uint32_t>(node);
    findings_.tested(claim::kOneOrder);
    findings_.tested(claim::kNoAborted);
    for (const std::uint64_t turn : seen) {
      const auto refused = refused_.find(turn);
      if (refused == refused_.end()) continue;
      findings_.contradict(claim::kNoAborted, 2, [&] {
        return fmt::format("G1a: turn {} was refused: {}; and read: {}", turn, describe(*refused->second, origin_),
                           describe(call, origin_));
      });
    }
    if (seen.size() > list.size() || !std::equal(seen.begin(), seen.end(), list.begin())) {
      const auto place = static_cast<std::size_t>(std::ranges::mismatch(seen, list).in1 - seen.begin());
      findings_.contradict(claim::kOneOrder, 2, [&] {
        return fmt::format("{} {}: at place {} stands {} in the end, not {}: {}", user_text(key.first),
                           session_text(key.second), place + 1,
                           place < list.size() ? std::to_string(list[place]) : "nothing", seen[place],
                           describe(call, origin_));
      });
      return;
    }
    const std::uint32_t last = seen.empty() ? kNobody : writer(seen.back());
    const std::uint32_t next = seen.size() == list.size() ? kNobody : writer(list[seen.size()]);
    findings_.tested(claim::kNoIntermediate);
    if (last != kNobody && last == next && last != reader) {
      findings_.contradict(claim::kNoIntermediate, 2, [&] {
        return fmt::format("G1b: {} was read in half by {}", describe(*nodes_[last].call, origin_),
                           describe(call, origin_));
      });
    }
    if (last != kNobody) graph_.add(last, reader, Before::kWriteRead);
    if (next != kNobody) graph_.add(reader, next, Before::kReadWrite);
  }

  // One more node for each end, in a row: every call that ended leads into the row at its end, and every call that begins
  // comes out of it at the latest end before.
  void add_time() {
    const auto first_added = static_cast<std::uint32_t>(nodes_.size());
    std::vector<std::pair<std::uint64_t, std::uint32_t>> ends;
    for (std::uint32_t node = 0; node < first_added; ++node) {
      if (nodes_[node].completed != kNever) ends.emplace_back(nodes_[node].completed, node);
    }
    std::ranges::sort(ends);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const std::uint32_t moment = graph_.add_node();
      graph_.add(ends[i].second, moment, Before::kTime);
      if (i > 0) graph_.add(moment - 1, moment, Before::kTime);
    }
    for (std::uint32_t node = 0; node < first_added; ++node) {
      const auto after = std::ranges::lower_bound(ends, std::pair(nodes_[node].invoked, std::uint32_t{0}));
      if (after == ends.begin()) continue;
      graph_.add(first_added + static_cast<std::uint32_t>(after - ends.begin()) - 1, node, Before::kTime);
    }
    graph_.finish(first_added);
    findings_.tested(claim::kNoCycle, first_added);
  }

  void report_cycle() {
    constexpr auto bit = [](Before why) { return 1U << static_cast<unsigned>(why); };
    constexpr unsigned kWrites = bit(Before::kWriteWrite);
    constexpr unsigned kReads = kWrites | bit(Before::kWriteRead);
    constexpr unsigned kAll = kReads | bit(Before::kReadWrite);
    constexpr unsigned kTime = bit(Before::kTime);
    // The whole first: nearly always there is nothing in it.
    if (graph_.cycle(kAll | kTime).empty()) return;
    for (const unsigned kinds : {kWrites, kReads, kAll, kWrites | kTime, kReads | kTime, kAll | kTime}) {
      const std::vector<Edge> cycle = graph_.cycle(kinds);
      if (cycle.empty()) continue;
      return contradict(cycle);
    }
  }

  void contradict(const std::vector<Edge>& cycle) {
    std::array<std::uint32_t, 4> times{};
    for (const Edge& edge : cycle) times.at(static_cast<std::size_t>(edge.why)) += 1;
    const auto count = [&](Before why) { return times.at(static_cast<std::size_t>(why)); };
    std::string_view name = "G0";
    if (count(Before::kWriteRead) > 0) name = "G1c";
    if (count(Before::kReadWrite) == 1) name = "G-single";
    if (count(Before::kReadWrite) > 1) name = "G2";
    std::string text = fmt::format("{}{}:", name, count(Before::kTime) > 0 ? " with real time" : "");
    std::uint64_t calls = 0;
    for (const Edge& edge : cycle) {
      if (edge.from >= nodes_.size()) continue;
      calls += 1;
      constexpr std::array<std::string_view, 4> kWhy{"its turn stands before that of", "its turn is read by",
                                                     "it does not see the turn of", "it ended before the beginning of"};
      text += fmt::format("\n            {}\n              {}", describe(*nodes_[edge.from].call, origin_),
                          kWhy.at(static_cast<std::size_t>(edge.why)));
    }
    text += " the first";
    findings_.contradict(claim::kNoCycle, calls, [&] { return text; });
  }

  const History& history_;
  Findings& findings_;
  std::uint64_t origin_;
  std::vector<Write> writes_;
  Graph graph_;
  std::vector<Node> nodes_;
  std::unordered_map<const Call*, std::size_t> node_of_;
  std::unordered_map<std::uint64_t, std::size_t> writer_of_;
  std::unordered_map<std::uint64_t, const Call*> refused_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<const Call*>> lanes_;
  std::map<Key, List> lists_;
};

}  // namespace

void check_lists(const History& history, Findings& findings) { ListCheck(history, findings).run(); }

}  // namespace penny::proof::histories
