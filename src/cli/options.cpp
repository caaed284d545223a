#include "cli/options.hpp"

namespace penny::cli {

void add_common_options(CLI::App& app, CommonOptions& options, UsesUser uses_user) {
  if (uses_user == UsesUser::kNoStore) return;
  const std::string group = "Common options";
  app.add_option("--store", options.store, "The store's file (default: data/memory.db)")
      ->type_name("PATH")
      ->envname("PENNY_STORE")
      ->group(group);
  if (uses_user == UsesUser::kOrAll) options.user.clear();
  app.add_option("--user", options.user,
                 uses_user == UsesUser::kYes     ? "Whose memory (default: \"default\")"
                 : uses_user == UsesUser::kOrAll ? "Whose memory (default: every user's)"
                                                 : "Accepted and not needed: this command looks at all users")
      ->type_name("NAME")
      ->envname("PENNY_USER")
      ->group(group);
  add_whole_number(app, "--quota", options.quota, "BYTES",
                   "Store nothing that makes a user's texts longer than this in all (default: no limit)")
      ->envname("PENNY_QUOTA")
      ->group(group);
  app.add_flag("--json", options.is_json, "Print JSON, errors too")->group(group);
  app.add_flag("--read-only", options.is_read_only,
               "Change no file at all: for a full disk, a read-only mount, a newer store or a backup")
      ->group(group);
  app.add_flag("-v,--verbose", options.is_verbose, "Log more to standard error")->group(group);
}

void add_write_options(CLI::App& app, WriteOptions& options) {
  const std::string group = "Writing";
  add_value(app, "--id", options.id, OperationId::parse, "UUID", "a UUID of 36 characters",
            "The operation's id; sent again with the same id, it is stored once (default: a new one)")
      ->group(group);
  add_time(app, "--at", options.at, "When it was, for imports (default: now)")->group(group);
  add_value(app, "--deadline", options.deadline, parse_duration, "TIME",
            "a time such as 1500, 500ms, 5s or 2m, at most one day",
            "Give up if it is not taken by then (default: 30s)")
      ->group(group);
  add_whole_number(app, "--if-version", options.if_version, "N",
                   "Only if what it changes has this version; 0: only if it is not there yet")
      ->group(group);
  auto* const since = add_whole_number(app, "--if-unchanged-since", options.if_unchanged_since, "REV",
                                       "Only if nothing of --unchanged changed after this rev")
                          ->group(group);
  auto* const unchanged =
      app.add_option("--unchanged", options.unchanged,
                     "turns, session:ID, preference:KEY, dimension:NAME or fact:ID; may be given several times")
          ->type_name("KEY")
          ->allow_extra_args(false)
          ->needs(since)
          ->group(group);
  since->needs(unchanged);
  add_value(app, "--origin", options.origin, parse_origin, "ORIGIN", "user, assistant, tool, web or import",
            "Whose words these are: user, assistant, tool, web, import (default: user)")
      ->group(group);
  app.add_option("--channel", options.channel, "Who writes, for example voice@kitchen")
      ->type_name("NAME")
      ->group(group);
}

void add_page_options(CLI::App& app, PageOptions& options, const std::string& after_what) {
  add_whole_number(app, "--after", options.after, "REV", after_what);
  add_whole_number(app, "--limit", options.limit, "N", "At most this many, 1..1000 (default: 100)");
}

CLI::Option* add_whole_number(CLI::App& app, const std::string& name, std::optional<std::uint64_t>& target,
                              const std::string& type_name, const std::string& description) {
  return add_value(app, name, target, parse_whole_number, type_name, "a whole number", description);
}

CLI::Option* add_number(CLI::App& app, const std::string& name, std::optional<double>& target,
                        const std::string& type_name, const std::string& description) {
  return add_value(app, name, target, parse_number, type_name, "a number", description);
}

CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<Time>& target,
                      const std::string& description) {
  return add_value(app, name, target, parse_time, "TIME",
                   "a time such as 2025-11-23, 2025-11-23T18:47:02Z or 2025-11-23T18:47+01:00", description);
}

}  // namespace penny::cli
