#include "tools/fetch.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/proof.hpp"
#include "tools/transfer.hpp"
#include "tools/url.hpp"

namespace penny::tools {
namespace {

std::unexpected<Error> refuse(std::string_view reason, std::string message, std::string advice) {
  return base::fail(ErrorCode::kNoPermission, std::move(message), std::move(advice), std::string(reason));
}

bool is_same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

bool is_host_of(std::string_view host, std::string_view pattern) {
  if (!pattern.starts_with("*.")) return is_same_name(host, pattern);
  const std::string_view end = pattern.substr(1);
  return host.size() > end.size() && is_same_name(host.substr(host.size() - end.size()), end);
}

bool is_named_private_server(const Url& url, const FetchRules& rules) {
  const std::string here = url.host_and_port();
  return std::ranges::any_of(rules.private_servers, [&](const std::string& each) { return is_same_name(each, here); });
}

// Whether the rules let us go there, as far as the URL tells. The address, also one that the URL names, is judged when it is connected to.
Result<void> judge(const Url& url, const FetchRules& rules, bool is_private_allowed) {
  if (url.scheme() != "https" && (url.scheme() != "http" || !(rules.is_http_allowed || is_private_allowed))) {
    return refuse("scheme", fmt::format("{}: is not allowed", url.scheme()),
                  rules.is_http_allowed ? "use https or http" : "use https");
  }
  if (is_private_allowed) return {};
  if (!rules.hosts.empty() &&
      std::ranges::none_of(rules.hosts, [&](const std::string& each) { return is_host_of(url.host(), each); })) {
    return refuse("host", fmt::format("the host {} is not allowed", url.host()),
                  fmt::format("allowed are {}", fmt::join(rules.hosts, ", ")));
  }
  if (std::ranges::find(rules.ports, url.port()) == rules.ports.end()) {
    return refuse("port", fmt::format("port {} is not allowed", url.port()),
                  fmt::format("allowed are {}", fmt::join(rules.ports, ", ")));
  }
  return {};
}

Result<Fetched> follow(Url url, const FetchRequest& request, const FetchRules& rules, base::Instant deadline,
                       const CancelToken& cancel, const Network& network) {
  for (int hop = 0; hop <= rules.redirects_max; ++hop) {
    const bool is_first = hop == 0 || base::proof::is_planted("redirect_to_private_address");
    const bool is_private_allowed = is_first && is_named_private_server(url, rules);
    if (const auto judged = judge(url, rules, is_private_allowed); !judged) {
      Error error = judged.error();
      if (hop > 0) error.message += fmt::format("; a redirect led there from {}", request.url);
      return std::unexpected(std::move(error));
    }
    auto answer = transfer(url, request, rules, is_private_allowed, deadline, cancel, network);
    if (!answer) return std::unexpected(answer.error());
    if (answer->location.empty()) {
      return Fetched{.status = answer->status,
                     .url = url.text(),
                     .content_type = std::move(answer->content_type),
                     .body = std::move(answer->body),
                     .redirects = hop};
    }
    auto next = redirected(url, answer->location);
    if (!next) return std::unexpected(next.error());
    url = std::move(*next);
  }
  return refuse("redirect", fmt::format("more than {} redirects", rules.redirects_max), "use the address of the page");
}

}  // namespace

Result<Url> redirected(const Url& from, const std::string& location) {
  auto next = from.resolve(location);
  if (!next) return next;
  if (from.scheme() == "https" && next->scheme() == "http") {
    return refuse("redirect", fmt::format("{} leads from https to http", from.host()),
                  "ask for the page's https address");
  }
  return next;
}

Result<Fetched> fetch(const FetchRequest& request, const FetchRules& rules, base::Instant deadline,
                      const CancelToken& cancel, const Network& network) {
  auto url = Url::parse(request.url);
  if (!url) return std::unexpected(url.error());
  const base::Instant end = std::min(deadline, std::chrono::steady_clock::now() + rules.time_max);
  return follow(std::move(*url), request, rules, end, cancel, network);
}

}  // namespace penny::tools
