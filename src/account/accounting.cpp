#include "account/accounting.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "account/entries.hpp"

namespace penny::account {
namespace {

constexpr std::size_t kProblemsMax = 50;

// Nearest rank. `numbers` is reordered.
double percentile(std::vector<double>& numbers, double fraction) {
  if (numbers.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::lround(fraction * static_cast<double>(numbers.size() - 1)));
  std::ranges::nth_element(numbers, numbers.begin() + static_cast<std::ptrdiff_t>(rank));
  return numbers[rank];
}

class Accounting {
 public:
  Accounting(const Logs& logs, const Rows& rows) : logs_(logs), rows_(rows) {}

  Account run() {
    account_.conversations = rows_.conversations;
    account_.journal_mode = rows_.journal_mode;
    account_.integrity = rows_.integrity;
    for (std::size_t user = 0; user < logs_.users.size(); ++user) users_[logs_.users[user].name] = user;
    count_entries();
    match_operations();
    check_entries();
    check_batches();
    check_sessions();
    check_chains();
    check_preferences();
    check_observers();
    return std::move(account_);
  }

 private:
  struct Asked {
    const Entry* entry = nullptr;
    std::uint32_t process = 0;
    std::uint64_t rows = 0;  // of the ledger
  };

  void problem(std::uint64_t& counter, const std::string& text) {
    ++counter;
    if (account_.problems.size() < kProblemsMax) account_.problems.push_back(text);
  }

  const User& user_of(const Entry& entry) const { return logs_.users[entry.user]; }

  // Rows of users whom the log does not name, or from before the run, are not ours to judge.
  bool is_ours(const std::string& user, std::uint64_t rev) const {
    const auto found = users_.find(user);
    if (found == users_.end()) return logs_.is_fresh;
    return rev > logs_.users[found->second].rev_before;
  }

  void count_entries() {
    for (const auto& log : logs_.writers) {
      for (const Entry& entry : log.entries) {
        if (entry.state == EntryState::kReserved) continue;
        ++account_.asked;
        switch (entry.state) {
          case EntryState::kReserved:
            break;
          case EntryState::kInvoked:
            ++account_.in_doubt;
            break;
          case EntryState::kAcknowledged:
            ++account_.acknowledged;
            break;
          case EntryState::kRefused:
            ++account_.refused;
            break;
        }
        if ((entry.flags & (kFlagRetried | kFlagRetryWrong)) != 0) ++account_.retried;
        if ((entry.flags & kFlagRecovered) != 0) ++account_.recovered;
        const Id id = id_of(entry.id);
        if ((entry.flags & kFlagRetryWrong) != 0) {
          problem(account_.wrong_retries,
                  fmt::format("{}: its retry was not answered with its first outcome", to_text(id)));
        }
        if ((entry.flags & kFlagStoredBefore) != 0) {
          problem(account_.phantom, fmt::format("{}: was already stored when it was first sent", to_text(id)));
        }
        if (!asked_.try_emplace(id, Asked{&entry, log.process, 0}).second) {
          problem(account_.altered, fmt::format("{}: the log names it twice", to_text(id)));
        }
      }
    }
  }

  // Each row of the ledger against the entry that asked for it; revs without a gap.
  void match_operations() {
    const std::string* user = nullptr;
    std::uint64_t rev = 0;
    for (const OperationRow& row : rows_.operations) {
      if (user == nullptr || *user != row.user) {
        user = &row.user;
        rev = 0;
      }
      if (row.rev != rev + 1) {
        problem(account_.gaps, fmt::format("user {}: rev {} follows rev {}", row.user, row.rev, rev));
      }
      rev = row.rev;
      last_rev_[row.user] = rev;
      const auto found = asked_.find(row.id);
      if (found == asked_.end()) {
        if (is_ours(row.user, row.rev)) {
          problem(account_.phantom, fmt::format("user {} rev {}: {} {} was never asked for", row.user, row.rev,
                                                row.kind, to_text(row.id)));
        }
        continue;
      }
      Asked& asked = found->second;
      if (++asked.rows > 1) {
        problem(account_.doubled, fmt::format("{}: stored {} times, again as rev {} of {}", to_text(row.id), asked.rows,
                                              row.rev, row.user));
        continue;
      }
      ++account_.stored;
      match(row, *asked.entry);
    }
  }

