#include "proof/power/workload.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include <fmt/core.h>

#include "backend/sqlite/connection.hpp"
#include "base/file_system.hpp"
#include "proof/power/bench.hpp"
#include "proof/power/recorder.hpp"
#include "proof/power/requests.hpp"
#include "store/gate_page.hpp"

namespace penny::proof::power {
namespace {

using std::chrono::milliseconds;

constexpr const char* kUsers[] = {"ann", "ben", "cleo"};
constexpr std::size_t kRetryOneIn = 5;
constexpr std::size_t kReadOneIn = 8;
constexpr std::size_t kLargeTextBytes = 400'000;  // on each side of a turn: some 200 frames of the log

std::string text_of(const Error& error) { return fmt::format("{}: {}", to_string(error.code), error.message); }

std::vector<std::uint64_t> revs_of(const BatchOutcome& stored) {
  std::vector<std::uint64_t> revs;
  for (const Outcome& outcome : stored.outcomes) revs.push_back(outcome.rev);
  return revs;
}

// What our own rules may say to a request that is well formed.
bool is_refusal(const Error& error) {
  return error.code == ErrorCode::kNotFound || error.code == ErrorCode::kConflict ||
         error.code == ErrorCode::kDeadlineExceeded;
}

void keep_page(const std::string& path) {
  const std::string gate = path + "-gate";
  std::error_code ignored;
  if (!std::filesystem::exists(gate, ignored)) return;
  base::StorePaths paths;
  paths.gate = gate;
  const auto page = store::GatePage::open(paths, false);
  if (!page) return;
  const auto anchor = (*page)->anchor();
  Recorder::instance().keep_page(read_file(gate), anchor);
}

void ask(Store& store, const std::string& path, Request& request, milliseconds deadline, History& history) {
  const Fate before = history.begin(request);
  if (before == Fate::kRefused) return;
  const bool was_stored = before == Fate::kStored;
  const std::size_t activity = history.begin_activity(was_stored ? "retry" : request.kind);
  const auto stored = store.commit(Batch{.operations = request.operations, .if_unchanged_since = {}}, deadline);
  if (stored) {
    if (was_stored && (!stored->is_already_stored || revs_of(*stored) != request.revs))
      history.contradicted(fmt::format("a retry of {} was answered with another outcome", request.kind));
    history.store(request, revs_of(*stored));
  } else if (was_stored) {
    history.contradicted(fmt::format("a retry of {} was refused: {}", request.kind, text_of(stored.error())));
  } else if (is_refusal(stored.error())) {
    history.refuse(request);
  } else {
    history.contradicted(fmt::format("{}: {}", request.kind, text_of(stored.error())));
  }
  history.end_activity(activity);
  keep_page(path);
}

void look(const Store& store, History& history) {
  const auto rows = read_all([&](std::uint64_t since) { return store.all_changes(since, limits::kPageItemsMax); });
  if (rows) {
    history.seen(*rows);
  } else {
    history.contradicted(fmt::format("a read failed: {}", text_of(rows.error())));
  }
}

// Nothing if it does not open, which is noted.
std::unique_ptr<Store> open(const std::string& path, History& history) {
  const std::size_t activity = history.begin_activity("open");
  auto store = Store::open(path);
  if (!store) {
    history.contradicted(fmt::format("the store does not open: {}", text_of(store.error())));
    return nullptr;
  }
  auto opened = std::make_unique<Store>(std::move(*store));
  const auto diagnosis = opened->diagnose();
  if (diagnosis) history.opened(diagnosis->store_id);
  history.end_activity(activity);
  look(*opened, history);
  keep_page(path);
  return opened;
}

void copy_log(const std::string& path, History& history) {
  const std::size_t activity = history.begin_activity("checkpoint");
  auto connection = backend::sqlite::Connection::open(path, backend::sqlite::ConnectionRole::kWriter);
  const auto copied = connection ? (*connection)->checkpoint_passive()
                                 : Result<backend::sqlite::Connection::Checkpoint>(std::unexpected(connection.error()));
  if (!copied) history.contradicted(fmt::format("a checkpoint failed: {}", text_of(copied.error())));
  history.end_activity(activity);
}

struct Task {
  const std::string& path;
  const Script& script;
  History& history;
  std::vector<Request*> earlier{};  // requests of before that this thread alone may retry
};

void speak(Store& store, const Task& task, std::uint64_t seed) {
  Random random(seed);
  Speaker speaker{.user = kUsers[draw(random, std::size(kUsers))], .random = random, .facts = {}};
  if (task.script.is_large) speaker.text_bytes_min = kLargeTextBytes;
  std::vector<Request*> own = task.earlier;
  for (std::size_t i = 0; i < task.script.requests; ++i) {
    if (!own.empty() && is_one_in(random, kRetryOneIn)) {
      ask(store, task.path, *own[draw(random, own.size())], kCommitDeadlineDefault, task.history);
      continue;
    }
    if (is_one_in(random, kReadOneIn)) look(store, task.history);
    const RequestKind& kind = request_kinds()[task.script.is_large ? 0 : draw(random, request_kinds().size())];
    speaker.user = kUsers[draw(random, std::size(kUsers))];
    Request& request = task.history.add(std::string(kind.name), kind.make(speaker));
    ask(store, task.path, request, kind.is_hopeless ? milliseconds(0) : kCommitDeadlineDefault, task.history);
    own.push_back(&request);
    if (task.script.has_checkpoints && is_one_in(random, 5)) copy_log(task.path, task.history);
  }
}

}  // namespace

Script draw_script(Random& random) {
  Script script;
  script.stores = 1 + draw(random, 3);
  script.threads = 1 + draw(random, 3);
  script.requests = 2 + draw(random, 18 / (script.stores * script.threads));
  script.has_checkpoints = is_one_in(random, 2);
  script.is_closed_between = is_one_in(random, 2);
  return script;
}

std::string text_of(const Script& script) {
  return fmt::format("{} stores x {} threads x {} requests{}{}{}", script.stores, script.threads, script.requests,
                     script.has_checkpoints ? ", checkpoints" : "", script.is_closed_between ? ", closed between" : "",
                     script.is_large ? ", large" : "");
}

void run(const std::string& path, const Script& script, Random& random, History& history) {
  std::vector<Request*> earlier;
  for (Request& request : history.requests()) earlier.push_back(&request);
  for (int part = 0; part < (script.is_closed_between ? 2 : 1); ++part) {
    std::vector<std::unique_ptr<Store>> stores;
    for (std::size_t i = 0; i < script.stores; ++i) {
      auto store = open(path, history);
      if (!store) return;
      stores.push_back(std::move(store));
    }
    std::vector<Task> tasks(script.stores * script.threads, {.path = path, .script = script, .history = history});
    for (std::size_t i = 0; i < earlier.size(); ++i) tasks[i % tasks.size()].earlier.push_back(earlier[i]);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < tasks.size(); ++i) {
        threads.emplace_back([&, i, seed = random()] { speak(*stores[i % stores.size()], tasks[i], seed); });
      }
    }
    const std::size_t closing = history.begin_activity("close");
    stores.clear();
    history.end_activity(closing);
  }
}

