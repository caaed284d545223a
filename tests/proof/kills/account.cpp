#include "proof/kills/account.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "model/encoding.hpp"
#include "model/kind.hpp"
#include "proof/kills/requests.hpp"
#include "support/raw_database.hpp"

namespace penny::proof::kills {
namespace {

constexpr std::string_view kAllThere =
    "every acknowledged operation is stored once, with the rev and result that were told";
constexpr std::string_view kNothingElse = "nothing is stored that nobody asked for";
constexpr std::string_view kNothingHalf = "every batch is stored whole, in consecutive revs, or not at all";
constexpr std::string_view kNoGap = "a user's revs are counted from 1 without a gap";
constexpr std::string_view kAllRaises = "a dimension is the sum of its raises, and its evolution has each of them";
constexpr std::string_view kInOrder = "what a thread was told before it asked for more has the smaller rev";
constexpr std::string_view kIsWhole = "`verify` finds nothing";

std::string bytes_of(std::string_view hexadecimal) {
  const auto digit = [](char letter) { return letter <= '9' ? letter - '0' : letter - 'A' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2)
    bytes += static_cast<char>(digit(hexadecimal[i]) * 16 + digit(hexadecimal[i + 1]));
  return bytes;
}

struct Row {
  std::string user;
  std::uint64_t rev = 0;
  OperationId id;
  model::Kind kind = model::Kind::kAppendTurn;
  std::string key;
  std::uint64_t batch_first = 0;
  std::uint64_t batch_size = 0;
  std::uint64_t digest = 0;  // of what is stored
  std::uint64_t result = 0;  // digest of its outcome
};

// In one order: columns and what is made of them.
constexpr const char* kRows =
    "SELECT users.name, rev, hex(operation_id), kind, ifnull(key, ''), batch_first, batch_size, hex(payload), "
    "hex(user_input), hex(assistant_response), hex(metadata), hex(outcome), hex(session), session_first, "
    "session_number "
    "FROM ledger JOIN users ON users.id = ledger.user ORDER BY users.name, rev";

Row row_of(const std::vector<std::string>& columns) {
  Row row;
  row.user = columns.at(0);
  row.rev = std::stoull(columns.at(1));
  const std::string id = bytes_of(columns.at(2));
  if (id.size() != row.id.bytes.size()) throw std::runtime_error("an operation id of the wrong size");
  std::copy(id.begin(), id.end(), row.id.bytes.begin());
  row.kind = static_cast<model::Kind>(std::stoi(columns.at(3)));
  row.key = columns.at(4);
  row.batch_first = std::stoull(columns.at(5));
  row.batch_size = std::stoull(columns.at(6));
  std::string result = bytes_of(columns.at(11));
  if (row.kind == model::Kind::kAppendTurn) {
    row.digest = digest_of_turn(row.user, bytes_of(columns.at(8)), bytes_of(columns.at(9)), bytes_of(columns.at(10)));
    result = model::encode_result(TurnResult{.session = bytes_of(columns.at(12)),
                                             .session_first_rev = std::stoull(columns.at(13)),
                                             .number = static_cast<std::uint32_t>(std::stoul(columns.at(14)))});
  } else {
    row.digest = digest_of_other(row.user, bytes_of(columns.at(7)));
  }
  row.result = digest_of_result(result);
  return row;
}

class Accountant {
 public:
  Accountant(const std::string& path, const History& history, std::string witness, Court& court)
      : database_(path), history_(history), witness_(std::move(witness)), court_(court) {}

  Stored run() {
    for (const auto& columns : database_.rows(kRows)) rows_.push_back(row_of(columns));
    stored_.operations = rows_.size();
    check_revs();
    check_batches();
    check_acknowledged();
    check_order();
    check_raises();
    return stored_;
  }

 private:
  void check(std::string_view claim, bool holds, const std::string& what) {
    court_.check(claim, holds, holds ? "" : witness_ + ": " + what);
  }

  void check_revs() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const bool is_first = i == 0 || rows_[i - 1].user != rows_[i].user;
      const std::uint64_t expected = is_first ? 1 : rows_[i - 1].rev + 1;
      check(kNoGap, rows_[i].rev == expected,
            fmt::format("{} has rev {} where {} should be", rows_[i].user, rows_[i].rev, expected));
    }
  }

  // Rows are in order of user and rev, so a batch's stand side by side.
  void check_batches() {
    for (std::size_t i = 0; i < rows_.size();) {
      const Row& first = rows_[i];
      std::size_t size = 1;
      while (i + size < rows_.size() && rows_[i + size].user == first.user &&
             rows_[i + size].batch_first == first.batch_first)
        size += 1;
      check_batch(std::span(rows_).subspan(i, size));
      i += size;
    }
  }

