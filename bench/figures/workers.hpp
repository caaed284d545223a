#pragma once

// What each worker process does; see worker.cpp for its arguments. They throw `std::runtime_error`.

#include <cstdint>
#include <string>

namespace penny::figures {

// Keeps the search index, and tells how far it is behind.
void keep_index(const std::string& store);

// Opens the store, reads and writes once, and tells how long each took.
void open_once(const std::string& store, bool is_written);

// Reads, and tells how long it took: the last turns of users, warm and cold, and prompt contexts.
void read_users(const std::string& store, std::uint32_t users, std::uint32_t reads, std::uint32_t cold_reads);

// Opens, reads and writes, and tells how much memory the process has.
void use_memory(const std::string& store, std::uint32_t users);

void back_up(const std::string& store, const std::string& to);
void verify(const std::string& store);

// Writes as fast as it can, for ever.
void write_for_ever(const std::string& store, std::uint32_t threads);

// Writes turns of the user, or of any user if it is empty, until it is told to stop, and tells how long each took.
struct WrittenTalk {
  std::string user;
  double per_second = 0;  // 0: as fast as it can
  std::uint32_t seed = 1;
  std::uint32_t number = 1;  // of this writer: none writes what another one does
};
void write_talk(const std::string& store, const WrittenTalk& what);

// Reads in threads, each for so long, until its input ends.
struct HeldReads {
  std::uint32_t threads = 1;
  std::uint32_t read_ms = 100;
  std::uint32_t rest_ms = 100;
  std::uint64_t seed = 1;
  bool is_foreign = false;  // with a connection of SQLite's own, as another program would
};
void hold_reads(const std::string& store, const std::string& counters, const HeldReads& what);

// Opens the store; when it is told to, begins one read, says so, and goes on with it until its deadline.
void hold_one_read(const std::string& store);

void import_file(const std::string& store, const std::string& file, const std::string& as_user, double seconds_max);

}  // namespace penny::figures
