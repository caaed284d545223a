#include "proof/damage/targets.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "support/raw_database.hpp"

namespace penny::proof::damage {
namespace {

std::uint64_t big_endian(const std::string& bytes, std::uint64_t at) {
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < 4; ++i) value = value << 8U | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}

Place page(std::uint64_t number) { return {.offset = (number - 1) * kPageBytes, .size = kPageBytes}; }
Place frame(std::uint64_t number) {
  return {.offset = kLogHeaderBytes + (number - 1) * kFrameBytes, .size = kFrameBytes};
}

// The fields of `GatePage::Layout`, whose first word says that it is still that one.
struct Field {
  const char* name;
  Place place;
};
constexpr Field kPageFields[] = {
    {"shared page: magic", {0, 8}},
    {"shared page: store id", {8, 16}},
    {"shared page: boot id", {24, 40}},
    {"shared page: checksum", {64, 8}},
    {"shared page: ticket", {128, 4}},
    {"shared page: serving", {192, 4}},
    {"shared page: entries", {196, 4}},
    {"shared page: copied frames", {200, 4}},
    {"shared page: holder", {204, 20}},
    {"shared page: readers held", {224, 20}},
    {"shared page: when the log was copied", {248, 8}},
    {"shared page: anchor 1, generation", {256, 8}},
    {"shared page: anchor 1, seq", {264, 8}},
    {"shared page: anchor 1, digest", {272, 32}},
    {"shared page: anchor 1, checksum", {304, 8}},
    {"shared page: anchor 2, generation", {312, 8}},
    {"shared page: anchor 2, seq", {320, 8}},
    {"shared page: anchor 2, digest", {328, 32}},
    {"shared page: anchor 2, checksum", {360, 8}},
    {"shared page: slots", {4096, 65'536}},
};
constexpr std::string_view kPageMagic = "PnyPage1";

// In a fresh log's header each field by itself: none of them may fool the others.
constexpr Field kLogFields[] = {
    {"-wal header: magic and format", {0, 8}},
    {"-wal header: page size and checkpoints", {8, 8}},
    {"-wal header: salts", {16, 8}},
    {"-wal header: checksum", {24, 8}},
};

// Every tree of the database by its name, with its pages; texts that do not fit into a page by themselves.
void add_trees(const Images& images, const std::string& folder, std::vector<Target>& targets) {
  const std::string path = folder + "/look.db";
  write_image(images.copied, path, true);
  std::map<std::string, std::vector<Place>> trees;
  for (const auto& row : test::RawDatabase(path).rows("SELECT name, pagetype, pageno FROM dbstat ORDER BY pageno")) {
    const std::string name = row.at(1) == "overflow" ? "texts on pages of their own" : "tree " + row.at(0);
    trees[name].push_back(page(std::stoull(row.at(2))));
  }
  for (auto& [name, places] : trees) targets.push_back({.name = name, .places = std::move(places)});
}

void add_free_pages(const std::string& database, std::vector<Target>& targets) {
  constexpr std::uint64_t kFirstTrunkAt = 32;
  Target trunks{.name = "free pages: lists"};
  Target leaves{.name = "free pages: what they held"};
  for (std::uint64_t trunk = big_endian(database, kFirstTrunkAt); trunk != 0;) {
    const std::uint64_t at = page(trunk).offset;
    trunks.places.push_back({.offset = at, .size = 8 + 4 * big_endian(database, at + 4)});
    for (std::uint64_t i = 0; i < big_endian(database, at + 4); ++i)
      leaves.places.push_back(page(big_endian(database, at + 8 + 4 * i)));
    trunk = big_endian(database, at);
  }
  targets.push_back(std::move(trunks));
  targets.push_back(std::move(leaves));
}

void add_pointer_maps(const std::string& database, std::vector<Target>& targets) {
  constexpr std::uint64_t kEntryBytes = 5;
  constexpr std::uint64_t kEntries = kPageBytes / kEntryBytes;
  const std::uint64_t pages = database.size() / kPageBytes;
  Target maps{.name = "pointer maps"};
  for (std::uint64_t map = 2; map <= pages; map += kEntries + 1)
    maps.places.push_back({.offset = page(map).offset, .size = kEntryBytes * std::min(kEntries, pages - map)});
  targets.push_back(std::move(maps));
}

void add_log(const std::string& log, std::vector<Target>& targets) {
  const Log read = read_log(log);
  for (const bool is_page_gone : {false, true}) {
    const std::string suffix = is_page_gone ? ", shared page gone" : "";
    const Must must = is_page_gone ? Must::kNothing : Must::kBeRefusedIfItCounts;
    for (const Field& field : kLogFields) {
      targets.push_back({.name = field.name + suffix,
                         .base = Base::kKilled,
                         .file = File::kLog,
                         .shape = Shape::kField,
                         .must = must,
                         .is_page_gone = is_page_gone,
                         .places = {field.place}});
    }
    Target headers{.name = "-wal frame headers" + suffix,
                   .base = Base::kKilled,
                   .file = File::kLog,
                   .shape = Shape::kField,
                   .must = must,
                   .is_page_gone = is_page_gone};
    Target pages = headers;
    pages.name = "-wal pages" + suffix;
    pages.shape = Shape::kPages;
    for (std::uint64_t number = 1; number <= read.frames; ++number) {
      headers.places.push_back({.offset = frame(number).offset, .size = kFrameHeaderBytes});
      pages.places.push_back({.offset = frame(number).offset + kFrameHeaderBytes, .size = kPageBytes});
    }
    targets.push_back(std::move(headers));
    targets.push_back(std::move(pages));
  }
  Target leftovers{
      .name = "-wal leftovers of an older log", .base = Base::kKilled, .file = File::kLog, .must = Must::kBeHarmless};
  // A sector that is exchanged or zeroed must not reach back into the last frame.
  for (std::uint64_t number = read.frames + 2; frame(number).offset + kFrameBytes <= log.size(); ++number)
    leftovers.places.push_back(frame(number));
  targets.push_back(std::move(leftovers));
}

}  // namespace

Log read_log(const std::string& bytes) {
  constexpr std::uint64_t kSaltsAt = 16;
  Log log;
  for (std::uint64_t number = 1; frame(number).offset + kFrameBytes <= bytes.size(); ++number) {
    const std::uint64_t at = frame(number).offset;
    if (bytes.compare(at + 8, 8, bytes, kSaltsAt, 8) != 0) break;
    log.frames = number;
    if (big_endian(bytes, at + 4) != 0) log.commits.push_back(number);
  }
  return log;
}

bool is_provable_without_anchor(const Log& log, Shape shape, std::uint64_t offset) {
  constexpr std::size_t kLastCommits = 5;
  if (offset < kLogHeaderBytes) return shape == Shape::kField;
  if (log.commits.size() <= kLastCommits) return false;
  return offset < frame(log.commits[log.commits.size() - 1 - kLastCommits]).offset + kFrameBytes;
}

std::vector<Target> find_targets(const Images& images, const std::string& folder) {
  if (!images.killed.of(File::kPage).starts_with(kPageMagic))
    throw std::runtime_error("the shared page has another form than the damages aim at: see GatePage::Layout");
  std::vector<Target> targets;
  const std::string& database = images.copied.of(File::kDatabase);
  targets.push_back({.name = "database header", .shape = Shape::kField, .places = {{.offset = 0, .size = 100}}});
  add_trees(images, folder, targets);
  add_free_pages(database, targets);
  add_pointer_maps(database, targets);
  targets.push_back(
      {.name = "database file", .shape = Shape::kFile, .places = {{.offset = 0, .size = database.size()}}});
  targets.push_back({.name = "database under a log",
                     .base = Base::kKilled,
                     .places = {{.offset = 0, .size = images.killed.of(File::kDatabase).size()}}});
  targets.push_back({.name = "database file under a log",
                     .base = Base::kKilled,
                     .shape = Shape::kFile,
                     .places = {{.offset = 0, .size = images.killed.of(File::kDatabase).size()}}});
  add_log(images.killed.of(File::kLog), targets);
  targets.push_back({.name = "-wal file",
                     .base = Base::kKilled,
                     .file = File::kLog,
                     .shape = Shape::kFile,
                     .must = Must::kBeRefusedIfItCounts,
                     .places = {{.offset = 0, .size = images.killed.of(File::kLog).size()}}});
  for (const Field& field : kPageFields) {
    targets.push_back({.name = field.name,
                       .base = Base::kKilled,
                       .file = File::kPage,
                       .shape = Shape::kField,
                       .must = Must::kBeHarmless,
                       .places = {field.place}});
  }
  for (const File file : {File::kPage, File::kSharedMemory, File::kBell}) {
    const std::string suffix(kSuffixes[static_cast<std::size_t>(file)]);
    const Place all{.offset = 0, .size = images.killed.of(file).size()};
    for (const Shape shape : {Shape::kPages, Shape::kFile}) {
      targets.push_back({.name = suffix + (shape == Shape::kFile ? " file" : ""),
                         .base = Base::kKilled,
                         .file = file,
                         .shape = shape,
                         .must = Must::kBeHarmless,
                         .places = {all}});
    }
  }
  for (const Target& target : targets) {
    if (target.places.empty()) throw std::runtime_error("the prepared store has nothing of " + target.name);
  }
  return targets;
}

}  // namespace penny::proof::damage
