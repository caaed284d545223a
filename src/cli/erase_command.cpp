// erase

#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/interrupt.hpp"
#include "cli/opening.hpp"
#include "cli/text_form.hpp"

namespace penny::cli {
namespace {

using std::chrono::milliseconds;

std::string_view what_happens(EraseStage stage) {
  switch (stage) {
    case EraseStage::kWaiting:
      return "waiting for another process that erases";
    case EraseStage::kIndex:
      return "writing the search index anew";
    case EraseStage::kRows:
      return "removing operations";
    case EraseStage::kPages:
      return "overwriting free space, pages";
    case EraseStage::kLog:
      return "emptying the write-ahead log";
    case EraseStage::kFiles:
      return "searching all files, bytes";
  }
  return "";
}

// One line on standard error that is written anew, if that is a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool is_json) : is_shown_(!is_json && isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() {
    if (width_ > 0) fmt::print(stderr, "\r{:{}}\r", "", width_);
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const EraseProgress& progress) {
    if (!is_shown_) return;
    std::string line(what_happens(progress.stage));
    const bool is_counted = progress.total > 0 && progress.stage != EraseStage::kIndex;
    if (is_counted) line += fmt::format(" {} of {}", progress.done, progress.total);
    if (!progress.trouble.empty()) line = "waiting: " + escape_line(progress.trouble);
    width_ = std::max(width_, line.size());
    fmt::print(stderr, "\r{:{}}", line, width_);
    (void)std::fflush(stderr);
  }

 private:
  bool is_shown_;
  std::size_t width_ = 0;
};

class Erase : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_flag("--yes", is_sure_, "Needed, since nothing brings back what is erased");
    add_value(app, "--deadline", deadline_, parse_duration, "TIME",
              "a time such as 1500, 500ms, 5s or 2m, at most one day",
              "Come back by then, if all is not removed yet (default: 30m)");
  }

  ExitCode run(Output& output) override {
    if (!is_sure_) {
      return output.wrong_use(fmt::format("everything of user {} would be erased for good", escape_line(common.user)),
                              "say so with --yes; `penny stats --user NAME` shows what there is");
    }
    auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    EraseOptions options{.deadline = deadline_, .progress = {}, .also_search_for = {}};
    const auto erased = [&] {
      const EndNotice notice(
          "interrupted: if it had begun, nobody sees the user any more, but his bytes may be there yet",
          "the same command goes on, and so does whoever opens the store", output.is_json());
      ProgressLine line(output.is_json());
      options.progress = [&line](const EraseProgress& progress) { line.show(progress); };
      return store->erase(common.user, options);
    }();
    if (!erased) return output.fail(erased.error());
    const bool is_clean = erased->bytes_found == 0;
    if (output.is_json()) {
      output.print(boost::json::value(
          boost::json::object{{"user", common.user}, {"rev", erased->rev}, {"bytes_found", erased->bytes_found}}));
    } else {
      output.print(fmt::format("erased user {} at rev {}: {} found in the store's files{}\n", escape_line(common.user),
                               erased->rev, count_of(erased->bytes_found, "byte"),
                               is_clean ? "" : "; erase again, and run `penny verify`"));
    }
    return is_clean ? ExitCode::kDone : ExitCode::kFailed;
  }

 private:
  bool is_sure_ = false;
  milliseconds deadline_ = kEraseDeadlineDefault;
};

}  // namespace

void add_erase_command(CLI::App& app, Commands& commands) {
  commands.add<Erase>(app, "erase", "Erase everything of a user, for good", "penny erase --user cj --yes");
}

}  // namespace penny::cli