  void match(const OperationRow& row, const Entry& entry) {
    if (entry.state == EntryState::kRefused) {
      problem(account_.phantom,
              fmt::format("{}: refused, yet stored as rev {} of {}", to_text(row.id), row.rev, row.user));
      return;
    }
    const auto differs = [&](const char* what, const auto& stored, const auto& expected) {
      problem(account_.altered, fmt::format("{}: {} is {}, was {}", to_text(row.id), what, stored, expected));
    };
    if (row.user != user_of(entry).name) differs("user", row.user, user_of(entry).name);
    if (row.kind != kind_name(entry.kind)) differs("kind", row.kind, kind_name(entry.kind));
    if (entry.state == EntryState::kAcknowledged && row.rev != entry.rev) differs("rev", row.rev, entry.rev);
    if (row.batch_size != entry.batch_size) differs("batch size", row.batch_size, entry.batch_size);
    const bool has_key = entry.kind == kSetPreference || entry.kind == kAdjustDimension || entry.kind == kSetDimension;
    if (has_key && !is_learned(entry) && row.key != key_of(entry)) differs("key", row.key, key_of(entry));
  }

  // Acknowledged and gone; and the texts of what is there.
  void check_entries() {
    ById<const TurnRow*> turns;
    for (const TurnRow& row : rows_.turns) {
      if (!turns.try_emplace(row.id, &row).second) {
        problem(account_.doubled, fmt::format("{}: two turns have this id", to_text(row.id)));
      }
    }
    ById<const FactRow*> facts;
    for (const FactRow& row : rows_.facts) {
      if (!facts.try_emplace(row.id, &row).second) {
        problem(account_.doubled, fmt::format("{}: two facts have this id", to_text(row.id)));
      }
    }
    for (const auto& [id, asked] : asked_) {
      const Entry& entry = *asked.entry;
      if (asked.rows == 0) {
        if (entry.state == EntryState::kAcknowledged) {
          problem(account_.lost,
                  fmt::format("{}: {} of writer {}, acknowledged as rev {} of {}, is not there", to_text(id),
                              kind_name(entry.kind), asked.process, entry.rev, user_of(entry).name));
        }
        continue;
      }
      if (is_learned(entry)) continue;
      if (entry.kind == kAppendTurn) check_text(id, entry, turns, "turn");
      if (entry.kind == kRememberFact) check_text(id, entry, facts, "fact");
    }
  }

  template <class Row>
  void check_text(const Id& id, const Entry& entry, const ById<const Row*>& rows, const char* what) {
    const auto found = rows.find(id);
    if (found == rows.end()) {
      problem(account_.lost, fmt::format("{}: is in the ledger, but its {} is not there", to_text(id), what));
    } else if (found->second->text != fingerprint_of(entry)) {
      problem(account_.altered, fmt::format("{}: the {}'s text is not what was sent", to_text(id), what));
    }
  }

  // A batch is there whole or not at all, its revs one after the other.
  void check_batches() {
    ById<const OperationRow*> rows;
    for (const OperationRow& row : rows_.operations) rows.try_emplace(row.id, &row);
    for (const auto& log : logs_.writers) {
      for (std::size_t place = 0; place < log.entries.size(); ++place) {
        const Entry& head = log.entries[place];
        if (head.state == EntryState::kReserved || head.batch_size < 2 || head.batch_head != place) continue;
        const auto head_row = rows.find(id_of(head.id));
        bool is_half_there = false;
        bool is_in_order = true;
        for (std::size_t offset = 1; offset < head.batch_size && place + offset < log.entries.size(); ++offset) {
          const auto row = rows.find(id_of(log.entries[place + offset].id));
          const bool is_there = row != rows.end();
          if (is_there != (head_row != rows.end())) {
            is_half_there = true;
          } else if (is_there) {
            const std::uint64_t first = head_row->second->rev;
            is_in_order = is_in_order && row->second->rev == first + offset && row->second->batch_first == first;
          }
        }
        if (is_half_there) {
          problem(account_.altered, fmt::format("{}: its batch is only half stored", to_text(id_of(head.id))));
        } else if (!is_in_order) {
          problem(account_.altered,
                  fmt::format("{}: the revs of its batch do not follow one another", to_text(id_of(head.id))));
        }
      }
    }
  }

