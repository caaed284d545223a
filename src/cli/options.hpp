#pragma once

// Options that commands share, and how an option's text becomes a value.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <penny/id.hpp>
#include <penny/model.hpp>
#include <penny/store.hpp>

#include "cli/values.hpp"

namespace penny::cli {

struct CommonOptions {
  std::string store = "data/memory.db";
  std::string user = "default";
  std::optional<std::uint64_t> quota;
  bool is_json = false;
  bool is_verbose = false;
  bool is_read_only = false;
};

// Of every command that changes the store.
struct WriteOptions {
  std::optional<OperationId> id;
  std::optional<Time> at;
  std::chrono::milliseconds deadline = kCommitDeadlineDefault;  // for all of it: opening, waiting, storing
  std::optional<std::uint64_t> if_version;
  std::optional<std::uint64_t> if_unchanged_since;
  std::vector<std::string> unchanged;  // what `if_unchanged_since` is about
  Origin origin = Origin::kUser;
  std::string channel;
};

// The part of a list.
struct PageOptions {
  std::optional<std::uint64_t> after;
  std::optional<std::uint64_t> limit;

  // As it was given: the store says which sizes it takes.
  [[nodiscard]] std::size_t limit_or(std::size_t fallback) const { return limit ? *limit : fallback; }
};

// kOrAll: empty unless it was given. kNoStore: the command has none of the common options.
enum class UsesUser : std::uint8_t { kNo, kYes, kOrAll, kNoStore };

void add_common_options(CLI::App& app, CommonOptions& options, UsesUser uses_user);
void add_write_options(CLI::App& app, WriteOptions& options);
void add_page_options(CLI::App& app, PageOptions& options, const std::string& after_what);

// An option (or, without dashes, a positional) whose text `read` turns into a value; if it answers nothing the use is
// wrong, and the message says that `expected` was expected. `target` may be an optional.
template <class Target, class Read>
CLI::Option* add_value(CLI::App& app, const std::string& name, Target& target, Read read, const std::string& type_name,
                       const std::string& expected, const std::string& description) {
  const auto store_value = [&target, read, name, expected](const std::string& text) {
    auto value = read(std::string_view{text});
    if (!value) throw CLI::ValidationError(name, "\"" + text + "\" is not " + expected);
    target = *std::move(value);
  };
  return app.add_option_function<std::string>(name, store_value, description)->type_name(type_name);
}

CLI::Option* add_whole_number(CLI::App& app, const std::string& name, std::optional<std::uint64_t>& target,
                              const std::string& type_name, const std::string& description);
CLI::Option* add_number(CLI::App& app, const std::string& name, std::optional<double>& target,
                        const std::string& type_name, const std::string& description);
CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<Time>& target,
                      const std::string& description);

}  // namespace penny::cli
