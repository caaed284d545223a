#pragma once

// Which errors the store's contract (include/penny/store.hpp) allows under which fault.

#include <string>

#include <penny/error.hpp>

#include "proof/faults/fault.hpp"

namespace penny::proof::faults {

// Each also demands a message and advice. Empty: allowed; else why not.
[[nodiscard]] std::string objection_to_commit(const Error& error, Manner manner);
[[nodiscard]] std::string objection_to_read(const Error& error, Manner manner);
[[nodiscard]] std::string objection_to_open(const Error& error, Manner manner);

// "storage_failed (SQLite: disk I/O error)".
[[nodiscard]] std::string describe(const Error& error);

}  // namespace penny::proof::faults
