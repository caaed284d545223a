#pragma once

// The shared log of one process, in the format of `account/log_format.hpp`. It is shared memory of the supervisor, so
// what was written is there whatever kills the process; its next life goes on in it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <penny/error.hpp>

#include "account/log_format.hpp"
#include "cli/stress/shared_memory.hpp"

namespace penny::cli::stress {

// `text_hash` of the log's format.
[[nodiscard]] std::uint64_t text_hash(std::string_view first, std::string_view second = {});

template <class Record>
class SharedLog {
 public:
  // Room for so many records.
  [[nodiscard]] static Result<SharedLog> make(account::LogKind kind, std::uint32_t process, std::size_t capacity);
  explicit SharedLog(SharedMemory memory) : memory_(std::move(memory)) {}

  // So many records side by side, all zero. Nothing if there is no room. Any thread.
  [[nodiscard]] std::optional<std::uint32_t> reserve(std::size_t count);

  [[nodiscard]] Record& at(std::uint32_t place) const {
    return reinterpret_cast<Record*>(memory_.bytes() + sizeof(account::LogHeader))[place];
  }

  // Records that were reserved so far.
  [[nodiscard]] std::uint32_t size() const;

  // The header and all records that were reserved: the file's contents.
  [[nodiscard]] std::span<const std::byte> contents() const;

  [[nodiscard]] account::LogHeader& header() const { return *reinterpret_cast<account::LogHeader*>(memory_.bytes()); }
  [[nodiscard]] int descriptor() const { return memory_.descriptor(); }

 private:
  SharedMemory memory_;
};

using WriterLog = SharedLog<account::Entry>;
using ObserverLog = SharedLog<account::Sighting>;

// Makes everything written to the entry so far part of what the state says: written before it, whatever kills us.
void set_state(account::Entry& entry, account::EntryState state);
[[nodiscard]] account::EntryState state_of(const account::Entry& entry);

}  // namespace penny::cli::stress
