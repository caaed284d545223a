#include "cli/stress/stress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/stress/board.hpp"
#include "cli/stress/conversations.hpp"
#include "cli/stress/load.hpp"
#include "cli/stress/report.hpp"
#include "cli/stress/run_folder.hpp"
#include "cli/stress/scenarios.hpp"
#include "cli/stress/worker.hpp"

namespace penny::cli {
namespace stress {
namespace {

constexpr std::size_t kUsersDefault = 5;
constexpr std::size_t kObserversDefault = 2;
constexpr std::size_t kReasonsShown = 30;

struct Options {
  std::optional<std::string> store;
  std::vector<std::string> conversations;
  std::optional<std::size_t> processes;
  std::optional<std::size_t> users;
  std::uint32_t threads = 1;
  std::size_t observers = kObserversDefault;
  double seconds = 10;
  std::uint64_t seed = 1;
  bool kills = false;
  bool is_json = false;
  bool keeps = false;
  bool skips_load = false;
  bool skips_scenarios = false;
};

// Shows the load while it runs: a table that is drawn again in place on a terminal, else a line a second.
class LiveTable {
 public:
  LiveTable(Output& output, bool shows_lives) : output_(output), shows_lives_(shows_lives) {
    winsize size{};
    if (output.is_json() || isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return;
    terminal_rows_ = size.ws_row;
  }

  void show(const LoadFigures& figures) {
    if (output_.is_json()) return;
    if (terminal_rows_ == 0) {
      if (figures.seconds >= next_line_) output_.print(load_line(figures));
      while (figures.seconds >= next_line_) next_line_ += 1;
      return;
    }
    constexpr std::size_t kOtherRows = 5;
    const std::size_t rows = terminal_rows_ > kOtherRows ? terminal_rows_ - kOtherRows : 1;
    draw(load_table(figures, shows_lives_, rows));
  }

  // Leaves the full table of the end.
  void finish(const LoadFigures& figures) {
    if (!output_.is_json()) draw(load_table(figures, shows_lives_, figures.writers.size()));
  }

 private:
  void draw(const std::string& table) {
    std::string text;
    if (drawn_rows_ > 0) text = fmt::format("\x1b[{}A\x1b[J", drawn_rows_);
    output_.print(text + table);
    if (terminal_rows_ > 0) drawn_rows_ = static_cast<std::size_t>(std::ranges::count(table, '\n'));
  }

  Output& output_;
  bool shows_lives_;
  std::size_t terminal_rows_ = 0;  // 0: no terminal
  std::size_t drawn_rows_ = 0;
  double next_line_ = 1;
};

class Stress {
 public:
  Stress(const Options& options, Output& output) : options_(options), output_(output) {}

  ExitCode run() {
    auto conversations = words();
    if (!conversations) return output_.fail(conversations.error());
    auto script = Script::make(*conversations);
    if (!script) return output_.fail(script.error());
    auto folder = RunFolder::make(parent_folder());
    if (!folder) return output_.fail(folder.error());
    catch_stop_requests();

    auto played = play(*script, *folder);
    if (!played) {
      folder->keep();
      output_.note(fmt::format("kept: {}", folder->path().string()));
      return output_.fail(played.error());
    }
    if (is_stop_requested()) reasons_.emplace_back("the run was interrupted");
    if (options_.keeps || !reasons_.empty()) folder->keep();
    conclude(*folder);
    return reasons_.empty() ? ExitCode::kDone : ExitCode::kFailed;
  }

 private:
  [[nodiscard]] Result<Conversations> words() const {
    std::optional<std::size_t> users = options_.users;
    if (options_.conversations.empty()) {
      if (!users && options_.processes) users = std::max<std::size_t>(1, *options_.processes / 2);
      return make_conversations(users.value_or(kUsersDefault), options_.seed);
    }
    auto read = read_conversations({options_.conversations.begin(), options_.conversations.end()});
    if (!read) return read;
    const std::size_t known = read->users.size();
    if (!users && options_.processes) users = std::clamp<std::size_t>(*options_.processes / 2, 1, known);
    return with_users(*std::move(read), users.value_or(known));
  }

  [[nodiscard]] std::filesystem::path parent_folder() const {
    if (!options_.store) return "data";
    const auto parent = std::filesystem::path(*options_.store).parent_path();
    return parent.empty() ? std::filesystem::path(".") : parent;
  }

  Result<void> play(const Script& script, const RunFolder& folder) {
    if (!options_.skips_load) {
      if (auto played = play_load(script, folder); !played) return played;
    }
    if (!options_.skips_scenarios && !is_stop_requested()) return play_scenarios(script, folder);
    return {};
  }

