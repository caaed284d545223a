#pragma once

// Wyoming's framing: a line of JSON, then as many bytes of JSON and of payload as it says.
// https://github.com/OHF-Voice/wyoming

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include <penny/error.hpp>

namespace penny::assistant {

struct WyomingEvent {
  std::string type;
  boost::json::object data{};
  std::string payload{};
};

[[nodiscard]] std::string bytes_of(const WyomingEvent& event);

// Events out of bytes as they come.
class WyomingReader {
 public:
  void add(std::string_view bytes) { bytes_ += bytes; }

  // The next whole event; nothing if more bytes are needed. Error: `kNotFound` with `field` "answer" for what is no event: no JSON, no
  // type, a header of more than 64 KiB, data of more than 1 MiB, a payload of more than 16 MiB.
  [[nodiscard]] Result<std::optional<WyomingEvent>> next();

 private:
  std::string bytes_;
};

}  // namespace penny::assistant
