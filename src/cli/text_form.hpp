#pragma once

// What the store holds, as lines for people. Everything stored passes through `escape.hpp`.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <penny/model.hpp>
#include <penny/operation.hpp>
#include <penny/outcome.hpp>
#include <penny/store.hpp>

#include "cli/output.hpp"

namespace penny::cli {

// Columns, two spaces apart; the last one is not padded. The cells are safe to show already.
class Table {
 public:
  explicit Table(std::vector<std::string> heading);

  // As many cells as the heading has.
  void add(std::vector<std::string> row);

  [[nodiscard]] bool is_empty() const { return rows_.empty(); }
  [[nodiscard]] std::string text(const Output& output) const;

 private:
  std::vector<std::string> heading_;
  std::vector<std::vector<std::string>> rows_;
};

// Four significant digits at most: "0.5", "0.1235".
[[nodiscard]] std::string format_number(double number);

// "512 bytes", "1.5 KiB", "3.2 GiB".
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

// "1 turn", "2 turns".
[[nodiscard]] std::string count_of(std::uint64_t count, std::string_view noun);

[[nodiscard]] std::string format_value(const DimensionValue& value);

// A head line and the two sides, in full.
[[nodiscard]] std::string turn_text(const Turn& turn, const Output& output);

// What an operation did, on one line without a line end: "preference theme = \"dark\" (confidence 0.1, seen once,
// version 1)". Long texts are cut.
[[nodiscard]] std::string describe(const Payload& payload, const OperationResult& result);

// One line of the change feed: rev, time, what happened.
[[nodiscard]] std::string change_text(const Change& change, const Output& output);

}  // namespace penny::cli
