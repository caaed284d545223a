#include "proof/faults/stock.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/sqlite/connection.hpp"
#include "support/stores.hpp"

namespace penny::proof::faults {
namespace {

using backend::sqlite::Connection;
using backend::sqlite::ConnectionRole;
using test::must;

constexpr std::array<const char*, 5> kSuffixes{"", "-wal", "-shm", "-gate", "-bell"};
constexpr std::uint32_t kFirstIdOfHot = 500;
constexpr std::size_t kLogHeaderBytes = 32;
constexpr std::size_t kFrameBytes = 4096 + 24;
// Just below what makes a checkpoint due (2,000), and below what the first block of the log's index holds (4,062).
constexpr std::size_t kFramesBeforeCheckpoint = 1980;
constexpr std::size_t kFramesBeforeBorder = 4040;

std::string bytes_of(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw std::runtime_error("cannot read " + path);
  struct stat status{};
  (void)fstat(file, &status);
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t got = read(file, bytes.data(), bytes.size());
  close(file);
  if (got != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("cannot read " + path);
  return bytes;
}

void write_bytes(const std::string& path, const std::string& bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) throw std::runtime_error("cannot write " + path);
  const ssize_t put = write(file, bytes.data(), bytes.size());
  close(file);
  if (put != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("cannot write " + path);
}

std::map<std::string, std::string> files_of(const std::string& database) {
  std::map<std::string, std::string> files;
  for (const char* suffix : kSuffixes) files[suffix] = bytes_of(database + suffix);
  return files;
}

void run(Connection& connection, const char* sql) {
  if (const auto done = connection.execute(sql); !done) throw std::runtime_error(done.error().message);
}

class Script {
 public:
  Script(Store& store, std::uint32_t first_id) : store_(store), next_(first_id) {}
  void add(std::string_view user, Payload payload) {
    Operation operation = test::operation_of(std::string(user), std::move(payload));
    operation.id = id_of(next_++);
    (void)must(store_.commit(std::move(operation)));
  }
  void turns(std::string_view user, int count) {
    for (int i = 0; i < count; ++i)
      add(user, AppendTurn{.user_input = "question " + std::to_string(i), .assistant_response = "answer"});
  }

 private:
  Store& store_;
  std::uint32_t next_;
};

void fill(Store& store) {
  Script script(store, 1);
  script.turns(kNeighbour, 1);
  script.turns(kUser, 3);
  script.add(kUser, EndSession{});
  script.turns(kUser, 5);
  script.turns("cleo", limits::kSessionTurnsMax);
  script.add(kUser, ObservePreference{.key = "color", .value = "\"blue\"", .confidence = 0.4});
  script.add(kUser, SetPreference{.key = "length", .value = "\"brief\"", .confidence = 0.9});
  script.add(kUser, AdjustDimension{.name = "communication_formality", .delta = 0.01});
  script.add(kUser, SetDimension{.name = "mood", .value = std::string("calm")});
  for (const std::uint32_t fact : {kFact, kFact + 1}) {
    Operation operation = test::operation_of(std::string(kUser), RememberFact{.text = "likes tea"});
    operation.id = id_of(fact);
    (void)must(store.commit(std::move(operation)));
  }
}

std::size_t frames_in(const std::string& database) {
  const auto bytes = std::filesystem::file_size(database + "-wal");
  return bytes < kLogHeaderBytes ? 0 : (bytes - kLogHeaderBytes) / kFrameBytes;
}

// Lets the log grow, which a reader keeps from being emptied. The same few pages again and again, so that a checkpoint has
// little to copy.
void lengthen(const std::string& database, std::size_t frames) {
  auto reader = must(Connection::open(database, ConnectionRole::kReader));
  run(*reader, "BEGIN");
  (void)must(reader->integer("SELECT count(*) FROM ledger"));
  Store store = must(Store::open(database));
  std::uint32_t next = 1000;
  while (frames_in(database) < frames) {
    Operation change =
        test::operation_of(std::string(kNeighbour), SetPreference{.key = "color", .value = std::to_string(next)});
    change.id = id_of(next++);
    (void)must(store.commit(std::move(change)));
  }
}

Stock make(State state, const std::string& folder) {
  Stock made{.state = state, .files = {}, .entries = {}};
  if (state == State::kAbsent) return made;
  const std::string database = folder + "/stock.db";
  if (state == State::kCopied) {
    Store store = must(Store::open(database));
    fill(store);
    store.close();
    auto writer = must(Connection::open(database, ConnectionRole::kWriter));
    run(*writer, "PRAGMA wal_checkpoint(TRUNCATE)");
  } else {
    place(stock(state == State::kHot ? State::kCopied : State::kHot, folder), database);
  }
  if (state == State::kHot) {
    Store store = must(Store::open(database));
    Script(store, kFirstIdOfHot).turns(kUser, 2);
  }
  if (state == State::kDue) lengthen(database, kFramesBeforeCheckpoint);
  if (state == State::kBorder) lengthen(database, kFramesBeforeBorder);
  made.files = files_of(database);
  if (state == State::kTorn) {
    Store store = must(Store::open(database));
    (void)must(store.commit(test::a_turn(std::string(kUser), std::string(10'000, 'x'))));
    const std::string longer = bytes_of(database + "-wal");
    std::string& log = made.files["-wal"];
    log += longer.substr(log.size(), (longer.size() - log.size()) / 2);
    made.entries = stock(State::kHot, folder).entries;
    return made;
  }
  made.entries = must(entries_of(must(Store::open(database))));
  return made;
}

}  // namespace

OperationId id_of(std::uint32_t number) {
  OperationId id;
  // A UUIDv7 of the year 2026, so that ids grow as the store expects.
  id.bytes = {0x01, 0x9b, 0x80, 0x00, 0x00, 0x00, 0x70, 0x00, 0x80, 0, 0, 0, 0, 0, 0, 0};
  for (std::size_t i = 0; i < 4; ++i) id.bytes[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return id;
}

const Stock& stock(State state, const std::string& folder) {
  static std::map<State, Stock> made;
  const auto known = made.find(state);
  if (known != made.end()) return known->second;
  return made.emplace(state, make(state, folder)).first->second;
}

void place(const Stock& stock, const std::string& database) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(database).parent_path()))
    if (entry.path().string().starts_with(database)) std::filesystem::remove(entry.path(), ignored);
  for (const auto& [suffix, bytes] : stock.files) write_bytes(database + suffix, bytes);
}

void copy_image(const std::string& database, const std::string& image) {
  for (const char* suffix : kSuffixes) {
    unlink((image + suffix).c_str());
    struct stat status{};
    if (stat((database + suffix).c_str(), &status) == 0) write_bytes(image + suffix, bytes_of(database + suffix));
  }
}

Result<std::vector<Entry>> entries_of(const Store& store) {
  std::vector<Entry> entries;
  std::optional<std::uint64_t> since = 0;
  while (since) {
    auto page = store.all_changes(*since, limits::kPageItemsMax);
    if (!page) return std::unexpected(page.error());
    for (const Change& change : page->items)
      entries.push_back({.user = change.operation.user, .rev = change.rev, .id = *change.operation.id});
    since = page->next;
  }
  return entries;
}

}  // namespace penny::proof::faults
