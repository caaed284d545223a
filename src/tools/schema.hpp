#pragma once

// The compiled schema of a tool's input. What of JSON Schema is understood, and why no more: field_rule.hpp.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <penny/error.hpp>

namespace penny::tools {

// Many threads may check with one schema at once.
class InputSchema {
 public:
  // The object at the top must have "type": "object". `kInvalid` with field "input_schema" for what is no such schema, has more than
  // 64 KiB, or more than is understood.
  [[nodiscard]] static Result<InputSchema> compile(std::string_view text);

  // The input's canonical text with defaults filled in. `kInvalid` with the JSON path of the field. Nothing is parsed of an input of
  // more than `bytes_max` bytes.
  [[nodiscard]] Result<std::string> check(std::string_view input, std::size_t bytes_max) const;

  InputSchema(InputSchema&&) noexcept;
  InputSchema& operator=(InputSchema&&) noexcept;
  ~InputSchema();

 private:
  struct Compiled;
  explicit InputSchema(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace penny::tools
