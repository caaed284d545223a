#include "assistant/voice/wyoming_event.hpp"

#include <cstdint>
#include <utility>

#include "base/error.hpp"
#include "base/json_value.hpp"

namespace penny::assistant {
namespace {

namespace json = boost::json;

constexpr std::size_t kHeaderBytesMax = std::size_t{64} << 10U;
constexpr std::uint64_t kDataBytesMax = std::uint64_t{1} << 20U;
constexpr std::uint64_t kPayloadBytesMax = std::uint64_t{16} << 20U;

std::unexpected<Error> no_event(std::string message) {
  return base::fail(ErrorCode::kNotFound, std::move(message), "check that a Wyoming server listens there", "answer");
}

// 0 if it is not there; nothing if it is no length, or too long.
std::optional<std::size_t> length_of(const json::object& header, std::string_view key, std::uint64_t most) {
  const json::value* const found = header.if_contains(key);
  if (found == nullptr || found->is_null()) return 0;
  json::error_code error;
  const auto length = found->to_number<std::uint64_t>(error);
  if (error || length > most) return std::nullopt;
  return length;
}

}  // namespace

std::string bytes_of(const WyomingEvent& event) {
  const std::string data = event.data.empty() ? "" : json::serialize(event.data);
  json::object header{{"type", event.type}, {"version", "1.5.2"}};
  if (!data.empty()) header["data_length"] = data.size();
  if (!event.payload.empty()) header["payload_length"] = event.payload.size();
  return json::serialize(header) + "\n" + data + event.payload;
}

Result<std::optional<WyomingEvent>> WyomingReader::next() {
  const std::size_t end = bytes_.find('\n');
  if (end > kHeaderBytesMax) {  // or there is none yet
    if (bytes_.size() > kHeaderBytesMax) return no_event("the header of an event is too long");
    return std::nullopt;
  }
  const base::JsonReading reading = base::read_json(std::string_view(bytes_).substr(0, end));
  const json::object* const header = reading.value.if_object();
  const json::value* const type = header == nullptr ? nullptr : header->if_contains("type");
  if (type == nullptr || !type->is_string()) return no_event("the header of an event has no type");
  const auto data_length = length_of(*header, "data_length", kDataBytesMax);
  const auto payload_length = length_of(*header, "payload_length", kPayloadBytesMax);
  if (!data_length || !payload_length) return no_event("an event is too long");
  if (bytes_.size() < end + 1 + *data_length + *payload_length) return std::nullopt;

  WyomingEvent event{.type = std::string(type->get_string())};
  // Older servers put the data into the header, newer ones behind it; what is behind it goes before.
  if (const json::value* const data = header->if_contains("data"); data != nullptr && data->is_object())
    event.data = data->get_object();
  if (*data_length > 0) {
    const base::JsonReading behind = base::read_json(std::string_view(bytes_).substr(end + 1, *data_length));
    if (!behind.value.is_object()) return no_event("the data of an event is no JSON object");
    for (const auto& [key, value] : behind.value.get_object()) event.data[key] = value;
  }
  event.payload = bytes_.substr(end + 1 + *data_length, *payload_length);
  bytes_.erase(0, end + 1 + *data_length + *payload_length);
  return event;
}

}  // namespace penny::assistant
