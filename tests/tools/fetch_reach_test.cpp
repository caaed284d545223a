// Which addresses, hosts and ports a fetch may reach.

#include <chrono>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tools/fetch.hpp"
#include "tools/fetch_servers.hpp"

namespace penny::tools {
namespace {

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

}  // namespace
}  // namespace penny::tools
