#include "tools/web_search.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/utf8.hpp"
#include "support/hostile_server.hpp"
#include "support/stores.hpp"
#include "tools/toolbox.hpp"

namespace penny::tools {
namespace {

namespace json = boost::json;
using test::http;
using Connection = test::HostileServer::Connection;

test::HostileServer::Behaviour answers(std::string body, std::string_view type = "application/json") {
  return [bytes = http("200 OK", type, body)](const Connection& to) { static_cast<void>(to.send(bytes)); };
}

std::string result(std::string_view title, std::string_view url, std::string_view content) {
  return json::serialize(json::object{
      {"title", title}, {"url", url}, {"content", content}, {"engine", "example"}, {"publishedDate", nullptr}});
}

std::string many_results(int count) {
  std::string body = R"({"query":"x","results":[)";
  for (int i = 0; i < count; ++i)
    body += (i == 0 ? "" : ",") + result("t", fmt::format("https://example.org/{}", i), "c");
  return body + "]}";
}

std::map<std::string, test::HostileServer::Behaviour> behaviours() {
  const std::string nested = std::string(1'000, '[') + std::string(1'000, ']');
  return {
      {"/good/search",
       answers(R"({"results":[)" + result("Tea", "https://example.org/tea", "All of <b>tea</b>") + "]}")},
      {"/many/search", answers(many_results(50))},
      {"/most/search", answers(many_results(5'000))},
      {"/none/search", answers(R"({"results":[]})")},
      {"/links/search",
       answers(R"({"results":[)" + result("a", "javascript:alert(1)", "") + "," +
               result("b", "file:///etc/passwd", "") + "," + result("c", "http://127.0.0.1/", "") + "," +
               result("d", "http://user:pw@example.org/", "") + "," + result("e", "data:text/html,x", "") + "," +
               result("f", "http://2130706433/", "") + "," + result("g", "http://localhost/", "") +
               R"(,{"title":"h"},{"url":7},7,null,[])" + "," + result("i", "https://example.org/\u202e", "") + "," +
               result("z", "https://example.org/z", "") + "]}")},
      {"/texts/search", answers(R"({"results":[)" +
                                result("<script>alert(1)</script>\x1b[31m red \u202e", "https://example.org/",
                                       std::string(100'000, 'y')) +
                                "]}")},
      {"/html/search", answers("<html>", "text/html")},
      {"/garbage/search", answers("{\"results\":")},
      {"/list/search", answers("[]")},
      {"/number/search", answers("7")},
      {"/no-list/search", answers(R"({"results":{"0":1}})")},
      {"/nested/search", answers(nested)},
      {"/nested-object/search", answers(R"({"results":[{"a":)" + nested + "}]}")},
      {"/bad-utf8/search", answers("{\"results\":[{\"title\":\"\xff\"}]}")},
      {"/half-surrogate/search", answers(R"({"results":[{"title":"\ud800"}]})")},
      {"/nul/search", answers(std::string("{\"results\":\0[]}", 15))},
      {"/too-large/search", answers(many_results(50'000))},
      {"/empty/search", answers("")},
      {"/two/search", answers(R"({"results":[]}{"results":[]})")},
      {"/failed/search",
       [](const Connection& to) { static_cast<void>(to.send(http("500 Oops", "application/json", "{}"))); }},
      {"/limited/search",
       [](const Connection& to) { static_cast<void>(to.send(http("429 Too Many Requests", "text/html", "x"))); }},
      {"/moved/search",
       [](const Connection& to) {
         static_cast<void>(to.send(http("302 Found", "text/html", "x", "Location: /good/search\r\n")));
       }},
      {"/echo/search",
       [](const Connection& to) {
         static_cast<void>(to.send(
             http("200 OK", "application/json",
                  R"({"results":[)" +
                      result(to.request().substr(0, to.request().find('\r')), "https://example.org/", "") + "]}")));
       }},
  };
}

class WebSearching : public testing::Test {
 protected:
  Result<std::string> search(const std::string& query, int max_results = 3, const std::string& path = "/good") {
    const WebSearchRules rules{
        .endpoint = path.empty() ? "" : server_.at(path), .is_endpoint_private = is_endpoint_private_, .fetch = {}};
    return web_search({.query = query, .max_results = max_results}, rules,
                      std::chrono::steady_clock::now() + std::chrono::seconds(10), CancelToken());
  }

  json::object found(const std::string& path, int max_results = 3) {
    const auto text = search("tea", max_results, path);
    EXPECT_TRUE(text) << path;
    return text ? json::parse(*text).as_object() : json::object{{"results", json::array()}, {"left_out", 0}};
  }

  std::string reason(const std::string& path) {
    const auto text = search("tea", 3, path);
    return text ? "found" : text.error().field;
  }

  bool is_endpoint_private_ = true;
  test::HostileServer server_{behaviours()};
};

TEST_F(WebSearching, FindsWhatTheEndpointKnowsAndSaysWhereItIsFrom) {
  const auto text = search("tea");
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(
      *text,
      R"({"origin":"web","is_trusted":false,"query":"tea","results":[{"title":"Tea","url":"https://example.org/tea",)"
      R"("snippet":"All of tea","engine":"example","published":""}],"left_out":0})");
  EXPECT_EQ(found("/none")["results"].as_array().size(), 0U);
}

TEST_F(WebSearching, AnEndpointIsPrivateOnlyIfTheOwnerSaysSo) {
  is_endpoint_private_ = false;
  EXPECT_EQ(reason("/good"), "private_address");
}

// From the configuration to the handler that a guard calls.
TEST_F(WebSearching, HasTheEndpointOfTheConfiguration) {
  const test::StoreFolder folder;
  Store store = folder.open();
  Configuration configuration;
  configuration.web_search.endpoint = server_.at("/good");
  configuration.web_search.allowed_hosts = {"example.org"};
  for (const bool is_private : {true, false}) {
    configuration.web_search.is_endpoint_private = is_private;
    const ToolRegistry tools = test::must(toolbox(store, configuration));
    const auto found = std::get<ToolFunction>(tools.find("web.search")->handler)(
        {.user = "cj",
         .call = OperationId::make(),
         .input = test::must(tools.check_input("web.search", R"({"query":"tea"})")),
         .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10),
         .cancel = {},
         .origin = Origin::kAssistant});
    EXPECT_EQ(found.has_value(), is_private);
    EXPECT_EQ(found ? "" : found.error().field, is_private ? "" : "private_address");
  }
}

TEST_F(WebSearching, GivesAsManyResultsAsWereAskedFor) {
  EXPECT_EQ(found("/many", 1)["results"].as_array().size(), 1U);
  EXPECT_EQ(found("/many", 10)["results"].as_array().size(), 10U);
  EXPECT_EQ(found("/most", 10)["results"].as_array().size(), 10U);
}

TEST_F(WebSearching, RefusesWhatIsNoSearch) {
  const auto field = [&](const std::string& query, int max_results = 3, const std::string& path = "/good") {
    const auto made = search(query, max_results, path);
    return made ? "found" : made.error().field;
  };
  for (const std::string& query :
       {std::string(), std::string(" \t\n"), std::string(501, 'x'), std::string("a\0b", 3), std::string("\xff")})
    EXPECT_EQ(field(query), "query");
  std::string longest;
  for (int i = 0; i < 500; ++i) longest += "x";
  EXPECT_EQ(field(longest), "found");
  for (const int count : {0, -1, 11, 1'000'000}) EXPECT_EQ(field("tea", count), "max_results");
  EXPECT_EQ(field("tea", 3, ""), "endpoint");
  const auto unset = search("tea", 3, "");
  EXPECT_TRUE(unset.error().advice.contains("SearXNG"));
}

TEST_F(WebSearching, TheQueryIsOnlyEverAQuery) {
  const std::string query = "a&format=html&q=b#c?d/../e%00 import os\r\nHost: x 日本";
  const auto text = search(query, 3, "/echo");
  ASSERT_TRUE(text) << text.error().message;
  const json::value echoed = json::parse(*text);
  EXPECT_EQ(
      echoed.at("results").at(0).at("title").as_string(),
      "GET /echo/search?q=a%26format%3dhtml%26q%3db%23c%3fd%2f..%2fe%2500+import+os%0d%0aHost%3a+x+%e6%97%a5%e6%9c%ac"
      "&format=json HTTP/1.1");
}

TEST_F(WebSearching, LinksThatLeadElsewhereAreLeftOut) {
  const json::object links = found("/links", 10);
  ASSERT_EQ(links.at("results").as_array().size(), 1U) << json::serialize(links);
  EXPECT_EQ(links.at("results").at(0).at("url").as_string(), "https://example.org/z");
  EXPECT_EQ(links.at("left_out").as_int64(), 13);
}

TEST_F(WebSearching, TextsAreShortAndPlain) {
  const json::object texts = found("/texts");
  EXPECT_EQ(texts.at("results").at(0).at("title").as_string(), "alert(1) [31m red");
  EXPECT_EQ(texts.at("results").at(0).at("snippet").as_string().size(), 500U);
}

TEST(PlainText, LosesMarkupAndWhatIsNotPrintable) {
  EXPECT_EQ(plain_text("a <b>bold</b> word", 100), "a bold word");
  EXPECT_EQ(plain_text("1 < 2 and 3 > 2", 100), "1 < 2 and 3 > 2");
  EXPECT_EQ(plain_text("<<b>script>x", 100), "< script>x");
  EXPECT_EQ(plain_text("cut <img src=x onerror=", 100), "cut");
  EXPECT_EQ(plain_text("  a\n\n\tb\u200e\u2028c\x7f  ", 100), "a bc");
  EXPECT_EQ(plain_text("日本語です", 3), "日本語");
  EXPECT_EQ(plain_text("<!-- a -->b<?php c ?>d", 100), "b d");
  const std::string deep = std::string(20'000, '<') + "b" + std::string(20'000, '>');
  for (const std::string& text : {plain_text(deep, 500), plain_text("<<<<<<<<<b>i>i>i>i>i>i>i>i>", 500)}) {
    EXPECT_FALSE(text.contains("<i")) << text;
    EXPECT_FALSE(text.contains("<b")) << text;
  }
}

TEST_F(WebSearching, AnswersThatAreNoneAreRefused) {
  int count = 0;
  for (const auto& [path, expected] : std::map<std::string, std::string>{{"/html", "content_type"},
                                                                         {"/garbage", "answer"},
                                                                         {"/list", "answer"},
                                                                         {"/number", "answer"},
                                                                         {"/no-list", "answer"},
                                                                         {"/nested", "answer"},
                                                                         {"/nested-object", "answer"},
                                                                         {"/bad-utf8", "answer"},
                                                                         {"/half-surrogate", "answer"},
                                                                         {"/nul", "answer"},
                                                                         {"/too-large", "body_size"},
                                                                         {"/empty", "answer"},
                                                                         {"/two", "answer"},
                                                                         {"/failed", "status"},
                                                                         {"/limited", "status"},
                                                                         {"/missing", "status"},
                                                                         {"/moved", "scheme"}}) {
    EXPECT_EQ(reason(path), expected) << path;
    std::printf("| `%s/search` | %s |\n", path.c_str(), expected.c_str());
    ++count;
  }
  EXPECT_EQ(count, 17);
}

}  // namespace
}  // namespace penny::tools
