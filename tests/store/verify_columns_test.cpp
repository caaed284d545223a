// `verify` finds a change in every column of every row: a table over the whole schema. What nobody can see is named
// here, with the reason.

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

using namespace std::string_literals;

// A row of every kind: a turn of a session that the store began, one of a named session that was left, one of the
// current session, and each other operation; an option and a number as values; a fact that was forgotten.
void fill(Store& store) {
  for (const Operation& operation : one_of_each("cj")) must(store.commit(operation));
  Operation turn = a_turn("cj", "Hi", "left");
  turn.channel = "voice@kitchen";
  must(store.commit(turn));
  must(store.commit(a_turn("cj", "Hi", "current")));
  must(store.commit(operation_of("cj", EndSession{.session = "left"})));
  must(store.commit(a_turn("cj", "Hi", "open")));
  must(store.commit(a_turn("cj", "Hi", "current")));
  must(store.commit(operation_of(
      "cj", SetDimension{.name = "mood", .value = "glad"s, .confidence_change = 0.25, .trigger = "said so"})));
  must(store.commit(operation_of("cj", RememberFact{.text = "likes tea", .confidence = 0.5})));
  const Operation taught = with_id(a_turn("cj", "please explain the algorithm in detail", "taught"));
  must(store.commit(must(Store::learn(taught))));
  must(store.commit(operation_of("cj", ForgetTurn{.turn = *taught.id})));
  must(store.commit(operation_of("cj", ForgetPreference{.key = "length"})));
  must(store.commit(a_turn("ada")));
}

// Changes whose meaning nobody can see.
bool is_invisible(const std::string& table, const std::string& column, const std::string& where) {
  // Between the users' rows `seq` is not in any digest: only a user's own rows have an order. A user's last row may
  // stand later, until the anchor remembers it.
  if (table == "ledger" && column == "seq") return where == "seq = 22" || where == "seq = 23";
  // When the store was made tells nothing of what it holds, and SQLite's memory of the integers that it gave to users
  // is corrected by the largest that is there.
  return (table == "store" && column == "created_at") || table == "sqlite_sequence";
}

// Another value of the same type, which the table's constraints allow; "" if there is none.
std::vector<std::string> other_values(const std::string& table, const std::string& column, const std::string& type) {
  if (table == "store" && column == "one") return {};  // CHECK (one = 1)
  // Nobody was erased, so the key has made nothing yet; see Erase.VerifyFindsAChangeOfWhatIsNotedOfIt.
  if (table == "erasure_key") return {};
  const std::string name = "\"" + column + "\"";
  if (type == "integer") {
    if (column == "is_named") return {"1 - is_named"};
    return {name + " + 1000", name + " - 1"};
  }
  if (type == "real") return {name + " + 0.0009765625"};
  if (type == "text") return {name + " || 'x'", "''"};
  // A blob: its last bit, and nothing at all.
  const std::string all_but_last = "CAST(substr(" + name + ", 1, length(" + name + ") - 1) AS BLOB)";
  const std::string last = "substr(" + name + ", -1)";
  return {"CAST(" + all_but_last + " || CASE " + last + " WHEN x'61' THEN x'62' ELSE x'61' END AS BLOB)", "x''"};
}

struct Cell {
  std::string table;
  std::string column;
  std::string where;  // of its row
  std::string type;   // of the value
  bool may_be_null = false;
};

std::vector<Cell> all_cells(RawDatabase& raw) {
  std::vector<Cell> cells;
  for (const auto& table : raw.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_stat4'")) {
    const auto columns = raw.rows("SELECT name, \"notnull\", pk FROM pragma_table_info('" + table[0] + "')");
    std::string key;
    for (const auto& column : columns) {
      if (column[2] != "0")
        key += (key.empty() ? "" : " || ' AND ' || ") + ("'" + column[0] + " = ' || quote(" + column[0] + ")");
    }
    if (key.empty()) key = "'rowid = ' || rowid";
    for (const auto& column : columns) {
      const std::string& name = column[0];
      for (const auto& row : raw.rows("SELECT " + key + ", typeof(\"" + name + "\") FROM " + table[0]))
        cells.push_back({table[0], name, row[0], row[1], column[1] == "0" && column[2] == "0"});
    }
  }
  return cells;
}

// SQLite refuses it: a constraint of the table forbids such a value.
bool can_run(RawDatabase& raw, const std::string& sql) {
  try {
    raw.run(sql);
    return raw.changed_rows() > 0;
  } catch (const std::runtime_error&) {
    return false;
  }
}

TEST(Verify, FindsAChangeInEveryColumnOfEveryRow) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    fill(store);
  }
  std::vector<Cell> cells;
  {
    RawDatabase raw(folder.path());
    cells = all_cells(raw);
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  std::filesystem::remove(folder.path() + "-gate");
  const std::string whole = bytes_of_file(folder.path());

  std::set<std::string> columns;
  std::size_t found = 0;
  for (const Cell& cell : cells) {
    std::vector<std::string> values = cell.type == "null" ? std::vector<std::string>{"7", "'7'", "x'37'"}
                                                          : other_values(cell.table, cell.column, cell.type);
    if (cell.type != "null" && cell.may_be_null) values.emplace_back("NULL");
    for (const std::string& value : values) {
      write_file(folder.path(), whole);
      for (const char* suffix : {"-wal", "-shm", "-gate", "-bell"}) std::filesystem::remove(folder.path() + suffix);
      const std::string damage =
          "UPDATE " + cell.table + " SET \"" + cell.column + "\" = " + value + " WHERE " + cell.where;
      bool is_changed = false;
      {
        RawDatabase raw(folder.path());
        const std::string select = "SELECT quote(\"" + cell.column + "\") FROM " + cell.table + " WHERE " + cell.where;
        const std::string before = raw.text(select);
        is_changed = can_run(raw, damage);
        const auto now = raw.rows(select);
        is_changed = is_changed && (now.empty() || now[0][0] != before);
      }
      if (!is_changed) continue;
      columns.insert(cell.table + "." + cell.column);
      const auto store = Store::open(folder.path());
      const bool is_found = !store || !must(store->verify()).problems.empty();
      EXPECT_EQ(is_found, !is_invisible(cell.table, cell.column, cell.where)) << damage;
      found += is_found ? 1U : 0U;
    }
  }
  // Nothing was left out: 25 + 9 + 8 + 8 + 10 + 10 + 3 columns, the 2 of users, and the name of the store.
  EXPECT_GE(columns.size(), 76U);
  EXPECT_GT(found, 400U);
}

}  // namespace
}  // namespace penny::test
