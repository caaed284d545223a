#pragma once

// Server-sent events as models stream them (WHATWG HTML, 9.2): bytes in pieces of any size become the data of whole events. Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace penny::assistant {

inline constexpr std::size_t kEventBytesMax = std::size_t{1} << 20;

// Used by one thread at a time.
class EventStream {
 public:
  // Adds what came. False: an event is longer than `kEventBytesMax`; then it takes nothing more.
  [[nodiscard]] bool add(std::string_view bytes);

  // The data of the next whole event, in order; nothing until more comes. Fields other than data, and comments, are passed over.
  [[nodiscard]] std::optional<std::string> next();

 private:
  std::string bytes_;  // not looked at yet
  std::string data_;   // of the event that is being read
  bool has_data_ = false;
  bool is_too_long_ = false;
};

}  // namespace penny::assistant
