// The ledger's chain recomputed from its description, damage made by hand, and tails that are lost.

#include <array>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <openssl/sha.h>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using test::must;
using test::operation_of;

const std::string kUser = "ada";

std::string unhex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoul(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

// Integers in 8 bytes, the least first; bytes after their length; what may be missing after a flag.
std::string number(std::uint64_t value) {
  std::string bytes;
  for (unsigned i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xffU);
  return bytes;
}
std::string number(const std::string& text) { return number(static_cast<std::uint64_t>(std::stoll(text))); }
std::string real(const std::string& text) { return number(std::bit_cast<std::uint64_t>(std::stod(text))); }
std::string bytes(const std::string& value) { return number(value.size()) + value; }
std::string optional(const std::string& is_there, const std::string& value) {
  return is_there == "1" ? number(1) + bytes(value) : number(std::uint64_t{0});
}

std::string hash(const std::string& text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

void fill(Store& store) {
  for (const std::string user : {"ada", "bob"}) {
    for (const Operation& operation : test::one_of_each(user)) (void)must(store.commit(operation));
    (void)must(store.commit(operation_of(user, RememberFact{.text = "likes coffee"})));
    (void)must(
        store.commit(Batch{.operations = {test::a_turn(user, "one", "work"), test::a_turn(user, "two", "home")}}));
  }
}

// The database and its log, without the page that remembers the anchor.
void copy_store(const std::string& from, const std::string& to) {
  for (const char* suffix : {"", "-wal"})
    std::filesystem::copy_file(from + suffix, to + suffix, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::remove(to + "-shm");
}

std::vector<std::string> problems_of(const std::string& path) {
  auto store = Store::open(path);
  if (!store) return {store.error().message};
  auto verified = store->verify();
  if (!verified) return {verified.error().message};
  return verified->problems;
}

}  // namespace

void chain_of_digests(Report& report) {
  const test::StoreFolder folder;
  {
    Store store = folder.open();
    fill(store);
  }
  const std::string claim = "The ledger's digests are a chain that anybody can recompute from the columns";
  test::RawDatabase raw(folder.path());
  const std::string store_id = unhex(raw.text("SELECT hex(store_id) FROM store"));
  for (const auto& user : raw.rows("SELECT id, name FROM users ORDER BY id")) {
    std::string digest = hash(bytes(store_id) + bytes(user[1]));
    for (const auto& row : raw.rows(
             "SELECT user, rev, hex(operation_id), kind, key IS NOT NULL, key, at, origin, channel, batch_first, "
             "batch_size, "
             "last_turn, hex(payload_hash), outcome IS NOT NULL, hex(outcome), kind = 1, session, session_first, "
             "session_number, modality, printf('%.17g', response_time_ms), printf('%.17g', confidence), hex(digest) "
             "FROM ledger WHERE user = " +
             user[0] + " ORDER BY rev")) {
      std::string text = bytes(digest) + number(row[0]) + number(row[1]) + bytes(unhex(row[2])) + number(row[3]);
      text += optional(row[4], row[5]) + number(row[6]) + number(row[7]) + bytes(row[8]);
      text += number(row[9]) + number(row[10]) + number(row[11]) + bytes(unhex(row[12])) +
              optional(row[13], unhex(row[14]));
      text += number(row[15]);
      if (row[15] == "1")
        text += bytes(row[16]) + number(row[17]) + number(row[18]) + number(row[19]) + real(row[20]) + real(row[21]);
      digest = hash(text);
      report.check(claim, digest == unhex(row[22]), fmt::format("user {} rev {}", user[1], row[1]));
    }
  }
}

void verification(Report& report) {
  const test::StoreFolder folder;
  {
    Store store = folder.open();
    fill(store);
    same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
  }
  const std::vector<std::pair<std::string, std::string>> damages{
      {"a fact's text", "UPDATE facts SET text = 'likes nothing' WHERE text IS NOT NULL"},
      {"a preference's value", "UPDATE preferences SET value = '2'"},
      {"a dimension's value", "UPDATE dimensions SET value = 0.125"},
      {"an evolution's value", "UPDATE evolution SET new_value = 0.125 WHERE version = 1"},
      {"a session's count", "UPDATE sessions SET turn_count = 17"},
      {"a turn's words", "UPDATE ledger SET user_input = 'never said' WHERE kind = 1"},
      {"as many other words of a turn", "UPDATE ledger SET user_input = upper(user_input) WHERE kind = 1"},
      {"a row's time", "UPDATE ledger SET at = at + 1 WHERE rev = 3"},
      {"a missing row", "DELETE FROM ledger WHERE rev = 4"},
      {"a user's name", "UPDATE users SET name = 'mallory' WHERE id = 1"}};
  const auto damaged = [&](const std::string& what, const auto& damage) {
    const test::StoreFolder copy;
    copy_store(folder.path(), copy.path());
    damage(copy.path());
    report.check("verify finds damage in every table: " + what, !problems_of(copy.path()).empty(), "it found nothing");
  };
  for (const auto& [what, sql] : damages)
    damaged(what, [&](const std::string& path) { test::RawDatabase(path).run(sql); });
  damaged("an index that lacks a row", [](const std::string& path) {
    test::RawDatabase raw(path);
    raw.run("CREATE UNIQUE INDEX other ON ledger(operation_id, user) WHERE rev <> 4");
    raw.run(
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name "
        "= "
        "'other') WHERE name = 'ledger_operation'; DELETE FROM sqlite_schema WHERE name = 'other'");
  });
}

void lost_tails(Report& report) {
  const test::StoreFolder folder;
  const test::StoreFolder older;
  {
    Store store = folder.open();
    for (int i = 0; i < 3; ++i) (void)must(store.commit(test::a_turn(kUser)));
  }
  copy_store(folder.path(), older.path());
  {
    Store store = folder.open();
    same(report, "What was acknowledged is there after closing and opening", must(store.changes(kUser)).rev,
         std::uint64_t{3});
    for (int i = 0; i < 3; ++i) (void)must(store.commit(test::a_turn(kUser)));
  }
  same(report, "What was acknowledged is there after closing and opening", must(folder.open().changes(kUser)).rev,
       std::uint64_t{6});
  copy_store(older.path(), folder.path());
  const auto opened = Store::open(folder.path());
  same(report, "A store that lost acknowledged operations is refused",
       opened ? "opened" : std::string(to_string(opened.error().code)), std::string("damaged"));
}

}  // namespace penny::proof::basics
