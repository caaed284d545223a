// Giving space back: the file is shorter, nothing else is different, and a kill at each point of it leaves a store that is whole.

#include <filesystem>
#include <string>

#include <sys/wait.h>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "proof/basics/neighbour.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

namespace fs = std::filesystem;
using test::a_turn;
using test::must;

const std::string kShorter = "Giving space back makes the file as long as what it holds";
const std::string kSame = "Giving space back changes nothing that anybody reads, and no digest";
constexpr std::uint64_t kPageBytes = 4096;

void fill(const test::StoreFolder& folder) {
  Store store = folder.open();
  for (int i = 0; i < 300; ++i) {
    for (const char* user : {"ada", "eve"}) (void)must(store.commit(a_turn(user, std::string(9'000, 'x'))));
  }
  (void)must(store.forget_turns_after("ada", 0));
}

std::string digests(const std::string& path) {
  test::RawDatabase raw(path);
  return raw.text("SELECT group_concat(hex(digest)) FROM (SELECT digest FROM ledger ORDER BY seq)");
}

bool is_as_long_as_its_pages(const std::string& path) {
  test::RawDatabase raw(path);
  return raw.text("PRAGMA freelist_count") == "0" &&
         fs::file_size(path) == kPageBytes * std::stoull(raw.text("PRAGMA page_count"));
}

void kill_at_each_point(Report& report) {
  for (const char* point : {"vacuum.pages_moved", "writer.before_commit", "writer.committed", "vacuum.pages_given_back",
                            "erase.before_emptying_the_log", "vacuum.file_cut"}) {
    const test::StoreFolder folder;
    fill(folder);
    const std::string before = digests(folder.path());
    {
      Neighbour victim(folder.path());
      victim.send("open");
      (void)victim.line();
      victim.send(fmt::format("die {} 1", point));
      (void)victim.line();
      victim.send("vacuum");
      const int status = victim.wait();
      report.check("Every marked point of giving space back is reached", WIFSIGNALED(status),
                   fmt::format("not {}", point));
    }
    Store store = folder.open();
    same(report, "A store in which giving space back was killed verifies", must(store.verify()).problems, {}, point);
    same(report, kSame, digests(folder.path()), before, point);
    (void)must(store.vacuum());
    report.check(kShorter, is_as_long_as_its_pages(folder.path()), fmt::format("after a kill at {}", point));
  }
}

}  // namespace

void vacuuming(Report& report) {
  {
    const test::StoreFolder folder;
    fill(folder);
    const std::string before = digests(folder.path());
    Store store = folder.open();
    const Vacuumed done = must(store.vacuum());
    report.check(kShorter, done.pages >= 600 && done.bytes_after + 500 * kPageBytes < done.bytes_before,
                 fmt::format("{} pages, {} bytes of {}", done.pages, done.bytes_after, done.bytes_before));
    report.check(kShorter, is_as_long_as_its_pages(folder.path()), "free pages are left");
    same(report, kSame, digests(folder.path()), before);
    same(report, kSame, must(store.last_turns("eve", 300)).items.size(), std::size_t{300});
    same(report, "Giving space back twice does it once", must(store.vacuum()).rounds, std::uint64_t{0});
  }
  kill_at_each_point(report);
}

}  // namespace penny::proof::basics
