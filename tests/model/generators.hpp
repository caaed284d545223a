#pragma once

// Random values of the model for property tests: within the types' ranges and well formed, not within the limits.

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>

#include <rapidcheck.h>

#include <penny/operation.hpp>
#include <penny/outcome.hpp>

namespace penny::model {

// Any bytes, also NUL, and sometimes real text.
inline rc::Gen<std::string> any_text() {
  return rc::gen::oneOf(rc::gen::arbitrary<std::string>(), rc::gen::container<std::string>(rc::gen::arbitrary<char>()),
                        rc::gen::element<std::string>("", "日本語", "Grüße 👋", "a\"b\\c", std::string(5'000, 'x'),
                                                      std::string("a\0b", 3)));
}

inline rc::Gen<double> any_finite_number() {
  return rc::gen::oneOf(rc::gen::element(0.0, -0.0, 1.0, -1.0, 0.01, 0.1, 5e-324, -5e-324, 1.7976931348623157e308),
                        rc::gen::suchThat(rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                                                       [](std::uint64_t bits) { return std::bit_cast<double>(bits); }),
                                          [](double number) { return std::isfinite(number); }));
}

inline rc::Gen<std::uint64_t> any_count() {
  return rc::gen::oneOf(rc::gen::arbitrary<std::uint64_t>(),
                        rc::gen::element<std::uint64_t>(0, 1, UINT32_MAX, INT64_MAX, UINT64_MAX));
}

inline rc::Gen<std::optional<std::string>> any_session() {
  return rc::gen::oneOf(rc::gen::just(std::optional<std::string>{}),
                        rc::gen::map(any_text(), [](std::string text) { return std::optional(std::move(text)); }));
}

inline rc::Gen<DimensionValue> any_dimension_value() {
  return rc::gen::oneOf(rc::gen::map(any_finite_number(), [](double number) { return DimensionValue(number); }),
                        rc::gen::map(any_text(), [](std::string text) { return DimensionValue(std::move(text)); }));
}

inline rc::Gen<OperationId> any_id() {
  return rc::gen::map(rc::gen::container<std::array<std::uint8_t, 16>>(rc::gen::arbitrary<std::uint8_t>()),
                      [](const std::array<std::uint8_t, 16>& bytes) { return OperationId{bytes}; });
}

inline rc::Gen<Modality> any_modality() {
  return rc::gen::element(Modality::kChat, Modality::kVoice, Modality::kAgent);
}

template <class Variant, class Record>
rc::Gen<Variant> as(rc::Gen<Record> record) {
  return rc::gen::map(std::move(record), [](Record value) { return Variant(std::move(value)); });
}

inline rc::Gen<Payload> any_payload() {
  using rc::gen::set;
  return rc::gen::oneOf(
      as<Payload>(rc::gen::build<AppendTurn>(
          set(&AppendTurn::user_input, any_text()), set(&AppendTurn::assistant_response, any_text()),
          set(&AppendTurn::modality, any_modality()), set(&AppendTurn::session, any_session()),
          set(&AppendTurn::response_time_ms, any_finite_number()), set(&AppendTurn::confidence, any_finite_number()),
          set(&AppendTurn::metadata, any_text()))),
      as<Payload>(rc::gen::build<EndSession>(set(&EndSession::session, any_session()))),
      as<Payload>(rc::gen::build<ObservePreference>(set(&ObservePreference::key, any_text()),
                                                    set(&ObservePreference::value, any_text()),
                                                    set(&ObservePreference::confidence, any_finite_number()))),
      as<Payload>(rc::gen::build<SetPreference>(set(&SetPreference::key, any_text()),
                                                set(&SetPreference::value, any_text()),
                                                set(&SetPreference::confidence, any_finite_number()))),
      as<Payload>(rc::gen::build<AdjustDimension>(
          set(&AdjustDimension::name, any_text()), set(&AdjustDimension::delta, any_finite_number()),
          set(&AdjustDimension::confidence_change, any_finite_number()), set(&AdjustDimension::trigger, any_text()))),
      as<Payload>(rc::gen::build<ObserveDimension>(
          set(&ObserveDimension::name, any_text()), set(&ObserveDimension::value, any_dimension_value()),
          set(&ObserveDimension::confidence, any_finite_number()), set(&ObserveDimension::trigger, any_text()))),
      as<Payload>(rc::gen::build<SetDimension>(
          set(&SetDimension::name, any_text()), set(&SetDimension::value, any_dimension_value()),
          set(&SetDimension::confidence_change, any_finite_number()), set(&SetDimension::trigger, any_text()))),
      as<Payload>(rc::gen::build<RememberFact>(set(&RememberFact::text, any_text()),
                                               set(&RememberFact::confidence, any_finite_number()))),
      as<Payload>(rc::gen::build<ForgetFact>(set(&ForgetFact::fact, any_id()))));
}

inline rc::Gen<OperationResult> any_result() {
  using rc::gen::set;
  const auto any_number = rc::gen::arbitrary<std::uint32_t>();
  const auto any_flag = rc::gen::arbitrary<bool>();
  return rc::gen::oneOf(
      as<OperationResult>(rc::gen::build<TurnResult>(set(&TurnResult::session, any_text()),
                                                     set(&TurnResult::session_first_rev, any_count()),
                                                     set(&TurnResult::number, any_number))),
      as<OperationResult>(rc::gen::build<SessionResult>(set(&SessionResult::session, any_text()),
                                                        set(&SessionResult::turn_count, any_number),
                                                        set(&SessionResult::was_open, any_flag))),
      as<OperationResult>(rc::gen::build<PreferenceResult>(
          set(&PreferenceResult::confidence, any_finite_number()), set(&PreferenceResult::frequency, any_count()),
          set(&PreferenceResult::version, any_count()), set(&PreferenceResult::is_value_taken, any_flag))),
      as<OperationResult>(rc::gen::build<DimensionResult>(set(&DimensionResult::value, any_dimension_value()),
                                                          set(&DimensionResult::confidence, any_finite_number()),
                                                          set(&DimensionResult::version, any_count()))),
      as<OperationResult>(
          rc::gen::build<FactResult>(set(&FactResult::fact, any_id()), set(&FactResult::version, any_count()))));
}

}  // namespace penny::model

namespace rc {

// A counter-example is shown by its kind.
inline void showValue(const penny::Payload& payload, std::ostream& out) { out << penny::kind_name(payload); }
inline void showValue(const penny::OperationResult& result, std::ostream& out) { out << "result " << result.index(); }

}  // namespace rc
