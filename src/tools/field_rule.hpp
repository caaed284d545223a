#pragma once

// What a tool's schema asks of one field of the input, and the words for what is wrong with a value.
//
// Two checkers look at each input: this one, which finds the words that a model can act upon, fills in defaults, and checks what
// valijson cannot (pattern and format in linear time, lengths in code points, control characters), and valijson, whose verdict also
// counts (schema.cpp). An input is accepted only if both accept it.
//
// Understood is a closed part of JSON Schema's draft 7: what can neither fetch, loop, nor cost more than the size of the input.
// Everything else in a schema is refused, so that nobody relies on what is not checked.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <penny/error.hpp>

#include "tools/formats.hpp"

namespace penny::tools {

inline constexpr std::size_t kSchemaRulesMax = 256;    // fields of all levels of one schema
inline constexpr std::size_t kSchemaFieldsMax = 64;    // of one object
inline constexpr std::size_t kEnumerationMax = 256;    // values of one enum
inline constexpr std::size_t kPatternBytesMax = 1024;  // of one pattern
inline constexpr std::size_t kUniqueItemsMax = 100;  // an array whose items must differ must say a maxItems up to this
inline constexpr double kIntegerMax = 9007199254740991;  // 2^53 - 1: beyond it readers of JSON round

enum class ValueType : std::uint8_t {
  kNull = 1 << 0,
  kBoolean = 1 << 1,
  kInteger = 1 << 2,
  kNumber = 1 << 3,
  kString = 1 << 4,
  kArray = 1 << 5,
  kObject = 1 << 6,
};

struct FieldRule {
  std::uint8_t types = 0;  // bits of `ValueType`; 0: any
  std::vector<boost::json::value> enumeration{};

  std::optional<double> minimum{};
  std::optional<double> maximum{};
  std::optional<double> exclusive_minimum{};
  std::optional<double> exclusive_maximum{};
  std::optional<std::int64_t> multiple_of{};

  std::optional<std::size_t> min_length{};  // in code points
  std::optional<std::size_t> max_length{};
  std::unique_ptr<re2::RE2> pattern{};
  const Format* format = nullptr;
  bool has_lines = false;  // newlines and tabs are allowed; other control characters never are

  std::optional<std::size_t> min_items{};
  std::optional<std::size_t> max_items{};
  bool has_unique_items = false;
  std::unique_ptr<FieldRule> items{};

  std::map<std::string, FieldRule, std::less<>> fields{};
  std::vector<std::string> required{};
  bool has_other_fields = false;              // else a field that is not in `fields` is refused
  std::unique_ptr<FieldRule> other_fields{};  // what is asked of those

  std::optional<boost::json::value> default_value{};
};

// `kInvalid` with `field` "input_schema" and the place in the message. `rules` counts those of the whole schema.
[[nodiscard]] Result<FieldRule> read_rule(const boost::json::value& schema, const std::string& place,
                                          std::size_t& rules);

// Fills in defaults and turns 1.0 into 1 where an integer is asked for. The first fault is `kInvalid` with the JSON path of the
// field, which begins with `path`, and a message that names it without "input.".
[[nodiscard]] Result<void> apply_rule(const FieldRule& rule, boost::json::value& value, const std::string& path);

// "a string or null".
[[nodiscard]] std::string type_names(std::uint8_t types);

}  // namespace penny::tools
