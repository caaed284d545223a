#pragma once

// Stand-ins for SQLite's file system, system calls and allocator, which pass everything on and fail when `strike` says so.
//
// 1. Installed once in a process, before SQLite is used there.
// 2. The file system becomes SQLite's default, so whatever is put on top of the default one (locks, another VFS) is on top of
//    this one. It forwards the calls for exchanging system calls, and stands below whatever is put there.
// 3. A sync that fails is not passed on; nor is any other call, unless the blow says that half or all of it was done.
// 4. Waiting for a lock takes no time: SQLite's busy handlers count their sleeps, so they end after as many tries as ever.
// 5. The phase of the writing connection is taken from the statements that SQLite traces.

namespace penny::proof::faults {

void install_stand_ins();

// Blocks that SQLite has got and not given back.
[[nodiscard]] long sqlite_blocks_in_use();

}  // namespace penny::proof::faults
