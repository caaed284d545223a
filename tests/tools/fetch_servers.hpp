#pragma once

// Two servers of this machine, and what they answer to a path: for the tests of fetching.

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/hostile_server.hpp"
#include "tools/fetch.hpp"

namespace penny::tools {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::http;
using Connection = test::HostileServer::Connection;

inline std::string redirect(std::string_view location, std::string_view status = "302 Found") {
  return http(status, "text/html", "moved", fmt::format("Location: {}\r\n", location));
}

inline test::HostileServer::Behaviour sends(std::string bytes) {
  return [bytes = std::move(bytes)](const Connection& to) { static_cast<void>(to.send(bytes)); };
}

inline test::HostileServer::Behaviour repeats(std::string begin, std::string part, int pause = 0) {
  return [=](const Connection& to) {
    if (!to.send(begin)) return;
    while (to.send(part) && (pause == 0 || to.pause(pause))) {
    }
  };
}

inline constexpr std::string_view kNoLength = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

inline std::map<std::string, test::HostileServer::Behaviour> behaviours() {
  const std::string open_end = std::string(kNoLength) + "\r\n";
  static const std::string bomb = test::gzip(std::string(64U << 20, 'x'));
  std::map<std::string, test::HostileServer::Behaviour> made{
      {"/good", sends(http("200 OK", "text/html; charset=utf-8", "<p>hello</p>"))},
      {"/packed", sends(http("200 OK", "text/plain", test::gzip("unpacked"), "Content-Encoding: gzip\r\n"))},
      {"/empty", sends(http("200 OK", "text/plain", ""))},
      {"/echo", [](const Connection& to) { static_cast<void>(to.send(http("200 OK", "text/plain", to.request()))); }},
      {"/cookie", sends(redirect("/echo", "302 Found\r\nSet-Cookie: a=b; Path=/"))},
      {"/silent", [](const Connection& to) { to.wait(); }},
      {"/slow-header", repeats("HTTP/1.1 200 OK\r\n", "X: y\r\n", 100)},
      {"/slow-body", repeats(open_end, "x", 100)},
      {"/endless-body", repeats(open_end, std::string(4'096, 'x'))},
      {"/endless-chunks", repeats(std::string(kNoLength) + "Transfer-Encoding: chunked\r\n\r\n",
                                  "1000\r\n" + std::string(4'096, 'x') + "\r\n")},
      {"/endless-headers", repeats("HTTP/1.1 200 OK\r\n", "X-Header: " + std::string(1'000, 'y') + "\r\n")},
      {"/one-long-header", repeats("HTTP/1.1 200 OK\r\nX: ", std::string(4'096, 'y'))},
      {"/endless-continue", repeats("", "HTTP/1.1 100 Continue\r\n\r\n")},
      {"/endless-trailers", repeats(std::string(kNoLength) + "Transfer-Encoding: chunked\r\n\r\n0\r\n",
                                    "X: " + std::string(500, 'y') + "\r\n")},
      {"/big-headers", sends("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'y') + "\r\nContent-Length: 0\r\n\r\n")},
      {"/claims-too-much",
       sends("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999999999999999999\r\n\r\nx")},
      {"/claims-negative", sends("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: -5\r\n\r\nx")},
      {"/too-large", sends(http("200 OK", "text/html", std::string((1U << 20) + 1, 'x')))},
      {"/just-fits", sends(http("200 OK", "text/html", std::string(1U << 20, 'x')))},
      {"/gzip-bomb", sends(http("200 OK", "text/html", bomb, "Content-Encoding: gzip\r\n"))},
      {"/gzip-of-gzip-bomb", sends(http("200 OK", "text/html", test::gzip(bomb), "Content-Encoding: gzip, gzip\r\n"))},
      {"/gzip-garbage", sends(http("200 OK", "text/html", "no gzip at all", "Content-Encoding: gzip\r\n"))},
      {"/gzip-cut", sends(http("200 OK", "text/html", bomb.substr(0, 20), "Content-Encoding: gzip\r\n"))},
      {"/gzip-of-nothing", repeats(std::string(kNoLength) + "Content-Encoding: gzip\r\n\r\n" +
                                       std::string("\x1f\x8b\x08\0\0\0\0\0\0\3", 10),
                                   [] {
                                     std::string blocks;
                                     for (int i = 0; i < 800; ++i) blocks.append("\0\0\0\xff\xff", 5);
                                     return blocks;
                                   }())},
      {"/brotli", sends(http("200 OK", "text/html", "\x8b\x03\x80", "Content-Encoding: br\r\n"))},
      {"/zstd-inside", sends(http("200 OK", "text/html", "x", "content-encoding: GZIP , zstd\r\n"))},
      {"/many-encodings",
       sends(http("200 OK", "text/html", "x", "Content-Encoding: gzip, gzip, gzip, gzip, gzip, gzip, gzip\r\n"))},
      {"/cut-body", sends("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\nhalf")},
      {"/cut-header", sends("HTTP/1.1 200 OK\r\nContent-Ty")},
      {"/cut-chunk", sends(std::string(kNoLength) + "Transfer-Encoding: chunked\r\n\r\n100\r\nhalf")},
      {"/bad-chunk", sends(std::string(kNoLength) + "Transfer-Encoding: chunked\r\n\r\nzzzz\r\nhalf\r\n")},
      {"/nothing", [](const Connection&) {}},
      {"/no-http", sends("SSH-2.0-OpenSSH_9.2\r\n")},
      {"/http09", sends("<html>as in 1991</html>")},
      {"/garbage", sends(std::string("\0\1\2\3\xff\xfe\r\n\r\n", 10))},
      {"/nul-header", sends(std::string("HTTP/1.1 200 OK\r\nContent-Type: text/\0html\r\n\r\nx", 45))},
      {"/500", sends(http("500 Internal Server Error", "text/html", "sorry"))},
      {"/404", sends(http("404 Not Found", "text/html", "sorry"))},
      {"/401", sends(http("401 Unauthorized", "text/html", "who", "WWW-Authenticate: Basic realm=\"x\"\r\n"))},
      {"/407", sends(http("407 Proxy Authentication Required", "text/html", "who", "Proxy-Authenticate: NTLM\r\n"))},
      {"/304", sends("HTTP/1.1 304 Not Modified\r\n\r\n")},
      {"/image", sends(http("200 OK", "image/png", "x"))},
      {"/program", sends(http("200 OK", "application/octet-stream",
                              "\x7f"
                              "ELF"))},
      {"/text-lookalike", sends(http("200 OK", "textile/html", "x"))},
      {"/no-type", sends("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")},
      {"/loop", sends(redirect("/loop"))},
      {"/endless-redirect",
       repeats("HTTP/1.1 302 Found\r\nLocation: /endless-redirect\r\n\r\n", std::string(4'096, 'x'))},
      {"/two-hops", sends(redirect("/one-hop", "307 Temporary Redirect"))},
      {"/one-hop", sends(redirect("good", "301 Moved Permanently"))},
      {"/empty-location", sends(redirect(""))},
  };
  for (int left = 0; left <= 6; ++left)
    made[fmt::format("/hops-{}", left)] = sends(redirect(left == 0 ? "/good" : fmt::format("/hops-{}", left - 1)));
  return made;
}

inline std::uint16_t port_of(const sockaddr& address) {
  sockaddr_in exact{};
  std::memcpy(&exact, &address, sizeof exact);
  return ntohs(exact.sin_port);
}

// Two servers of this machine. The one plays a public server (its port of the loopback interface passes as public), the
// other a private one: every other address is judged as it is.
class Fetch : public testing::Test {
 protected:
  Fetch() : private_({{"/secret", sends(http("200 OK", "text/plain", "the secret"))}}), public_(all()) {
    network_.addresses = {fmt::format("public.test:{}:127.0.0.1", public_.port()),
                          fmt::format("rebound.test:{}:127.0.0.1", private_.port()),
                          fmt::format("rebound6.test:{}:[::1]", private_.port()),
                          fmt::format("mixed.test:{}:127.0.0.1,[::1],10.0.0.1", private_.port())};
    network_.special_range = [this](const sockaddr& address) {
      if (address.sa_family == AF_INET && port_of(address) == public_.port()) return std::string_view();
      return special_range(address);
    };
    rules_.is_http_allowed = true;
    rules_.ports = {80, 443, public_.port(), private_.port()};
    rules_.slow_max = std::chrono::seconds(1);
  }

  std::map<std::string, test::HostileServer::Behaviour> all() {
    auto made = behaviours();
    const auto leads = [&](const std::string& path, const std::string& location) {
      made[path] = sends(redirect(location));
    };
    leads("/to-private", private_.at("/secret"));
    leads("/to-localhost", fmt::format("http://localhost:{}/secret", private_.port()));
    leads("/to-rebound", fmt::format("http://rebound.test:{}/secret", private_.port()));
    leads("/to-mapped", fmt::format("http://[::ffff:127.0.0.1]:{}/secret", private_.port()));
    leads("/to-number", fmt::format("http://2130706433:{}/secret", private_.port()));
    leads("/to-hex", fmt::format("http://0x7f.1:{}/secret", private_.port()));
    leads("/to-relative-host", fmt::format("//127.0.0.1:{}/secret", private_.port()));
    leads("/to-metadata", "http://169.254.169.254/latest/meta-data/");
    leads("/to-file", "file:///etc/passwd");
    leads("/to-gopher", "gopher://127.0.0.1:6379/_FLUSHALL");
    leads("/to-ftp", "ftp://example.org/x");
    leads("/to-dict", "dict://127.0.0.1:11211/stat");
    leads("/to-data", "data:text/html,hello");
    leads("/to-javascript", "javascript:alert(1)");
    leads("/to-user", "http://user:password@example.org/");
    leads("/to-port-22", "http://example.org:22/");
    leads("/to-other-host", "http://example.org/");
    leads("/to-long", "/" + std::string(3'000, 'x'));
    leads("/to-strange", "http://exa mple.org/");
    return made;
  }

  std::string at(std::string_view path) const { return fmt::format("http://public.test:{}{}", public_.port(), path); }

  Result<Fetched> get(const std::string& url, milliseconds time = milliseconds(10'000)) {
    return fetch({.url = url}, rules_, steady_clock::now() + time, cancel_, network_);
  }

  // The reason of a refusal, or "fetched".
  std::string reason(const std::string& url, milliseconds time = milliseconds(10'000)) {
    const auto got = get(url, time);
    if (got) return "fetched";
    EXPECT_NE(got.error().advice, "") << url;
    EXPECT_NE(got.error().message, "") << url;
    return got.error().field;
  }

  FetchRules rules_;
  Network network_;
  CancelToken cancel_;
  test::HostileServer private_;
  test::HostileServer public_;
};

}  // namespace penny::tools
