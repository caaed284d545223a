#include "tools/url.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/error.hpp"

namespace penny::tools {
namespace {

constexpr std::size_t kUrlBytesMax = 2'048;

std::unexpected<Error> refuse(std::string message, std::string advice) {
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), "url");
}

std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':' || c == '[' ||
         c == ']';
}

}  // namespace

struct Url::Handle {
  CURLU* url;

  explicit Handle(CURLU* made) : url(made) {}
  ~Handle() { ::curl_url_cleanup(url); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  // Empty if it has no such part.
  [[nodiscard]] std::string part(CURLUPart which, unsigned flags = 0) const {
    char* text = nullptr;
    if (::curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return {};
    std::string made(text);
    ::curl_free(text);
    return made;
  }
};

Result<Url> Url::parse(const std::string& text) {
  if (text.empty()) return refuse("there is no URL", "give one that begins with https://");
  if (text.size() > kUrlBytesMax)
    return refuse(fmt::format("the URL has {} bytes; the limit is {}", text.size(), kUrlBytesMax), "use a shorter one");
  if (text.find('\0') != std::string::npos) return refuse("the URL holds a NUL", "leave it out");
  auto handle = std::make_shared<const Handle>(::curl_url());
  if (handle->url == nullptr) return refuse("no memory for a URL", "try again");
  const CURLUcode code = ::curl_url_set(handle->url, CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER);
  if (code == CURLUE_USER_NOT_ALLOWED) return refuse("the URL holds a user or password", "leave them out");
  if (code != CURLUE_OK)
    return refuse(fmt::format("this is no URL: {}", ::curl_url_strerror(code)), "give one that begins with https://");
  return checked(std::move(handle));
}

Result<Url> Url::resolve(const std::string& location) const {
  if (location.size() > kUrlBytesMax || location.find('\0') != std::string::npos)
    return refuse("the redirect leads to no URL", "use another page");
  auto handle = std::make_shared<const Handle>(::curl_url_dup(handle_->url));
  if (handle->url == nullptr) return refuse("no memory for a URL", "try again");
  const CURLUcode code = ::curl_url_set(handle->url, CURLUPART_URL, location.c_str(), CURLU_DISALLOW_USER);
  if (code != CURLUE_OK)
    return refuse(fmt::format("the redirect leads to no URL: {}", ::curl_url_strerror(code)), "use another page");
  return checked(std::move(handle));
}

Result<Url> Url::with_path_and_query(std::string_view name, std::string_view key, const std::string& value) const {
  std::string path = handle_->part(CURLUPART_PATH);
  if (!path.ends_with('/')) path += '/';
  path += name;
  auto handle = std::make_shared<const Handle>(::curl_url_dup(handle_->url));
  if (handle->url == nullptr || ::curl_url_set(handle->url, CURLUPART_PATH, path.c_str(), 0) != CURLUE_OK)
    return refuse("the URL takes no path", "give one that begins with https://");
  return Url(std::move(handle)).with_query(key, value);
}

Result<Url> Url::with_query(std::string_view key, const std::string& value) const {
  auto handle = std::make_shared<const Handle>(::curl_url_dup(handle_->url));
  const std::string pair = fmt::format("{}={}", key, value);
  if (handle->url == nullptr ||
      ::curl_url_set(handle->url, CURLUPART_QUERY, pair.c_str(), CURLU_APPENDQUERY | CURLU_URLENCODE) != CURLUE_OK)
    return refuse("the URL takes no such query", "use a shorter one");
  return checked(std::move(handle));
}

Result<Url> Url::checked(std::shared_ptr<const Handle> handle) {
  Url made(std::move(handle));
  made.scheme_ = in_lower_case(made.handle_->part(CURLUPART_SCHEME));
  made.host_ = in_lower_case(made.handle_->part(CURLUPART_HOST));
  made.text_ = made.handle_->part(CURLUPART_URL);
  if (made.host_.ends_with('.')) made.host_.pop_back();
  if (made.host_.empty()) return refuse("the URL names no host", "give one that begins with https://");
  if (!std::ranges::all_of(made.host_, is_host_character)) {
    return refuse("the host's name is not of letters, digits, - and .",
                  "write a name of other letters in its ASCII form, which begins with xn--");
  }
  if (!made.handle_->part(CURLUPART_ZONEID).empty())
    return refuse("the URL names a network card", "leave the zone out");
  const std::string port = made.handle_->part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), made.port_);
  return made;
}

std::string Url::host_and_port() const { return fmt::format("{}:{}", host_, port_); }

}  // namespace penny::tools
