// The log of the personality: complete, connected, and what everybody was told follows from it.

#include <map>
#include <unordered_map>

#include <fmt/core.h>

#include "proof/histories/checkers.hpp"
#include "proof/histories/vocabulary.hpp"
#include "proof/histories/writes.hpp"

namespace penny::proof::histories {
namespace {

constexpr double kFirstConfidence = 0.3;

struct Folded {
  std::vector<Value> values;  // of versions 0..n
  std::vector<double> confidences;
};

class EvolutionCheck {
 public:
  EvolutionCheck(const History& history, Findings& findings, std::uint8_t user)
      : history_(history), findings_(findings), user_(user), origin_(origin_of(history)) {}

  void run() {
    fold();
    for (const Entry& line : history_.final_states.at(user_).dimensions) compare(line, "the state in the end", nullptr);
    for (const Call& call : history_.calls) {
      if (call.user != user_) continue;
      if (call.ask == Ask::kPersonality && call.has_read()) {
        for (const Entry& line : call.entries) compare(line, "a read", &call);
      }
      if (call.ask == Ask::kEvolution && call.has_read()) {
        for (const Entry& row : call.entries) compare_row(row, call);
      }
      if (call.is_stored() && !call.is_id_reused) compare_outcomes(call);
    }
  }

 private:
  static Value first_value(Name name) {
    switch (name) {
      case Name::kSupport:
      case Name::kHumor:
        return option(find_option("balanced"));
      case Name::kLength:
        return option(find_option("medium"));
      case Name::kProactive:
        return real(0.4);
      default:
        return real(0.5);
    }
  }

  void fold() {
    for (const Name name : default_dimensions()) folded_[name] = {{first_value(name)}, {kFirstConfidence}};
    for (const Entry& row : history_.final_states.at(user_).evolution) {
      findings_.tested(claim::kVersionsWhole);
      Folded& log = folded_[row.name];
      if (log.values.empty()) {
        break_chain(row, "nobody has this dimension");
        continue;
      }
      if (row.version != log.values.size()) {
        break_chain(row, fmt::format("version {} should follow", log.values.size()));
      } else if (row.before != log.values.back()) {
        break_chain(row, "the value before it was " + describe(log.values.back()));
      }
      if (!rows_.emplace(row.id, row).second) break_chain(row, "the operation is there twice");
      log.values.push_back(row.value);
      log.confidences.push_back(log.confidences.back() + row.confidence_change);
    }
  }

  void break_chain(const Entry& row, const std::string& why) {
    findings_.contradict(claim::kVersionsWhole, 1,
                         [&] { return fmt::format("{}: {}; {}", user_text(user_), describe(row), why); });
  }

  void compare(const Entry& line, std::string_view where, const Call* call) {
    findings_.tested(claim::kFoldAgrees);
    const Folded& log = folded_[line.name];
    if (line.version < log.values.size() && line.value == log.values[line.version] &&
        line.confidence == log.confidences[line.version])
      return;
    findings_.contradict(claim::kFoldAgrees, 1, [&] {
      const std::string folded =
          line.version < log.values.size()
              ? fmt::format("{} with confidence {}", describe(log.values[line.version]), log.confidences[line.version])
              : "nothing";
      return fmt::format("{}: [{}], and the log gives {}: {}", where, describe(line), folded,
                         call == nullptr ? user_text(user_) : describe(*call, origin_));
    });
  }

  void compare_row(const Entry& row, const Call& call) {
    findings_.tested(claim::kFoldAgrees);
    const auto found = rows_.find(row.id);
    if (found != rows_.end() && found->second == row) return;
    findings_.contradict(claim::kFoldAgrees, 1, [&] {
      return fmt::format("a row was read that is not so in the end: [{}], {}", describe(row), describe(call, origin_));
    });
  }

  void compare_outcomes(const Call& call) {
    for (std::size_t i = 0; i < call.actions.size() && i < call.entries.size(); ++i) {
      const Kind kind = call.actions[i].kind;
      if (kind != Kind::kAdjustDimension && kind != Kind::kObserveDimension && kind != Kind::kSetDimension) continue;
      Entry line = call.entries[i];
      line.name = call.actions[i].name;
      const auto row = rows_.find(line.id);
      if (row == rows_.end() || row->second.version != line.version) {
        findings_.contradict(claim::kFoldAgrees, 1,
                             [&] { return "no row with its version: " + describe(call, origin_); });
      } else {
        compare(line, "an outcome", &call);
      }
    }
  }

  const History& history_;
  Findings& findings_;
  std::uint8_t user_;
  std::uint64_t origin_;
  std::map<Name, Folded> folded_;
  std::unordered_map<std::uint64_t, Entry> rows_;  // by operation
};

}  // namespace

void check_evolution(const History& history, Findings& findings) {
  for (std::uint8_t user = 0; user < kUsers; ++user) EvolutionCheck(history, findings, user).run();
}

}  // namespace penny::proof::histories
