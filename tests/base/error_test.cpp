#include "base/error.hpp"

#include <cctype>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace penny::base {
namespace {

TEST(ErrorCode, EveryCodeHasANameOfItsOwn) {
  std::set<std::string> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kHardLinked); ++code) {
    const std::string name(to_string(static_cast<ErrorCode>(code)));
    for (const char c : name) EXPECT_TRUE(std::islower(static_cast<unsigned char>(c)) || c == '_') << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(names.count("unnamed"), 0U);
  EXPECT_EQ(to_string(ErrorCode::kDeadlineExceeded), "deadline_exceeded");
  EXPECT_EQ(to_string(ErrorCode::kNotAStore), "not_a_store");
  EXPECT_EQ(to_string(ErrorCode::kUnsupportedFileSystem), "unsupported_file_system");
}

TEST(ErrorCode, ANumberThatIsNoCodeHasANameToo) { EXPECT_EQ(to_string(static_cast<ErrorCode>(200)), "unnamed"); }

TEST(Error, FailFillsEveryPartOfAnError) {
  const Result<int> result = fail(ErrorCode::kConflict, "changed", "read again", "if_version");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kConflict);
  EXPECT_EQ(result.error().message, "changed");
  EXPECT_EQ(result.error().advice, "read again");
  EXPECT_EQ(result.error().field, "if_version");
}

}  // namespace
}  // namespace penny::base
