// search

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_form.hpp"
#include "cli/opening.hpp"
#include "cli/text_form.hpp"
#include "cli/values.hpp"

namespace penny::cli {
namespace {

// "2.5:17": score and rev of the last hit of a page.
std::string text_of(const SearchKey& key) { return fmt::format("{}:{}", key.score, key.rev); }

std::optional<SearchKey> parse_search_key(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto score = parse_number(text.substr(0, colon));
  const auto rev = parse_whole_number(text.substr(colon + 1));
  if (!score || !rev) return std::nullopt;
  return SearchKey{.score = *score, .rev = *rev};
}

boost::json::object hit_json(const SearchHit& hit) {
  boost::json::array marks;
  for (const auto& [begin, end] : hit.snippet.marks) marks.emplace_back(boost::json::array{begin, end});
  boost::json::object json{
      {"rev", hit.rev}, {"score", hit.score}, {"snippet", {{"text", hit.snippet.text}, {"marks", std::move(marks)}}}};
  if (const auto* turn = std::get_if<Turn>(&hit.found)) {
    json["turn"] = to_json(*turn);
  } else {
    json["fact"] = to_json(std::get<Fact>(hit.found));
  }
  return json;
}

// The snippet with what was found in colour.
std::string shown(const Snippet& snippet, const Output& output) {
  std::string text;
  std::size_t place = 0;
  for (const auto& [begin, end] : snippet.marks) {
    text += escape_line(snippet.text.substr(place, begin - place));
    text += output.in(Colour::kHeading, escape_line(snippet.text.substr(begin, end - begin)));
    place = end;
  }
  return text + escape_line(snippet.text.substr(place));
}

std::string hit_text(const SearchHit& hit, const Output& output) {
  std::string head;
  if (const auto* turn = std::get_if<Turn>(&hit.found)) {
    head = fmt::format("#{}  {}  {}  session {}", hit.rev, format_time_briefly(turn->at), to_string(turn->modality),
                       escape_line(turn->session));
  } else {
    const auto& fact = std::get<Fact>(hit.found);
    head = fmt::format("#{}  {}  fact {}", hit.rev, format_time_briefly(fact.at), fact.id.to_string());
  }
  return output.in(Colour::kQuiet, head) + "\n  " + shown(hit.snippet, output) + "\n";
}

// Waits for the index, a slice at a time, so that Ctrl-C is heard. False: stopped.
bool wait_for_index(const Store& store, std::chrono::milliseconds longest) {
  constexpr std::chrono::milliseconds kSlice{100};
  const bool is_watched = isatty(STDERR_FILENO) == 1;
  const auto begin = std::chrono::steady_clock::now();
  bool has_shown = false;
  while (std::chrono::steady_clock::now() - begin < longest && !is_stop_requested()) {
    const auto done = store.wait_for_search_index(kSlice, [&](std::uint64_t indexed, std::uint64_t of) {
      if (!is_watched || std::chrono::steady_clock::now() - begin < 5 * kSlice) return;
      fmt::print(stderr, "\rindexing: {} of {} operations ({} %) ", indexed, of, of == 0 ? 100 : indexed * 100 / of);
      std::fflush(stderr);
      has_shown = true;
    });
    if (!done || *done) break;  // what is wrong will be told by the search itself
  }
  if (has_shown) fmt::print(stderr, "\r\x1b[K");
  return !is_stop_requested();
}

class Search : public Command {
 public:
  void add_options(CLI::App& app) override {
    app.add_option("words", words_, "Words; \"in quotes\" a phrase; with * at the end the begin of words")
        ->type_name("WORDS")
        ->required();
    app.add_flag("--any", is_any_, "Find what has at least one of the words (default: all)");
    app.add_flag("--newest", is_newest_, "The newest first (default: the best first)");
    app.add_option("--session", session_, "Only turns of this session")->type_name("ID");
    add_value(app, "--modality", modality_, parse_modality, "MODALITY", "chat, voice or agent",
              "Only turns of this modality: chat, voice, agent");
    add_time(app, "--from", from_, "Only what was said at or after this time");
    add_time(app, "--until", until_, "Only what was said before this time");
    add_whole_number(app, "--limit", limit_, "N", "Hits of a page, 1..100 (default: 10)");
    add_value(app, "--after", after_, parse_search_key, "KEY", "the key that the page before ended with",
              "The next page: behind this key");
    add_value(app, "--wait", wait_, parse_duration, "TIME", "a time like 500ms or 5s",
              "How long to wait for an index that is behind (default: 30s)");
  }

  ExitCode run(Output& output) override {
    const auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    catch_stop_requests();
    if (!wait_for_index(*store, wait_)) return ExitCode::kTryAgain;
    SearchQuery query{.words = fmt::format("{}", fmt::join(words_, " "))};
    query.match = is_any_ ? SearchMatch::kAny : SearchMatch::kAll;
    query.order = is_newest_ ? SearchOrder::kNewest : SearchOrder::kBest;
    query.session = session_;
    query.modality = modality_;
    query.from = from_;
    query.until = until_;
    query.after = after_;
    if (limit_) query.limit = *limit_;
    const auto page = store->search(common.user, query);
    if (!page) return output.fail(page.error());
    return print(output, *page);
  }

 private:
  ExitCode print(Output& output, const SearchPage& page) {
    if (output.is_json()) {
      boost::json::array items;
      for (const SearchHit& hit : page.items) items.emplace_back(hit_json(hit));
      output.print(boost::json::value{{"rev", page.rev},
                                      {"items", std::move(items)},
                                      {"next", page.next ? boost::json::value(text_of(*page.next)) : nullptr},
                                      {"is_complete", page.is_complete},
                                      {"indexed_to", page.indexed_to}});
      return ExitCode::kDone;
    }
    std::string text;
    for (const SearchHit& hit : page.items) text += hit_text(hit, output);
    if (!text.empty()) output.print(text);
    if (text.empty()) output.note(fmt::format("nothing found in the memory of user {}", escape_line(common.user)));
    if (page.next) output.note(fmt::format("more: --after {}", text_of(*page.next)));
    if (!page.is_complete) {
      output.note(fmt::format("not everything is in the index yet: searched up to #{} and the latest operations",
                              page.indexed_to));
    }
    return ExitCode::kDone;
  }

  std::vector<std::string> words_;
  bool is_any_ = false;
  bool is_newest_ = false;
  std::optional<std::string> session_;
  std::optional<Modality> modality_;
  std::optional<Time> from_;
  std::optional<Time> until_;
  std::optional<std::uint64_t> limit_;
  std::optional<SearchKey> after_;
  std::chrono::milliseconds wait_{30'000};
};

}  // namespace

void add_search_commands(CLI::App& app, Commands& commands) {
  commands.add<Search>(app, "search", "Find turns and facts by their words", "penny search --user cj green tea");
}

}  // namespace penny::cli
