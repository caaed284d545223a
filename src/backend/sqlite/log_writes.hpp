#pragma once

// A file system for SQLite ("penny") that gathers the writes to the write-ahead log.
//
// SQLite writes each frame of a commit with two small calls. Here they are kept until the sync that ends the commit, and then
// written with one: that saves some 15 us of a lone commit and more of a large one.
//
// 1. Only the log of a connection that writes is gathered; every other file is the default file system's own.
// 2. What was gathered is written before anything else that the same connection does to the log: a read of it, a sync, a
//    truncation, a look at its size, closing. So to this connection the log is as if each write had been done at once.
// 3. Others look at frames only after the index of the log (-shm) says so, which SQLite updates after the sync that
//    `synchronous=FULL` demands. Every writing connection is set to FULL and reads it back.
// 4. A failed write is told to SQLite by the call that needed it, and what was gathered is dropped: SQLite then undoes the
//    transaction, and writes the frames anew if there is another.

namespace penny::backend::sqlite {

// Room for the base's own file behind a file of ours. SQLite's is smaller, and so is one that a test puts over it.
inline constexpr int kBaseFileSizeMax = 1024;

// Its name, for sqlite3_open_v2. The first call registers it, and makes SQLite's default file system take open-file-description
// locks (ofd_locks.hpp). Files are opened by the one that is the default at that moment. Any thread; does not block after that.
[[nodiscard]] const char* store_file_system();

}  // namespace penny::backend::sqlite
