#include "cli/opening.hpp"

#include "cli/log.hpp"

namespace penny::cli {

Result<Store> open_existing(const CommonOptions& options, std::chrono::milliseconds deadline) {
  auto store = Store::open(options.store, {.create = false,
                                           .read_only = options.is_read_only,
                                           .deadline = deadline,
                                           .user_bytes_max = options.quota,
                                           .log = program_log(options.is_verbose)});
  if (!store && store.error().code == ErrorCode::kNotFound) {
    store.error().advice =
        "name the store with --store or PENNY_STORE; the first `penny turn add` or `penny remember` makes it";
  }
  return store;
}

Result<Store> open_or_create(const CommonOptions& options, std::chrono::milliseconds deadline) {
  if (options.is_read_only) return open_existing(options, deadline);
  return Store::open(
      options.store,
      {.create = true, .deadline = deadline, .user_bytes_max = options.quota, .log = program_log(options.is_verbose)});
}

}  // namespace penny::cli
