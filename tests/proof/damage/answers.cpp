#include "proof/damage/answers.hpp"

#include <bit>
#include <chrono>
#include <cstdint>
#include <set>
#include <type_traits>
#include <utility>

#include <fmt/core.h>

#include "support/stores.hpp"

namespace penny::proof::damage {
namespace {

constexpr int kListPagesMax = 100;

// Builds one text of many values, each with its length, so that no two sets of values look alike.
class Text {
 public:
  Text& operator<<(const std::string& value) {
    text_ += fmt::format("{}:", value.size());
    text_ += value;
    return *this;
  }
  Text& operator<<(double value) { return *this << fmt::format("{:x}", std::bit_cast<std::uint64_t>(value)); }
  Text& operator<<(Time value) { return *this << std::to_string(value.time_since_epoch().count()); }
  Text& operator<<(const OperationId& value) { return *this << value.to_string(); }
  template <class T>
    requires std::is_integral_v<T>
  Text& operator<<(T value) {
    return *this << std::to_string(value);
  }
  template <class T>
    requires std::is_enum_v<T>
  Text& operator<<(T value) {
    return *this << static_cast<int>(value);
  }
  template <class... T>
  Text& operator<<(const std::variant<T...>& value) {
    *this << value.index();
    std::visit([this](const auto& alternative) { *this << alternative; }, value);
    return *this;
  }
  template <class T>
  Text& operator<<(const std::optional<T>& value) {
    *this << value.has_value();
    return value ? *this << *value : *this;
  }
  template <class T>
  Text& operator<<(const std::vector<T>& values) {
    *this << values.size();
    for (const T& value : values) *this << value;
    return *this;
  }

  Text& operator<<(const Turn& t) {
    return *this << t.rev << t.id << t.at << t.modality << t.session << t.number << t.user_input << t.assistant_response
                 << t.response_time_ms << t.confidence << t.metadata << t.origin << t.channel << t.is_forgotten;
  }
  Text& operator<<(const Session& s) {
    return *this << s.id << s.first_rev << s.last_turn_rev << s.turn_count << s.started_at << s.ended_at << s.topics
                 << s.summary;
  }
  Text& operator<<(const Preference& p) {
    return *this << p.key << p.value << p.confidence << p.frequency << p.version << p.rev << p.updated_at;
  }
  Text& operator<<(const Dimension& d) {
    return *this << d.name << d.kind << d.value << d.confidence << d.version << d.rev << d.updated_at;
  }
  Text& operator<<(const Evolution& e) {
    return *this << e.dimension << e.version << e.old_value << e.new_value << e.confidence_change << e.trigger
                 << e.operation << e.rev << e.at;
  }
  Text& operator<<(const Fact& f) {
    return *this << f.id << f.text << f.confidence << f.version << f.rev << f.at << f.origin << f.channel;
  }
  Text& operator<<(const UserStatistics& s) {
    return *this << s.operations << s.turns << s.turns_last_7_days << s.sessions << s.preferences << s.dimensions
                 << s.facts << s.open_session;
  }
  Text& operator<<(const Change& c) {
    return *this << c.rev << c.seq << c.operation.user << c.operation.payload << c.operation.id << c.operation.at
                 << c.operation.origin << c.operation.channel << c.operation.if_version << c.result << c.is_forgotten;
  }

  Text& operator<<(const AppendTurn& o) {
    return *this << o.user_input << o.assistant_response << o.modality << o.session << o.response_time_ms
                 << o.confidence << o.metadata;
  }
  Text& operator<<(const EndSession& o) { return *this << o.session; }
  Text& operator<<(const ObservePreference& o) { return *this << o.key << o.value << o.confidence; }
  Text& operator<<(const SetPreference& o) { return *this << o.key << o.value << o.confidence; }
  Text& operator<<(const AdjustDimension& o) { return *this << o.name << o.delta << o.confidence_change << o.trigger; }
  Text& operator<<(const ObserveDimension& o) { return *this << o.name << o.value << o.confidence << o.trigger; }
  Text& operator<<(const SetDimension& o) { return *this << o.name << o.value << o.confidence_change << o.trigger; }
  Text& operator<<(const RememberFact& o) { return *this << o.text << o.confidence; }
  Text& operator<<(const ForgetFact& o) { return *this << o.fact; }
  Text& operator<<(const ForgetTurn& o) { return *this << o.turn; }
  Text& operator<<(const ForgetTurns& o) { return *this << o.first_rev << o.last_rev << o.session; }
  Text& operator<<(const ForgetPreference& o) { return *this << o.key; }
  Text& operator<<(const EraseUser&) { return *this; }
  Text& operator<<(const TakeToolPermit& o) { return *this << o.tool << o.input << o.calls_max << o.window_s; }
  Text& operator<<(const RecordToolOutcome& o) {
    return *this << o.call << std::string(to_string(o.status)) << o.output << o.took_ms;
  }
  Text& operator<<(const TurnResult& r) { return *this << r.session << r.session_first_rev << r.number; }
  Text& operator<<(const SessionResult& r) { return *this << r.session << r.turn_count << r.was_open; }
  Text& operator<<(const PreferenceResult& r) {
    return *this << r.confidence << r.frequency << r.version << r.is_value_taken;
  }
  Text& operator<<(const DimensionResult& r) { return *this << r.value << r.confidence << r.version; }
  Text& operator<<(const FactResult& r) { return *this << r.fact << r.version; }
  Text& operator<<(const ForgottenResult& r) { return *this << r.turns; }
  Text& operator<<(const ErasedResult& r) { return *this << r.operations; }
  Text& operator<<(const PermitResult& r) { return *this << r.calls_left << r.boot << r.boot_time_us; }
  Text& operator<<(const ToolOutcomeResult& r) { return *this << r.tool; }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

class Questions {
 public:
  explicit Questions(std::vector<Answer>& answers) : answers_(answers) {}

