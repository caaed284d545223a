#include "store/traces.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "backend/sqlite/descriptor.hpp"
#include "base/error.hpp"

namespace penny::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadAtOnce = std::size_t{1} << 20;

// The traces by their first two bytes.
class Searcher {
 public:
  explicit Searcher(const std::vector<std::string>& traces) : by_start_(kStarts) {
    for (const std::string& trace : traces) {
      if (trace.size() < kTraceBytesMin || trace.size() > kTraceBytesMax) continue;
      by_start_[start_of(trace.data())].push_back(&trace);
      longest_ = std::max(longest_, trace.size());
    }
  }

  // Of traces that begin before `end`; the bytes behind it are looked at as far as they are there.
  [[nodiscard]] std::uint64_t count(std::string_view bytes, std::size_t end) const {
    std::uint64_t found = 0;
    for (std::size_t at = 0; at < end && at + kTraceBytesMin <= bytes.size(); ++at) {
      for (const std::string* trace : by_start_[start_of(bytes.data() + at)]) {
        if (bytes.substr(at).starts_with(*trace)) found += trace->size();
      }
    }
    return found;
  }
  [[nodiscard]] std::size_t longest() const { return longest_; }

 private:
  static constexpr std::size_t kStarts = std::size_t{1} << 16U;
  static std::size_t start_of(const char* bytes) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) << 8U | static_cast<unsigned char>(bytes[1]);
  }
  std::vector<std::vector<const std::string*>> by_start_;
  std::size_t longest_ = 0;
};

std::unexpected<Error> unreadable(const std::string& path, int error) {
  return base::fail(ErrorCode::kStorageFailed, fmt::format("{}: {}", path, std::strerror(error)),
                    "look at the file's owner and mode, and for disk errors in the system's log");
}

struct Part {
  std::string path;
  std::uint64_t bytes = 0;
};

Result<std::vector<Part>> files_of(const base::StorePaths& paths) {
  std::vector<Part> files;
  std::error_code error;
  const std::string begin = fs::path(paths.database).filename();
  for (const auto& entry : fs::directory_iterator(paths.directory, error)) {
    if (!entry.path().filename().string().starts_with(begin)) continue;
    std::error_code gone;
    if (!entry.is_regular_file(gone)) continue;
    const auto bytes = entry.file_size(gone);
    files.push_back({.path = entry.path(), .bytes = gone ? 0 : bytes});
  }
  if (error) return unreadable(paths.directory, error.value());
  return files;
}

}  // namespace

std::vector<std::string> forms_of_name(std::string_view name) {
  // A record begins with the length of its head; then each column's type, a text of n bytes being 13 + 2n.
  const std::size_t type = 13 + 2 * name.size();
  std::string type_bytes;
  if (type >= 128) type_bytes += static_cast<char>(0x80U | type >> 7U);
  type_bytes += static_cast<char>(type & 0x7fU);
  const char head = static_cast<char>(2 + type_bytes.size());
  std::vector<std::string> forms;
  // In the table the integer is the key of the row, and its column empty.
  forms.push_back(std::string{head, '\0'} + type_bytes + std::string(name));
  // In the index it follows, in one of these sizes.
  for (const char size : std::string_view("\1\2\3\4\5\6\10\11"))
    forms.push_back(head + type_bytes + size + std::string(name));
  return forms;
}

Result<std::uint64_t> count_traces(const base::StorePaths& paths, const std::vector<std::string>& traces,
                                   const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const Searcher searcher(traces);
  const auto files = files_of(paths);
  if (!files) return std::unexpected(files.error());
  std::uint64_t total = 0;
  for (const Part& file : *files) total += file.bytes;
  std::uint64_t done = 0;
  std::uint64_t found = 0;
  std::string window;
  for (const Part& part : *files) {
    const backend::sqlite::Descriptor file(open(part.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() < 0) {
      if (errno == ENOENT) continue;
      return unreadable(part.path, errno);
    }
    window.clear();
    for (off_t at = 0;;) {
      // What is left of the window before is the beginning of what may go on.
      const std::size_t kept = window.size();
      window.resize(kept + kReadAtOnce);
      const ssize_t got = pread(file.get(), window.data() + kept, kReadAtOnce, at);
      if (got < 0) return unreadable(part.path, errno);
      window.resize(kept + static_cast<std::size_t>(got));
      at += got;
      done += static_cast<std::uint64_t>(got);
      const bool is_end = got == 0;
      const std::size_t carried =
          is_end ? 0 : std::min(window.size(), std::max<std::size_t>(searcher.longest(), 1) - 1);
      found += searcher.count(window, window.size() - carried);
      window.erase(0, window.size() - carried);
      if (progress) progress(done, std::max(done, total));
      if (is_end) break;
    }
  }
  return found;
}

}  // namespace penny::store
