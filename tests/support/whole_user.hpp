#pragma once

// All that a store tells of a user, in one text; two users are the same if their texts are.

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include <penny/penny.hpp>

#include "support/stores.hpp"

namespace penny::test {

inline std::string shown(const DimensionValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return "\"" + std::get<std::string>(value) + "\"";
}
inline std::int64_t shown(Time time) { return time.time_since_epoch().count(); }

// Every page of a list: `list(after)` gives one.
template <class List, class Each>
void all_pages(std::uint64_t after, List list, Each each) {
  for (;;) {
    const auto page = must(list(after));
    for (const auto& item : page.items) each(item);
    if (!page.next) return;
    after = *page.next;
  }
}

inline std::string whole_user(const Store& store, const std::string& user = "cj") {
  std::string text;
  all_pages(
      0, [&](std::uint64_t after) { return store.turns_between(user, Time::min(), Time::max(), after, 1000); },
      [&](const Turn& turn) {
        text += fmt::format("turn {} {} {} {} {} {} {} {} {} {} {} {} {} {}\n", turn.rev, turn.id.to_string(),
                            shown(turn.at), to_string(turn.modality), turn.session, turn.number, turn.user_input,
                            turn.assistant_response, turn.response_time_ms, turn.confidence, turn.metadata,
                            to_string(turn.origin), turn.channel, turn.is_forgotten);
      });
  all_pages(
      0, [&](std::uint64_t after) { return store.sessions(user, after, 1000); },
      [&](const Session& session) {
        text += fmt::format("session {} {} {} {} {} {} {}\n", session.id, session.first_rev, session.last_turn_rev,
                            session.turn_count, shown(session.started_at),
                            session.ended_at ? shown(*session.ended_at) : -1, session.summary);
      });
  for (const Preference& preference : must(store.preferences(user)).items) {
    text += fmt::format("preference {} {} {} {} {} {} {}\n", preference.key, preference.value, preference.confidence,
                        preference.frequency, preference.version, preference.rev, shown(preference.updated_at));
    all_pages(
        0, [&](std::uint64_t after) { return store.preference_history(user, preference.key, after, 1000); },
        [&](const PreferenceEvent& event) {
          text +=
              fmt::format("  {} {} {} {} {} {} {} {} {} {}\n", event.rev, shown(event.at), event.operation.to_string(),
                          event.kind, event.given.value_or("-"), event.value.value_or("-"), event.confidence,
                          event.frequency, event.version, event.is_forgotten);
        });
  }
  for (const Dimension& dimension : must(store.personality(user)).value) {
    text += fmt::format("dimension {} {} {} {} {} {} {}\n", dimension.name, static_cast<int>(dimension.kind),
                        shown(dimension.value), dimension.confidence, dimension.version, dimension.rev,
                        dimension.updated_at ? shown(*dimension.updated_at) : -1);
  }
  all_pages(
      0, [&](std::uint64_t after) { return store.evolution(user, {}, after, 1000); },
      [&](const Evolution& change) {
        text += fmt::format("change {} {} {} {} {} {} {} {} {}\n", change.dimension, change.version,
                            shown(change.old_value), shown(change.new_value), change.confidence_change, change.trigger,
                            change.operation.to_string(), change.rev, shown(change.at));
      });
  all_pages(
      0, [&](std::uint64_t after) { return store.facts(user, after, 1000); },
      [&](const Fact& fact) {
        text += fmt::format("fact {} {} {} {} {} {} {} {}\n", fact.id.to_string(), fact.text, fact.confidence,
                            fact.version, fact.rev, shown(fact.at), to_string(fact.origin), fact.channel);
      });
  const auto counts = must(store.user_statistics(user)).value;
  text += fmt::format("{} operations, {} turns, {} sessions, {} preferences, {} dimensions, {} facts, open: {}\n",
                      counts.operations, counts.turns, counts.sessions, counts.preferences, counts.dimensions,
                      counts.facts, counts.open_session.value_or("-"));
  // The ledger itself, with the outcomes that a retry is told. The values that a forgotten operation lost are empty.
  all_pages(
      0, [&](std::uint64_t after) { return store.changes(user, after, 1000); },
      [&](const Change& change) {
        text += fmt::format("rev {} {} {} {} ", change.rev, change.operation.id->to_string(),
                            kind_name(change.operation.payload), change.is_forgotten);
        if (const auto* preference = std::get_if<PreferenceResult>(&change.result))
          text += fmt::format("{} {} {} {}", preference->confidence, preference->frequency, preference->version,
                              preference->is_value_taken);
        if (const auto* dimension = std::get_if<DimensionResult>(&change.result))
          text += fmt::format("{} {} {}", shown(dimension->value), dimension->confidence, dimension->version);
        if (const auto* forgotten = std::get_if<ForgottenResult>(&change.result))
          text += fmt::format("{} turns", forgotten->turns);
        text += "\n";
      });
  return text;
}

inline std::string exported(const Store& store, const std::string& user = "cj") {
  std::string lines;
  const auto done = must(store.export_user(user, [&](std::string_view more) {
    lines += more;
    return true;
  }));
  if (!done.is_complete) throw std::runtime_error("the export ended early");
  return lines;
}

// Bytes in pieces of that size, as a pipe may give them.
inline ByteSource source_of(std::string_view bytes, std::size_t piece = 5000) {
  return [bytes, piece](std::span<char> buffer) mutable -> Result<std::size_t> {
    const std::size_t size = std::min({piece, buffer.size(), bytes.size()});
    bytes.copy(buffer.data(), size);
    bytes.remove_prefix(size);
    return size;
  };
}

inline Result<Imported> import_text(Store& store, std::string_view lines, const ImportOptions& options = {}) {
  return store.import_user(source_of(lines), options);
}

}  // namespace penny::test
