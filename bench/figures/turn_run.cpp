// A voice turn's own work, without the model and without speech: what it teaches and the context that is read, the request that the
// model would get, and the commit; alone, and beside processes that write. The process that speaks also keeps the search index, as
// whoever searches first does. Beside it what no commit is without, on this disk and in this company: a small write that is synced.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "assistant/chat_format.hpp"
#include "assistant/conversation.hpp"
#include "bench/figures/child.hpp"
#include "bench/figures/figures.hpp"
#include "bench/figures/interrupt.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/progress.hpp"
#include "bench/figures/talk.hpp"
#include "bench/figures/waits.hpp"
#include "bench/load_meter.hpp"
#include "bench/shared_page.hpp"
#include "bench/statistics.hpp"

namespace penny::figures {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kUser = "speaker";
constexpr seconds kAnswerWithin{60};
constexpr std::chrono::minutes kIndexedWithin{10};
constexpr std::uint32_t kWarmUps = 100;
constexpr double kTargetMs = 5;

// Answers at once, and has made the request that a model would get.
class NoModel final : public assistant::Model {
 public:
  [[nodiscard]] std::string name() const override { return "none"; }
  [[nodiscard]] Result<assistant::Answer> answer(const assistant::Question& question, const assistant::TextSink& sink,
                                                 base::Instant /*deadline*/, const CancelToken& /*cancel*/) override {
    const std::uint64_t begin_ns = bench::now_ns();
    request_bytes_ = assistant::chat_request(question, "none").size();
    request_ns_ = bench::now_ns() - begin_ns;
    memories_ = question.context.memories.size();
    news_ = question.context.news.size();
    constexpr std::string_view kText = "I see. Let us look at that together.";
    sink(kText);
    return assistant::Answer{.text = std::string(kText)};
  }

  // Of the last answer.
  [[nodiscard]] std::uint64_t request_ns() const { return request_ns_; }
  [[nodiscard]] std::size_t request_bytes() const { return request_bytes_; }
  [[nodiscard]] std::size_t memories() const { return memories_; }
  [[nodiscard]] std::size_t news() const { return news_; }

 private:
  std::uint64_t request_ns_ = 0;
  std::size_t request_bytes_ = 0;
  std::size_t memories_ = 0;
  std::size_t news_ = 0;
};

enum class Load : std::uint8_t { kAlone, kPaced, kFlatOut };
constexpr std::array kLoads{Load::kAlone, Load::kPaced, Load::kFlatOut};

struct Spoken {
  bool is_paced = false;
  Waits context{};
  Waits request{};
  Waits commit{};
  Waits whole{};
  double memories = 0;  // in the mean
  double news = 0;
  double request_bytes = 0;
};

struct Written {
  double per_second = 0;  // of all writers
  std::uint64_t refused = 0;
  double worst_ms = 0;
};

struct Measured {
  Load load = Load::kAlone;
  std::vector<Spoken> spoken{};
  Written written{};
  Waits sync{};
  double others_cores = 0;
};

std::string name_of(Load load, const TurnOptions& options) {
  switch (load) {
    case Load::kAlone:
      return "alone";
    case Load::kPaced:
      return fmt::format("{} x {} a second", options.writers, bench::format_number(options.per_second));
    case Load::kFlatOut:
      return fmt::format("{} flat out", options.writers);
  }
  return "";
}

void fill(Store& store, const Talk& talk, std::uint64_t turns) {
  Progress progress("turns filled");
  Batch batch;
  for (std::uint64_t number = 0; number < turns; ++number) {
    throw_if_interrupted();
    Batch one = talk.turn(kUser, number);
    if (batch.operations.size() + one.operations.size() > limits::kBatchOperationsMax)
      (void)must(store.commit(std::exchange(batch, {})), "filling the store");
    for (Operation& operation : one.operations) batch.operations.push_back(std::move(operation));
    progress.show(number, turns);
  }
  (void)must(store.commit(std::move(batch)), "filling the store");
}

// The processes that write. Half of them write for the user who speaks, the others for others.
class Others {
 public:
  Others(const std::string& path, Load load, const TurnOptions& options) {
    if (load == Load::kAlone) return;
    for (std::uint32_t number = 1; number <= options.writers; ++number) {
      children_.emplace_back(
          std::vector<std::string>{"write-talk", path, number % 2 == 0 ? kUser : "",
                                   load == Load::kPaced ? fmt::format("{}", options.per_second) : std::string("0"),
                                   fmt::format("{}", options.seed), fmt::format("{}", next_writer++)});
      (void)children_.back().answer(kAnswerWithin);
    }
  }

  [[nodiscard]] Written stop() {
    Written written;
    for (Child& child : children_) child.send("stop");
    for (Child& child : children_) {
      const auto told = child.answer(kAnswerWithin);
      written.per_second += told.at("stored").to_number<double>() / told.at("seconds").to_number<double>();
      written.refused += told.at("refused").to_number<std::uint64_t>();
      written.worst_ms = std::max(written.worst_ms, waits_from(told.at("waits")).worst_ms);
      child.finish(kAnswerWithin);
    }
    return written;
  }

