// fork(2) with an open store: parent and child both go on with it.

#include <chrono>
#include <string>
#include <thread>

#include <unistd.h>

#include <penny/penny.hpp>

#include "base/forked.hpp"
#include "proof/basics/chapter.hpp"
#include "support/descriptors.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {

void forks(Report& report) {
  using test::must;
  constexpr int kTurns = 10;
  constexpr unsigned kChildLifeMaxSeconds = 5;
  const test::StoreFolder folder;
  Store store = folder.open();
  (void)must(store.commit(test::a_turn("ada", "before")));
  (void)must(store.last_turns("ada"));
  const std::string claim = "After a fork parent and child both go on, and nothing of either is lost";
  const std::string said = base::in_forked_child([&]() -> std::string {
    alarm(kChildLifeMaxSeconds);
    std::string files;
    for (const std::string& file : test::open_store_files(folder.path())) files += file + " ";
    if (!files.empty()) return "inherited " + files;
    for (int i = 0; i < kTurns; ++i) {
      if (const auto stored = store.commit(test::a_turn("ada", "child")); !stored) return stored.error().message;
    }
    return fmt::format("read {}", must(store.last_turns("ada", 1)).rev);
  });
  same(report, claim, said, fmt::format("read {}", kTurns + 1), "the child");
  for (int i = 0; i < kTurns; ++i) (void)must(store.commit(test::a_turn("ada", "parent")));
  same(report, claim, must(store.changes("ada")).items.size(), std::size_t{2 * kTurns + 1}, "operations");
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
}

}  // namespace penny::proof::basics