namespace {

std::string retry(Store& store, const Request& request, bool must_be_stored) {
  const Batch batch{.operations = request.operations, .if_unchanged_since = {}};
  const auto first = store.commit(batch);
  if (!first && !must_be_stored && is_refusal(first.error())) return {};
  if (!first) return fmt::format("a retry of {} was refused: {}", request.kind, text_of(first.error()));
  if (must_be_stored && (!first->is_already_stored || revs_of(*first) != request.revs))
    return fmt::format("a retry of {} was answered with another outcome", request.kind);
  const auto second = store.commit(batch);
  if (!second || !second->is_already_stored || revs_of(*second) != revs_of(*first))
    return fmt::format("the second retry of {} was answered with another outcome", request.kind);
  return {};
}

}  // namespace

std::vector<std::string> retry_all(const std::string& path, const Judge& judge, std::size_t position, Random& random) {
  std::vector<std::string> wrong;
  const auto must = [&](bool holds, std::string what) {
    if (!holds) wrong.push_back(std::move(what));
  };
  for (int time = 0; time < 2; ++time) {
    auto store = Store::open(path);
    must(store.has_value(), store ? "" : fmt::format("it does not open: {}", text_of(store.error())));
    if (!store) return wrong;
    const auto diagnosis = store->diagnose();
    must(diagnosis && (!judge.must_exist(position) || diagnosis->store_id == judge.history().store_id()),
         "it is another store");
    for (const Request& request : judge.history().requests()) {
      const bool is_stored = request.fate == Fate::kStored && request.settled <= position;
      const bool may_be = !is_stored && request.fate != Fate::kRefused && request.begun < position;
      if (!is_one_in(random, is_stored ? 6 : 2) || (!is_stored && !may_be)) continue;
      std::string answer = retry(*store, request, is_stored);
      must(answer.empty(), std::move(answer));
    }
    Speaker speaker{.user = kUsers[draw(random, std::size(kUsers))], .random = random, .facts = {}};
    const auto stored = store->commit(a_turn(speaker));
    must(stored.has_value(), stored ? "" : fmt::format("it takes no new turn: {}", text_of(stored.error())));
    const auto report = store->verify();
    must(report && report->problems.empty(),
         report ? report->problems.empty() ? "" : report->problems.front() : text_of(report.error()));
  }
  return wrong;
}

std::string hexadecimal(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

}  // namespace penny::proof::power
