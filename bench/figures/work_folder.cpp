#include "bench/figures/work_folder.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fmt/core.h>

namespace penny::figures {
namespace {

namespace fs = std::filesystem;

class File {
 public:
  explicit File(const fs::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// Pages of the file in the kernel's cache, and all.
struct Cached {
  std::size_t pages = 0;
  std::size_t all = 0;
};

Cached cached_of(const File& file, std::size_t bytes) {
  if (bytes == 0) return {};
  void* const memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) return {};
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> marks((bytes + page - 1) / page);
  Cached cached{.all = marks.size()};
  if (mincore(memory, bytes, marks.data()) == 0)
    cached.pages = static_cast<std::size_t>(std::ranges::count_if(marks, [](unsigned char mark) { return mark & 1U; }));
  munmap(memory, bytes);
  return cached;
}

}  // namespace

WorkFolder::WorkFolder(const fs::path& parent) : parent_(fs::absolute(parent)) {
  fs::create_directories(parent_);
  std::string name = (parent_ / "figures-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
  path_ = name;
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;  // at worst a folder is left that its name explains
  fs::remove_all(path_, ignored);
  fs::remove(parent_, ignored);
}

fs::path WorkFolder::fresh(std::string_view name) const {
  remove(name);
  fs::create_directory(path_ / name);
  return path_ / name;
}

void WorkFolder::remove(std::string_view name) const { fs::remove_all(path_ / name); }

void WorkFolder::expect_space(std::uint64_t bytes) const {
  const std::uint64_t left = fs::space(path_).available;
  if (left >= bytes) return;
  constexpr std::uint64_t kMillion = 1'000'000;
  throw std::runtime_error(fmt::format("{} has {} MB left, and this needs {} MB: name another --store-dir, or fewer",
                                       path_.string(), left / kMillion, bytes / kMillion));
}

std::uint64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  return error ? 0 : bytes;
}

std::uint64_t size_of_index(const std::string& store) {
  return size_of(store + "-search") + size_of(store + "-search-wal");
}

void copy_files(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    const fs::path copy = to / entry.path().filename();
    fs::copy_file(entry.path(), copy);
    sync_file(copy);
  }
  sync_file(to);
}

void sync_file(const fs::path& path) {
  const File file(path);
  if (file.get() < 0 || fsync(file.get()) != 0) throw std::system_error(errno, std::generic_category(), path.string());
}

double forget_cached(const std::string& store) {
  Cached sum;
  for (const char* suffix : {"", "-wal"}) {
    const File file(store + suffix);
    if (file.get() < 0) continue;
    (void)posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
    const Cached cached = cached_of(file, size_of(store + suffix));
    sum.pages += cached.pages;
    sum.all += cached.all;
  }
  return sum.all == 0 ? 0 : static_cast<double>(sum.pages) / static_cast<double>(sum.all);
}

std::uint64_t log_begun(const std::string& store) {
  // From the file format: the checkpoint sequence number and the first salt, 4 bytes each, at 12.
  constexpr off_t kPlace = 12;
  std::array<unsigned char, 8> bytes{};
  const File file(store + "-wal");
  if (file.get() < 0 || pread(file.get(), bytes.data(), bytes.size(), kPlace) != static_cast<ssize_t>(bytes.size()))
    return 0;
  std::uint64_t number = 0;
  for (const unsigned char byte : bytes) number = number << 8U | byte;
  return number;
}

}  // namespace penny::figures