  void check_batch(std::span<const Row> batch) {
    const Row& first = batch.front();
    const std::string where = fmt::format("{} rev {}", first.user, first.rev);
    const auto name = name_of(first.id);
    const Fate* fate = name ? find(name->request) : nullptr;
    check(kNothingElse, fate != nullptr && fate->begun > 0, where + " was never begun");
    if (fate == nullptr) return;
    bool is_whole = first.batch_first == first.rev && first.batch_size == batch.size();
    std::uint64_t digest = 0;
    std::uint64_t result = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto one = name_of(batch[i].id);
      is_whole = is_whole && one && one->request == name->request && one->index == i;
      digest = joined(digest, batch[i].digest);
      result = joined(result, batch[i].result);
    }
    check(kNothingHalf, is_whole,
          fmt::format("{} stands in a batch of {} with {} rows", where, first.batch_size, batch.size()));
    check(kNothingElse, digest == fate->digest, where + " is not what was begun");
    const RequestName& request = name->request;
    const bool is_new = stored_.keys.insert(key_of(request.process, request.lane, request.number)).second;
    check(kAllThere, is_new, where + " was stored before");
    stored_.requests += 1;
    if (fate->rev == 0) {
      stored_.unanswered += 1;
      return;
    }
    check(kAllThere, fate->rev == first.rev, fmt::format("{} was acknowledged as rev {}", where, fate->rev));
    check(kAllThere, fate->result == result, where + " has another result than was told");
    revs_.emplace(std::pair(key_of(request.process, request.lane, request.number), first.user), first.rev);
  }

  void check_acknowledged() {
    for_each_fate([&](std::size_t process, std::size_t lane, std::uint32_t number, const Fate& fate) {
      const bool is_there = fate.rev == 0 || stored_.keys.contains(key_of(process, lane, number));
      check(kAllThere, is_there,
            fmt::format("request {} of process {}, lane {} was acknowledged as rev {} and is lost", number, process,
                        lane, fate.rev));
    });
  }

  // Keys of a lane grow with the requests' numbers.
  void check_order() {
    std::map<std::pair<std::uint64_t, std::string>, std::uint64_t> last;  // rev, by lane and user
    for (const auto& [name, rev] : revs_) {
      std::uint64_t& before = last[{name.first >> 32U, name.second}];
      check(kInOrder, rev > before, fmt::format("{} rev {} came after rev {}", name.second, rev, before));
      before = rev;
    }
  }

  void check_raises() {
    std::map<std::pair<std::string, std::string>, std::vector<std::uint64_t>> raises;  // revs, by user and dimension
    for (const Row& row : rows_) {
      if (row.kind == model::Kind::kAdjustDimension) raises[{row.user, row.key}].push_back(row.rev);
    }
    // Whole numbers of raises, and whether they are whole.
    const std::string steps = fmt::format("({{0}} - {}) / {:.20f}", kDimensionBegin, kRaise);
    const auto exact = [&](const char* column) {
      const std::string number = fmt::format(fmt::runtime(steps), column);
      return fmt::format("CASE {0} = CAST({0} AS INTEGER) WHEN 1 THEN CAST({0} AS INTEGER) ELSE -1 END", number);
    };
    std::map<std::pair<std::string, std::string>, std::vector<std::uint64_t>> evolutions;
    for (const auto& columns : database_.rows(
             fmt::format("SELECT users.name, e.name, version, rev, {}, {} FROM evolution AS e JOIN users ON users.id = "
                         "e.user ORDER BY users.name, e.name, version",
                         exact("old_value"), exact("new_value")))) {
      auto& known = evolutions[{columns.at(0), columns.at(1)}];
      known.push_back(std::stoull(columns.at(3)));
      check(kAllRaises,
            columns.at(2) == std::to_string(known.size()) && columns.at(4) == std::to_string(known.size() - 1) &&
                columns.at(5) == std::to_string(known.size()),
            fmt::format("version {} of {} of {} raises from {} to {}", columns.at(2), columns.at(1), columns.at(0),
                        columns.at(4), columns.at(5)));
    }
    check(kAllRaises, evolutions == raises, "the evolution and the ledger have different raises");
    for (const auto& columns : database_.rows(
             fmt::format("SELECT users.name, d.name, version, {} FROM dimensions AS d JOIN users ON users.id = d.user",
                         exact("value")))) {
      const auto expected = std::to_string(raises[{columns.at(0), columns.at(1)}].size());
      check(kAllRaises, columns.at(2) == expected && columns.at(3) == expected,
            fmt::format("{} of {} was raised {} times; it has version {} and stands at {} raises", columns.at(1),
                        columns.at(0), expected, columns.at(2), columns.at(3)));
    }
  }

  [[nodiscard]] const Fate* find(const RequestName& name) const {
    if (name.process >= kProcessesMax || name.lane >= kLanes) return nullptr;
    const auto& fates = history_.fates.at(name.process).at(name.lane);
    return name.number < fates.size() ? &fates[name.number] : nullptr;
  }

  template <class Use>
  void for_each_fate(Use&& use) const {
    for (std::size_t process = 0; process < kProcessesMax; ++process) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const auto& fates = history_.fates.at(process).at(lane);
        for (std::size_t number = 0; number < fates.size(); ++number)
          use(process, lane, static_cast<std::uint32_t>(number), fates[number]);
      }
    }
  }

  test::RawDatabase database_;
  const History& history_;
  const std::string witness_;
  Court& court_;
  std::vector<Row> rows_;
  std::map<std::pair<std::uint64_t, std::string>, std::uint64_t> revs_;  // acknowledged ones, by key and user
  Stored stored_;
};

}  // namespace

std::uint64_t key_of(std::size_t process, std::size_t lane, std::uint32_t number) {
  return std::uint64_t{process} << 40U | std::uint64_t{lane} << 32U | number;
}

Stored check_store(const std::string& path, const History& history, const std::string& witness, Court& court) {
  return Accountant(path, history, witness, court).run();
}

void check_verify(const Store& store, const std::string& witness, Court& court) {
  const auto report = store.verify();
  if (!report) return court.check(kIsWhole, false, witness + ": " + report.error().message);
  court.check(kIsWhole, report->problems.empty(),
              report->problems.empty() ? "" : witness + ": " + report->problems.front());
}

}  // namespace penny::proof::kills