  Result<void> play_load(const Script& script, const RunFolder& folder) {
    const LoadPlan plan{.store = options_.store.value_or((folder.path() / "memory.db").string()),
                        .log = folder.path() / "log",
                        .writers = options_.processes.value_or(2 * script.users()),
                        .threads = options_.threads,
                        .observers = std::min(options_.observers, script.users()),
                        .duration = std::chrono::milliseconds(static_cast<std::int64_t>(options_.seconds * 1000)),
                        .seed = options_.seed,
                        .kills = options_.kills};
    text(fmt::format("{} processes x {} threads write for {} s, {} users, {} observers; store {}\n", plan.writers,
                     plan.threads, options_.seconds, script.users(), plan.observers, plan.store));
    LiveTable table(output_, plan.kills);
    auto result =
        run_load(plan, script, [&table](const LoadFigures& figures) { table.show(figures); }, is_stop_requested);
    if (!result) return std::unexpected(result.error());
    table.finish(result->figures);
    text(load_summary(*result, plan.kills));
    blame(reasons_against(*result, plan.kills));
    report_["load"] = to_json(*result);
    return {};
  }

  Result<void> play_scenarios(const Script& script, const RunFolder& folder) {
    text("\n" + scenario_heading());
    boost::json::array rows;
    for (const Scenario& scenario : kScenarios) {
      for (const bool is_by_processes : {false, true}) {
        auto result = run_scenario(scenario, is_by_processes, folder.path(), script, options_.seed);
        if (!result) return std::unexpected(result.error());
        text(scenario_row(*result));
        blame(reasons_against(*result));
        rows.push_back(to_json(*result));
      }
    }
    report_["scenarios"] = std::move(rows);
    return {};
  }

  void conclude(const RunFolder& folder) {
    if (output_.is_json()) {
      boost::json::array reasons;
      for (const auto& reason : reasons_) reasons.emplace_back(reason);
      report_["is_passed"] = reasons_.empty();
      report_["reasons"] = std::move(reasons);
      if (options_.keeps || !reasons_.empty()) report_["kept"] = folder.path().string();
      output_.print(report_);
      return;
    }
    text("\n" + (reasons_.empty() ? "All went well." : output_.in(Colour::kError, "Not well:")) + "\n");
    for (const auto& reason : reasons_ | std::views::take(kReasonsShown)) text("  " + reason + "\n");
    if (reasons_.size() > kReasonsShown) text(fmt::format("  and {} more\n", reasons_.size() - kReasonsShown));
    if (options_.keeps || !reasons_.empty()) {
      text(fmt::format("Kept for a closer look (store, log and scenarios): {}\n", folder.path().string()));
    }
  }

  void text(const std::string& lines) {
    if (!output_.is_json()) output_.print(lines);
  }

  void blame(std::vector<std::string> reasons) {
    reasons_.insert(reasons_.end(), std::make_move_iterator(reasons.begin()), std::make_move_iterator(reasons.end()));
  }

  const Options& options_;
  Output& output_;
  std::vector<std::string> reasons_;
  boost::json::object report_;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("--processes", options.processes, "Writing processes; without it a chat and a voice process per user")
      ->check(CLI::Range(std::size_t{1}, kProcessesMax));
  app.add_option("--threads", options.threads, "Writing threads of each process")
      ->check(CLI::Range(std::size_t{1}, kThreadsMax))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long they write")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str();
  app.add_option("--users", options.users, "Users")->check(CLI::Range(std::size_t{1}, kUsersMax));
  app.add_option("--observers", options.observers, "Processes that watch the users live")
      ->check(CLI::Range(std::size_t{0}, kProcessesMax))
      ->capture_default_str();
  app.add_option("--conversations", options.conversations,
                 "Dialogues to replay: a file of one JSON object a line, or a folder; may be repeated")
      ->type_name("PATH")
      ->take_all()
      ->check(CLI::ExistingPath);
  app.add_option("--seed", options.seed, "Of everything that is drawn")->capture_default_str();
  app.add_option("--store", options.store, "The store to write; without it a fresh one, removed when all went well")
      ->type_name("PATH");
  app.add_flag("--kill", options.kills, "Kill a process every 50 ms, half of them inside the gate, and start it again");
  app.add_flag("--keep", options.keeps, "Keep the run's folder also when all went well");
  app.add_flag("--json", options.is_json, "Print one JSON object at the end");
  app.add_flag("--no-load", options.skips_load, "Only play the six scenarios");
  app.add_flag("--no-scenarios", options.skips_scenarios, "Only run the load");
  app.footer("Example:\n  penny stress --processes 32 --threads 2 --seconds 20 --kill");
}

}  // namespace
}  // namespace stress

void add_stress(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "stress", "Let many processes write and watch one store, and account for everything that was acknowledged");
  auto options = std::make_shared<stress::Options>();
  stress::add_options(*command, *options);
  command->callback([options, &exit_code] {
    Output output(options->is_json);
    exit_code = static_cast<int>(output.finish(stress::Stress(*options, output).run()));
  });

  CLI::App* worker = app.add_subcommand("stress-worker", "")->group("");
  auto process = std::make_shared<std::size_t>(0);
  worker->add_option("process", *process)->required();
  worker->callback([process, &exit_code] { exit_code = stress::run_worker(*process); });
}

}  // namespace penny::cli
