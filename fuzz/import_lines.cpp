// A stranger's import file: what `check_import` refuses is never taken whole; what it accepts is stored, or refused with the line.
// The store is whole afterwards, running the import again adds nothing, and an export of it brings the same user elsewhere.
//
// Input: a byte of choices, then the file. With the first choice lines are numbered anew and the last line is made to fit, so that
// lines may be left out, doubled and exchanged.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "support/input.hpp"
#include "support/prepared_store.hpp"
#include "support/raw_database.hpp"
#include "support/require.hpp"
#include "support/stores.hpp"
#include "support/target.hpp"
#include "support/whole_user.hpp"

namespace penny::fuzz {
namespace {

constexpr std::size_t kImportedBytesMax = std::size_t{64} << 10;
constexpr std::string_view kNumber = "{\"number\":";
constexpr std::string_view kDigits = "0123456789";

// An empty store, as the bytes of its file.
struct Empty {
  Empty() {
    (void)folder.open();
    test::RawDatabase(folder.path()).run("PRAGMA wal_checkpoint(TRUNCATE)");
    database = read_file(folder.path());
  }
  [[nodiscard]] Store open() const {
    for (const char* suffix : {"-wal", "-shm", "-gate"}) unlink((folder.path() + suffix).c_str());
    write_file(folder.path(), database);
    return test::must(Store::open(folder.path()));
  }
  test::StoreFolder folder;
  std::string database;
};

const Empty& empty() {
  static const Empty made;
  return made;
}

std::string numbered_anew(std::string_view lines) {
  std::string text;
  std::size_t count = 0;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.starts_with("{\"operations\"")) continue;
    if (line.starts_with(kNumber)) {
      count += 1;
      line.remove_prefix(kNumber.size());
      line.remove_prefix(std::min(line.find_first_not_of(kDigits), line.size()));
      text += fmt::format("{}{}", kNumber, count);
    }
    text += line;
    text += '\n';
  }
  return text + fmt::format("{{\"operations\":{}}}\n", count);
}

void require_refusal(const Error& error, std::string_view what) {
  const bool is_refusal =
      error.code == ErrorCode::kInvalid || error.code == ErrorCode::kNotFound || error.code == ErrorCode::kConflict;
  if (!is_refusal || !error.message.starts_with("line ") || !error.field.starts_with("lines["))
    broken(fmt::format("{} is refused with its line", what), told(error));
}

void require_whole(const Store& store) {
  const auto report = need(store.verify(), "a store can be verified after an import");
  if (!report.problems.empty()) broken("a store is whole after an import", report.problems.front());
}

// Without the first line, which holds the name.
std::string_view without_header(std::string_view lines) { return lines.substr(lines.find('\n') + 1); }

void import_whole(Store& store, std::string_view lines, const ImportSummary& summary) {
  const auto imported = test::import_text(store, lines);
  require_whole(store);
  if (!imported) {
    require_refusal(imported.error(), "what a store cannot take");
    return;
  }
  require(imported->is_complete && imported->user == summary.user, "an import says whom it brought");
  require(imported->operations + imported->skipped == summary.operations, "an import says how much it brought");
  if (imported->operations == 0) return;

  const auto again = need(test::import_text(store, lines), "an import can be run again");
  require(again.already_there == again.operations, "an import that is run again adds nothing");

  const std::string text = test::exported(store, summary.user);
  const auto moved = need(test::import_text(store, text, {.as_user = "somebody else"}), "an export is imported");
  require(moved.operations == imported->operations && moved.skipped == 0, "an export is imported whole");
  if (without_header(test::exported(store, "somebody else")) != without_header(text))
    broken("an export of an import of an export is the same", text);
  require_whole(store);
}

}  // namespace

void prepare() { (void)empty(); }

void try_input(Input input) {
  Choices choices(input.byte());
  const bool is_numbered_anew = choices.next();
  const std::string lines = is_numbered_anew ? numbered_anew(input.rest()) : std::string(input.rest());
  const auto checked = Store::check_import(test::source_of(lines, 1000));
  if (!checked) require_refusal(checked.error(), "a file that is none");
  if (lines.size() > kImportedBytesMax) return;
  if (checked) {
    Store store = empty().open();
    import_whole(store, lines, *checked);
    return;
  }
  // What comes before the line that is wrong is stored.
  if (lines.find(kNumber) == std::string::npos) return;
  Store store = empty().open();
  const auto imported = test::import_text(store, lines);
  if (imported) broken("what is checked and found wrong is never taken whole", checked.error().message);
  require_refusal(imported.error(), "a file that is none");
  require_whole(store);
}

}  // namespace penny::fuzz
