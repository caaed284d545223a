#include "proof/histories/writes.hpp"

#include <algorithm>

namespace penny::proof::histories {

std::vector<Write> writes_of(const History& history) {
  std::vector<Write> writes;
  std::unordered_map<std::uint64_t, std::size_t> place_of;
  for (const Call& call : history.calls) {
    if (!call.is_write() || call.is_id_reused) continue;
    const auto [place, is_new] = place_of.try_emplace(call.actions.front().id, writes.size());
    if (is_new) writes.emplace_back();
    Write& write = writes[place->second];
    write.attempts.push_back(&call);
    if (call.status == Status::kRefused) continue;
    write.invoked = std::min(write.invoked, call.invoked);
    if (call.status == Status::kOk && call.completed < write.acknowledged) {
      write.acknowledged = call.completed;
      write.answer = &call;
    }
    write.settled = std::max(write.settled, call.completed);
  }
  for (Write& write : writes) {
    if (write.is_acknowledged()) write.settled = write.acknowledged;
  }
  return writes;
}

std::unordered_map<std::uint64_t, const Write*> writes_by_operation(const std::vector<Write>& writes) {
  std::unordered_map<std::uint64_t, const Write*> found;
  for (const Write& write : writes) {
    for (const Action& action : write.asked().actions) found.emplace(action.id, &write);
  }
  return found;
}

}  // namespace penny::proof::histories
