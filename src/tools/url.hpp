#pragma once

// A URL as libcurl understands it, the same parser that then connects: two parsers that disagree are how a check is got
// around.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <penny/error.hpp>

namespace penny::tools {

class Url {
 public:
  // `kInvalid` with field "url": none, longer than 2,048 bytes, without a scheme or host, with a user or password, with a host that
  // is not plain ASCII, with a zone of an IPv6 address. Pure.
  [[nodiscard]] static Result<Url> parse(const std::string& text);

  // Where a redirect leads to; `location` may be relative.
  [[nodiscard]] Result<Url> resolve(const std::string& location) const;
  // With `/name` after the path, and `key=value` in the query, escaped.
  [[nodiscard]] Result<Url> with_path_and_query(std::string_view name, std::string_view key,
                                                const std::string& value) const;
  [[nodiscard]] Result<Url> with_query(std::string_view key, const std::string& value) const;

  [[nodiscard]] const std::string& scheme() const { return scheme_; }  // in lower case
  // In lower case, without the dot at its end; an address of IPv6 in brackets. However it was written, an address of
  // IPv4 is "1.2.3.4".
  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string host_and_port() const;

 private:
  struct Handle;
  explicit Url(std::shared_ptr<const Handle> handle) : handle_(std::move(handle)) {}
  [[nodiscard]] static Result<Url> checked(std::shared_ptr<const Handle> handle);

  std::shared_ptr<const Handle> handle_;
  std::string scheme_;
  std::string host_;
  std::string text_;
  std::uint16_t port_ = 0;
};

}  // namespace penny::tools
