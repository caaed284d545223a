#pragma once

// A store and an acknowledgement log made by hand that agree with each other, so that a test can spoil either and see
// whether penny-account notices.

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <boost/json.hpp>

#include "account/log_format.hpp"
#include "backend/sqlite/schema.hpp"
#include "test_paths.hpp"

namespace penny::stress_test {

inline std::filesystem::path account_program() {
  return std::filesystem::path(PENNY_TEST_PROGRAM).parent_path() / "penny-account";
}

struct Printed {
  int exit_code = -1;
  std::string output;
};

// Runs a shell command and takes what it prints.
inline Printed run_command(const std::string& command) {
  Printed printed;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return printed;
  std::array<char, 4096> buffer{};
  std::size_t count = 0;
  while ((count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) printed.output.append(buffer.data(), count);
  const int status = pclose(pipe);
  printed.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return printed;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "penny-stress-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// What penny-account answered.
struct Verdict {
  int exit_code = -1;
  boost::json::object account;  // empty if it could not read log or store

  [[nodiscard]] std::int64_t count(const char* name) const { return account.at(name).to_number<std::int64_t>(); }
};

// User "ada": a turn, a fact, a preference, three steps of one dimension, a turn with what it taught (a batch of two).
// User "ben": two turns. One writer, one observer of "ada".
class HonestRun {
 public:
  static constexpr std::uint32_t kAda = 0;
  static constexpr std::uint32_t kBen = 1;

  // Places in `entries`.
  static constexpr std::size_t kTurn = 0;
  static constexpr std::size_t kFact = 1;
  static constexpr std::size_t kPreference = 2;
  static constexpr std::size_t kFirstStep = 3;
  static constexpr std::size_t kSecondStep = 4;
  static constexpr std::size_t kBatchHead = 6;
  static constexpr std::size_t kBatchMember = 7;
  static constexpr std::size_t kLastOfBen = 9;

  HonestRun() {
    sqlite3_open((folder_.path() / "memory.db").c_str(), &database_);
    sql("PRAGMA journal_mode=WAL");
    for (const char* schema : backend::sqlite::kSchemas) sql(schema);
    sql("INSERT INTO users(id, name) VALUES(1, 'ada'), (2, 'ben')");
    add_turn(kAda, "Good morning", "Good morning, Ada");
    add_fact("Ada likes tea");
    add_preference("\"tea\"");
    add_step(0.5, 0.25);
    add_step(0.75, 0.5);
    add_step(1.0, -0.125);
    add_batch("Please be brief", "Yes");
    add_turn(kBen, "Hello", "");
    add_turn(kBen, "Still there?", "Yes, Ben");
    sightings.push_back({.id = {}, .rev = 0, .seen_ns = 1, .user = kAda, .reserved = 0});
    for (const auto& entry : entries) {
      if (entry.user != kAda) continue;
      account::Sighting sighting{};
      std::memcpy(sighting.id, entry.id, sizeof(entry.id));
      sighting.rev = entry.rev;
      sighting.seen_ns = entry.settled_ns + 2'000'000;
      sightings.push_back(sighting);
    }
  }
  ~HonestRun() { sqlite3_close(database_); }
  HonestRun(const HonestRun&) = delete;
  HonestRun& operator=(const HonestRun&) = delete;

  // What the log will say. To be spoilt by a test.
  std::vector<account::Entry> entries;
  std::vector<account::Sighting> sightings;
  std::uint32_t is_fresh = 1;
  std::uint64_t ada_rev_before = 0;

  // Runs statements on the store.
  void sql(const std::string& statements) {
    char* message = nullptr;
    if (sqlite3_exec(database_, statements.c_str(), nullptr, nullptr, &message) != SQLITE_OK) {
      ADD_FAILURE() << statements << ": " << message;
    }
    sqlite3_free(message);
  }

  [[nodiscard]] std::filesystem::path log() const { return folder_.path() / "log"; }

  void write_log() const {
    std::filesystem::create_directory(log());
    std::vector<account::UserRecord> users(2);
    users[0].rev_before = ada_rev_before;
    users[0].name_bytes = 3;
    std::memcpy(users[0].name, "ada", 3);
    users[1].name_bytes = 3;
    std::memcpy(users[1].name, "ben", 3);
    write_file("users.log", account::LogKind::kUsers, users);
    write_file("writer-0.log", account::LogKind::kWriter, entries);
    write_file("observer-0.log", account::LogKind::kObserver, sightings);
  }

  [[nodiscard]] Printed run_account(const std::string& options) const {
    return run_command(fmt::format("{} {} {} {} 2>/dev/null", account_program().string(), options,
                                   (folder_.path() / "memory.db").string(), log().string()));
  }

  // Writes the log and lets penny-account judge.
  [[nodiscard]] Verdict judge() const {
    write_log();
    const Printed printed = run_account("--json");
    Verdict verdict{.exit_code = printed.exit_code, .account = {}};
    boost::system::error_code failed;
    const auto value = boost::json::parse(printed.output, failed);
    if (!failed && value.is_object()) verdict.account = value.as_object();
    return verdict;
  }

 private:
  template <class Record>
  void write_file(const char* name, account::LogKind kind, const std::vector<Record>& records) const {
    account::LogHeader header{};
    std::memcpy(header.magic, account::kLogMagic, sizeof(header.magic));
    header.version = account::kLogVersion;
    header.kind = kind;
    header.is_fresh = is_fresh;
    header.capacity = records.size();
    header.count = records.size();
    std::ofstream file(log() / name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&header), sizeof(header));
    file.write(reinterpret_cast<const char*>(records.data()),
               static_cast<std::streamsize>(records.size() * sizeof(Record)));
  }

  static std::uint64_t hash_of(std::string_view first, std::string_view second) {
    std::uint64_t hash = 14695981039346656037U;
    std::string bytes(first);
    bytes += '\x1f';
    bytes += second;
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
    return hash;
  }

  static std::string hex_of(const account::Entry& entry) {
    std::string text;
    for (const std::uint8_t byte : entry.id) text += fmt::format("{:02x}", byte);
    return "x'" + text + "'";
  }

  // An entry that was asked and acknowledged.
  account::Entry& ask(std::uint32_t user, std::uint8_t kind, std::string_view first, std::string_view second,
                      std::string_view key = {}, double number = 0) {
    account::Entry entry{};
    entry.id[15] = static_cast<std::uint8_t>(entries.size() + 1);
    entry.id[6] = 0x70;
    entry.user = user;
    entry.kind = kind;
    entry.text_hash = hash_of(first, second);
    entry.first_text_bytes = static_cast<std::uint32_t>(first.size());
    entry.second_text_bytes = static_cast<std::uint32_t>(second.size());
    key.copy(entry.key, sizeof entry.key);
    entry.number = number;
    entry.invoked_ns = 1'000'000'000 + 10'000'000 * entries.size();
    entry.settled_ns = entry.invoked_ns + 5'000'000;
    entry.rev = ++revs_[user];
    entry.batch_head = static_cast<std::uint32_t>(entries.size());
    entry.batch_size = 1;
    entry.state = account::EntryState::kAcknowledged;
    return entries.emplace_back(entry);
  }

  void store_row(const account::Entry& entry, std::uint64_t batch_first,
                 const std::string& turn_columns = "NULL, NULL, NULL, NULL, NULL, NULL") {
    sql(fmt::format(
        "INSERT INTO ledger(user, rev, operation_id, kind, key, at, origin, channel, batch_first, batch_size, "
        "last_turn, payload_hash, digest, session, session_first, session_number, modality, user_input, "
        "assistant_response) VALUES({}, {}, {}, {}, '{}', 0, 1, '', {}, {}, 0, x'00', x'00', {})",
        entry.user + 1, entry.rev, hex_of(entry), entry.kind, entry.key, batch_first, entry.batch_size, turn_columns));
  }

  void store_turn(const account::Entry& entry, const std::string& input, const std::string& response) {
    store_row(entry, entry.rev, fmt::format("'s', 1, {}, 1, '{}', '{}'", ++turns_[entry.user], input, response));
  }

  void add_turn(std::uint32_t user, const std::string& input, const std::string& response) {
    store_turn(ask(user, 1, input, response), input, response);
  }

  void add_fact(const std::string& text) {
    const auto& entry = ask(kAda, 8, text, {});
    store_row(entry, entry.rev);
    sql(fmt::format("INSERT INTO facts VALUES(1, {}, {}, '{}', 1.0, 1, {}, 0, 1, '')", entry.rev, hex_of(entry), text,
                    entry.rev));
  }

  void add_preference(const std::string& value) {
    const auto& entry = ask(kAda, 4, value, {}, "drink");
    store_row(entry, entry.rev);
    sql(fmt::format("INSERT INTO preferences VALUES(1, 'drink', '{}', 1.0, 1, 1, {}, 0)", value, entry.rev));
  }

  void add_step(double from, double delta) {
    const auto& entry = ask(kAda, 5, {}, {}, "pace", delta);
    const double to = std::min(1.0, from + delta);
    ++versions_;
    store_row(entry, entry.rev);
    sql(fmt::format("INSERT INTO evolution VALUES(1, 'pace', {}, {:f}, {:f}, 0.0, '', {}, {}, 0)", versions_, from, to,
                    hex_of(entry), entry.rev));
    sql(fmt::format("INSERT OR REPLACE INTO dimensions VALUES(1, 'pace', 1, {:f}, 0.3, {}, {}, 0)", to, versions_,
                    entry.rev));
  }

  void add_batch(const std::string& input, const std::string& response) {
    ask(kAda, 1, input, response);
    ask(kAda, 3, {}, {});
    account::Entry& head = entries[entries.size() - 2];
    account::Entry& member = entries.back();
    head.batch_size = member.batch_size = 2;
    member.batch_head = head.batch_head;
    member.flags = account::kFlagLearned;
    store_turn(head, input, response);
    store_row(member, head.rev);
  }

  TemporaryFolder folder_;
  sqlite3* database_ = nullptr;
  std::uint64_t revs_[2] = {0, 0};
  std::uint64_t turns_[2] = {0, 0};
  std::uint64_t versions_ = 0;
};

}  // namespace penny::stress_test
