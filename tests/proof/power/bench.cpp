#include "proof/power/bench.hpp"

#include <filesystem>
#include <memory>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "backend/sqlite/reads.hpp"
#include "backend/sqlite/store_file.hpp"
#include "backend/sqlite/verify.hpp"
#include "proof/power/workload.hpp"
#include "store/anchor_check.hpp"

namespace penny::proof::power {
namespace {

namespace sqlite = backend::sqlite;

constexpr std::size_t kProblemsShown = 3;
constexpr std::size_t kAsProgramsDoOneIn = 5;
constexpr std::size_t kShmGarbageBytes = 32'768;

std::string text_of(const Error& error) { return fmt::format("{}: {}", to_string(error.code), error.message); }

base::StorePaths paths_in(const std::string& folder) {
  const std::string database = folder + "/" + kStorePath;
  return {.directory = folder + "/" + kStoreFolder,
          .database = database,
          .wal = database + "-wal",
          .shm = database + "-shm",
          .gate = database + "-gate",
          .bell = database + "-bell",
          .search = database + "-search",
          .ballast = database + "-ballast"};
}

void add_problems(const VerifyReport& report, Verdict& verdict) {
  for (std::size_t i = 0; i < report.problems.size() && i < kProblemsShown; ++i)
    verdict.push_back({Claim::kVerified, report.problems[i]});
}

struct Opened {
  std::string store_id;
  std::unique_ptr<sqlite::Connection> connection;
};

// As every program does: recognised, recovered by a writer, read by a reader.
Result<Opened> open_as_programs_do(const base::StorePaths& paths) {
  const auto file = sqlite::open_store(paths);
  if (!file) return std::unexpected(file.error());
  auto connection = sqlite::Connection::open(paths.database, sqlite::ConnectionRole::kReader);
  if (!connection) return std::unexpected(connection.error());
  return Opened{.store_id = file->store_id, .connection = std::move(*connection)};
}

// One connection for all of that, which takes half the time.
Result<Opened> open_at_once(const base::StorePaths& paths) {
  if (auto known = sqlite::recognise_store(paths); !known) return std::unexpected(known.error());
  auto connection = sqlite::Connection::open(paths.database, sqlite::ConnectionRole::kWriter);
  if (!connection) return std::unexpected(connection.error());
  auto id = (*connection)->text("SELECT store_id FROM store WHERE one = 1");
  if (!id) return std::unexpected(id.error());
  return Opened{.store_id = std::move(*id), .connection = std::move(*connection)};
}

// Through the back end alone.
Result<std::vector<Change>> read_and_verify(const Opened& opened, const Judge& judge, const store::Anchor* anchor,
                                            Verdict& verdict) {
  if (judge.history().opened_at() != kNever && hexadecimal(opened.store_id) != judge.history().store_id())
    verdict.push_back({Claim::kOpens, "it is another store"});
  const auto report = sqlite::verify(*opened.connection, opened.store_id);
  if (!report) return std::unexpected(report.error());
  add_problems(*report, verdict);
  if (anchor != nullptr) {
    if (auto agrees = store::check_anchor(*anchor, *opened.connection); !agrees)
      verdict.push_back({Claim::kAnchor, text_of(agrees.error())});
  }
  return read_all(
      [&](std::uint64_t since) { return sqlite::all_changes(*opened.connection, since, limits::kPageItemsMax); });
}

}  // namespace

Bench::Bench(std::string folder) : folder_(std::move(folder)), store_(folder_ + "/" + kStorePath) {
  std::filesystem::create_directories(folder_ + "/" + kStoreFolder);
  std::filesystem::permissions(folder_ + "/" + kStoreFolder, std::filesystem::perms::owner_all);
}

// Only what differs from what lies there is written; the look at it changes neither database nor log.
void Bench::place(const Image& image, Random& random) {
  for (auto placed = placed_.begin(); placed != placed_.end();) {
    if (image.files.contains(placed->first)) {
      ++placed;
      continue;
    }
    unlink((folder_ + "/" + placed->first).c_str());
    placed = placed_.erase(placed);
  }
  for (const auto& [path, bytes] : image.files) {
    const std::uint64_t hash = image.hashes.at(path);
    const auto [known, is_new] = placed_.try_emplace(path, hash);
    if (!is_new && known->second == hash) continue;
    known->second = hash;
    write_file(folder_ + "/" + path, bytes);
  }
  const std::string shm = store_ + "-shm";
  unlink(shm.c_str());
  if (is_one_in(random, 2)) {
    static const std::string garbage = [] {
      Random seeded(7);
      std::string bytes(kShmGarbageBytes, '\0');
      for (char& byte : bytes) byte = static_cast<char>(seeded());
      return bytes;
    }();
    write_file(shm, garbage);
  }
}

Bench::Look Bench::look(const Image& image, const Judge& judge, std::size_t position, const store::Anchor* anchor,
                        Random& random, Verdict& verdict) {
  Look look;
  look.is_there = image.files.contains(kStorePath);
  if (!look.is_there) {
    if (judge.must_exist(position)) verdict.push_back({Claim::kOpens, "the store is gone"});
    judge.judge(position, {}, verdict);
    return look;
  }
  place(image, random);
  const auto opened =
      is_one_in(random, kAsProgramsDoOneIn) ? open_as_programs_do(paths_in(folder_)) : open_at_once(paths_in(folder_));
  if (!opened) {
    verdict.push_back({Claim::kOpens, text_of(opened.error())});
    return look;
  }
  auto rows = read_and_verify(*opened, judge, anchor, verdict);
  if (!rows) {
    verdict.push_back({Claim::kOpens, text_of(rows.error())});
    return look;
  }
  look.rows = std::move(*rows);
  judge.judge(position, look.rows, verdict);
  return look;
}

void Bench::go_on(const Image& image, const Judge& judge, std::size_t position, const Trace& trace, Random& random,
                  Verdict& verdict) {
  const std::string folder = folder_ + "-whole";
  std::filesystem::remove_all(folder);
  lay_out(image, folder);
  const std::string path = folder + "/" + kStorePath;
  if (std::filesystem::exists(folder + "/" + kStoreFolder)) {
    if (const std::string page = page_after_power_cut(trace, position, random); !page.empty())
      write_file(path + "-gate", page);
    if (is_one_in(random, 2)) write_file(path + "-shm", std::string(kShmGarbageBytes, '\x5a'));
    if (is_one_in(random, 2)) write_file(path + "-bell", "bell");
  }
  for (std::string& wrong : retry_all(path, judge, position, random))
    verdict.push_back({Claim::kGoesOn, std::move(wrong)});
  std::filesystem::remove_all(folder);
}

}  // namespace penny::proof::power