  template <class T, class Tell>
  void once(std::string question, const Result<T>& answer, Tell tell) {
    if (!answer) {
      answers_.push_back(
          {.question = std::move(question), .text = answer.error().message, .error = answer.error().code});
      return;
    }
    Text text;
    tell(text, *answer);
    answers_.push_back({.question = std::move(question), .text = text.take()});
  }

  // All pages of a list. `ask(key)` gives the one after the key.
  template <class Key, class Ask>
  void list(std::string question, Key key, Ask ask) {
    Text text;
    for (int page_number = 0; page_number < kListPagesMax; ++page_number) {
      const auto page = ask(key);
      if (!page) {
        answers_.push_back({.question = std::move(question), .text = page.error().message, .error = page.error().code});
        return;
      }
      text << page->rev << page->items;
      if (!page->next) break;
      key = *page->next;
    }
    answers_.push_back({.question = std::move(question), .text = text.take()});
  }

 private:
  std::vector<Answer>& answers_;
};

constexpr auto kPlain = [](Text& text, const auto& read) { text << read.rev << read.value; };

}  // namespace

std::vector<Subject> subjects_of(const Store& store) {
  std::set<std::string> users;
  for (std::optional<std::uint64_t> since = 0; since;) {
    const auto page = test::must(store.all_changes(*since, limits::kPageItemsMax));
    for (const Change& change : page.items) users.insert(change.operation.user);
    since = page.next;
  }
  std::vector<Subject> subjects;
  for (const std::string& user : users) {
    Subject subject{.user = user, .sessions = {}};
    for (const Session& session : test::must(store.sessions(user, 0, limits::kPageItemsMax)).items)
      subject.sessions.push_back(session.id);
    subjects.push_back(std::move(subject));
  }
  subjects.push_back({.user = "nobody", .sessions = {"none"}});
  return subjects;
}

std::vector<Answer> ask_everything(const Store& store, const std::vector<Subject>& subjects) {
  constexpr std::size_t kMost = limits::kPageItemsMax;
  std::vector<Answer> answers;
  Questions questions(answers);
  questions.once("statistics", store.statistics(), [](Text& text, const StoreStatistics& statistics) {
    text << statistics.users << statistics.operations << statistics.turns;
  });
  questions.once("diagnose", store.diagnose(), [](Text& text, const Diagnosis& diagnosis) {
    text << diagnosis.schema_version << diagnosis.page_size << diagnosis.store_id;
  });
  questions.list("all_changes", std::uint64_t{0}, [&](std::uint64_t since) { return store.all_changes(since, kMost); });
  for (const auto& [user, sessions] : subjects) {
    const auto ask = [&name = user](const char* what) { return fmt::format("{} of {}", what, name); };
    std::uint64_t last_rev = 0;
    questions.once(ask("user_statistics"), store.user_statistics(user),
                   [&](Text& text, const Read<UserStatistics>& read) {
                     last_rev = read.rev;
                     text << read.rev << read.value;
                   });
    questions.once(ask("last_turns"), store.last_turns(user, kMost),
                   [](Text& text, const Page<Turn>& page) { text << page.rev << page.items; });
    questions.once(ask("personality"), store.personality(user), kPlain);
    questions.once(ask("prompt_context"), store.prompt_context(user), kPlain);
    questions.list(ask("changes"), std::uint64_t{0},
                   [&](std::uint64_t since) { return store.changes(user, since, kMost); });
    questions.list(ask("turns_between"), std::uint64_t{0}, [&](std::uint64_t after) {
      return store.turns_between(user, test::day(-9999), test::day(99'999), after, kMost);
    });
    questions.list(ask("sessions"), std::uint64_t{0},
                   [&](std::uint64_t after) { return store.sessions(user, after, kMost); });
    questions.list(ask("preferences"), std::string(),
                   [&](const std::string& after) { return store.preferences(user, after, kMost); });
    questions.list(ask("evolution"), std::uint64_t{0},
                   [&](std::uint64_t after) { return store.evolution(user, {}, after, kMost); });
    questions.list(ask("evolution of one dimension"), std::uint64_t{0},
                   [&](std::uint64_t after) { return store.evolution(user, "communication_formality", after, kMost); });
    questions.list(ask("facts"), std::uint64_t{0},
                   [&](std::uint64_t after) { return store.facts(user, after, kMost); });
    for (const std::string& session : sessions) {
      questions.list(ask(("session_turns in " + session).c_str()), std::uint64_t{0},
                     [&](std::uint64_t after) { return store.session_turns(user, session, after, kMost); });
    }
    auto watch = store.watch(user, last_rev == 0 ? 0 : last_rev - 1);
    if (!watch) {
      answers.push_back({.question = ask("watch"), .text = watch.error().message, .error = watch.error().code});
      continue;
    }
    questions.once(ask("watch"), watch->next(std::chrono::milliseconds(0)),
                   [](Text& text, const std::optional<Change>& change) { text << change; });
  }
  return answers;
}

}  // namespace penny::proof::damage
