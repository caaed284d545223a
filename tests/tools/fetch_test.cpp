#include "tools/fetch.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tools/fetch_servers.hpp"

namespace penny::tools {
namespace {

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