 private:
  static inline std::uint32_t next_writer = 1;  // over all loads
  std::list<Child> children_;
};

// Speaks so many turns, each second one a question about what was said.
class Speaker {
 public:
  Speaker(Store& store, const Talk& talk, const TurnOptions& options)
      : talk_(talk),
        options_(options),
        next_(options.turns),
        conversation_(store, model_, {.user = kUser, .modality = Modality::kVoice, .channel = "voice@figures"}) {}

  Spoken speak(bool is_paced, std::uint32_t turns) {
    std::array<bench::Histogram, 4> taken;
    Spoken spoken{.is_paced = is_paced};
    Progress progress("turns spoken");
    auto due = std::chrono::steady_clock::now();
    for (std::uint32_t turn = 0; turn < turns; ++turn) {
      throw_if_interrupted();
      if (is_paced) std::this_thread::sleep_until(due);
      due = std::max(due, std::chrono::steady_clock::now()) + until_next(turn);
      const std::string words = next_words();
      const std::uint64_t begin_ns = bench::now_ns();
      const auto reply = must(conversation_.say(words, [](std::string_view) {}), "speaking");
      const std::uint64_t whole_ns = bench::now_ns() - begin_ns;
      const auto ns = [](std::chrono::microseconds time) {
        return static_cast<std::uint64_t>(std::chrono::nanoseconds(time).count());
      };
      taken[0].record(ns(reply.own_work.context));
      taken[1].record(model_.request_ns());
      taken[2].record(ns(reply.own_work.commit));
      taken[3].record(whole_ns);
      spoken.memories += static_cast<double>(model_.memories()) / turns;
      spoken.news += static_cast<double>(model_.news()) / turns;
      spoken.request_bytes += static_cast<double>(model_.request_bytes()) / turns;
      progress.show(turn, turns);
    }
    spoken.context = waits_of(taken[0]);
    spoken.request = waits_of(taken[1]);
    spoken.commit = waits_of(taken[2]);
    spoken.whole = waits_of(taken[3]);
    return spoken;
  }

 private:
  std::string next_words() {
    const std::uint64_t number = next_++;
    constexpr std::uint64_t kPrime = 7'919;  // spreads the questions over all that was said
    return number % 2 == 0 ? talk_.question(number * kPrime % options_.turns) : talk_.statement(number);
  }

  // Half to one and a half times the mean, by turns: in step with the writers, each turn would meet the same ones.
  [[nodiscard]] std::chrono::microseconds until_next(std::uint32_t turn) const {
    constexpr std::uint32_t kPrime = 7'919;
    return std::chrono::microseconds(options_.every_ms * (500 + turn % 1'000 * kPrime % 1'000));
  }

