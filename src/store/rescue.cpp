// Rescue: what a damaged store still says, said again to a new one.

#include <penny/rescue.hpp>

#include <chrono>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include <penny/store.hpp>

#include "backend/sqlite/migration.hpp"
#include "backend/sqlite/salvage.hpp"
#include "backend/sqlite/schema.hpp"
#include "backend/sqlite/store_file.hpp"
#include "backend/sqlite/wal_scan.hpp"
#include "base/error.hpp"
#include "base/file_system.hpp"
#include "base/proof.hpp"
#include "store/gate_page.hpp"
#include "store/verified_copy.hpp"

namespace penny {
namespace {

using backend::sqlite::Connection;
using backend::sqlite::ConnectionRole;
using backend::sqlite::Salvage;
using std::chrono::milliseconds;

constexpr const char* kSuffix = "-rescue";
constexpr const char* kStoreId = "SELECT store_id FROM store WHERE one = 1";
constexpr std::uint64_t kToldEvery = 1000;
constexpr std::size_t kStoreIdBytes = 16;

std::unexpected<Error> stopped() {
  return base::fail(ErrorCode::kStopped, "the rescue was stopped", "begin it again; nothing was left behind");
}

void remove_store(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-gate", "-bell", "-ballast"}) unlink((path + suffix).c_str());
}

// The store that is filled, under a name of its own, which goes with it.
struct Filling {
  explicit Filling(std::string store_path) : path(std::move(store_path)) { remove_store(path); }
  ~Filling() { remove_store(path); }
  Filling(const Filling&) = delete;
  Filling& operator=(const Filling&) = delete;
  std::string path;
};

// What was a batch is stored as one again, so that a retry of it is known; else, and if some of it is lost, one by one.
class Replay {
 public:
  Replay(Store& store, Salvage& salvage, RescueReport& report) : store_(store), salvage_(salvage), report_(report) {}

  Result<void> take(Salvage::Saved saved) {
    const bool belongs = !batch_.operations.empty() && batch_.operations.front().user == saved.operation.user &&
                         batch_first_ == saved.batch_first;
    if (!belongs) {
      if (auto sent = send(); !sent) return sent;
    }
    batch_first_ = saved.batch_first;
    batch_size_ = saved.batch_size;
    batch_.operations.push_back(std::move(saved.operation));
    return batch_.operations.size() == batch_size_ ? send() : Result<void>{};
  }

  Result<void> send() {
    if (batch_.operations.empty()) return {};
    Batch batch = std::exchange(batch_, {});
    if (batch.operations.size() > 1 && batch.operations.size() == batch_size_ && store_.commit(batch)) {
      report_.operations += batch.operations.size();
      return {};
    }
    for (Operation& operation : batch.operations) {
      const OperationId id = *operation.id;
      const std::string user = operation.user;
      const bool is_forgetting = std::holds_alternative<ForgetPreference>(operation.payload);
      const auto stored = store_.commit(std::move(operation));
      if (stored) {
        report_.operations += 1;
      } else if (is_forgetting && stored.error().code == ErrorCode::kNotFound) {
        report_.forgotten += 1;  // nothing is there that it would have to forget
      } else if (stored.error().code == ErrorCode::kNotFound || stored.error().code == ErrorCode::kInvalid ||
                 stored.error().code == ErrorCode::kConflict) {
        salvage_.add_loss(1, fmt::format("user {}: operation {} does not go without what is lost: {}", user,
                                         id.to_string(), stored.error().message));
      } else {
        return std::unexpected(stored.error());
      }
    }
    return {};
  }

 private:
  Store& store_;
  Salvage& salvage_;
  RescueReport& report_;
  Batch batch_;
  std::uint64_t batch_first_ = 0;
  std::uint64_t batch_size_ = 0;
};

std::string store_id_of(Connection& connection) {
  backend::sqlite::Cursor cursor = connection.query(kStoreId);
  const auto found = cursor.next();
  if (!found || !*found || cursor.blob(0).size() != kStoreIdBytes) return {};
  const auto id = cursor.blob(0);
  return {id.begin(), id.end()};
}

// What the page beside the store remembers of it.
void compare_with_anchor(const base::StorePaths& paths, const std::string& store_id, Salvage& salvage) {
  const auto page = store::GatePage::open_for_reading(paths);
  if (!page || store_id.empty() || !(*page)->names(store_id)) return;
  const auto anchor = (*page)->anchor();
  if (anchor && anchor->seq > salvage.last_seq()) {
    salvage.add_loss(0, fmt::format("operations were acknowledged up to seq {}, and the last that is there is {}",
                                    anchor->seq, salvage.last_seq()));
  }
}

Result<void> save_all(Salvage& salvage, Store& store, const RescueOptions& options, RescueReport& report) {
  Replay replay(store, salvage, report);
  for (std::uint64_t taken = 0;; ++taken) {
    if (taken % kToldEvery == 0 && options.progress && !options.progress(salvage.last_seq(), salvage.rows()))
      return stopped();
    auto saved = salvage.next();
    if (!saved) return std::unexpected(saved.error());
    if (!*saved) return replay.send();
    if (auto done = replay.take(std::move(**saved)); !done) return done;
  }
}

}  // namespace

Result<RescueReport> rescue(const std::string& damaged, const std::string& to, const RescueOptions& options) {
  const auto paths = base::find_paths(damaged);
  if (!paths) return std::unexpected(paths.error());
  if (auto known = backend::sqlite::recognise_store(*paths); !known) return std::unexpected(known.error());
  const auto target = base::prepare_paths(to, true);
  if (!target) return std::unexpected(target.error());
  if (access(target->database.c_str(), F_OK) == 0)
    return base::fail(ErrorCode::kInvalid, target->database + " is there already", "name a new file", "to");
  if (store::is_in_use(*paths)) {
    return base::fail(ErrorCode::kConflict, paths->database + " is in use",
                      "close the programs that have it open (`penny doctor` shows them), and try again", "in_use");
  }
  auto reader = Connection::open(paths->database, ConnectionRole::kQuietReader);
  if (!reader) return std::unexpected(reader.error());
  const auto version = (*reader)->integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version > backend::sqlite::kSchemaVersion) return backend::sqlite::newer_schema(paths->database, *version);
  if (auto ready = backend::sqlite::imagine_upgrade(**reader); !ready) return std::unexpected(ready.error());

  RescueReport report;
  const std::string store_id = store_id_of(**reader);
  Salvage salvage(**reader, store_id);
  if (store_id.empty()) salvage.add_loss(0, "the store's id is lost");
  if (const auto whole = backend::sqlite::check_log(*paths); !whole) salvage.add_loss(0, whole.error().message);
  const Filling filling(target->database + kSuffix);
  {
    auto store = Store::open(filling.path);
    if (!store) return std::unexpected(store.error());
    if (auto saved = save_all(salvage, *store, options, report); !saved) return std::unexpected(saved.error());
  }
  compare_with_anchor(*paths, store_id, salvage);
  base::proof::reach("rescue.filled");
  // Verified, in one file, and durable before it has its name.
  const auto placed = Store::restore(filling.path, to);
  if (!placed) return std::unexpected(placed.error());
  report.path = placed->path;
  report.users = placed->users;
  report.forgotten += salvage.forgotten();
  report.lost = salvage.lost();
  report.losses = std::move(salvage.losses());
  return report;
}

}  // namespace penny
