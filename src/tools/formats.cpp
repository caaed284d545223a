#include "tools/formats.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <string>

#include <re2/re2.h>
#include <penny/id.hpp>

#include "base/time_text.hpp"

namespace penny::tools {
namespace {

bool matches(std::string_view text, const re2::RE2& expression) {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
}

bool is_date(std::string_view text) { return text.size() == 10 && base::parse_time(text).has_value(); }

bool is_time(std::string_view text) {
  static const re2::RE2 expression(
      R"(([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d))");
  return matches(text, expression);
}

bool is_date_time(std::string_view text) {
  return text.size() > 11 && is_date(text.substr(0, 10)) && (text[10] == 'T' || text[10] == 't') &&
         is_time(text.substr(11));
}

bool is_email(std::string_view text) {
  static const re2::RE2 expression(
      R"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*)");
  return text.size() <= 254 && matches(text, expression);
}

bool is_hostname(std::string_view text) {
  static const re2::RE2 expression(
      R"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)");
  return text.size() <= 253 && matches(text, expression);
}

bool is_address(std::string_view text, int family) {
  if (text.size() > INET6_ADDRSTRLEN) return false;
  in6_addr address{};
  return ::inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool is_ipv4(std::string_view text) { return is_address(text, AF_INET); }
bool is_ipv6(std::string_view text) { return is_address(text, AF_INET6); }

bool is_uri(std::string_view text) {
  static const re2::RE2 expression(R"([A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)");
  return matches(text, expression);
}

bool is_uuid(std::string_view text) { return OperationId::parse(text).has_value(); }

constexpr std::array kFormats{
    Format{"date", "2026-03-01", is_date},
    Format{"date-time", "2026-03-01T12:00:00Z", is_date_time},
    Format{"email", "somebody@example.org", is_email},
    Format{"hostname", "example.org", is_hostname},
    Format{"ipv4", "192.0.2.1", is_ipv4},
    Format{"ipv6", "2001:db8::1", is_ipv6},
    Format{"time", "12:00:00Z", is_time},
    Format{"uri", "https://example.org/page", is_uri},
    Format{"uuid", "019c0000-0000-7000-8000-000000000000", is_uuid},
};

}  // namespace

const Format* find_format(std::string_view name) {
  const auto* const found = std::ranges::find(kFormats, name, &Format::name);
  return found == kFormats.end() ? nullptr : found;
}

}  // namespace penny::tools
