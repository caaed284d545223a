#include "proof/faults/submit.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/file_system.hpp"
#include "store/gate.hpp"
#include "store/gate_page.hpp"
#include "support/log_copy.hpp"
#include "support/stores.hpp"

namespace penny::proof::faults {
namespace {

using std::chrono::milliseconds;

// While a lock cannot be had, a request waits until its deadline.
milliseconds deadline_of(const std::vector<Stroke>& strokes) {
  for (const Stroke& stroke : strokes) {
    if (stroke.fault->manner == Manner::kLock) return milliseconds(30);
  }
  return milliseconds(2'000);
}

constexpr int kTriesMax = 100'000;

bool is_queue_full(const Result<BatchOutcome>& answer) {
  return !answer && answer.error().code == ErrorCode::kOverloaded && answer.error().field == "queue";
}

Result<BatchOutcome> commit_when_there_is_room(Store& store, const Batch& request, milliseconds deadline) {
  for (int i = 0; i < kTriesMax; ++i) {
    auto answer = store.commit(request, deadline);
    if (!is_queue_full(answer)) return answer;
    std::this_thread::yield();
  }
  throw std::runtime_error("the queue is full for good");
}

// Nothing can be taken while the gate is ours, so a request without patience comes back; as soon as the queue is full it is
// not even let in.
void wait_until_queue_is_full(Store& store) {
  Batch probe;
  probe.operations.push_back(test::operation_of(std::string(kNeighbour), EndSession{}));
  for (int i = 0; i < kTriesMax; ++i) {
    if (is_queue_full(store.commit(probe, milliseconds(0)))) return;
    std::this_thread::yield();
  }
  throw std::runtime_error("the queue does not fill");
}

}  // namespace

Submitted submit(Store& store, const std::string& database, const std::vector<Batch>& requests,
                 const std::vector<Stroke>& strokes, const std::function<void()>& while_it_lasts) {
  Submitted submitted;
  const milliseconds deadline = deadline_of(strokes);
  const auto finish = [&](InForce& fault) {
    submitted.seen = seen();
    submitted.calls = calls();
    while_it_lasts();
    fault.lift();
  };
  if (requests.size() == 1) {
    const test::LogCopy log_copy(database);
    InForce fault(strokes, database + "-wal");
    submitted.answers.push_back(store.commit(requests.front(), deadline));
    log_copy.await_end();
    finish(fault);
    return submitted;
  }
  const auto paths = test::must(base::prepare_paths(database, false));
  const auto page = test::must(store::GatePage::open(paths, false));
  const auto gate = test::must(store::Gate::open(paths, *page));
  if (!gate->try_enter()) throw std::runtime_error("the gate is not free");
  submitted.answers.resize(requests.size());
  std::vector<std::jthread> callers;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    callers.emplace_back(
        [&, i] { submitted.answers[i] = commit_when_there_is_room(store, requests[i], milliseconds(10'000)); });
  }
  wait_until_queue_is_full(store);
  InForce fault(strokes, database + "-wal");
  gate->leave();
  callers.clear();
  finish(fault);
  return submitted;
}

}  // namespace penny::proof::faults
