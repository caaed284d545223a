#include "cli/stress/acknowledgements.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <type_traits>

namespace penny::cli::stress {

std::uint64_t text_hash(std::string_view first, std::string_view second) {
  constexpr std::uint64_t kPrime = 1099511628211U;
  constexpr std::uint64_t kSeparator = 0x1f;
  std::uint64_t hash = 14695981039346656037U;
  for (const char byte : first) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  hash = (hash ^ kSeparator) * kPrime;
  for (const char byte : second) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  return hash;
}

template <class Record>
Result<SharedLog<Record>> SharedLog<Record>::make(account::LogKind kind, std::uint32_t process, std::size_t capacity) {
  auto memory = SharedMemory::make("penny-log", sizeof(account::LogHeader) + capacity * sizeof(Record));
  if (!memory) return std::unexpected(memory.error());
  SharedLog log(*std::move(memory));
  std::memcpy(log.header().magic, account::kLogMagic, sizeof(account::kLogMagic));
  log.header().version = account::kLogVersion;
  log.header().kind = kind;
  log.header().process = process;
  log.header().capacity = capacity;
  return log;
}

template <class Record>
std::optional<std::uint32_t> SharedLog<Record>::reserve(std::size_t count) {
  const std::uint64_t place = std::atomic_ref(header().count).fetch_add(count);
  if (place + count > header().capacity) return std::nullopt;
  return static_cast<std::uint32_t>(place);
}

template <class Record>
std::uint32_t SharedLog<Record>::size() const {
  return static_cast<std::uint32_t>(std::min(std::atomic_ref(header().count).load(), header().capacity));
}

template <class Record>
std::span<const std::byte> SharedLog<Record>::contents() const {
  return {memory_.bytes(), sizeof(account::LogHeader) + size() * sizeof(Record)};
}

template class SharedLog<account::Entry>;
template class SharedLog<account::Sighting>;
template class SharedLog<account::UserRecord>;

void set_state(account::Entry& entry, account::EntryState state) {
  std::atomic_ref(entry.state).store(state, std::memory_order_release);
}

account::EntryState state_of(const account::Entry& entry) {
  // A load changes nothing; atomic_ref of C++23 just does not take a const object.
  return std::atomic_ref(const_cast<account::EntryState&>(entry.state)).load(std::memory_order_acquire);
}

}  // namespace penny::cli::stress
