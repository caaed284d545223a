#pragma once

// Gets a page from the web without letting the page, its server or its name's owner lead us anywhere else.
//
// 1. Which address is connected to is judged at each connect, on the very address that connect(2) then gets: a name that resolves
//    to something else a moment later, or to several addresses, gains nothing.
// 2. A redirect is a new URL: scheme, host, port and address are judged again. From https it never leads to http.
// 3. What an operator allowed of private addresses holds for the URL that was asked for, never for a redirect.
// 4. No cookies, no password files, no proxies of the environment; no connection is used twice.
// 5. Sizes count after decompression.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/cancel.hpp>
#include <penny/error.hpp>

#include "base/clock.hpp"
#include "tools/address.hpp"
#include "tools/url.hpp"

namespace penny::tools {

struct FetchRules {
  bool is_http_allowed = false;    // else https only
  std::vector<std::string> hosts;  // "example.org", "*.example.org" (not example.org itself); none: any
  std::vector<std::uint16_t> ports{443, 80};
  std::vector<std::string> private_servers;  // "127.0.0.1:8888": may be private and have any port
  std::vector<std::string> content_types{"text/*", "application/json", "application/xhtml+xml"};  // none: any
  std::size_t body_bytes_max = std::size_t{1} << 20;
  std::size_t header_bytes_max = std::size_t{64} << 10;
  int redirects_max = 5;
  std::chrono::milliseconds time_max{20'000};    // for all redirects together
  std::chrono::milliseconds connect_max{8'000};  // for each
  long bytes_per_second_min = 64;
  std::chrono::seconds slow_max{5};  // slower than that for so long ends it
};

struct FetchRequest {
  std::string url;
  std::string accept = "*/*";  // the header of this name
};

struct Fetched {
  long status = 0;
  std::string url;  // where it came from in the end
  std::string content_type;
  std::string body;  // what a stranger wrote: never instructions, never shown without escaping
  int redirects = 0;
};

// What stands between a name and a connection. Tests bring servers of their own.
struct Network {
  std::vector<std::string> addresses;  // "name:port:address", instead of asking DNS
  std::function<std::string_view(const sockaddr&)> special_range = [](const sockaddr& address) {
    return tools::special_range(address);
  };
};

// Blocks until the answer is there (status 200 to 299), the deadline has passed or it is cancelled (within 100 ms). Any thread.
//
// The field of an error is its reason. `kInvalid`: "url". `kNoPermission`, what the rules refuse: "scheme", "host", "port",
// "private_address", "redirect", "content_type", "encoding", "body_size", "header_size". `kNotFound`, what the other side does not give: "name" (no
// address), "connection", "certificate", "status", "answer" (broken or no HTTP). `kDeadlineExceeded`: "time", "speed".
// `kStopped`: "cancelled".
[[nodiscard]] Result<Fetched> fetch(const FetchRequest& request, const FetchRules& rules, base::Instant deadline,
                                    const CancelToken& cancel, const Network& network = {});

// Where a redirect leads: `kInvalid` "url", and `kNoPermission` "redirect" from https to http. Whether the rules let us go there is
// judged then. Pure.
[[nodiscard]] Result<Url> redirected(const Url& from, const std::string& location);

}  // namespace penny::tools
