#include "tools/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

namespace penny::tools {
namespace {

struct Ipv4Range {
  Ipv4Address first;
  unsigned bits;
  std::string_view name;
};

constexpr std::array kIpv4Ranges{
    Ipv4Range{{0, 0, 0, 0}, 8, "this network"},
    Ipv4Range{{10, 0, 0, 0}, 8, "private"},
    Ipv4Range{{100, 64, 0, 0}, 10, "shared by a provider"},
    Ipv4Range{{127, 0, 0, 0}, 8, "loopback"},
    Ipv4Range{{169, 254, 0, 0}, 16, "link-local"},
    Ipv4Range{{172, 16, 0, 0}, 12, "private"},
    Ipv4Range{{192, 0, 0, 0}, 24, "protocol assignments"},
    Ipv4Range{{192, 0, 2, 0}, 24, "documentation"},
    Ipv4Range{{192, 88, 99, 0}, 24, "6to4 relays"},
    Ipv4Range{{192, 168, 0, 0}, 16, "private"},
    Ipv4Range{{198, 18, 0, 0}, 15, "benchmarks"},
    Ipv4Range{{198, 51, 100, 0}, 24, "documentation"},
    Ipv4Range{{203, 0, 113, 0}, 24, "documentation"},
    Ipv4Range{{224, 0, 0, 0}, 4, "multicast"},
    Ipv4Range{{240, 0, 0, 0}, 4, "reserved"},  // and the broadcast address
};

struct Ipv6Range {
  Ipv6Address first;
  unsigned bits;
  std::string_view name;
};

constexpr std::array kIpv6Ranges{
    Ipv6Range{{}, 128, "unspecified"},
    Ipv6Range{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback"},
    Ipv6Range{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "local translation"},
    Ipv6Range{{0x01, 0x00}, 64, "discard"},
    Ipv6Range{{0x20, 0x01, 0x00, 0x00}, 23, "protocol assignments"},  // with Teredo, benchmarks, ORCHID
    Ipv6Range{{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation"},
    Ipv6Range{{0x3f, 0xff, 0x00}, 20, "documentation"},
    Ipv6Range{{0xfc}, 7, "unique local"},
    Ipv6Range{{0xfe, 0x80}, 10, "link-local"},
    Ipv6Range{{0xfe, 0xc0}, 10, "site-local"},
    Ipv6Range{{0xff}, 8, "multicast"},
};

constexpr Ipv6Address kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr Ipv6Address kTranslated{0x00, 0x64, 0xff, 0x9b};
constexpr Ipv6Address kSixToFour{0x20, 0x02};
constexpr Ipv6Address kGivenOut{0x20};

template <std::size_t kSize>
bool is_within(const std::array<std::uint8_t, kSize>& address, const std::array<std::uint8_t, kSize>& first,
               unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole), first.begin())) return false;
  if (bits % 8 == 0) return true;
  return ((address[whole] ^ first[whole]) >> (8 - bits % 8)) == 0;
}

Ipv4Address inner(const Ipv6Address& address, std::size_t from) {
  return {address[from], address[from + 1], address[from + 2], address[from + 3]};
}

}  // namespace

std::string_view special_range(const Ipv4Address& address) {
  for (const Ipv4Range& range : kIpv4Ranges) {
    if (is_within(address, range.first, range.bits)) return range.name;
  }
  return {};
}

std::string_view special_range(const Ipv6Address& address) {
  if (is_within(address, kMapped, 96) || is_within(address, kTranslated, 96)) return special_range(inner(address, 12));
  if (is_within(address, kSixToFour, 16)) return special_range(inner(address, 2));
  for (const Ipv6Range& range : kIpv6Ranges) {
    if (is_within(address, range.first, range.bits)) return range.name;
  }
  return is_within(address, kGivenOut, 3) ? std::string_view() : "not given out";
}

std::string_view special_range(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in exact{};
    std::memcpy(&exact, &address, sizeof exact);
    Ipv4Address bytes{};
    std::memcpy(bytes.data(), &exact.sin_addr, bytes.size());
    return special_range(bytes);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 exact{};
    std::memcpy(&exact, &address, sizeof exact);
    Ipv6Address bytes{};
    std::memcpy(bytes.data(), &exact.sin6_addr, bytes.size());
    return special_range(bytes);
  }
  return "no Internet address";
}

std::optional<sockaddr_storage> parse_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string plain(text);
  sockaddr_storage made{};
  sockaddr_in four{};
  four.sin_family = AF_INET;
  if (::inet_pton(AF_INET, plain.c_str(), &four.sin_addr) == 1) {
    std::memcpy(&made, &four, sizeof four);
    return made;
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, plain.c_str(), &six.sin6_addr) == 1) {
    std::memcpy(&made, &six, sizeof six);
    return made;
  }
  return std::nullopt;
}

std::string address_text(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.sa_family == AF_INET) {
    sockaddr_in exact{};
    std::memcpy(&exact, &address, sizeof exact);
    ::inet_ntop(AF_INET, &exact.sin_addr, text.data(), text.size());
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 exact{};
    std::memcpy(&exact, &address, sizeof exact);
    ::inet_ntop(AF_INET6, &exact.sin6_addr, text.data(), text.size());
  } else {
    return "no Internet address";
  }
  return text.data();
}

}  // namespace penny::tools
