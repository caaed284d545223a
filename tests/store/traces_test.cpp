#include "store/traces.hpp"

#include <string>

#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace penny::store {
namespace {

using test::must;
using test::StoreFolder;

std::uint64_t count(const StoreFolder& folder, const std::vector<std::string>& traces) {
  return must(count_traces(must(base::prepare_paths(folder.path(), false)), traces, {}));
}

TEST(Traces, AreFoundInEveryFileOfTheStoreAndAcrossWhatIsReadAtOnce) {
  const StoreFolder folder;
  folder.make();
  const std::string trace = "a trace of 32 bytes, no less here";
  EXPECT_EQ(count(folder, {trace}), 0U);
  std::string bytes((std::size_t{1} << 20U) - 7, 'x');
  bytes += trace + std::string(100, 'x') + trace;
  test::write_file(folder.path() + "-search", bytes);
  EXPECT_EQ(count(folder, {trace}), 2 * trace.size());
  EXPECT_EQ(count(folder, {"another trace"}), 0U);
  test::write_file(folder.path() + "-anything", trace);
  EXPECT_EQ(count(folder, {trace}), 3 * trace.size());
}

// However short the name, and whatever else has its letters.
TEST(Traces, OfANameAreWhereAStoreKeepsIt) {
  const StoreFolder folder;
  Store store = folder.open();
  for (const std::string& name : {std::string("c"), std::string("cj"), std::string(60, 'n'), std::string(128, 'm')}) {
    EXPECT_EQ(count(folder, forms_of_name(name)), 0U) << name;
    must(store.commit(test::a_turn(name)));
    EXPECT_GT(count(folder, forms_of_name(name)), 0U) << name;
  }
  EXPECT_EQ(count(folder, forms_of_name("mm")), 0U);
}

}  // namespace
}  // namespace penny::store
