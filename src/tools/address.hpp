#pragma once

// Which addresses are in the public Internet, and which lead into this machine, its networks or nowhere. Pure.
//
// The ranges are those of the IANA registries of special-purpose addresses (iana-ipv4-special-registry,
// iana-ipv6-special-registry; RFC 6890), of multicast (RFC 5771, RFC 4291) and of the deprecated site-local addresses
// (RFC 3879). Of IPv6 only 2000::/3 is given out at all (RFC 4291): everything else is special.

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penny::tools {

using Ipv4Address = std::array<std::uint8_t, 4>;
using Ipv6Address = std::array<std::uint8_t, 16>;

// What the range is for ("loopback"), or nothing for a public address. An IPv6 address that stands for one of IPv4 is
// judged as that.
[[nodiscard]] std::string_view special_range(const Ipv4Address& address);
[[nodiscard]] std::string_view special_range(const Ipv6Address& address);
// Every family but IPv4 and IPv6 is special. `address` must be as long as its family says.
[[nodiscard]] std::string_view special_range(const sockaddr& address);

// "127.0.0.1", "::1", "[::1]"; nothing if it is no address in its plain form.
[[nodiscard]] std::optional<sockaddr_storage> parse_address(std::string_view text);
// For people.
[[nodiscard]] std::string address_text(const sockaddr& address);

}  // namespace penny::tools