  void check_sessions() {
    std::map<std::pair<std::string, std::string>, std::uint64_t> numbers;
    for (const TurnRow& row : rows_.turns) {
      std::uint64_t& number = numbers[{row.user, row.session}];
      if (row.session_number != number + 1) {
        problem(account_.gaps, fmt::format("user {} rev {}: turn {} of session {} follows turn {}", row.user, row.rev,
                                           row.session_number, row.session, number));
      }
      number = row.session_number;
    }
  }

  void check_chains() {
    std::map<std::pair<std::string, std::string>, const EvolutionRow*> last;
    ById<std::uint64_t> changes;
    for (const EvolutionRow& row : rows_.evolution) {
      if (++changes[row.id] > 1) {
        problem(account_.doubled, fmt::format("{}: changed {} of {} twice", to_text(row.id), row.name, row.user));
      }
      const EvolutionRow*& before = last[{row.user, row.name}];
      check_link(row, before);
      before = &row;
    }
    for (const auto& [id, asked] : asked_) {
      const Entry& entry = *asked.entry;
      const bool is_change = entry.kind == kAdjustDimension || entry.kind == kSetDimension;
      if (is_change && asked.rows > 0 && !changes.contains(id)) {
        problem(account_.lost,
                fmt::format("{}: is in the ledger, but changed nothing of {}", to_text(id), key_of(entry)));
      }
    }
    for (const DimensionRow& row : rows_.dimensions) {
      const auto found = last.find({row.user, row.name});
      if (found == last.end() || found->second->version != row.version || found->second->new_value != row.value ||
          found->second->rev != row.rev) {
        problem(account_.broken_chains,
                fmt::format("user {}: {} is not what its evolution ends with", row.user, row.name));
      }
      if (found != last.end()) last.erase(found);
    }
    for (const auto& [key, row] : last) {
      problem(account_.broken_chains, fmt::format("user {}: {} has an evolution but no value", key.first, key.second));
    }
  }

  void check_link(const EvolutionRow& row, const EvolutionRow* before) {
    const auto broken = [&](const char* what) {
      problem(account_.broken_chains,
              fmt::format("user {}: version {} of {} {}", row.user, row.version, row.name, what));
    };
    if (row.version != (before == nullptr ? 1 : before->version + 1)) broken("does not follow the version before");
    if (before != nullptr && row.old_value != before->new_value)
      broken("does not begin where the version before ended");
    if (before != nullptr && row.rev <= before->rev) broken("has a rev that is not above that before");
    const auto found = asked_.find(row.id);
    if (found == asked_.end()) {
      if (is_ours(row.user, row.rev)) {
        problem(account_.phantom,
                fmt::format("user {}: version {} of {} was never asked for", row.user, row.version, row.name));
      }
      return;
    }
    const Entry& entry = *found->second.entry;
    if (is_learned(entry)) return;
    std::optional<Value> expected;
    if (entry.kind == kSetDimension) expected = entry.number;
    if (entry.kind == kAdjustDimension) {
      const double* old_number = std::get_if<double>(&row.old_value);
      if (old_number != nullptr) expected = std::clamp(*old_number + entry.number, 0.0, 1.0);
    }
    if (row.new_value != expected) broken("is not what its operation makes of the value before");
    if (row.name != key_of(entry)) broken("was asked for another dimension");
  }

