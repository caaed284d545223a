// changes, watch

#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_form.hpp"
#include "cli/opening.hpp"
#include "cli/text_form.hpp"

namespace penny::cli {
namespace {

using std::chrono::milliseconds;

void print_change(Output& output, const Change& change) {
  if (output.is_json()) {
    output.print(boost::json::value(to_json(change)));
  } else {
    output.print(change_text(change, output));
  }
}

class Changes : public Command {
 public:
  void add_options(CLI::App& app) override {
    add_whole_number(app, "--since", since_, "REV", "Changes after this rev (default: 0, all)");
    add_whole_number(app, "--limit", limit_, "N", "At most this many (default: all)");
  }

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    constexpr std::uint64_t kPageSize = 100;
    std::uint64_t left = limit_.value_or(UINT64_MAX);
    std::uint64_t since = since_.value_or(0);
    while (left > 0 && !output.is_closed()) {
      const auto page = store->changes(common.user, since, std::min(left, kPageSize));
      if (!page) return output.fail(page.error());
      for (const auto& change : page->items) print_change(output, change);
      left -= page->items.size();
      if (!page->next) break;
      since = *page->next;
    }
    return ExitCode::kDone;
  }

 private:
  std::optional<std::uint64_t> since_;
  std::optional<std::uint64_t> limit_;
};

class WatchChanges : public Command {
 public:
  void add_options(CLI::App& app) override {
    add_whole_number(app, "--since", since_, "REV", "Begin after this rev (default: from now on)");
    add_whole_number(app, "--count", count_, "N", "End after this many changes");
    add_number(app, "--for", seconds_, "SECONDS", "End after this time")->check(CLI::NonNegativeNumber);
  }

  ExitCode run(Output& output) override {
    catch_stop_requests();
    const auto end = std::chrono::steady_clock::now() + duration();
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    const auto since = first_rev(*store);
    if (!since) return output.fail(since.error());
    auto watch = store->watch(common.user, *since);
    if (!watch) return output.fail(watch.error());

    // The library waits without polling; these steps only bound how late a signal or a reader that left is noticed.
    constexpr milliseconds kStep{250};
    std::uint64_t left = count_.value_or(UINT64_MAX);
    while (left > 0 && !is_stop_requested() && !output.is_closed()) {
      const auto until_end = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
      if (until_end <= milliseconds{0}) break;
      const auto change = watch->next(std::min(until_end, kStep));
      if (!change) return output.fail(change.error());
      output.check_reader();
      if (!*change) continue;
      print_change(output, **change);
      --left;
    }
    return ExitCode::kDone;
  }

 private:
  [[nodiscard]] std::chrono::duration<double> duration() const {
    constexpr double kAYear = 365.0 * 24 * 3600;
    return std::chrono::duration<double>(std::min(seconds_.value_or(kAYear), kAYear));
  }

  [[nodiscard]] Result<std::uint64_t> first_rev(const Store& store) const {
    if (since_) return *since_;
    const auto now = store.user_statistics(common.user);
    if (!now) return std::unexpected(now.error());
    return now->rev;
  }

  std::optional<std::uint64_t> since_;
  std::optional<std::uint64_t> count_;
  std::optional<double> seconds_;
};

}  // namespace

void add_feed_commands(CLI::App& app, Commands& commands) {
  commands.add<Changes>(app, "changes", "Show what changed; with --json one object a line",
                        "penny changes --user cj --since 12");
  commands.add<WatchChanges>(app, "watch", "Show changes as they come; with --json one object a line",
                             "penny watch --user cj --json");
}

}  // namespace penny::cli
