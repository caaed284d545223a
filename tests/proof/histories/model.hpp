#pragma once

// What the store has to answer, written down a second time, from the description of the operations and not from the store's
// own rules: one user's state, to which writes are applied in the order of their revs. Everything is compared bit by bit.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "proof/histories/bucket.hpp"
#include "proof/histories/history.hpp"

namespace penny::proof::histories {

// What a write is answered with.
struct Judgement {
  std::optional<ErrorCode> refusal{};
  bool is_already_stored = false;
  std::vector<Entry> entries{};  // the outcomes, in the order of the write
};

class Model {
 public:
  [[nodiscard]] std::uint64_t rev() const { return changes_.size(); }

  // Applies the write if it is to be accepted. Keeps references to its actions.
  Judgement apply(const Call& write);
  // What `apply` would answer.
  [[nodiscard]] Judgement judge(const Call& write);

  // What a read of the present state answers. Nothing: the session is not there.
  [[nodiscard]] std::optional<std::vector<Entry>> read(const Call& call) const;
  [[nodiscard]] std::string prompt_context() const;
  // What the `n`th line of the feed says was asked; `is_forgotten`: only that it was a fact.
  [[nodiscard]] const Action& asked(std::uint64_t rev) const { return *changes_.at(rev - 1).asked; }
  [[nodiscard]] std::vector<Entry> preferences() const;
  [[nodiscard]] std::vector<Entry> dimensions() const;
  [[nodiscard]] std::vector<Entry> facts(std::size_t limit) const;
  [[nodiscard]] const std::vector<Entry>& evolution() const { return evolution_; }
  [[nodiscard]] std::vector<Entry> changes(std::uint64_t since, std::size_t limit) const;
  [[nodiscard]] std::vector<SessionLine> sessions() const;

 private:
  struct PreferenceState {
    Value value;
    double confidence = 0;
    std::uint64_t frequency = 0;
    std::uint64_t version = 0;
    std::uint64_t rev = 0;
  };
  struct DimensionState {
    Value value;
    double confidence = 0;
    std::uint64_t version = 0;
    std::uint64_t rev = 0;
    Bucket bucket{};  // of what observations may move
  };
  struct SessionState {
    std::uint64_t first_rev = 0;
    std::uint64_t ended_rev = 0;  // 0: it is open
    bool is_named = false;
    std::vector<std::uint64_t> turns{};  // their revs
  };
  struct FactState {
    std::uint64_t first_rev = 0;
    double confidence = 0;
    bool is_remembered = false;
    std::uint64_t rev = 0;
  };
  struct Stored {
    const Action* asked = nullptr;
    Entry told;
    std::uint64_t batch_first = 0;
    std::uint64_t batch_size = 0;
  };
  // What a batch has done so far, so that it can be taken back.
  struct Mark {
    std::map<Name, std::optional<PreferenceState>> preferences{};
    std::map<Name, DimensionState> dimensions{};
    std::map<std::uint64_t, std::optional<SessionState>> sessions{};
    std::map<std::uint64_t, std::optional<FactState>> facts{};
    std::size_t changes = 0;
    std::size_t evolution = 0;
    std::uint64_t last_turn = 0;
    std::uint64_t last_session = 0;
  };
  using Told = std::variant<Entry, ErrorCode>;

  [[nodiscard]] std::optional<Judgement> answer_retry(const Call& write) const;
  [[nodiscard]] bool is_changed(const GuardKey& key, std::uint64_t since) const;
  [[nodiscard]] std::uint64_t version_of(const Action& action) const;
  Told apply_one(const Action& action);
  Told append_turn(const Action& action);
  Told end_session(const Action& action);
  Told change_preference(const Action& action);
  Told change_dimension(const Action& action);
  // The value after an observation that wants a continuous one to be `wanted`, or a categorical one to be the action's.
  static Value observed(DimensionState& state, const Action& action, double wanted);
  static Value observed(DimensionState& state, const Action& action);
  Told remember_fact(const Action& action);
  Told forget_fact(const Action& action);
  [[nodiscard]] Entry turn_line(std::uint64_t rev) const;
  [[nodiscard]] DimensionState dimension(Name name) const;
  SessionState& touched_session(std::uint64_t session);
  void take_back();

  std::map<Name, PreferenceState> preferences_;
  std::map<Name, DimensionState> dimensions_;
  std::unordered_map<std::uint64_t, SessionState> sessions_;
  std::map<std::uint64_t, std::uint64_t> begun_;  // first rev -> session
  std::unordered_map<std::uint64_t, FactState> facts_;
  std::map<std::uint64_t, std::uint64_t> remembered_;  // first rev -> fact
  std::unordered_map<std::uint64_t, std::uint64_t> rev_of_;
  std::vector<Stored> changes_;
  std::vector<std::uint64_t> turn_before_;  // for each rev, that of the user's latest turn up to it
  std::vector<Entry> evolution_;
  std::uint64_t last_turn_ = 0;
  std::uint64_t last_session_ = 0;
  Mark mark_;
};

}  // namespace penny::proof::histories
