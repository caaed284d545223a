#include "tools/toml_table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/proof.hpp"
#include "tools/json_value.hpp"
#include "tools/owned_file.hpp"

namespace penny::tools {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;

}  // namespace

TomlTable::TomlTable(const toml::table& table, std::string file, std::string name)
    : table_(table), file_(std::move(file)), name_(std::move(name)) {}

std::string TomlTable::place_of(const toml::node& node) const {
  return fmt::format("{}:{}", file_, node.source().begin.line);
}

void TomlTable::refuse_at(const toml::node& node, std::string_view key, std::string_view what, std::string advice) {
  if (refused_) return;
  refused_ = Error{ErrorCode::kInvalid, fmt::format("{}: {} in {} {}", place_of(node), key, name_, what),
                   std::move(advice), std::string(key)};
}

void TomlTable::refuse(std::string_view key, std::string_view what, std::string advice) {
  const toml::node* const node = table_.get(key);
  refuse_at(node == nullptr ? table_ : *node, key, what, std::move(advice));
}

const toml::node* TomlTable::take_node(std::string_view key) {
  known_.emplace_back(key);
  return table_.get(key);
}

const toml::table* TomlTable::take_table(std::string_view key) {
  const toml::node* const node = take_node(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) refuse_at(*node, key, "is no table", fmt::format("write [{}]", key));
  return node->as_table();
}

void TomlTable::take(std::string_view key, bool& value) {
  const toml::node* const node = take_node(key);
  if (node == nullptr) return;
  const auto found = node->value_exact<bool>();
  if (!found) return refuse_at(*node, key, "must be true or false", "correct it");
  value = *found;
}

void TomlTable::take(std::string_view key, std::string& value, std::size_t bytes_max) {
  const toml::node* const node = take_node(key);
  if (node == nullptr) return;
  auto found = node->value_exact<std::string>();
  if (!found || found->empty() || found->size() > bytes_max || found->find('\0') != std::string::npos) {
    return refuse_at(*node, key, fmt::format("must be a string of 1..{} bytes", bytes_max), "correct it");
  }
  value = std::move(*found);
}

void TomlTable::take(std::string_view key, std::uint64_t& value, std::uint64_t least, std::uint64_t most) {
  const toml::node* const node = take_node(key);
  if (node == nullptr) return;
  const auto found = node->value_exact<std::int64_t>();
  if (!found || *found < 0 || static_cast<std::uint64_t>(*found) < least || static_cast<std::uint64_t>(*found) > most) {
    return refuse_at(*node, key, fmt::format("must be a whole number {}..{}", least, most), "choose one in the range");
  }
  value = static_cast<std::uint64_t>(*found);
}

void TomlTable::take_seconds(std::string_view key, double& value, double least, double most) {
  const toml::node* const node = take_node(key);
  if (node == nullptr) return;
  const auto found = node->is_number() ? node->value<double>() : std::nullopt;
  if (!found || !(*found >= least && *found <= most)) {
    return refuse_at(*node, key, fmt::format("must be a number {}..{}", least, most), "choose one in the range");
  }
  value = *found;
}

void TomlTable::take(std::string_view key, std::vector<std::string>& values, std::size_t items_max,
                     std::size_t bytes_max) {
  const toml::node* const node = take_node(key);
  if (node == nullptr) return;
  const auto refuse_it = [&](const toml::node& where) {
    refuse_at(where, key, fmt::format("must be an array of at most {} strings of 1..{} bytes", items_max, bytes_max),
              "correct it");
  };
  const toml::array* const items = node->as_array();
  if (items == nullptr || items->size() > items_max) return refuse_it(*node);
  std::vector<std::string> found;
  for (const toml::node& item : *items) {
    auto text = item.value_exact<std::string>();
    if (!text || text->empty() || text->size() > bytes_max || text->find('\0') != std::string::npos) {
      return refuse_it(item);
    }
    found.push_back(std::move(*text));
  }
  values = std::move(found);
}

Result<void> TomlTable::finish() const {
  if (refused_) return std::unexpected(*refused_);
  for (const auto& [key, node] : table_) {
    if (std::ranges::find(known_, key.str()) != known_.end()) continue;
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("{}:{}: there is no key {} in {}", file_, key.source().begin.line,
                                  quoted_briefly(key.str()), name_),
                      fmt::format("the keys are {}", fmt::join(known_, ", ")), quoted_briefly(key.str()));
  }
  return {};
}

Result<toml::table> read_toml(const std::string& path) {
  auto text = read_owned_file(path, kFileBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound) return toml::table{};
  if (!text) return std::unexpected(text.error());
  toml::parse_result parsed = toml::parse(*text);
  if (!parsed) {
    // The parser's own words may quote the file.
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("{}:{}: this is no TOML", path, parsed.error().source().begin.line),
                      "see docs/configuration.md for how it is written", "path");
  }
  return std::move(parsed).table();
}

std::optional<boost::json::value> json_of(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    boost::json::object object;
    for (const auto& [key, member] : *table) {
      auto value = json_of(member);
      if (!value) return std::nullopt;
      object[key.str()] = std::move(*value);
    }
    return object;
  }
  if (const auto* array = node.as_array()) {
    boost::json::array items;
    for (const toml::node& item : *array) {
      auto value = json_of(item);
      if (!value) return std::nullopt;
      items.push_back(std::move(*value));
    }
    return items;
  }
  if (const auto text = node.value_exact<std::string>()) return boost::json::value(*text);
  if (const auto truth = node.value_exact<bool>()) return boost::json::value(*truth);
  if (const auto number = node.value_exact<std::int64_t>()) return boost::json::value(*number);
  const auto real = node.value_exact<double>();
  if (!real || !std::isfinite(*real)) return std::nullopt;
  return boost::json::value(*real);
}

}  // namespace penny::tools
