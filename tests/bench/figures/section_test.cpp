#include "bench/figures/section.hpp"

#include <string>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "bench/figures/waits.hpp"

namespace penny::figures {
namespace {

const bench::Machine kMachine{
    .processor = "a processor", .cores = 2, .kernel = "Linux", .file_system = "ext4", .sqlite_version = "3.54.1"};

TEST(Section, SaysWhatWasMeasuredAndWhere) {
  const Section section{.name = "recovery",
                        .notes = {"50 times."},
                        .tables = {{.title = "A table", .header = {"p50 ms"}, .rows = {{"12.5"}}}},
                        .json = {{"p50_ms", 12.5}},
                        .problems = {"a row is gone"},
                        .others_cores = 0.5};
  const std::string text = markdown_of(kMachine, {section});
  for (const char* part : {"2 x a processor", "## recovery", "50 times.", "12.5", "a row is gone", "DISTURBED"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in " << text;

  const auto json = boost::json::parse(json_of(kMachine, {section}));
  EXPECT_EQ(json.at("machine").at("cores").to_number<int>(), 2);
  EXPECT_EQ(json.at("recovery").at("p50_ms").as_double(), 12.5);
  EXPECT_EQ(json.at("recovery").at("problems").at(0).as_string(), "a row is gone");
}

TEST(Section, SaysNothingOfADisturbanceThatWasNone) {
  EXPECT_EQ(markdown_of(kMachine, {{.name = "sizes", .others_cores = 0.1}}).find("DISTURBED"), std::string::npos);
}

TEST(FigureWaits, AreTheHistogramsAndComeBackFromJson) {
  bench::Histogram histogram;
  for (std::uint64_t ms = 1; ms <= 100; ++ms) histogram.record(ms * 1'000'000);
  const Waits waits = waits_of(histogram);
  EXPECT_EQ(waits.count, 100U);
  EXPECT_NEAR(waits.p50_ms, 50, 1);
  EXPECT_NEAR(waits.p99_ms, 99, 2);
  EXPECT_EQ(waits.worst_ms, 100);
  const Waits again = waits_from(json_of(waits));
  EXPECT_EQ(again.count, waits.count);
  EXPECT_EQ(again.p50_ms, waits.p50_ms);
  EXPECT_EQ(again.p99_ms, waits.p99_ms);
  EXPECT_EQ(again.worst_ms, waits.worst_ms);
  EXPECT_EQ(cells_us_of({.count = 1, .p50_ms = 0.025, .p99_ms = 1, .worst_ms = 2}),
            (std::vector<std::string>{"25", "1,000", "2,000"}));
  EXPECT_EQ(row({"one"}, {"two", "three"}), (std::vector<std::string>{"one", "two", "three"}));
}

}  // namespace
}  // namespace penny::figures
