#include "proof/power/judge.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include <fmt/core.h>

#include "rules/learning.hpp"

namespace penny::proof::power {
namespace {

// What a forgotten turn taught is forgotten with it.
bool may_be_forgotten(const Operation& asked, const std::set<OperationId>& forgotten) {
  const auto turn = rules::taught_by(rules::trigger_in(asked.payload));
  return forgotten.contains(*asked.id) || (turn && forgotten.contains(*turn));
}

bool is_same(const Operation& asked, const Change& row, const std::set<OperationId>& forgotten) {
  const Operation& stored = row.operation;
  const bool is_payload_same = row.is_forgotten ? may_be_forgotten(asked, forgotten) : asked.payload == stored.payload;
  return is_payload_same && asked.user == stored.user && asked.origin == stored.origin &&
         asked.channel == stored.channel && (!asked.at || asked.at == stored.at);
}

// Whose texts a later row forgets. Rows of one user come in order of rev.
std::set<OperationId> forgotten_operations(const std::vector<Change>& rows) {
  std::set<OperationId> forgotten;
  std::map<std::string, std::map<std::uint64_t, OperationId>> turns;                     // by user and rev
  std::map<std::pair<std::string, std::string>, std::vector<OperationId>> observations;  // by user and key
  for (const Change& row : rows) {
    const std::string& user = row.operation.user;
    const Payload& payload = row.operation.payload;
    if (std::holds_alternative<AppendTurn>(payload)) turns[user][row.rev] = *row.operation.id;
    if (const auto* observed = std::get_if<ObservePreference>(&payload))
      observations[{user, observed->key}].push_back(*row.operation.id);
    if (const auto* set = std::get_if<SetPreference>(&payload))
      observations[{user, set->key}].push_back(*row.operation.id);
    if (const auto* fact = std::get_if<ForgetFact>(&payload)) forgotten.insert(fact->fact);
    if (const auto* span = std::get_if<ForgetTurns>(&payload)) {
      const auto end = turns[user].upper_bound(span->last_rev);
      for (auto turn = turns[user].lower_bound(span->first_rev); turn != end; ++turn) forgotten.insert(turn->second);
    }
    if (const auto* preference = std::get_if<ForgetPreference>(&payload))
      for (const OperationId& id : observations[{user, preference->key}]) forgotten.insert(id);
  }
  return forgotten;
}

std::string text_of(const Request& request) {
  return fmt::format("{} {} of {}", request.kind, request.operations.front().id->to_string(),
                     request.operations.front().user);
}

// What the trace began with was begun before its first position.
bool may_be_there(const Request& request, std::size_t position) {
  return request.begun < position || (request.fate == Fate::kStored && request.settled <= position);
}

}  // namespace

Judge::Judge(const History& history) : history_(&history) {
  for (std::size_t request = 0; request < history.requests().size(); ++request) {
    const auto& operations = history.requests()[request].operations;
    for (std::size_t operation = 0; operation < operations.size(); ++operation)
      places_[*operations[operation].id] = {.request = request, .operation = operation};
  }
}

std::uint64_t Judge::demands_at(std::size_t position) const {
  std::uint64_t settled = must_exist(position) ? 1 : 0;
  std::uint64_t begun = 0;
  for (const Request& request : history_->requests()) {
    if (request.settled <= position) settled += 1;
    if (request.begun < position) begun += 1;
  }
  return settled << 32U | begun;
}

void Judge::judge(std::size_t position, const std::vector<Change>& rows, Verdict& verdict) const {
  const auto& requests = history_->requests();
  const std::set<OperationId> forgotten = forgotten_operations(rows);
  std::vector<std::vector<std::uint64_t>> found(requests.size());
  std::map<std::string, std::uint64_t> last_revs;
  for (const Change& row : rows) {
    std::uint64_t& last = last_revs[row.operation.user];
    if (row.rev != last + 1)
      verdict.push_back(
          {Claim::kVerified, fmt::format("{}: rev {} follows rev {}", row.operation.user, row.rev, last)});
    last = row.rev;
    const std::string id = row.operation.id->to_string();
    const auto place = places_.find(*row.operation.id);
    if (place == places_.end() || !may_be_there(requests[place->second.request], position)) {
      verdict.push_back({Claim::kNothingElse, fmt::format("operation {} was never asked for", id)});
      continue;
    }
    const Request& request = requests[place->second.request];
    if (request.fate == Fate::kRefused)
      verdict.push_back({Claim::kNothingElse, fmt::format("{} was refused and is there", text_of(request))});
    if (!is_same(request.operations[place->second.operation], row, forgotten))
      verdict.push_back(
          {Claim::kAcknowledged, fmt::format("operation {} of {} is not what was asked", id, text_of(request))});
    auto& revs = found[place->second.request];
    revs.resize(request.operations.size());
    if (revs[place->second.operation] != 0)
      verdict.push_back({Claim::kAcknowledged, fmt::format("operation {} is there twice", id)});
    revs[place->second.operation] = row.rev;
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Request& request = requests[i];
    const auto& revs = found[i];
    const bool is_whole = std::ranges::find(revs, 0U) == revs.end();
    if (!is_whole) verdict.push_back({Claim::kWhole, fmt::format("only a part of {} is there", text_of(request))});
    for (std::size_t next = 1; is_whole && next < revs.size(); ++next) {
      if (revs[next] != revs[next - 1] + 1)
        verdict.push_back({Claim::kWhole, fmt::format("the revs of {} are not consecutive", text_of(request))});
    }
    if (request.fate != Fate::kStored || request.settled > position) continue;
    const Claim claim = request.is_only_seen ? Claim::kSeen : Claim::kAcknowledged;
    if (revs.empty()) {
      verdict.push_back({claim, fmt::format("{}, rev {}, is lost", text_of(request), request.revs.front())});
    } else if (is_whole && revs != request.revs) {
      verdict.push_back(
          {claim, fmt::format("{} has rev {} instead of {}", text_of(request), revs.front(), request.revs.front())});
    }
  }
}

}  // namespace penny::proof::power
