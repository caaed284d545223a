#pragma once

namespace penny::backend::sqlite {

// Makes our copy of SQLite take every file lock as an open-file-description lock (fcntl(2), F_OFD_SETLK). POSIX locks
// belong to the process: when any other code in it, such as Python's own `sqlite3`, closes the same file, they are
// gone, a second writer gets in and acknowledged commits are lost. Locks of an open file description belong to our
// descriptor alone. They are right for files in WAL mode only; no store ever leaves it. Once per process; any thread;
// cheap after that.
void install_ofd_locks();

}  // namespace penny::backend::sqlite
