#pragma once

// JSON text as a value (RFC 8259), with exact numbers: Boost.JSON 1.81 reads 0.995056 as a neighbour of that number, which then
// prints as something else than what was stored.

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace penny::base {

enum class JsonRules {
  kGrammar,  // whatever the grammar allows; of a field named twice the last one counts
  kStrict,   // also no field twice, since two readers would see two values, no NUL, and no number beyond the doubles
};

enum class JsonFault { kNone, kSyntax, kTooDeep, kFurtherText, kNul, kFieldTwice, kNumberTooLarge };

struct JsonReading {
  boost::json::value value;  // null if there is a fault
  JsonFault fault = JsonFault::kNone;
  std::size_t at = 0;  // the byte at which reading ended
  std::string detail;  // kSyntax: what is wrong there; kFieldTwice: the field
};

// Reads one value of at most `levels_max` levels. Numbers become the nearest double (0 or infinite beyond their range), whole ones
// of at most 64 bits stay whole. Time grows with the size alone.
[[nodiscard]] JsonReading read_json(std::string_view text, std::size_t levels_max = 256,
                                    JsonRules rules = JsonRules::kGrammar);

}  // namespace penny::base
