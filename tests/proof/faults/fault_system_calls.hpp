#pragma once

// The system calls of SQLite's default file system, which fail when `strike` says so.

#include <string_view>

#include <sqlite3.h>

namespace penny::proof::faults {

// Once.
void install_system_calls(sqlite3_vfs& below);

// Makes `call` what is called when `name` does not fail. False: we do not stand in for it.
[[nodiscard]] bool put_below(std::string_view name, sqlite3_syscall_ptr call);
// What is called when `name` does not fail. Nothing: we do not stand in for it.
[[nodiscard]] sqlite3_syscall_ptr call_below(std::string_view name);

}  // namespace penny::proof::faults
