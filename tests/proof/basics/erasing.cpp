// Erasing a user: what is seen, what is left in the files, and what a kill at each point of it leaves to the next one.

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "proof/basics/neighbour.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::proof::basics {
namespace {

using test::must;
using test::operation_of;
using test::until;
using test::with_id;

const std::string kUser = "ada";
const std::string kClean = "No byte of an erased user is left in any file of the store";
const std::string kHidden = "From the erase on nobody sees anything of what was before it";
const std::string kResumed = "An erase that was killed, wherever, is finished by whoever opens the store next";

std::string canary(std::size_t number) { return fmt::format("canary{}bird", 1'000'003 + 7'919 * number); }

// In turns, facts and many preferences, whose tree SQLite balances often.
std::vector<std::string> write_canaries(Store& store, std::size_t first) {
  std::vector<std::string> canaries;
  const auto next = [&] { return canaries.emplace_back(canary(first + canaries.size())); };
  // Among turns of all sizes of another user, so that pages are half empty when hers are gone, and SQLite joins them.
  for (std::size_t i = 0; i < 240; ++i) {
    const std::string words = std::string((i * 337) % 1'500, 'w');
    (void)must(store.commit(i % 3 == 0 ? test::a_turn("eve", words) : test::a_turn(kUser, words + next())));
  }
  (void)must(store.commit(operation_of(kUser, RememberFact{.text = next()})));
  (void)must(store.commit(
      operation_of(kUser, SetDimension{.name = next(), .value = next(), .confidence_change = 0.1, .trigger = next()})));
  for (std::size_t i = 0; i < 300; ++i) {
    const std::string key = fmt::format("{:05}", (i * 7'919) % 10'007);
    const std::string value = i % 3 == 0 ? next() : std::string(40 * (i % 17), 'v');
    (void)must(store.commit(
        operation_of(i % 2 == 0 ? kUser : "eve", SetPreference{.key = key, .value = "\"" + value + "\""})));
  }
  // What stands in Eve's memory is no matter.
  std::erase_if(canaries, [&](const std::string& word) {
    const auto of_eve = must(store.preferences("eve")).items;
    return std::ranges::any_of(of_eve,
                               [&](const Preference& one) { return one.value.find(word) != std::string::npos; });
  });
  return canaries;
}

std::vector<std::string> found_in_files(const test::StoreFolder& folder, const std::vector<std::string>& words) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder.folder())) {
    const std::string bytes = test::bytes_of_file(entry.path());
    for (const std::string& word : words) {
      if (bytes.find(word) != std::string::npos) found.push_back(entry.path().filename().string() + " " + word);
    }
  }
  return found;
}

bool is_unfinished(const std::string& path) {
  test::RawDatabase raw(path);
  return raw.text("SELECT count(*) FROM erased_lives WHERE is_removed = 0") != "0";
}

void expect_nothing(Report& report, const Store& store, std::uint64_t tombstone) {
  same(report, kHidden, must(store.last_turns(kUser)).items.size(), std::size_t{0}, "turns");
  same(report, kHidden, must(store.preferences(kUser)).items.size(), std::size_t{0}, "preferences");
  same(report, kHidden, must(store.facts(kUser)).items.size(), std::size_t{0}, "facts");
  const auto changes = must(store.changes(kUser)).items;
  report.check(kHidden, !changes.empty() && changes[0].rev == tombstone,
               fmt::format("the first of {} changes is not the erase", changes.size()));
}

void kill_at_each_point(Report& report) {
  struct Kill {
    const char* point;
    int times;
  };
  for (const Kill kill : {Kill{"writer.committed", 1}, Kill{"erase.anchor_moved", 1}, Kill{"erase.index_clean", 1},
                          Kill{"writer.before_commit", 2}, Kill{"erase.some_rows_gone", 1}, Kill{"erase.rows_gone", 1},
                          Kill{"erase.copies_overwritten", 1}, Kill{"erase.before_emptying_the_log", 1},
                          Kill{"erase.log_emptied", 1}, Kill{"erase.noted_as_done", 1}}) {
    const test::StoreFolder folder;
    std::vector<std::string> canaries;
    std::uint64_t last = 0;
    {
      Store store = folder.open();
      canaries = write_canaries(store, 1);
      last = must(store.last_turns(kUser)).rev;
      if (!must(store.wait_for_search_index(test::kPatience))) throw std::runtime_error("no search index");
    }
    {
      Neighbour victim(folder.path());
      victim.send("open");
      (void)victim.line();
      victim.send(fmt::format("die {} {}", kill.point, kill.times));
      (void)victim.line();
      victim.send("erase " + kUser);
      const int status = victim.wait();
      report.check("Every marked point of an erase is reached", WIFSIGNALED(status),
                   fmt::format("not {} for the {}th time", kill.point, kill.times));
    }
    Store store = folder.open();
    report.check(kResumed, until([&] { return !is_unfinished(folder.path()); }, std::chrono::seconds(5)),
                 fmt::format("killed at {}", kill.point));
    expect_nothing(report, store, last + 1);
    const auto left = found_in_files(folder, canaries);
    report.check(kClean, left.empty(), fmt::format("killed at {}: {} left", kill.point, fmt::join(left, ", ")));
    same(report, "A store in which somebody was erased verifies", must(store.verify()).problems, {}, kill.point);
  }
}

// Where SQLite balances a tree it leaves copies of cells, in pages of other users too.
void copies_in_pages(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  std::minstd_rand random(11);
  std::vector<std::string> canaries;
  for (std::size_t i = 0; i < 2'500; ++i) {
    const auto user = random() % 60;
    std::string value(random() % 700, 'v');
    if (user % 4 == 0) value += canaries.emplace_back(canary(i));
    (void)must(
        store.commit(operation_of(fmt::format("user{}", user), SetPreference{.key = std::to_string(random() % 100'000),
                                                                             .value = "\"" + value + "\""})));
  }
  for (int user = 0; user < 60; user += 4) (void)must(store.erase(fmt::format("user{}", user)));
  const auto left = found_in_files(folder, canaries);
  report.check(kClean, left.empty(), fmt::format("{} copies left: {}", left.size(), fmt::join(left, ", ")));
}

}  // namespace

void erasing(Report& report) {
  {
    const test::StoreFolder folder;
    Store store = folder.open();
    const Operation first = with_id(test::a_turn(kUser));
    (void)must(store.commit(first));
    const std::vector<std::string> canaries = write_canaries(store, 5'000);
    const std::uint64_t last = must(store.last_turns(kUser)).rev;
    if (!must(store.wait_for_search_index(test::kPatience))) throw std::runtime_error("no search index");
    Neighbour neighbour(folder.path());
    neighbour.send("open");
    (void)neighbour.line();
    (void)neighbour.commit(kUser);
    report.check("Before the erase the words are there, so that it could be seen if they stayed",
                 found_in_files(folder, canaries).size() >= canaries.size(), "some were not found at all");

    const Erased erased = must(store.erase(kUser, {.progress = {}, .also_search_for = canaries}));
    same(report, "An erase has the user's next rev", erased.rev, last + 2);
    same(report, kClean, erased.bytes_found, std::uint64_t{0}, "bytes");
    const auto left = found_in_files(folder, canaries);
    report.check(kClean, left.empty(), fmt::format("{} left", fmt::join(left, ", ")));
    expect_nothing(report, store, last + 2);

    const std::string retried = "A late retry of an erased operation is told, and not stored";
    const auto retry = store.commit(first);
    same(report, retried, retry ? std::string("stored") : retry.error().field, std::string("erased"));

    const std::string new_life = "What a user writes after the erase is a new life with the next revs";
    same(report, new_life, neighbour.commit(kUser).rev, last + 3, "of a process that wrote before");
    same(report, new_life, must(store.last_turns(kUser)).items.size(), std::size_t{1}, "turns");
    same(report, "A store in which somebody was erased verifies", must(store.verify()).problems, {});
  }
  copies_in_pages(report);
  kill_at_each_point(report);
}

}  // namespace penny::proof::basics
