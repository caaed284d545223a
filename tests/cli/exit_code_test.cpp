#include "cli/exit_code.hpp"

#include <gtest/gtest.h>

namespace penny::cli {
namespace {

TEST(ExitCode, EveryErrorHasTheOneThatIsPromised) {
  for (const auto code :
       {ErrorCode::kConflict, ErrorCode::kStorageFailed, ErrorCode::kClosed, ErrorCode::kForked, ErrorCode::kNotAStore,
        ErrorCode::kNewerSchema, ErrorCode::kNoSpace, ErrorCode::kReadOnly, ErrorCode::kStopped,
        ErrorCode::kNoPermission, ErrorCode::kUnsupportedFileSystem, ErrorCode::kHardLinked}) {
    EXPECT_EQ(static_cast<int>(exit_code_of(code)), 1) << to_string(code);
  }
  EXPECT_EQ(static_cast<int>(exit_code_of(ErrorCode::kInvalid)), 2);
  EXPECT_EQ(static_cast<int>(exit_code_of(ErrorCode::kNotFound)), 3);
  for (const auto code : {ErrorCode::kRateLimited, ErrorCode::kOverloaded, ErrorCode::kDeadlineExceeded,
                          ErrorCode::kUnknown, ErrorCode::kSnapshotExpired}) {
    EXPECT_EQ(static_cast<int>(exit_code_of(code)), 4) << to_string(code);
  }
  EXPECT_EQ(static_cast<int>(exit_code_of(ErrorCode::kDamaged)), 5);
}

}  // namespace
}  // namespace penny::cli
