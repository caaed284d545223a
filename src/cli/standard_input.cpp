#include "cli/standard_input.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace penny::cli {
namespace {

// Far above `limits::kTextBytesMax`, so that the store can say how long the text is that it refuses.
constexpr std::size_t kInputBytesMax = std::size_t{16} << 20;

}  // namespace

Result<std::string> argument_or_standard_input(std::string_view argument, std::string_view field) {
  if (argument != "-") return std::string{argument};
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t size = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size == 0) break;
    if (size < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(
          Error{.code = ErrorCode::kStorageFailed,
                .message = fmt::format("cannot read standard input: {}", std::generic_category().message(errno)),
                .advice = "give the text as an argument",
                .field = std::string{field}});
    }
    text.append(buffer.data(), static_cast<std::size_t>(size));
    if (text.size() > kInputBytesMax) {
      return std::unexpected(
          Error{.code = ErrorCode::kInvalid,
                .message = fmt::format("{}: standard input holds more than {} bytes", field, kInputBytesMax),
                .advice = "store a shorter text",
                .field = std::string{field}});
    }
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace penny::cli
