#include "bench/table.hpp"

#include <gtest/gtest.h>

namespace penny::bench {
namespace {

TEST(Table, NumbersHaveTheDigitsTheyDeserve) {
  EXPECT_EQ(format_number(1234567.8), "1,234,568");
  EXPECT_EQ(format_number(13942), "13,942");
  EXPECT_EQ(format_number(999.4), "999");
  EXPECT_EQ(format_number(61.34), "61.3");
  EXPECT_EQ(format_number(6.126), "6.13");
  EXPECT_EQ(format_number(0.4123), "0.412");
}

TEST(Table, WholeNumbersHaveNoDecimals) {
  EXPECT_EQ(format_number(0), "0");
  EXPECT_EQ(format_number(7), "7");
  EXPECT_EQ(format_number(1000), "1,000");
}

TEST(Table, SummariesShowTheirSpread) {
  EXPECT_EQ(format_summary({.median = 2000, .min = 1500, .max = 2500}), "2,000 (1,500..2,500)");
  EXPECT_EQ(format_ratio({.median = 6.8, .min = 5.504, .max = 12}), "6.80 x (5.50..12.00)");
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  const Table table{.title = "Rates", .header = {"a", "much wider"}, .rows = {{"long cell", "1"}, {"x", "2"}}};
  EXPECT_EQ(to_markdown(table),
            "### Rates\n\n"
            "| a         | much wider |\n"
            "|-----------|------------|\n"
            "| long cell | 1          |\n"
            "| x         | 2          |\n"
            "\n");
}

}  // namespace
}  // namespace penny::bench