  // A preference that was set has the value of the latest of its operations.
  void check_preferences() {
    std::map<std::pair<std::string, std::string>, const Entry*> latest;
    for (const auto& [id, asked] : asked_) {
      const Entry& entry = *asked.entry;
      if (entry.kind != kSetPreference || entry.state != EntryState::kAcknowledged || is_learned(entry)) continue;
      const Entry*& candidate = latest[{user_of(entry).name, key_of(entry)}];
      if (candidate == nullptr || candidate->rev < entry.rev) candidate = &entry;
    }
    for (const PreferenceRow& row : rows_.preferences) {
      const auto found = latest.find({row.user, row.key});
      if (found == latest.end()) continue;
      const Entry& entry = *found->second;
      // A later operation that is in doubt may have set it.
      if (row.rev == entry.rev && row.value != fingerprint_of(entry)) {
        problem(account_.altered,
                fmt::format("user {}: preference {} is not what rev {} set", row.user, row.key, entry.rev));
      } else if (row.rev < entry.rev) {
        problem(account_.lost, fmt::format("user {}: preference {} is of rev {}, but rev {} set it", row.user, row.key,
                                           row.rev, entry.rev));
      }
      latest.erase(found);
    }
    for (const auto& [key, entry] : latest) {
      problem(account_.lost, fmt::format("user {}: preference {} is not there", key.first, key.second));
    }
  }

  void check_observers() {
    std::map<std::pair<std::string, std::uint64_t>, Id> operations;
    if (!logs_.observers.empty()) {
      for (const OperationRow& row : rows_.operations) operations.try_emplace({row.user, row.rev}, row.id);
    }
    std::vector<double> lags;
    for (const ObserverLog& log : logs_.observers) {
      ObserverAccount observer{.process = log.process};
      std::map<std::uint32_t, std::uint64_t> position;
      for (const Sighting& sighting : log.sightings) {
        if (sighting.seen_ns == 0) continue;
        const User& user = logs_.users[sighting.user];
        if (sighting.rev == user.rev_before && position.try_emplace(sighting.user, sighting.rev).second) continue;
        ++observer.seen;
        const Id id = id_of(sighting.id);
        std::uint64_t& before = position.try_emplace(sighting.user, user.rev_before).first->second;
        const auto row = operations.find({user.name, sighting.rev});
        if (sighting.rev != before + 1) {
          problem(observer.missed, fmt::format("observer {} saw rev {} of {} after rev {}", log.process, sighting.rev,
                                               user.name, before));
        } else if (row == operations.end() || row->second != id) {
          problem(observer.missed, fmt::format("observer {} saw {} as rev {} of {}, which is not so", log.process,
                                               to_text(id), sighting.rev, user.name));
        }
        before = sighting.rev;
        const auto asked = asked_.find(id);
        if (asked != asked_.end() && asked->second.entry->state == EntryState::kAcknowledged) {
          const auto acknowledged = asked->second.entry->settled_ns;
          lags.push_back(sighting.seen_ns > acknowledged ? static_cast<double>(sighting.seen_ns - acknowledged) / 1e6
                                                         : 0.0);
        }
      }
      for (const auto& [user, rev] : position) {
        const std::uint64_t end = last_rev_[logs_.users[user].name];
        if (rev < end) {
          problem(observer.missed,
                  fmt::format("observer {} saw {} up to rev {} of {}", log.process, logs_.users[user].name, rev, end));
        }
      }
      account_.observers.push_back(observer);
    }
    account_.lag_p50_ms = percentile(lags, 0.50);
    account_.lag_p99_ms = percentile(lags, 0.99);
  }

  const Logs& logs_;
  const Rows& rows_;
  Account account_;
  std::map<std::string, std::size_t> users_;
  std::map<std::string, std::uint64_t> last_rev_;
  ById<Asked> asked_;
};

}  // namespace

bool Account::is_clean() const {
  const bool has_observed_all =
      std::ranges::all_of(observers, [](const auto& observer) { return observer.missed == 0; });
  return lost == 0 && doubled == 0 && phantom == 0 && altered == 0 && gaps == 0 && broken_chains == 0 &&
         wrong_retries == 0 && has_observed_all && integrity == "ok" && journal_mode == "wal";
}

Account account(const Logs& logs, const Rows& rows) { return Accounting(logs, rows).run(); }

}  // namespace penny::account
