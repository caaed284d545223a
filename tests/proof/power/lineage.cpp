#include "proof/power/lineage.hpp"

#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "proof/power/attack.hpp"
#include "proof/power/recorder.hpp"
#include "proof/power/workload.hpp"

namespace penny::proof::power {
namespace {

constexpr std::size_t kKillOneIn = 3;
constexpr std::size_t kTriesForABase = 8;

// What a run begins with.
struct Begin {
  Image image;
  std::string page;  // of the file -gate; empty: none
  Trace trace;
  Names names;
  std::size_t from = 0;
  bool is_after_kill = false;
};

// One recording at a time in this process; the attacks on the traces go on side by side.
std::mutex& recording() {
  static std::mutex mutex;
  return mutex;
}

// Without this the attack would be on something that never was.
std::string unexplained(const Trace& trace, const std::string& folder) {
  Disk disk(trace);
  disk.advance_to(trace.entries.size());
  Image image;
  disk.build(disk.everything(), image);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || !is_traced(entry.path().string())) continue;
    files += 1;
    const std::string path = entry.path().string().substr(folder.size() + 1);
    const auto known = image.files.find(path);
    if (known == image.files.end()) return fmt::format("{} is there and was never seen to be made", path);
    if (known->second != read_file(entry.path().string()))
      return fmt::format("{} holds what was never seen to be written", path);
  }
  return files == image.files.size() ? "" : "a file is gone and was never seen to go";
}

Trace record(const Begin& begin, const Script& script, const std::string& folder, Random& random, History& history,
             Tally& tally) {
  const std::lock_guard lock(recording());
  std::filesystem::remove_all(folder);
  lay_out(begin.image, folder);
  const std::string path = folder + "/" + kStorePath;
  if (!begin.page.empty() && std::filesystem::exists(folder + "/" + kStoreFolder))
    write_file(path + "-gate", begin.page);
  Recorder::instance().start(folder, begin.trace, begin.names);
  try {
    run(path, script, random, history);
  } catch (...) {
    (void)Recorder::instance().stop();
    throw;
  }
  Trace trace = Recorder::instance().stop();
  if (std::string what = unexplained(trace, folder); !what.empty()) tally.note_unexplained(std::move(what));
  std::filesystem::remove_all(folder);
  return trace;
}

bool is_name(const Entry& entry) {
  return entry.kind == EntryKind::kName || entry.kind == EntryKind::kUnname || entry.kind == EntryKind::kRename;
}

std::vector<std::size_t> positions_after_names(const Trace& trace, std::size_t from) {
  std::vector<std::size_t> positions;
  for (std::size_t i = from; i < trace.entries.size(); ++i) {
    if (is_name(trace.entries[i])) positions.push_back(i + 1);
  }
  return positions;
}

// A kill is worth most where what was written, or a name that was given, is not yet synced.
std::size_t draw_position_of_kill(const Trace& trace, std::size_t from, Random& random) {
  const std::size_t position = from + draw(random, trace.entries.size() - from + 1);
  const auto after_names = positions_after_names(trace, from);
  if (!after_names.empty() && is_one_in(random, 4)) return after_names[draw(random, after_names.size())];
  for (std::size_t ahead = position; ahead < trace.entries.size(); ++ahead) {
    if (trace.entries[ahead].kind == EntryKind::kSync) return ahead;
  }
  return position;
}

Begin killed(const Trace& trace, std::size_t position) {
  Begin begin{.image = {}, .page = {}, .trace = trace, .names = {}, .from = position, .is_after_kill = true};
  begin.trace.entries.resize(position);
  std::erase_if(begin.trace.pages, [&](const SharedPage& page) { return page.position > position; });
  Disk disk(begin.trace);
  disk.advance_to(position);
  disk.build(disk.everything(), begin.image);
  begin.names = disk.names_now();
  if (const SharedPage* page = newest_page(trace, position)) begin.page = page->bytes;
  return begin;
}

struct Cut {
  Begin begin;
  std::size_t position = 0;
  std::vector<Change> rows;
};

// Nothing if no state was found that is worth going on with: the attack has said why.
std::optional<Cut> cut(const Trace& trace, const History& history, std::size_t from, Bench& bench, Random& random) {
  const Judge judge(history);
  for (std::size_t i = 0; i < kTriesForABase; ++i) {
    Cut cut;
    cut.position = from + draw(random, trace.entries.size() - from + 1);
    Disk disk(trace);
    disk.advance_to(cut.position);
    if (disk.pending().empty() && disk.pending_names().empty() && !is_one_in(random, 4)) continue;
    const auto choices = choose(disk, {.states_per_moment = 16, .exhaust_one_in = kNever}, random);
    Begin& begin = cut.begin;
    disk.build(choices[draw(random, choices.size())], begin.image);
    Verdict verdict;
    cut.rows = bench.look(begin.image, judge, cut.position, nullptr, random, verdict).rows;
    if (!verdict.empty()) continue;
    begin.page = page_after_power_cut(trace, cut.position, random);
    for (const std::string& folder : begin.image.folders) begin.names[folder] = kFolder;
    for (const auto& [path, bytes] : begin.image.files) {
      begin.names[path] = static_cast<FileId>(begin.trace.base.size());
      begin.trace.base.push_back(bytes);
    }
    begin.trace.base_names = begin.names;
    return cut;
  }
  return std::nullopt;
}

}  // namespace

void live(const Life& life, const std::string& folder, Bench& bench, Tally& tally) {
  Random random(life.seed);
  Begin begin;
  std::optional<History> history(std::in_place);
  std::string title = fmt::format("life with seed {}", life.seed);
  for (std::size_t depth = 1; depth <= kCrashesInARow && !tally.is_done(); ++depth) {
    Script script = draw_script(random);
    if (life.is_large) script = {.stores = 1, .threads = 1, .requests = 8, .is_large = true};
    title += fmt::format("{}{}",
                         depth == 1            ? ": "
                         : begin.is_after_kill ? "; killed, then "
                                               : "; power cut, then ",
                         text_of(script));
    const Trace trace = record(begin, script, folder, random, *history, tally);
    tally.count_trace(depth, begin.is_after_kill, trace.entries.size() - begin.from);
    for (const std::string& what : history->contradictions())
      tally.contradict(Claim::kAnswers, fmt::format("{}; {}", what, title));
    attack({.trace = trace,
            .history = *history,
            .from = begin.from,
            .states = life.states_per_trace,
            .exhaust_one_in = life.exhaust_one_in,
            .go_on_one_in = life.go_on_one_in,
            .title = title},
           bench, random, tally);
    if (life.is_large) return;
    if (depth == 1 && life.kill_after_name) {
      const auto after_names = positions_after_names(trace, 0);
      begin = killed(trace, after_names.at(*life.kill_after_name % after_names.size()));
      history.emplace(history->after_kill(begin.from));
    } else if (is_one_in(random, kKillOneIn)) {
      begin = killed(trace, draw_position_of_kill(trace, begin.from, random));
      history.emplace(history->after_kill(begin.from));
    } else {
      auto after = cut(trace, *history, begin.from, bench, random);
      if (!after) return;
      history.emplace(history->after_power_cut(after->position, after->rows));
      begin = std::move(after->begin);
    }
  }
}

}  // namespace penny::proof::power
