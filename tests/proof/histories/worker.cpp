#include "proof/histories/worker.hpp"

#include <cstdlib>
#include <exception>
#include <random>
#include <stdexcept>
#include <thread>

#include <fmt/core.h>
#include <penny/store.hpp>

#include "proof/histories/board.hpp"
#include "proof/histories/perform.hpp"
#include "proof/histories/recorder.hpp"
#include "proof/histories/vocabulary.hpp"
#include "proof/histories/workload.hpp"

namespace penny::proof::histories {
namespace {

constexpr std::uint32_t kChurningThread = kThreads - 1;  // opens a store of its own again and again
constexpr std::uint64_t kCallsOfChurn = 25;
constexpr std::uint32_t kPage = 1000;

Store open_store(const std::string& folder) {
  auto store = Store::open(store_path(folder));
  if (!store) throw std::runtime_error(fmt::format("the store cannot be opened: {}", store.error().message));
  return std::move(*store);
}

std::uint64_t mixed(std::uint64_t seed, std::uint64_t process, std::uint64_t thread) {
  std::seed_seq sequence{seed, seed >> 32U, process, thread};
  std::uint32_t words[2];
  sequence.generate(words, words + 2);
  return std::uint64_t{words[0]} << 32U | words[1];
}

class Writer {
 public:
  explicit Writer(const std::vector<std::string>& arguments)
      : folder_(arguments.at(0)),
        process_(std::stoul(arguments.at(1))),
        slot_(std::stoul(arguments.at(2))),
        seed_(std::stoull(arguments.at(3))),
        predecessor_(std::stoul(arguments.at(4))),
        board_(board_path(folder_)),
        recorder_(record_path(folder_, static_cast<std::uint32_t>(process_)), kThreads),
        store_(open_store(folder_)) {}

  void run() {
    std::vector<std::thread> threads;
    for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([this, thread] {
        try {
          work(thread);
        } catch (const std::exception& error) {
          fmt::print(stderr, "histories: {}\n", error.what());
          std::_Exit(EXIT_FAILURE);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
  // Every second process has a thread that opens and closes.
  [[nodiscard]] bool churns(std::uint32_t thread) const { return thread == kChurningThread && slot_ % 2 == 0; }

  void work(std::uint32_t thread) {
    if (thread == 0 && predecessor_ != 0) try_again();
    Workload workload(*board_, mixed(seed_, process_, thread));
    std::optional<Store> own;
    for (std::uint64_t calls = 0;
         board_->is_to_end.at(slot_).load(std::memory_order_relaxed) == 0 && board_->begin_call(); ++calls) {
      if (churns(thread) && calls % kCallsOfChurn == 0) {
        own.reset();
        own = open_store(folder_);
      }
      Call call = workload.next();
      make(thread, own ? *own : store_, call);
      workload.learn(call);
    }
  }

  void make(std::uint32_t thread, Store& store, Call& call) {
    recorder_.begin(thread, call);
    perform(store, call);
    recorder_.end(thread, call);
  }

  // Most of what the predecessor had no answer to; the rest stays unknown.
  void try_again() {
    std::mt19937_64 random(mixed(seed_, process_, kThreads));
    for (const auto& lane : Recorder::read(record_path(folder_, static_cast<std::uint32_t>(predecessor_)))) {
      if (lane.empty() || lane.back().status != Status::kPending || !lane.back().is_write()) continue;
      Call call = lane.back();
      if (call.is_id_reused || random() % 5 == 0 || !board_->begin_call()) continue;
      call.deadline = 0;
      // What it was decided on stands in another lane.
      if (call.guard) call.guard->based_on = kNoCall;
      make(0, store_, call);
    }
  }

  std::string folder_;
  std::uint64_t process_;
  std::size_t slot_;
  std::uint64_t seed_;
  std::uint64_t predecessor_;
  SharedBoard board_;
  Recorder recorder_;
  Store store_;
};

class FinalReader {
 public:
  FinalReader(const std::string& folder, std::uint32_t process)
      : recorder_(record_path(folder, process), 1), store_(open_store(folder)) {}

  void run() {
    read({.ask = Ask::kVerify});
    for (std::uint8_t user = 0; user < kUsers; ++user) {
      pages(user, Ask::kChanges, &Entry::rev);
      pages(user, Ask::kEvolution, &Entry::rev);
      pages(user, Ask::kFacts, &Entry::rev);
      read({.ask = Ask::kPreferences, .user = user, .limit = kPage});
      read({.ask = Ask::kPersonality, .user = user, .limit = kPage});
      for (const Entry& session : pages(user, Ask::kSessions, &Entry::session_first)) {
        read({.ask = Ask::kSessionTurns, .user = user, .session = session.session, .limit = kPage});
      }
    }
  }

 private:
  Call read(Call call) {
    recorder_.begin(0, call);
    perform(store_, call);
    recorder_.end(0, call);
    return call;
  }

  std::vector<Entry> pages(std::uint8_t user, Ask ask, std::uint64_t Entry::* key) {
    std::vector<Entry> all;
    std::uint64_t since = 0;
    for (;;) {
      const Call page = read({.ask = ask, .user = user, .since = since, .limit = kPage});
      all.insert(all.end(), page.entries.begin(), page.entries.end());
      if (page.entries.size() < kPage) return all;
      since = page.entries.back().*key;
    }
  }

  Recorder recorder_;
  Store store_;
};

}  // namespace

int run_writer(const std::vector<std::string>& arguments) {
  Writer(arguments).run();
  return EXIT_SUCCESS;
}

int run_reader(const std::vector<std::string>& arguments) {
  Recorder recorder(record_path(arguments.at(0), static_cast<std::uint32_t>(std::stoul(arguments.at(1)))), 1);
  Store store = open_store(arguments.at(0));
  Call call{.ask = Ask::kVerify};
  recorder.begin(0, call);
  perform(store, call);
  recorder.end(0, call);
  return EXIT_SUCCESS;
}

int run_final(const std::vector<std::string>& arguments) {
  FinalReader(arguments.at(0), static_cast<std::uint32_t>(std::stoul(arguments.at(1)))).run();
  return EXIT_SUCCESS;
}

std::string record_path(const std::string& folder, std::uint32_t process) {
  return fmt::format("{}/record-{}", folder, process);
}
std::string store_path(const std::string& folder) { return folder + "/memory.db"; }
std::string board_path(const std::string& folder) { return folder + "/board"; }

}  // namespace penny::proof::histories
