#pragma once

// Real stores in folders of their own, and operations in few words, for the tests of the public interface.

#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <penny/penny.hpp>

#include "base/temporary_folder.hpp"

namespace penny::test {

// The value. Throws what the error says otherwise, which fails the test.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(to_string(result.error().code)) + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// The value of a read that is asked for again when the machine was too busy for its deadline.
template <class Read>
auto patiently(const Read& read) {
  auto answer = read();
  for (int more = 20; !answer && answer.error().code == ErrorCode::kSnapshotExpired && more > 0; --more)
    answer = read();
  return must(std::move(answer));
}

// The error. Throws if there is none.
template <class T>
Error refusal(const Result<T>& result) {
  if (!result) return result.error();
  throw std::runtime_error("it should have been refused");
}

// A folder with room for one store.
class StoreFolder {
 public:
  [[nodiscard]] std::string path() const { return folder_ / "memory.db"; }
  [[nodiscard]] const std::string& folder() const { return folder_.path(); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] Store open() const { return must(Store::open(path())); }
  // Makes the store, and closes it.
  void make() const { (void)open(); }

 private:
  base::TemporaryFolder folder_;
};

inline Operation operation_of(std::string user, Payload payload) {
  return {.user = std::move(user), .payload = std::move(payload)};
}

inline Operation with_id(Operation operation, OperationId id = OperationId::make()) {
  operation.id = id;
  return operation;
}

inline Operation with_version(Operation operation, std::uint64_t version) {
  operation.if_version = version;
  return operation;
}

inline Operation at_time(Operation operation, Time at) {
  operation.at = at;
  return operation;
}

inline Operation a_turn(std::string user = "cj", std::string input = "Hi",
                        std::optional<std::string> session = std::nullopt) {
  return operation_of(
      std::move(user),
      AppendTurn{.user_input = std::move(input), .assistant_response = "Hello", .session = std::move(session)});
}

// One operation of each kind that a user without a memory may send, in an order in which all are accepted. The last
// one forgets the fact before it.
inline std::vector<Operation> one_of_each(const std::string& user) {
  const OperationId fact = OperationId::make();
  return {with_id(a_turn(user)),
          with_id(operation_of(user, EndSession{})),
          with_id(operation_of(user, ObservePreference{.key = "color", .value = "\"blue\"", .confidence = 0.4})),
          with_id(operation_of(user, SetPreference{.key = "length", .value = "\"brief\"", .confidence = 0.9})),
          with_id(operation_of(user, AdjustDimension{.name = "communication_formality", .delta = 0.01})),
          with_id(operation_of(user, ObserveDimension{.name = "communication_formality", .value = 0.9})),
          with_id(operation_of(user, SetDimension{.name = "mood", .value = std::string("calm")})),
          with_id(operation_of(user, RememberFact{.text = "likes tea"}), fact),
          with_id(operation_of(user, ForgetFact{.fact = fact}))};
}

template <class T>
T result_of(const Outcome& outcome) {
  return std::get<T>(outcome.result);
}

inline Time day(int number) {
  return std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + std::chrono::days(number);
}

inline std::string bytes_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string bytes(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
  file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!(file << bytes) || !file.flush()) throw std::runtime_error("cannot write " + path);
}

// All that the store holds: nothing was written if it is the same before and after.
inline std::string bytes_on_disk(const std::string& store) {
  return bytes_of_file(store) + bytes_of_file(store + "-wal");
}

}  // namespace penny::test
