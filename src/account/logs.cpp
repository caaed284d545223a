#include "account/logs.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <fmt/core.h>

namespace penny::account {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", path.string(), what));
}

template <class Record>
std::vector<Record> read_records(std::ifstream& file, const LogHeader& header, const std::filesystem::path& path) {
  const std::uint64_t count = std::min(header.count, header.capacity);
  std::vector<Record> records(count);
  file.read(reinterpret_cast<char*>(records.data()), static_cast<std::streamsize>(count * sizeof(Record)));
  if (!file) fail(path, fmt::format("is cut short: it announces {} records", count));
  return records;
}

void read_file(const std::filesystem::path& path, Logs& logs) {
  std::ifstream file(path, std::ios::binary);
  LogHeader header{};
  file.read(reinterpret_cast<char*>(&header), sizeof(header));
  if (!file || std::memcmp(header.magic, kLogMagic, sizeof(kLogMagic)) != 0) fail(path, "is no acknowledgement log");
  if (header.version != kLogVersion)
    fail(path, fmt::format("has version {}, known is {}", header.version, kLogVersion));
  switch (header.kind) {
    case LogKind::kUsers:
      logs.is_fresh = header.is_fresh != 0;
      for (const UserRecord& record : read_records<UserRecord>(file, header, path)) {
        if (record.name_bytes > sizeof(record.name)) fail(path, "has a user's name that is too long");
        logs.users.push_back({std::string(record.name, record.name_bytes), record.rev_before});
      }
      return;
    case LogKind::kWriter:
      logs.writers.push_back({header.process, read_records<Entry>(file, header, path)});
      return;
    case LogKind::kObserver:
      logs.observers.push_back({header.process, read_records<Sighting>(file, header, path)});
      return;
  }
  fail(path, "is a log of an unknown kind");
}

}  // namespace

Logs read_logs(const std::filesystem::path& folder) {
  Logs logs;
  std::vector<std::filesystem::path> paths;
  for (const auto& file : std::filesystem::directory_iterator(folder)) paths.push_back(file.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) read_file(path, logs);
  if (logs.users.empty()) fail(folder, "has no file of users");
  const auto is_unknown = [&](const auto& record) { return record.user >= logs.users.size(); };
  for (const auto& log : logs.writers) {
    if (std::ranges::any_of(log.entries, is_unknown))
      fail(folder, fmt::format("writer {} names an unknown user", log.process));
  }
  for (const auto& log : logs.observers) {
    if (std::ranges::any_of(log.sightings, is_unknown))
      fail(folder, fmt::format("observer {} names an unknown user", log.process));
  }
  return logs;
}

}  // namespace penny::account