  const Talk& talk_;
  const TurnOptions& options_;
  std::uint64_t next_;
  NoModel model_;
  assistant::Conversation conversation_;
};

// Writes of 4 KiB into one place of a file of its own, each synced.
Waits syncs(const std::string& path) {
  constexpr int kTimes = 500;
  constexpr milliseconds kBetween{5};
  const std::vector<char> block(4096, 'x');
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  bench::Histogram taken;
  bool is_done = file >= 0;
  for (int time = 0; is_done && time < kTimes; ++time) {
    const std::uint64_t begin_ns = bench::now_ns();
    is_done =
        ::pwrite(file, block.data(), block.size(), 0) == static_cast<ssize_t>(block.size()) && fdatasync(file) == 0;
    taken.record(bench::now_ns() - begin_ns);
    std::this_thread::sleep_for(kBetween);
  }
  const int error = errno;
  if (file >= 0) ::close(file);
  if (!is_done) throw std::system_error(error, std::generic_category(), path);
  return waits_of(taken);
}

Measured measure(Load load, Store& store, const std::string& path, Speaker& speaker, const TurnOptions& options) {
  if (!must(store.wait_for_search_index(kIndexedWithin), "indexing"))
    throw std::runtime_error("the search index does not catch up");
  const bench::CpuReading before = bench::read_cpu();
  Others others(path, load, options);
  (void)speaker.speak(false, kWarmUps);
  Measured measured{.load = load};
  for (const bool is_paced : {false, true}) measured.spoken.push_back(speaker.speak(is_paced, options.said));
  measured.sync = syncs(path + "-synced");
  measured.written = others.stop();
  measured.others_cores = bench::cores_of_others(before, bench::read_cpu());
  for (const Spoken& spoken : measured.spoken) {
    say("turn: {}, {}: p50 {:.2f} ms, p99 {:.2f} ms; context p99 {:.2f}, commit p99 {:.2f}", name_of(load, options),
        spoken.is_paced ? "paced" : "back to back", spoken.whole.p50_ms, spoken.whole.p99_ms, spoken.context.p99_ms,
        spoken.commit.p99_ms);
  }
  return measured;
}

std::string pace_of(const Spoken& spoken, const TurnOptions& options) {
  return spoken.is_paced ? fmt::format("every {} ms in the mean", options.every_ms) : std::string("back to back");
}

bench::Table whole_table(const std::vector<Measured>& all, const TurnOptions& options) {
  bench::Table table{.title = "A voice turn's own work",
                     .header = {"writers", "turns", "p50 ms", "p99 ms", "worst ms", "target", "met"},
                     .rows = {}};
  for (const Measured& measured : all) {
    for (const Spoken& spoken : measured.spoken) {
      const bool is_judged = measured.load != Load::kFlatOut;
      table.rows.push_back(row(row({name_of(measured.load, options), pace_of(spoken, options)}, cells_of(spoken.whole)),
                               {is_judged ? fmt::format("p99 < {}", bench::format_number(kTargetMs)) : std::string(),
                                is_judged ? yes_or_no(spoken.whole.p99_ms < kTargetMs) : std::string()}));
    }
  }
  return table;
}

bench::Table parts_table(const std::vector<Measured>& all, const TurnOptions& options) {
  bench::Table table{.title = "Its parts",
                     .header = {"writers", "turns", "context p50 ms", "p99 ms", "request p50 ms", "p99 ms",
                                "commit p50 ms", "p99 ms", "a synced write p50 ms", "p99 ms"},
                     .rows = {}};
  for (const Measured& measured : all) {
    for (const Spoken& spoken : measured.spoken) {
      std::vector<std::string> cells{name_of(measured.load, options), pace_of(spoken, options)};
      for (const Waits* const part : {&spoken.context, &spoken.request, &spoken.commit, &measured.sync}) {
        cells.push_back(bench::format_number(part->p50_ms));
        cells.push_back(bench::format_number(part->p99_ms));
      }
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

bench::Table load_table(const std::vector<Measured>& all, const TurnOptions& options) {
  bench::Table table{.title = "What the writers did meanwhile, and what the turns were told",
                     .header = {"writers", "turns a second", "worst ms", "other programs' cores", "memories, mean",
                                "news, mean", "request, bytes"},
                     .rows = {}};
  for (const Measured& measured : all) {
    const Spoken& last = measured.spoken.back();
    table.rows.push_back({name_of(measured.load, options), bench::format_number(measured.written.per_second),
                          bench::format_number(measured.written.worst_ms), fmt::format("{:.2f}", measured.others_cores),
                          bench::format_number(last.memories), bench::format_number(last.news),
                          bench::format_number(last.request_bytes)});
  }
  return table;
}

boost::json::object json_of(const Measured& measured, const TurnOptions& options) {
  boost::json::array spoken;
  for (const Spoken& one : measured.spoken) {
    spoken.push_back({{"paced", one.is_paced},
                      {"context", json_of(one.context)},
                      {"request", json_of(one.request)},
                      {"commit", json_of(one.commit)},
                      {"whole", json_of(one.whole)},
                      {"memories", one.memories},
                      {"news", one.news},
                      {"request_bytes", one.request_bytes}});
  }
  return {{"writers", name_of(measured.load, options)},    {"written_per_second", measured.written.per_second},
          {"writers_worst_ms", measured.written.worst_ms}, {"others_cores", measured.others_cores},
          {"synced_write", json_of(measured.sync)},        {"spoken", std::move(spoken)}};
}

}  // namespace

Section measure_turn(const TurnOptions& options, const WorkFolder& folder) {
  constexpr std::uint64_t kBytesOfATurn = 4'000;
  constexpr std::uint64_t kBytesWritten = 4'000'000'000;  // by those who write flat out
  folder.expect_space(options.turns * kBytesOfATurn + kBytesWritten);
  const std::string path = (folder.fresh("turn") / kStoreName).string();
  Section section{.name = "turn"};
  std::vector<Measured> all;
  boost::json::array json;
  {
    Store store = must(Store::open(path), "opening the store");
    const Talk talk(options.seed);
    fill(store, talk, options.turns);
    Speaker speaker(store, talk, options);
    for (const Load load : kLoads) {
      all.push_back(measure(load, store, path, speaker, options));
      json.push_back(json_of(all.back(), options));
      if (all.back().written.refused > 0)
        section.problems.push_back(fmt::format("{} turns of writers were refused", all.back().written.refused));
      if (all.back().spoken.front().memories == 0) section.problems.emplace_back("no turn remembered anything");
    }
    if (!must(store.verify(), "verifying").problems.empty()) section.problems.emplace_back("the store does not verify");
  }
  folder.remove("turn");
  section.notes.push_back(
      fmt::format("{} turns of one user in the store, with what they taught; {} turns each, half of them questions.",
                  bench::format_number(static_cast<double>(options.turns)), options.said));
  section.tables = {whole_table(all, options), parts_table(all, options), load_table(all, options)};
  section.json = {{"turns", options.turns}, {"said", options.said}, {"loads", std::move(json)}};
  return section;
}

}  // namespace penny::figures
