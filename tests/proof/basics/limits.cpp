// What is refused before anything is written, and which files are refused or made.

#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using test::must;
using test::operation_of;

template <class Outcome>
std::string code_of(const Result<Outcome>& outcome) {
  return outcome ? "done" : std::string(to_string(outcome.error().code));
}

Batch batch_of(std::size_t operations) {
  Batch batch;
  for (std::size_t i = 0; i < operations; ++i)
    batch.operations.push_back(test::a_turn("ada", fmt::format("turn {}", i)));
  return batch;
}

}  // namespace

void limits_of_values(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const std::string kept = "A value at its limit is stored";
  same(report, kept, code_of(store.commit(test::a_turn("ada", std::string(std::size_t{1} << 20, 'x')))),
       std::string("done"), "a text of 1 MiB");
  same(report, kept, code_of(store.commit(batch_of(64))), std::string("done"), "a batch of 64");

  const auto refused = [&](const std::string& claim, Operation operation, std::string_view what) {
    same(report, claim, code_of(store.commit(std::move(operation))), std::string("invalid"), what);
  };
  const std::string sizes = "What is longer than its limit is refused";
  refused(sizes, test::a_turn("ada", std::string((std::size_t{1} << 20) + 1, 'x')), "a text of 1 MiB and a byte");
  refused(sizes, test::a_turn(std::string(129, 'u'), "Hi"), "a user of 129 bytes");
  same(report, "A batch of more than 64 operations is refused", code_of(store.commit(batch_of(65))),
       std::string("invalid"));
  const std::string texts = "A text with NUL or broken UTF-8 is refused";
  refused(texts, test::a_turn("ada", std::string("a\0b", 3)), "NUL");
  refused(texts, test::a_turn("ada", "a\xff"), "a byte that is no UTF-8");
  const std::string numbers = "A number outside of its range is refused";
  refused(numbers, operation_of("ada", AdjustDimension{.name = "mood", .delta = 1.5}), "a delta of 1.5");
  refused(numbers, operation_of("ada", SetDimension{.name = "mood", .value = -0.5}), "a value of -0.5");
  refused(numbers, operation_of("ada", SetPreference{.key = "a", .value = "1", .confidence = 1.1}),
          "a confidence of 1.1");
  same(report, "What was refused left nothing", must(store.user_statistics("ada")).value.operations, std::uint64_t{65},
       "operations");
}

void quota(Report& report) {
  const test::StoreFolder folder;
  OpenOptions options;
  options.user_bytes_max = 1000;
  Store store = must(Store::open(folder.path(), options));
  Store other = must(Store::open(folder.path(), options));
  // 500 bytes: the text, "Hello" and "{}".
  const auto half = [](const std::string& user) { return test::with_id(test::a_turn(user, std::string(493, 'x'))); };
  const std::string claim = "Whoever writes, a user keeps at most the quota's bytes";
  const Operation first = half("ada");
  same(report, claim, code_of(store.commit(first)), std::string("done"), "the first half");
  same(report, claim, code_of(other.commit(half("ada"))), std::string("done"), "the second half");
  same(report, claim, code_of(store.commit(test::a_turn("ada", ""))), std::string("overloaded"), "a turn more");
  same(report, claim, code_of(store.commit(half("bob"))), std::string("done"), "another user");
  same(report, "A retry is answered although the quota is used up", must(other.commit(first)).is_already_stored, true);
  same(report, "What was refused left nothing", must(store.user_statistics("ada")).value.operations, std::uint64_t{2},
       "operations");
  const std::string room = "Forgetting and erasing work when the quota is used up, and make room";
  same(report, room, code_of(store.commit(operation_of("ada", ForgetTurn{.turn = *first.id}))), std::string("done"),
       "a turn is forgotten");
  same(report, room, code_of(other.commit(half("ada"))), std::string("done"), "a turn in its place");
  same(report, room, code_of(other.commit(half("ada"))), std::string("overloaded"), "another one");
  same(report, room, code_of(store.erase("ada")), std::string("done"), "the user is erased");
  same(report, room, code_of(other.commit(half("ada"))), std::string("done"), "the first turn of a new life");
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
}

void files_and_modes(Report& report) {
  const test::StoreFolder folder;
  (void)must(folder.open().commit(test::a_turn("ada")));
  const std::string modes = "The store's files belong to their owner alone";
  for (const char* suffix : {"", "-wal", "-shm", "-gate", "-bell", "-ballast"}) {
    struct stat status{};
    if (stat((folder.path() + suffix).c_str(), &status) != 0)
      throw std::runtime_error("a file of the store is missing");
    same(report, modes, status.st_mode & 0777U, 0600U, suffix);
  }
  {
    const std::string second = folder / "second.db";
    if (link(folder.path().c_str(), second.c_str()) != 0) throw std::runtime_error("no hard link");
    same(report, "A file with a second name is refused", code_of(Store::open(second)), std::string("hard_linked"));
    unlink(second.c_str());
  }
  {
    test::RawDatabase(folder.path()).run("PRAGMA user_version=5");
  }
  same(report, "A store that a newer Penny wrote is refused", code_of(Store::open(folder.path())),
       std::string("newer_schema"));
}

}  // namespace penny::proof::basics
