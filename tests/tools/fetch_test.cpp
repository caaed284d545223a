#include "tools/fetch.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "support/hostile_server.hpp"

namespace penny::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::http;
using Connection = test::HostileServer::Connection;

std::string redirect(std::string_view location, std::string_view status = "302 Found") {
  return http(status, "text/html", "moved", fmt::format("Location: {}\r\n", location));
}

test::HostileServer::Behaviour sends(std::string bytes) {
  return [bytes = std::move(bytes)](const Connection& to) { static_cast<void>(to.send(bytes)); };
}

test::HostileServer::Behaviour repeats(std::string begin, std::string part, int pause = 0) {
  return [=](const Connection& to) {
    if (!to.send(begin)) return;
    while (to.send(part) && (pause == 0 || to.pause(pause))) {
    }
  };
}

constexpr std::string_view kNoLength = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

std::map<std::string, test::HostileServer::Behaviour> behaviours() {
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

std::uint16_t port_of(const sockaddr& address) {
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

TEST_F(Fetch, GetsAPage) {
  const auto got = get(at("/good"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "<p>hello</p>");
  EXPECT_EQ(got->content_type, "text/html");
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(get(at("/packed"))->body, "unpacked");
  EXPECT_EQ(get(at("/empty"))->body, "");
  EXPECT_EQ(get(at("/just-fits"))->body.size(), 1U << 20);
}

TEST_F(Fetch, FollowsAFewRedirects) {
  const auto got = get(at("/two-hops"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->redirects, 2);
  EXPECT_EQ(got->url, at("/good"));
  EXPECT_EQ(get(at("/hops-4"))->redirects, 5);
  EXPECT_EQ(reason(at("/hops-5")), "redirect");
}

struct Hostile {
  const char* path;
  const char* reason;
};

constexpr Hostile kHostile[] = {
    {"/silent", "speed"},
    {"/slow-header", "speed"},
    {"/slow-body", "speed"},
    {"/endless-body", "body_size"},
    {"/endless-chunks", "body_size"},
    {"/endless-headers", "header_size"},
    {"/one-long-header", "answer"},
    {"/endless-continue", "header_size"},
    {"/endless-trailers", "header_size"},
    {"/big-headers", "header_size"},
    {"/claims-negative", "answer"},
    {"/too-large", "body_size"},
    {"/gzip-bomb", "body_size"},
    {"/gzip-of-gzip-bomb", "body_size"},
    {"/gzip-garbage", "answer"},
    {"/gzip-of-nothing", "body_size"},
    {"/many-encodings", "answer"},
    {"/cut-body", "answer"},
    {"/cut-header", "content_type"},
    {"/cut-chunk", "answer"},
    {"/bad-chunk", "answer"},
    {"/nothing", "answer"},
    {"/no-http", "answer"},
    {"/http09", "answer"},
    {"/garbage", "answer"},
    {"/nul-header", "answer"},
    {"/500", "status"},
    {"/404", "status"},
    {"/401", "status"},
    {"/407", "status"},
    {"/304", "status"},
    {"/image", "content_type"},
    {"/program", "content_type"},
    {"/text-lookalike", "content_type"},
    {"/no-type", "content_type"},
    {"/loop", "redirect"},
    {"/endless-redirect", "body_size"},
    {"/empty-location", "url"},
    {"/to-private", "private_address"},
    {"/to-localhost", "private_address"},
    {"/to-rebound", "private_address"},
    {"/to-mapped", "private_address"},
    {"/to-number", "private_address"},
    {"/to-hex", "private_address"},
    {"/to-relative-host", "private_address"},
    {"/to-metadata", "private_address"},
    {"/to-file", "url"},
    {"/to-gopher", "scheme"},
    {"/to-ftp", "scheme"},
    {"/to-dict", "scheme"},
    {"/to-data", "url"},
    {"/to-javascript", "url"},
    {"/to-user", "url"},
    {"/to-port-22", "port"},
    {"/to-long", "url"},
    {"/to-strange", "url"},
};

TEST_F(Fetch, HostileServersGainNothing) {
  for (const Hostile& each : kHostile) {
    const auto begin = steady_clock::now();
    EXPECT_EQ(reason(at(each.path)), each.reason) << each.path;
    const auto took = std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count();
    EXPECT_LT(took, 5'000) << each.path;
    std::printf("| `%s` | %s | %.0f ms |\n", each.path, each.reason, took);
  }
  EXPECT_EQ(private_.requests(), 0);
  std::printf("%zu hostile answers\n", std::size(kHostile));
}

TEST_F(Fetch, AnEndlessBodyIsCut) {
  EXPECT_EQ(reason(at("/endless-body"), milliseconds(1'000)), "body_size");
  EXPECT_EQ(reason(at("/too-large")), "body_size");
}

TEST_F(Fetch, OnlyGzipAndDeflateAreUnpacked) {
  EXPECT_EQ(reason(at("/brotli")), "encoding");
  EXPECT_EQ(reason(at("/zstd-inside")), "encoding");
}

// libcurl takes these for whole. What is missing is only missing.
TEST_F(Fetch, OddAnswersThatAreHarmless) {
  EXPECT_EQ(get(at("/claims-too-much"))->body, "x");
  EXPECT_EQ(get(at("/gzip-cut"))->body.size(), 0U);
}

TEST_F(Fetch, NoFormOfAPrivateAddressIsReached) {
  const std::string port = fmt::format(":{}/secret", private_.port());
  for (const char* host : {"127.0.0.1",
                           "127.1",
                           "127.0.1",
                           "0x7f.1",
                           "0x7f000001",
                           "0x7F.0.0.1",
                           "2130706433",
                           "017700000001",
                           "0177.0.0.1",
                           "127.0.0.1.",
                           "localhost",
                           "localhost.",
                           "LOCALHOST",
                           "foo.localhost",
                           "[::1]",
                           "[0:0:0:0:0:0:0:1]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:7f00:1]",
                           "[::127.0.0.1]",
                           "[64:ff9b::7f00:1]",
                           "[2002:7f00:1::]",
                           "0",
                           "0.0.0.0",
                           "[::]",
                           "10.0.0.1",
                           "192.168.0.1",
                           "172.16.0.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "[fe80::1]",
                           "[fd00::1]",
                           "%31%32%37.0.0.1",
                           "127%2e0%2e0%2e1",
                           "rebound.test",
                           "rebound6.test",
                           "mixed.test"}) {
    const std::string why = reason(std::string("http://") + host + port, milliseconds(3'000));
    EXPECT_TRUE(why == "private_address" || why == "url" || why == "name") << host << ": " << why;
    std::printf("| `%s` | %s |\n", host, why.c_str());
  }
  EXPECT_EQ(private_.requests(), 0);
}

TEST_F(Fetch, OddUrlsAreRefused) {
  for (const char* url : {"",
                          "example.org",
                          "//example.org",
                          "/etc/passwd",
                          "http://",
                          "http://?x",
                          "http://user@example.org/",
                          "http://user:pw@example.org/",
                          "http://:pw@example.org/",
                          "http://a@b@127.0.0.1/",
                          "http://example.org:99999/",
                          "http://example.org:-1/",
                          "http://example.org:80a/",
                          "http://exa mple.org/",
                          "http://example.org\r\nHost: x/",
                          "http://example.org/\nx",
                          "http://[::1/",
                          "http://[fe80::1%25lo]/",
                          "http://１２７.０.０.１/",
                          "http://ex\xc3\xa4mple.org/",
                          "http://%00/",
                          "http://a%2fb/",
                          "http://a%40b/",
                          "http://ⓛocalhost/",
                          "\thttp://example.org/x y"}) {
    EXPECT_EQ(reason(url), "url") << url;
  }
  EXPECT_EQ(reason(std::string("http://public.test\0.org/", 24)), "url");
  EXPECT_EQ(reason("http://example.org/" + std::string(2'100, 'x')), "url");
}

TEST_F(Fetch, OtherSchemesAreRefused) {
  for (const char* url : {"file:///etc/passwd", "FILE:///etc/passwd", "file://localhost/etc/passwd",
                          "gopher://example.org/", "ftp://example.org/", "dict://example.org/", "ldap://example.org/",
                          "smb://example.org/x", "tftp://example.org/x", "scp://example.org/x", "telnet://example.org/",
                          "imap://example.org/", "mqtt://example.org/", "rtsp://example.org/", "ws://example.org/"}) {
    const std::string why = reason(url);
    EXPECT_TRUE(why == "scheme" || why == "url") << url << ": " << why;
  }
  rules_.is_http_allowed = false;
  EXPECT_EQ(reason(at("/good")), "scheme");
}

TEST(FetchRedirect, NeverLeadsFromHttpsToHttp) {
  const auto from = Url::parse("https://example.org/a/b");
  ASSERT_TRUE(from);
  EXPECT_EQ(redirected(*from, "c")->text(), "https://example.org/a/c");
  EXPECT_EQ(redirected(*from, "https://example.com/")->text(), "https://example.com/");
  EXPECT_EQ(redirected(*from, "//example.com/")->text(), "https://example.com/");
  for (const char* location : {"http://example.org/a/b", "HTTP://example.org/", "http://example.org:443/"}) {
    const auto led = redirected(*from, location);
    ASSERT_FALSE(led) << location;
    EXPECT_EQ(led.error().field, "redirect");
  }
}

TEST_F(Fetch, OnlyHostsOfTheListAreReached) {
  rules_.hosts = {"*.test"};
  EXPECT_EQ(reason(at("/good")), "fetched");
  EXPECT_EQ(reason(at("/to-other-host")), "host");
  rules_.hosts = {"public.test"};
  EXPECT_EQ(reason(at("/good")), "fetched");
  EXPECT_EQ(reason(fmt::format("http://PUBLIC.test:{}/good", public_.port())), "fetched");
  for (const char* pattern : {"test", "*.public.test", "ublic.test", "*.est", "x.public.test"}) {
    rules_.hosts = {pattern};
    EXPECT_EQ(reason(at("/good")), "host") << pattern;
  }
  rules_.hosts.clear();
  rules_.ports = {443};
  EXPECT_EQ(reason(at("/good")), "port");
}

TEST_F(Fetch, APrivateServerThatIsNamedIsReachedButNotByARedirect) {
  rules_.private_servers = {fmt::format("127.0.0.1:{}", private_.port())};
  rules_.is_http_allowed = false;
  EXPECT_EQ(get(private_.at("/secret"))->body, "the secret");
  // Not under another name, nor another port.
  EXPECT_NE(reason(fmt::format("http://localhost:{}/secret", private_.port())), "fetched");
  EXPECT_NE(reason(public_.at("/good")), "fetched");
  rules_.is_http_allowed = true;
  const int requests = private_.requests();
  EXPECT_EQ(reason(at("/to-private")), "private_address");
  EXPECT_EQ(private_.requests(), requests);
}

TEST_F(Fetch, NothingOfTheEnvironmentIsUsedAndNoCookieIsKept) {
  const std::string proxy = private_.at("");
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) ::setenv(name, proxy.c_str(), 1);
  const auto got = get(at("/cookie"));
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->redirects, 1);
  EXPECT_FALSE(got->body.contains("Cookie"));
  EXPECT_FALSE(got->body.contains("Authorization"));
  EXPECT_EQ(private_.requests(), 0);
}

TEST_F(Fetch, EndsAtTheDeadline) {
  for (const char* path : {"/silent", "/slow-body", "/slow-header"}) {
    const auto begin = steady_clock::now();
    const auto got = get(at(path), milliseconds(300));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::kDeadlineExceeded);
    EXPECT_EQ(got.error().field, "time");
    EXPECT_LT(steady_clock::now() - begin,
              milliseconds(3'000));  // a busy machine takes longer; without a deadline it is for ever
  }
  rules_.time_max = milliseconds(100);
  EXPECT_EQ(reason(at("/silent")), "time");
}

TEST_F(Fetch, EndsSoonAfterItWasCancelled) {
  for (const char* path : {"/silent", "/slow-body"}) {
    const CancelToken cancel;
    std::optional<Result<Fetched>> got;
    const int before = public_.requests();
    std::jthread caller(
        [&] { got = fetch({.url = at(path)}, rules_, steady_clock::now() + milliseconds(10'000), cancel, network_); });
    while (public_.requests() == before) std::this_thread::yield();
    const auto begin = steady_clock::now();
    cancel.cancel();
    caller.join();
    const auto took = steady_clock::now() - begin;
    EXPECT_LT(took, milliseconds(3'000));  // the figure is in docs/tools_web.md; a busy machine takes longer
    std::printf("%s: ended %.2f ms after it was cancelled\n", path,
                std::chrono::duration<double, std::milli>(took).count());
    ASSERT_FALSE(*got);
    EXPECT_EQ(got->error().code, ErrorCode::kStopped);
  }
  cancel_.cancel();
  EXPECT_EQ(reason(at("/good")), "cancelled");
}

TEST_F(Fetch, ManyThreadsFetchAtOnce) {
  std::vector<std::jthread> callers;
  std::atomic<int> fetched = 0;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      for (int j = 0; j < 20; ++j) {
        if (get(at("/two-hops"))) ++fetched;
      }
    });
  }
  callers.clear();
  EXPECT_EQ(fetched, 160);
}

}  // namespace
}  // namespace penny::tools
