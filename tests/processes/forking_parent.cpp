// A process that uses a store with several threads and forks children all the while, until it is killed:
//
//     penny_test_forking_parent STORE ACKNOWLEDGED REPORT
//
// It says a line on standard output for each fork. Each child goes on with the store that it inherited, and writes into
// REPORT the line `begun`, then `ok` or what went wrong. Every sixteenth child says `lingers` there before that, and
// stays until standard input ends. Children keep standard output open for as long as they live.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <penny/penny.hpp>

#include "support/acknowledgements.hpp"
#include "support/descriptors.hpp"

namespace penny::test {
namespace {

constexpr unsigned kParentLifeMaxSeconds = 120;
constexpr unsigned kChildLifeMaxSeconds = 60;
constexpr int kChildrenMax = 6;
constexpr int kLingersEach = 16;
constexpr const char* kUser = "cj";

void say(int file, std::string_view text) {
  const std::string line = std::string(text) + "\n";
  if (write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
}

Operation a_turn() {
  return {.user = kUser,
          .payload = AppendTurn{.user_input = "Hi", .assistant_response = "Hello"},
          .id = OperationId::make()};
}

void write_for_ever(Store& store, const AcknowledgementLog& log) {
  for (;;) {
    const auto stored = store.commit(a_turn());
    if (!stored) std::abort();
    log.add(*stored);
  }
}

void read_for_ever(const Store& store) {
  for (;;) {
    if (!store.last_turns(kUser, 50)) std::abort();
  }
}

std::string reason(const Error& error) { return std::string(to_string(error.code)) + ": " + error.message; }

// What goes wrong in a child; nothing: all is well.
std::optional<std::string> use_inherited(Store& store, const std::string& path, const AcknowledgementLog& log) {
  if (const auto open = open_store_files(path); !open.empty()) return "open right after the fork: " + open.front();
  const Operation turn = a_turn();
  const auto stored = store.commit(turn);
  if (!stored) return "commit: " + reason(stored.error());
  log.add(*stored);
  if (stored->is_already_stored) return "its id was used before";

  const auto turns = store.last_turns(kUser, limits::kPageItemsMax);
  if (!turns) return "read: " + reason(turns.error());
  if (turns->rev < stored->rev) return "the read does not include the own write";
  std::uint64_t before = turns->items.empty() ? 0 : turns->items.front().rev - 1;
  for (const Turn& one : turns->items) {
    if (one.rev != ++before) return "the read is torn";
  }

  auto watch = store.watch(kUser, stored->rev - 1);
  if (!watch) return "watch: " + reason(watch.error());
  const auto change = watch->next(std::chrono::seconds(20));
  if (!change) return "next: " + reason(change.error());
  if (!*change || (*change)->rev != stored->rev || (*change)->operation.id != turn.id) return "the watch shows another";

  const auto again = store.commit(turn);
  if (!again) return "retry: " + reason(again.error());
  if (!again->is_already_stored || again->rev != stored->rev) return "the retry was stored twice";
  return std::nullopt;
}

[[noreturn]] void live_as_child(Store& store, const std::string& path, const AcknowledgementLog& log, int report,
                                bool lingers) {
  alarm(kChildLifeMaxSeconds);
  say(report, "begun");
  const auto wrong = use_inherited(store, path, log);
  if (lingers) {
    say(report, "lingers");
    char ignored = 0;
    while (read(STDIN_FILENO, &ignored, 1) > 0) {
    }
  }
  say(report, wrong ? *wrong : "ok");
  _exit(0);
}

[[noreturn]] void fork_for_ever(Store& store, const std::string& path, const AcknowledgementLog& log, int report) {
  std::minstd_rand random{std::random_device{}()};
  int children = 0;
  for (int n = 1;; ++n) {
    while (children > 0 && waitpid(-1, nullptr, children < kChildrenMax ? WNOHANG : 0) > 0) children -= 1;
    const bool lingers = n % kLingersEach == 0;
    const pid_t child = fork();
    if (child < 0) std::abort();
    if (child == 0) live_as_child(store, path, log, report, lingers);
    if (!lingers) children += 1;
    say(STDOUT_FILENO, "forked");
    // Where in the threads' work the next fork falls shall be left to chance.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
  }
}

}  // namespace
}  // namespace penny::test

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  alarm(penny::test::kParentLifeMaxSeconds);
  const std::string path = argv[1];
  const penny::test::AcknowledgementLog log(argv[2]);
  const int report = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  auto store = penny::Store::open(path);
  if (report < 0 || !store) return 3;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { penny::test::write_for_ever(*store, log); });
  threads.emplace_back([&] { penny::test::read_for_ever(*store); });
  penny::test::fork_for_ever(*store, path, log, report);
}
