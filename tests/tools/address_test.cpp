#include "tools/address.hpp"

#include <gtest/gtest.h>

#include <string>

namespace penny::tools {
namespace {

std::string range_of(const std::string& text) {
  const auto address = parse_address(text);
  if (!address) return "no address";
  return std::string(special_range(reinterpret_cast<const sockaddr&>(*address)));
}

TEST(Address, EverySpecialRangeIsRefusedFromItsFirstToItsLastAddress) {
  for (const char* each : {"0.0.0.0",
                           "0.255.255.255",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.0",
                           "127.255.255.255",
                           "169.254.0.0",
                           "169.254.169.254",
                           "169.254.255.255",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.0",
                           "192.0.0.255",
                           "192.0.2.0",
                           "192.0.2.255",
                           "192.88.99.0",
                           "192.88.99.255",
                           "192.168.0.0",
                           "192.168.255.255",
                           "198.18.0.0",
                           "198.19.255.255",
                           "198.51.100.0",
                           "198.51.100.255",
                           "203.0.113.0",
                           "203.0.113.255",
                           "224.0.0.0",
                           "239.255.255.255",
                           "240.0.0.0",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::7f00:1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.1.2.3",
                           "64:ff9b::7f00:1",
                           "64:ff9b::a9fe:a9fe",
                           "64:ff9b:1::1",
                           "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
                           "100::",
                           "100::ffff:ffff:ffff:ffff",
                           "2001::",
                           "2001:0:1:2::3",
                           "2001:1ff:ffff::1",
                           "2001:db8::1",
                           "2001:db8:ffff::1",
                           "2002:7f00:1::1",
                           "2002:a00:1::",
                           "2002:c0a8:101::1",
                           "3fff::1",
                           "3fff:fff:ffff::1",
                           "4000::1",
                           "1fff::1",
                           "5f00::1",
                           "fc00::",
                           "fdff:ffff::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "feff::1",
                           "ff00::",
                           "ff02::1",
                           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    EXPECT_NE(range_of(each), "") << each;
    EXPECT_NE(range_of(each), "no address") << each;
  }
}

TEST(Address, TheNeighboursOfEveryRangeArePublic) {
  for (const char* each : {"1.0.0.0",
                           "9.255.255.255",
                           "11.0.0.0",
                           "100.63.255.255",
                           "100.128.0.0",
                           "126.255.255.255",
                           "128.0.0.0",
                           "169.253.255.255",
                           "169.255.0.0",
                           "172.15.255.255",
                           "172.32.0.0",
                           "191.255.255.255",
                           "192.0.1.0",
                           "192.0.3.0",
                           "192.88.98.255",
                           "192.88.100.0",
                           "192.167.255.255",
                           "192.169.0.0",
                           "198.17.255.255",
                           "198.20.0.0",
                           "198.51.99.255",
                           "198.51.101.0",
                           "203.0.112.255",
                           "203.0.114.0",
                           "223.255.255.255",
                           "8.8.8.8",
                           "2001:200::1",
                           "2001:db7:ffff::1",
                           "2001:db9::1",
                           "2606:4700:4700::1111",
                           "2a00:1450:4001:81b::200e",
                           "3ffe:ffff::1",
                           "3fff:1000::1",
                           "::ffff:8.8.8.8",
                           "64:ff9b::808:808",
                           "2002:808:808::1"}) {
    EXPECT_EQ(range_of(each), "") << each;
  }
}

TEST(Address, OnlyPlainFormsAreAddresses) {
  for (const char* each : {"", "127.1", "0x7f.0.0.1", "2130706433", "127.0.0.1.", "127.0.0.01", "::1%lo", "[::1",
                           "localhost", "１２７.0.0.1"})
    EXPECT_FALSE(parse_address(each)) << each;
  EXPECT_TRUE(parse_address("[::1]"));
}

TEST(Address, OtherFamiliesAreSpecial) {
  sockaddr_storage address{};
  address.ss_family = AF_UNIX;
  EXPECT_EQ(special_range(reinterpret_cast<const sockaddr&>(address)), "no Internet address");
}

}  // namespace
}  // namespace penny::tools
