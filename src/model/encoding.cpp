#include "model/encoding.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "model/kind.hpp"

namespace penny::model {
namespace {

using base::ByteReader;

// The fields of each record in their order in the encoding, once for writing and for reading.

template <class T, class Record>
concept Of = std::same_as<std::remove_const_t<T>, Record>;

auto fields(Of<AppendTurn> auto& turn) {
  return std::tie(turn.user_input, turn.assistant_response, turn.modality, turn.session, turn.response_time_ms,
                  turn.confidence, turn.metadata);
}
auto fields(Of<EndSession> auto& end) { return std::tie(end.session); }
auto fields(Of<ObservePreference> auto& observation) {
  return std::tie(observation.key, observation.value, observation.confidence);
}
auto fields(Of<SetPreference> auto& setting) { return std::tie(setting.key, setting.value, setting.confidence); }
auto fields(Of<AdjustDimension> auto& adjustment) {
  return std::tie(adjustment.name, adjustment.delta, adjustment.confidence_change, adjustment.trigger);
}
auto fields(Of<ObserveDimension> auto& observation) {
  return std::tie(observation.name, observation.value, observation.confidence, observation.trigger);
}
auto fields(Of<SetDimension> auto& setting) {
  return std::tie(setting.name, setting.value, setting.confidence_change, setting.trigger);
}
auto fields(Of<RememberFact> auto& fact) { return std::tie(fact.text, fact.confidence); }
auto fields(Of<ForgetFact> auto& fact) { return std::tie(fact.fact); }
auto fields(Of<ForgetTurn> auto& turn) { return std::tie(turn.turn); }
auto fields(Of<ForgetTurns> auto& turns) { return std::tie(turns.first_rev, turns.last_rev, turns.session); }
auto fields(Of<ForgetPreference> auto& preference) { return std::tie(preference.key); }
auto fields(Of<EraseUser> auto&) { return std::tie(); }
auto fields(Of<TakeToolPermit> auto& permit) {
  return std::tie(permit.tool, permit.input, permit.calls_max, permit.window_s);
}
auto fields(Of<RecordToolOutcome> auto& outcome) {
  return std::tie(outcome.call, outcome.status, outcome.output, outcome.took_ms);
}

auto fields(Of<TurnResult> auto& result) { return std::tie(result.session, result.session_first_rev, result.number); }
auto fields(Of<SessionResult> auto& result) { return std::tie(result.session, result.turn_count, result.was_open); }
auto fields(Of<PreferenceResult> auto& result) {
  return std::tie(result.confidence, result.frequency, result.version, result.is_value_taken);
}
auto fields(Of<DimensionResult> auto& result) { return std::tie(result.value, result.confidence, result.version); }
auto fields(Of<FactResult> auto& result) { return std::tie(result.fact, result.version); }
auto fields(Of<ForgottenResult> auto& result) { return std::tie(result.turns); }
auto fields(Of<ErasedResult> auto& result) { return std::tie(result.operations); }
auto fields(Of<PermitResult> auto& result) { return std::tie(result.calls_left, result.boot, result.boot_time_us); }
auto fields(Of<ToolOutcomeResult> auto& result) { return std::tie(result.tool); }

// One encoder writes into three sinks: the bytes (base::ByteWriter), their number, and their hash.

class CountingSink {
 public:
  void u64(std::uint64_t) { size_ += sizeof(std::uint64_t); }
  void f64(double) { size_ += sizeof(double); }
  void flag(bool) { size_ += sizeof(std::uint64_t); }
  void bytes(std::string_view value) { size_ += sizeof(std::uint64_t) + value.size(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

// Gathers short values, since each call of the hash costs more than a few bytes; long texts go in without a copy.
class HashingSink {
 public:
  explicit HashingSink(std::span<const std::uint8_t> salt) { hash_.update(salt); }

  void u64(std::uint64_t value) {
    const auto raw = std::bit_cast<std::array<char, sizeof value>>(value);
    append({raw.data(), raw.size()});
  }
  void f64(double value) { u64(std::bit_cast<std::uint64_t>(value)); }
  void flag(bool value) { u64(value ? 1 : 0); }
  void bytes(std::string_view value) {
    u64(value.size());
    append(value);
  }
  [[nodiscard]] base::Digest finish() {
    flush();
    return hash_.finish();
  }

 private:
  void append(std::string_view bytes) {
    if (bytes.size() > gathered_.size() - used_) flush();
    if (bytes.size() > gathered_.size()) return hash_.update(bytes);
    std::copy(bytes.begin(), bytes.end(), gathered_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += bytes.size();
  }
  void flush() {
    hash_.update(std::string_view(gathered_.data(), used_));
    used_ = 0;
  }

  base::Sha256 hash_;
  std::array<char, 1024> gathered_;
  std::size_t used_ = 0;
};

void put(auto& sink, std::unsigned_integral auto value) { sink.u64(value); }
void put(auto& sink, bool value) { sink.flag(value); }
void put(auto& sink, double value) { sink.f64(value); }
void put(auto& sink, Modality value) { sink.u64(static_cast<std::uint64_t>(value)); }
void put(auto& sink, ToolCallStatus value) { sink.u64(static_cast<std::uint64_t>(value)); }
void put(auto& sink, const std::string& value) { sink.bytes(value); }
void put(auto& sink, const OperationId& value) {
  sink.bytes({reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
}
void put(auto& sink, const std::optional<std::string>& value) {
  sink.flag(value.has_value());
  if (value) sink.bytes(*value);
}
void put(auto& sink, const DimensionValue& value) {
  sink.u64(value.index());
  std::visit([&sink](const auto& alternative) { put(sink, alternative); }, value);
}

// `first_number` is that of the variant's first alternative.
template <class Variant>
void put_variant(auto& sink, const Variant& variant, std::uint64_t first_number) {
  sink.u64(variant.index() + first_number);
  std::visit(
      [&sink](const auto& record) {
        std::apply([&sink](const auto&... field) { (put(sink, field), ...); }, fields(record));
      },
      variant);
}

void get(ByteReader& reader, std::uint64_t& value) { value = reader.u64(); }
void get(ByteReader& reader, std::uint32_t& value) {
  const std::uint64_t number = reader.u64();
  if (number > std::numeric_limits<std::uint32_t>::max()) return reader.fail();
  value = static_cast<std::uint32_t>(number);
}
void get(ByteReader& reader, bool& value) { value = reader.flag(); }
void get(ByteReader& reader, double& value) {
  value = reader.f64();
  if (!std::isfinite(value)) reader.fail();
}
// `last` is the enumeration's, whose numbers begin at 1.
template <class Enumeration>
void get_enumeration(ByteReader& reader, Enumeration& value, Enumeration last) {
  const std::uint64_t number = reader.u64();
  if (number < 1 || number > static_cast<std::uint64_t>(last)) return reader.fail();
  value = static_cast<Enumeration>(number);
}
void get(ByteReader& reader, Modality& value) { get_enumeration(reader, value, Modality::kAgent); }
void get(ByteReader& reader, ToolCallStatus& value) { get_enumeration(reader, value, ToolCallStatus::kCancelled); }
void get(ByteReader& reader, std::string& value) { value = reader.bytes(); }
void get(ByteReader& reader, OperationId& value) {
  const std::string_view raw = reader.bytes();
  if (raw.size() != value.bytes.size()) return reader.fail();
  std::memcpy(value.bytes.data(), raw.data(), raw.size());
}
void get(ByteReader& reader, std::optional<std::string>& value) {
  if (reader.flag()) value = reader.bytes();
}
void get(ByteReader& reader, DimensionValue& value) {
  switch (reader.u64()) {
    case 0:
      return get(reader, value.emplace<double>());
    case 1:
      return get(reader, value.emplace<std::string>());
    default:
      return reader.fail();
  }
}

// Reads the alternative at `place`; fails the reader if there is none.
template <class Variant, std::size_t kPlace = 0>
Variant get_alternative(ByteReader& reader, std::uint64_t place) {
  if constexpr (kPlace == std::variant_size_v<Variant>) {
    reader.fail();
    return Variant{};
  } else {
    if (place != kPlace) return get_alternative<Variant, kPlace + 1>(reader, place);
    std::variant_alternative_t<kPlace, Variant> record;
    std::apply([&reader](auto&... field) { (get(reader, field), ...); }, fields(record));
    return Variant{std::in_place_index<kPlace>, std::move(record)};
  }
}

template <class Variant>
Result<Variant> decode_variant(std::string_view bytes, std::uint64_t first_number, std::string_view what) {
  ByteReader reader(bytes);
  const std::uint64_t number = reader.u64();
  // A number below the first one wraps around to a place that no alternative has.
  Variant value = get_alternative<Variant>(reader, number - first_number);
  if (!reader.at_end()) {
    return base::fail(ErrorCode::kDamaged, fmt::format("{} bytes are not the encoding of {}", bytes.size(), what),
                      "run `penny verify`");
  }
  return value;
}

constexpr std::uint64_t kFirstKind = static_cast<std::uint64_t>(Kind::kAppendTurn);

}  // namespace

std::string encode(const Payload& payload) {
  base::ByteWriter writer;
  writer.reserve(encoded_size(payload));
  put_variant(writer, payload, kFirstKind);
  return writer.take();
}

std::size_t encoded_size(const Payload& payload) {
  CountingSink sink;
  put_variant(sink, payload, kFirstKind);
  return sink.size();
}

Result<Payload> decode(std::string_view bytes) { return decode_variant<Payload>(bytes, kFirstKind, "an operation"); }

base::Digest payload_hash(std::span<const std::uint8_t> salt, const Payload& payload) {
  HashingSink sink(salt);
  put_variant(sink, payload, kFirstKind);
  return sink.finish();
}

std::string encode_result(const OperationResult& result) {
  base::ByteWriter writer;
  put_variant(writer, result, 0);
  return writer.take();
}

Result<OperationResult> decode_result(std::string_view bytes) {
  return decode_variant<OperationResult>(bytes, 0, "an outcome");
}

}  // namespace penny::model
