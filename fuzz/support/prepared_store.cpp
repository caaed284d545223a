#include "support/prepared_store.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/temporary_folder.hpp"
#include "model/user_lines.hpp"
#include "support/raw_database.hpp"
#include "support/require.hpp"
#include "support/stores.hpp"

namespace penny::fuzz {
namespace {

using test::must;
using test::operation_of;

constexpr const char* kMemoryFolder = "/dev/shm";
constexpr int kSeed = 4711;

// Deleted before other files come in their place.
constexpr const char* kLeftovers[] = {"-shm", "-search-shm", "-search-new", "-search-new-wal", "-search-new-shm",
                                      "-new", "-new-wal",    "-new-shm"};

class Filler {
 public:
  explicit Filler(Store& store) : store_(store) {}

  // What ends up in the database.
  void first_part() {
    for (const char* user : {"cj", "ünï"}) {
      for (Operation& operation : test::one_of_each(user)) {
        if (std::holds_alternative<RememberFact>(operation.payload)) facts_.push_back(next_id());
        if (auto* forget = std::get_if<ForgetFact>(&operation.payload)) forget->fact = facts_.back();
        name_session(operation);
        commit(std::move(operation));
      }
      const OperationId long_one = commit(turn(user, std::string(5000, 'l') + " quiet tea", "first"));
      commit(turn(user, "Where is the green cup of the café?", "first"));
      commit(operation_of(user, RememberFact{.text = "drinks green tea at night", .confidence = 0.7}));
      commit(operation_of(user, ForgetTurn{.turn = long_one}));
    }
  }

  // What stands in the log, if it is to be full.
  void second_part() {
    commit(turn("cj", "What is the weather like?", "second"));
    Batch batch;
    batch.operations.push_back(numbered(turn("cj", "Explain the architecture in detail", "second")));
    batch.operations.push_back(numbered(operation_of("cj", AdjustDimension{.name = "verbosity", .delta = 0.1})));
    batch.operations.push_back(numbered(operation_of("cj", SetPreference{.key = "length", .value = "[1,2.5,\"x\"]"})));
    must(store_.commit(std::move(batch)));
    commit(turn("ünï", "Green tea again", "second"));
    commit(operation_of("cj", EndSession{.session = "second"}));
    commit(operation_of("ünï", RememberFact{.text = std::string(9000, 'f')}));
  }

  [[nodiscard]] const OperationId& first_fact() const { return facts_.front(); }

 private:
  [[nodiscard]] OperationId next_id() const {
    const auto number = static_cast<std::uint8_t>(count_ + 1);
    return {.bytes = {0x01, 0x9b, 0, 0, 0, number, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number}};
  }
  Operation numbered(Operation operation) {
    operation.id = next_id();
    count_ += 1;
    operation.at = test::day(-2000) + std::chrono::minutes(count_);
    return operation;
  }
  // One that the store names would have another name in each run.
  static void name_session(Operation& operation) {
    if (auto* turn = std::get_if<AppendTurn>(&operation.payload)) turn->session = "begin";
    if (auto* end = std::get_if<EndSession>(&operation.payload)) end->session = "begin";
  }
  static Operation turn(const std::string& user, const std::string& input, const std::string& session) {
    return operation_of(user, AppendTurn{.user_input = input,
                                         .assistant_response = "It is as you say.",
                                         .modality = Modality::kVoice,
                                         .session = session,
                                         .response_time_ms = 12.5,
                                         .metadata = R"({"device":"kitchen"})"});
  }
  OperationId commit(Operation operation) { return must(store_.commit(numbered(std::move(operation)))).id; }

  Store& store_;
  int count_ = 0;
  std::vector<OperationId> facts_;
};

void copy_log(const std::string& path) { test::RawDatabase(path).run("PRAGMA wal_checkpoint(TRUNCATE)"); }

void index_everything(const Store& store) {
  must(store.search("cj", {.words = "tea"}));
  require(must(store.wait_for_search_index(std::chrono::seconds(60))), "the prepared store is indexed");
}

}  // namespace

void prepare_process() {
  // TemporaryFolder asks for it.
  if (std::getenv("TMPDIR") == nullptr && access(kMemoryFolder, W_OK) == 0) setenv("TMPDIR", kMemoryFolder, 1);
  sqlite3_initialize();
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, kSeed, static_cast<sqlite3*>(nullptr));
}

std::string read_file(const std::string& path) {
  std::string bytes;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return bytes;
  struct stat status{};
  if (fstat(file, &status) == 0) bytes.resize(static_cast<std::size_t>(status.st_size));
  const bool is_read = read(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  close(file);
  require(is_read, "files can be read");
  return bytes;
}

void write_file(const std::string& path, std::string_view bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool is_written = file >= 0 && write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  if (file >= 0) close(file);
  require(is_written, "files can be written");
}

PreparedStore::PreparedStore(Log log, bool with_index) : has_index_(with_index) {
  static const base::TemporaryFolder folder;
  path_ = folder / "memory.db";
  {
    Store store = must(Store::open(path_));
    Filler filler(store);
    filler.first_part();
    fact_ = filler.first_fact();
    if (with_index) {
      index_everything(store);
      copy_log(path_ + "-search");
    }
    if (log == Log::kFull) copy_log(path_);
    filler.second_part();
    if (log == Log::kEmpty) copy_log(path_);
    if (with_index) index_everything(store);
  }
  image_ = {.database = read_file(path_),
            .log = read_file(path_ + "-wal"),
            .page = read_file(path_ + "-gate"),
            .index = read_file(path_ + "-search"),
            .index_log = read_file(path_ + "-search-wal")};
  write(image_, true);
  const Store store = must(Store::open(path_, {.read_only = true}));
  subjects_ = proof::damage::subjects_of(store);
  answers_ = proof::damage::ask_everything(store, subjects_);
  for (const auto& subject : subjects_) operations_.push_back(must(operations_of(store, subject.user)));
}

void PreparedStore::write(const Image& image, bool with_page) const {
  for (const char* leftover : kLeftovers) unlink((path_ + leftover).c_str());
  write_file(path_, image.database);
  write_file(path_ + "-wal", image.log);
  if (with_page) write_file(path_ + "-gate", image.page);
  if (!with_page) unlink((path_ + "-gate").c_str());
  if (has_index_) {
    write_file(path_ + "-search", image.index);
    write_file(path_ + "-search-wal", image.index_log);
  } else {
    unlink((path_ + "-search").c_str());
    unlink((path_ + "-search-wal").c_str());
  }
}

Result<std::vector<std::string>> operations_of(const Store& store, std::string_view user) {
  std::vector<std::string> texts;
  for (std::optional<std::uint64_t> since = 0; since;) {
    auto page = store.changes(user, *since, limits::kPageItemsMax);
    if (!page) return std::unexpected(page.error());
    for (Change& change : page->items) {
      model::UserLine line;
      line.is_forgotten = change.is_forgotten;
      line.operation = std::move(change.operation);
      texts.push_back(model::text_of(line));
    }
    since = page->next;
  }
  return texts;
}

}  // namespace penny::fuzz
