#pragma once

// Reading an acknowledgement log.

#include <filesystem>
#include <string>
#include <vector>

#include "account/log_format.hpp"

namespace penny::account {

struct User {
  std::string name;
  std::uint64_t rev_before = 0;
};

struct WriterLog {
  std::uint32_t process = 0;
  std::vector<Entry> entries;
};

struct ObserverLog {
  std::uint32_t process = 0;
  std::vector<Sighting> sightings;
};

struct Logs {
  bool is_fresh = false;
  std::vector<User> users;
  std::vector<WriterLog> writers;
  std::vector<ObserverLog> observers;
};

// Reads every file of the folder. Throws std::runtime_error, naming the file, if one is no log, is cut short, or names
// a user that is not there.
Logs read_logs(const std::filesystem::path& folder);

}  // namespace penny::account
