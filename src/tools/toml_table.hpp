#pragma once

// One table of a configuration file, read key by key. The first thing that is wrong is kept, with file and line; strings of the file
// are never part of a message, since they may be secret.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

// Our code throws nothing, and the parser need not either.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <penny/error.hpp>

namespace penny::tools {

class TomlTable {
 public:
  // `name` is the table's own for messages, for example [shell].
  TomlTable(const toml::table& table, std::string file, std::string name);

  // Each takes the key if it is there, and leaves `value` alone if not.
  void take(std::string_view key, bool& value);
  void take(std::string_view key, std::string& value, std::size_t bytes_max);
  // least..most are whole numbers.
  void take(std::string_view key, std::uint64_t& value, std::uint64_t least, std::uint64_t most);
  void take_seconds(std::string_view key, double& value, double least, double most);
  void take(std::string_view key, std::vector<std::string>& values, std::size_t items_max, std::size_t bytes_max);

  // The node of a key that the caller reads itself; nothing if it is not there.
  [[nodiscard]] const toml::node* take_node(std::string_view key);
  [[nodiscard]] const toml::table* take_table(std::string_view key);

  // Refuses at the place of `key`, unless something was refused before.
  void refuse(std::string_view key, std::string_view what, std::string advice);
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
  [[nodiscard]] std::string place_of(const toml::node& node) const;

  // What was refused first, else keys that nobody took.
  [[nodiscard]] Result<void> finish() const;

 private:
  void refuse_at(const toml::node& node, std::string_view key, std::string_view what, std::string advice);

  const toml::table& table_;
  std::string file_;
  std::string name_;
  std::vector<std::string> known_;
  std::optional<Error> refused_;
};

// A whole configuration file; without one an empty table. Blocks on the disk. Errors as of `read_owned_file`, and `kInvalid` with file
// and line for what is no TOML.
[[nodiscard]] Result<toml::table> read_toml(const std::string& path);

// Nothing if it holds what JSON has not: a date, a time, a number that is not finite.
[[nodiscard]] std::optional<boost::json::value> json_of(const toml::node& node);

}  // namespace penny::tools
