#pragma once

// web.search: asks an endpoint that speaks as SearXNG does (GET base/search?q=...&format=json) and gives back what it found as data
// that nobody should trust.

#include <cstddef>
#include <string>
#include <string_view>

#include <penny/cancel.hpp>
#include <penny/error.hpp>

#include "base/clock.hpp"
#include "tools/fetch.hpp"

namespace penny::tools {

inline constexpr std::size_t kWebQueryCharactersMax = 500;
inline constexpr int kWebResultsMax = 10;

struct WebSearch {
  std::string query;    // not empty, at most 500 characters
  int max_results = 3;  // 1 to 10
};

struct WebSearchRules {
  std::string endpoint;              // "https://search.example.org", "http://127.0.0.1:8888"
  bool is_endpoint_private = false;  // it, and nothing that it redirects to, may have a private or loopback address
  FetchRules fetch;                  // `hosts`: where it may redirect to, beside its own
};

// JSON: {"origin":"web","is_trusted":false,"query":...,"results":[{"title","url","snippet","engine","published"},...],
// "left_out":n}. Texts have no control characters and no markup and are cut (title 200 characters, snippet 500, engine and date
// 60); results without a public http or https URL are left out and counted.
//
// Blocks as `fetch`, and has its errors; `kInvalid` with "query", "max_results" or "endpoint" (none is configured);
// `kNotFound` with "answer" for what is not SearXNG's JSON.
[[nodiscard]] Result<std::string> web_search(const WebSearch& search, const WebSearchRules& rules,
                                             base::Instant deadline, const CancelToken& cancel,
                                             const Network& network = {});

// Of a text of the web: markup and whatever is not printable goes, spaces are one, at most so many characters stay. Pure.
[[nodiscard]] std::string plain_text(std::string_view text, std::size_t characters_max);

}  // namespace penny::tools
