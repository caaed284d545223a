#pragma once

// What callers were told is stored, in a file that survives each of them, and the comparison with what is stored.

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <penny/penny.hpp>

namespace penny::test {

class AcknowledgementLog {
 public:
  explicit AcknowledgementLog(const std::string& path)
      : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (file_ < 0) throw std::runtime_error("cannot open " + path);
  }
  ~AcknowledgementLog() { close(file_); }
  AcknowledgementLog(const AcknowledgementLog&) = delete;
  AcknowledgementLog& operator=(const AcknowledgementLog&) = delete;

  // Any thread of any process: one write(2), which the kernel appends whole.
  void add(const Outcome& outcome) const {
    std::array<std::uint8_t, kBytes> row{};
    std::memcpy(row.data(), outcome.id.bytes.data(), outcome.id.bytes.size());
    std::memcpy(row.data() + outcome.id.bytes.size(), &outcome.rev, sizeof outcome.rev);
    if (write(file_, row.data(), row.size()) != static_cast<ssize_t>(row.size())) std::abort();
  }

  static std::vector<std::pair<OperationId, std::uint64_t>> read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<std::pair<OperationId, std::uint64_t>> rows;
    std::array<char, kBytes> row{};
    while (file.read(row.data(), row.size())) {
      auto& [id, rev] = rows.emplace_back();
      std::memcpy(id.bytes.data(), row.data(), id.bytes.size());
      std::memcpy(&rev, row.data() + id.bytes.size(), sizeof rev);
    }
    return rows;
  }

 private:
  static constexpr std::size_t kBytes = 24;
  int file_;
};

struct Account {
  std::size_t acknowledged = 0;
  std::size_t stored = 0;
  std::size_t lost = 0;               // acknowledged, but not there, or with another rev
  std::size_t repeated = 0;           // the same id twice in the ledger
  std::vector<std::string> problems;  // why the store could not be read, or what `verify` says
};

// Opens the store anew and compares.
inline Account account(const std::string& store_path, const std::string& log_path) {
  Account account;
  std::map<OperationId, std::uint64_t> stored;
  auto store = Store::open(store_path, {.create = false});
  if (!store) {
    account.problems.push_back(store.error().message);
    return account;
  }
  std::optional<std::uint64_t> since = 0;
  while (since) {
    const auto page = store->all_changes(*since, limits::kPageItemsMax);
    if (!page) {
      account.problems.push_back(page.error().message);
      return account;
    }
    for (const Change& change : page->items) {
      if (!stored.emplace(*change.operation.id, change.rev).second) account.repeated += 1;
    }
    since = page->next;
  }
  account.stored = stored.size();
  for (const auto& [id, rev] : AcknowledgementLog::read(log_path)) {
    account.acknowledged += 1;
    const auto found = stored.find(id);
    if (found == stored.end() || found->second != rev) account.lost += 1;
  }
  const auto report = store->verify();
  if (!report) {
    account.problems.push_back(report.error().message);
  } else {
    account.problems.insert(account.problems.end(), report->problems.begin(), report->problems.end());
  }
  return account;
}

}  // namespace penny::test
