#include "proof/faults/answers.hpp"

#include <variant>

namespace penny::proof::faults {
namespace {

std::int64_t when(Time at) { return at.time_since_epoch().count(); }

std::string words(const DimensionValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return std::get<std::string>(value);
}

std::string words(const OperationResult& result) {
  struct Say {
    std::string operator()(const TurnResult& r) const {
      return fmt::format("{} {} {}", r.session, r.session_first_rev, r.number);
    }
    std::string operator()(const SessionResult& r) const {
      return fmt::format("{} {} {}", r.session, r.turn_count, r.was_open);
    }
    std::string operator()(const PreferenceResult& r) const {
      return fmt::format("{} {} {} {}", r.confidence, r.frequency, r.version, r.is_value_taken);
    }
    std::string operator()(const DimensionResult& r) const {
      return fmt::format("{} {} {}", words(r.value), r.confidence, r.version);
    }
    std::string operator()(const FactResult& r) const { return fmt::format("{} {}", r.fact.to_string(), r.version); }
    std::string operator()(const ForgottenResult& r) const { return fmt::format("{}", r.turns); }
    std::string operator()(const ErasedResult& r) const { return fmt::format("{}", r.operations); }
    // Its moment is another in each run.
    std::string operator()(const PermitResult& r) const { return fmt::format("{}", r.calls_left); }
    std::string operator()(const ToolOutcomeResult& r) const { return r.tool; }
  };
  return std::visit(Say{}, result);
}

std::string words(const Payload& payload) {
  struct Say {
    std::string operator()(const AppendTurn& p) const {
      return fmt::format("{} {} {} {} {} {} {}", p.user_input, p.assistant_response, to_string(p.modality),
                         p.session.value_or("-"), p.response_time_ms, p.confidence, p.metadata);
    }
    std::string operator()(const EndSession& p) const { return p.session.value_or("-"); }
    std::string operator()(const ObservePreference& p) const {
      return fmt::format("{} {} {}", p.key, p.value, p.confidence);
    }
    std::string operator()(const SetPreference& p) const {
      return fmt::format("{} {} {}", p.key, p.value, p.confidence);
    }
    std::string operator()(const AdjustDimension& p) const {
      return fmt::format("{} {} {} {}", p.name, p.delta, p.confidence_change, p.trigger);
    }
    std::string operator()(const ObserveDimension& p) const {
      return fmt::format("{} {} {} {}", p.name, words(p.value), p.confidence, p.trigger);
    }
    std::string operator()(const SetDimension& p) const {
      return fmt::format("{} {} {} {}", p.name, words(p.value), p.confidence_change, p.trigger);
    }
    std::string operator()(const RememberFact& p) const { return fmt::format("{} {}", p.text, p.confidence); }
    std::string operator()(const ForgetFact& p) const { return p.fact.to_string(); }
    std::string operator()(const ForgetTurn& p) const { return p.turn.to_string(); }
    std::string operator()(const ForgetTurns& p) const {
      return fmt::format("{} {} {}", p.first_rev, p.last_rev, p.session.value_or("-"));
    }
    std::string operator()(const ForgetPreference& p) const { return p.key; }
    std::string operator()(const EraseUser&) const { return {}; }
    std::string operator()(const TakeToolPermit& p) const {
      return fmt::format("{} {} {} {}", p.tool, p.input, p.calls_max, p.window_s);
    }
    std::string operator()(const RecordToolOutcome& p) const {
      return fmt::format("{} {} {} {}", p.call.to_string(), to_string(p.status), p.output, p.took_ms);
    }
  };
  return fmt::format("{} {}", kind_name(payload), std::visit(Say{}, payload));
}

}  // namespace

std::string words(const Turn& t) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {}", t.rev, t.id.to_string(), when(t.at),
                     to_string(t.modality), t.session, t.number, t.user_input, t.assistant_response, t.response_time_ms,
                     t.confidence, t.metadata, to_string(t.origin), t.channel, t.is_forgotten);
}

std::string words(const Session& s) {
  return fmt::format("{} {} {} {} {} {} {} {}", s.id, s.first_rev, s.last_turn_rev, s.turn_count, when(s.started_at),
                     s.ended_at ? when(*s.ended_at) : 0, words(s.topics), s.summary);
}

std::string words(const Preference& p) {
  return fmt::format("{} {} {} {} {} {} {}", p.key, p.value, p.confidence, p.frequency, p.version, p.rev,
                     when(p.updated_at));
}

std::string words(const Dimension& d) {
  return fmt::format("{} {} {} {} {} {} {}", d.name, static_cast<int>(d.kind), words(d.value), d.confidence, d.version,
                     d.rev, d.updated_at ? when(*d.updated_at) : 0);
}

std::string words(const Evolution& e) {
  return fmt::format("{} {} {} {} {} {} {} {} {}", e.dimension, e.version, words(e.old_value), words(e.new_value),
                     e.confidence_change, e.trigger, e.operation.to_string(), e.rev, when(e.at));
}

std::string words(const Fact& f) {
  return fmt::format("{} {} {} {} {} {} {} {}", f.id.to_string(), f.text, f.confidence, f.version, f.rev, when(f.at),
                     to_string(f.origin), f.channel);
}

std::string words(const Change& c) {
  return fmt::format("{} {} {} {} {} {} {}", c.rev, c.seq, c.operation.user, c.operation.id->to_string(),
                     words(c.operation.payload), words(c.result), c.is_forgotten);
}

std::string words(const UserStatistics& s) {
  return fmt::format("{} {} {} {} {} {} {}", s.operations, s.turns, s.sessions, s.preferences, s.dimensions, s.facts,
                     s.open_session.value_or("-"));
}

std::string words(const StoreStatistics& s) { return fmt::format("{} {} {}", s.users, s.operations, s.turns); }

std::string words(const Diagnosis& d) {
  std::string connections;
  for (const ConnectionSettings& c : d.connections) {
    connections +=
        fmt::format("{} {} {} {} {}; ", c.role, c.journal_mode, c.busy_timeout_ms, c.synchronous, c.is_read_only);
  }
  return fmt::format("{} {} {} {} {}{}", d.schema_version, d.page_size, d.store_id, words(d.statistics), connections,
                     d.anchor);
}

std::string words(const VerifyReport& r) {
  std::string problems;
  for (const std::string& problem : r.problems) problems += problem + "; ";
  return fmt::format("{} {} {} {}", r.users, r.operations, r.forgotten, problems);
}

Result<std::string> words_of_watch(Store& store, std::string_view user) {
  auto watch = store.watch(user);
  if (!watch) return std::unexpected(watch.error());
  auto change = watch->next(std::chrono::milliseconds(0));
  if (!change) return std::unexpected(change.error());
  return *change ? words(**change) : std::string("nothing");
}

std::string session_of_cleo(Store& store) {
  static std::string known;
  if (known.empty()) {
    const auto sessions = store.sessions("cleo");
    if (sessions && !sessions->items.empty()) known = sessions->items.front().id;
  }
  return known.empty() ? "unknown" : known;
}

}  // namespace penny::proof::faults
