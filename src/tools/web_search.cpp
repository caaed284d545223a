#include "tools/web_search.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "tools/url.hpp"

namespace penny::tools {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kLookedAtMax = 500;
constexpr std::size_t kTitleCharactersMax = 200;
constexpr std::size_t kSnippetCharactersMax = 500;
constexpr std::size_t kNoteCharactersMax = 60;
constexpr int kMarkupRoundsMax = 4;

std::unexpected<Error> refuse(std::string_view field, std::string message, std::string advice) {
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), std::string(field));
}

std::unexpected<Error> refuse_answer(std::string_view problem) {
  return base::fail(ErrorCode::kNotFound,
                    fmt::format("the search endpoint's answer is not SearXNG's JSON: {}", problem),
                    "check the endpoint, and that its settings allow the format json", "answer");
}

Result<void> check(const WebSearch& search, const WebSearchRules& rules) {
  const auto& query = search.query;
  if (!base::is_valid_utf8(query) || query.find('\0') != std::string::npos)
    return refuse("query", "the query is no UTF-8 text", "send UTF-8 without NUL");
  if (query.find_first_not_of(" \t\r\n") == std::string::npos)
    return refuse("query", "the query is empty", "say what to search for");
  if (base::utf8_prefix_bytes(query, kWebQueryCharactersMax) < query.size()) {
    return refuse("query", fmt::format("the query has more than {} characters", kWebQueryCharactersMax),
                  "search for fewer words");
  }
  if (search.max_results < 1 || search.max_results > kWebResultsMax) {
    return refuse("max_results", fmt::format("max_results is {}", search.max_results),
                  fmt::format("ask for 1 to {}", kWebResultsMax));
  }
  if (rules.endpoint.empty()) {
    return refuse("endpoint", "no search endpoint is configured",
                  "set the address of a SearXNG server, as endpoint = \"https://search.example.org\"");
  }
  return {};
}

bool begins_markup(std::string_view text) {
  if (text.size() < 2 || text[0] != '<') return false;
  const char c = text[1];
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '!' || c == '?';
}

// What stands between "<" and ">". A tag that does not end goes to the end.
std::string without_markup(std::string_view text) {
  std::string made;
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (!begins_markup(text.substr(place))) {
      made += text[place];
      continue;
    }
    const std::size_t end = text.find('>', place);
    if (end == std::string_view::npos) break;
    place = end;
    made += ' ';
  }
  return made;
}

std::string text_member(const json::object& object, std::string_view key, std::size_t characters_max) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : plain_text({text->data(), text->size()}, characters_max);
}

// A URL that may be shown: http or https, of no address that is known not to be public.
Result<std::string> link_of(const json::object& object) {
  const json::value* value = object.if_contains("url");
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) return refuse("url", "no URL", {});
  const auto url = Url::parse(std::string(text->data(), text->size()));
  if (!url) return std::unexpected(url.error());
  if (url->scheme() != "http" && url->scheme() != "https") return refuse("url", "another scheme", {});
  const auto address = parse_address(url->host());
  if (url->host() == "localhost" || (address && !special_range(reinterpret_cast<const sockaddr&>(*address)).empty()))
    return refuse("url", "no public address", {});
  if (!std::ranges::all_of(url->text(), [](char c) { return c > 0x20 && c < 0x7f; }))
    return refuse("url", "not ASCII", {});
  return url->text();
}

Result<json::object> result_of(const json::value& found) {
  const json::object* object = found.if_object();
  if (object == nullptr) return refuse("results", "no object", {});
  const auto link = link_of(*object);
  if (!link) return std::unexpected(link.error());
  return json::object{{"title", text_member(*object, "title", kTitleCharactersMax)},
                      {"url", *link},
                      {"snippet", text_member(*object, "content", kSnippetCharactersMax)},
                      {"engine", text_member(*object, "engine", kNoteCharactersMax)},
                      {"published", text_member(*object, "publishedDate", kNoteCharactersMax)}};
}

Result<std::string> read_answer(const std::string& body, const WebSearch& search) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code problem;
  const json::value answer = json::parse(body, problem, {}, options);
  if (problem) return refuse_answer(problem.message());
  const json::object* object = answer.if_object();
  const json::value* member = object == nullptr ? nullptr : object->if_contains("results");
  const json::array* found = member == nullptr ? nullptr : member->if_array();
  if (found == nullptr) return refuse_answer("there is no list of results");
  json::array results;
  std::int64_t left_out = 0;
  const std::size_t looked_at = std::min(found->size(), kLookedAtMax);
  for (std::size_t i = 0; i < looked_at && std::cmp_less(results.size(), search.max_results); ++i) {
    auto result = result_of((*found)[i]);
    if (result) results.emplace_back(std::move(*result));
    left_out += result ? 0 : 1;
  }
  return json::serialize(json::object{{"origin", "web"},
                                      {"is_trusted", false},
                                      {"query", plain_text(search.query, kWebQueryCharactersMax)},
                                      {"results", std::move(results)},
                                      {"left_out", left_out}});
}

}  // namespace

std::string plain_text(std::string_view text, std::size_t characters_max) {
  // A tag within a tag leaves one behind: "<<b>script>".
  std::string bare(text);
  for (int round = 0; round < kMarkupRoundsMax; ++round) bare = without_markup(bare);
  if (without_markup(bare) != bare) std::erase(bare, '<');
  std::string made;
  std::size_t characters = 0;
  bool is_space_due = false;
  for (std::size_t place = 0; place < bare.size() && characters < characters_max;) {
    const std::string_view rest = std::string_view(bare).substr(place);
    const std::size_t size = std::max<std::size_t>(base::utf8_prefix_bytes(rest, 1), 1);
    const std::string_view character = rest.substr(0, size);
    place += size;
    const bool is_space = character == " " || character == "\t" || character == "\n" || character == "\r";
    is_space_due = is_space_due || (is_space && !made.empty());
    if (is_space || !base::is_printable_utf8(character)) continue;
    if (is_space_due && characters + 1 < characters_max) {
      made += ' ';
      ++characters;
    }
    is_space_due = false;
    made += character;
    ++characters;
  }
  return made;
}

Result<std::string> web_search(const WebSearch& search, const WebSearchRules& rules, base::Instant deadline,
                               const CancelToken& cancel, const Network& network) {
  if (const auto checked = check(search, rules); !checked) return std::unexpected(checked.error());
  const auto endpoint = Url::parse(rules.endpoint);
  if (!endpoint) {
    return refuse("endpoint", fmt::format("the configured endpoint is refused: {}", endpoint.error().message),
                  "set the address of a SearXNG server, as endpoint = \"https://search.example.org\"");
  }
  auto url = endpoint->with_path_and_query("search", "q", search.query);
  if (url) url = url->with_query("format", "json");
  if (!url) return refuse("query", "the query is too long for a URL", "search for fewer words");
  FetchRules fetch_rules = rules.fetch;
  if (rules.is_endpoint_private) {
    fetch_rules.private_servers.push_back(endpoint->host_and_port());
  } else if (endpoint->scheme() == "http") {
    fetch_rules.is_http_allowed = true;
  }
  fetch_rules.hosts.push_back(endpoint->host());
  fetch_rules.ports.push_back(endpoint->port());
  fetch_rules.content_types = {"application/json"};
  const auto answer = fetch({.url = url->text(), .accept = "application/json"}, fetch_rules, deadline, cancel, network);
  if (!answer) return std::unexpected(answer.error());
  return read_answer(answer->body, search);
}

}  // namespace penny::tools
