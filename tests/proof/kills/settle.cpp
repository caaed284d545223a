#include "proof/kills/settle.hpp"

#include <chrono>
#include <utility>

#include <fmt/core.h>
#include <penny/store.hpp>

#include "proof/kills/account.hpp"
#include "proof/kills/requests.hpp"

namespace penny::proof::kills {
namespace {

constexpr std::chrono::milliseconds kPatience{30'000};
constexpr std::string_view kOpens = "a store whose processes were all killed can be opened";
constexpr std::string_view kIsSettled =
    "what had no answer when all were dead is settled by a retry, and known to the one after that, with the same rev";

class Settler {
 public:
  Settler(Store& store, std::uint64_t seed, std::uint32_t store_number, Journal& journal, std::string witness,
          Court& court)
      : store_(store),
        seed_(seed),
        store_number_(store_number),
        journal_(journal),
        witness_(std::move(witness)),
        court_(court) {}

  void settle(const History& history, const Stored& stored, Settled& settled) {
    for (std::size_t process = 0; process < kProcessesMax; ++process) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const auto& fates = history.fates.at(process).at(lane);
        for (std::size_t number = 0; number < fates.size(); ++number) {
          if (fates[number].begun == 0 || fates[number].rev != 0) continue;
          const RequestName name{.store = store_number_,
                                 .process = static_cast<std::uint8_t>(process),
                                 .lane = static_cast<std::uint8_t>(lane),
                                 .number = static_cast<std::uint32_t>(number)};
          const bool was_stored = stored.keys.contains(key_of(process, lane, name.number));
          settle_one(name, was_stored);
          (was_stored ? settled.unanswered_stored : settled.unanswered_absent) += 1;
        }
      }
    }
  }

 private:
  void settle_one(const RequestName& name, bool was_stored) {
    const auto first = send(name);
    const auto second = send(name);
    const bool is_right = first && second && first->is_already_stored == was_stored && second->is_already_stored &&
                          first->outcomes.front().rev == second->outcomes.front().rev;
    const auto what = [&] {
      return !first       ? first.error().message
             : !second    ? second.error().message
             : was_stored ? "it was stored"
                          : "it was not stored";
    };
    court_.check(kIsSettled, is_right,
                 is_right ? ""
                          : fmt::format("{}, process {}, lane {}, request {}: {}", witness_, name.process, name.lane,
                                        name.number, what()));
  }

  // In the place of the process that is dead, and into its lane.
  Result<BatchOutcome> send(const RequestName& name) {
    const Batch batch = request_of(seed_, name);
    ProcessPage& page = journal_.processes.at(name.process);
    Lane& lane = page.lanes.at(name.lane);
    const std::uint32_t life = page.life.load(std::memory_order_relaxed) + 1;
    lane.append({.kind = EventKind::kBegun,
                 .life = life,
                 .request = name.number,
                 .digest = digest_of(batch),
                 .at_ns = now_ns()});
    auto answer = store_.commit(batch, kPatience);
    if (!answer) return answer;
    lane.append({.kind = answer->is_already_stored ? EventKind::kAlreadyStored : EventKind::kStored,
                 .life = life,
                 .request = name.number,
                 .digest = digest_of(*answer),
                 .rev = answer->outcomes.front().rev,
                 .at_ns = now_ns()});
    return answer;
  }

  Store& store_;
  const std::uint64_t seed_;
  const std::uint32_t store_number_;
  Journal& journal_;
  const std::string witness_;
  Court& court_;
};

}  // namespace

Settled settle_store(const std::string& path, std::uint64_t seed, std::uint32_t store_number, Journal& journal,
                     const History& history, const std::string& witness, Court& court) {
  Settled settled;
  auto store = Store::open(path);
  court.check(kOpens, store.has_value(), store ? "" : witness + ": " + store.error().message);
  if (!store) return settled;
  check_verify(*store, witness, court);
  const Stored stored = check_store(path, history, witness, court);
  settled.operations = stored.operations;
  Settler(*store, seed, store_number, journal, witness, court).settle(history, stored, settled);
  const std::string later = witness + ", settled";
  (void)check_store(path, read_history(journal, false, later, court), later, court);
  check_verify(*store, later, court);
  return settled;
}

}  // namespace penny::proof::kills
