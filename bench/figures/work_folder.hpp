#pragma once

// Where the stores are made: a folder that is gone at the end, and what is done to files outside of the store.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace penny::figures {

class WorkFolder {
 public:
  // Makes a folder of its own within `parent`, which is made if it is not there.
  explicit WorkFolder(const std::filesystem::path& parent);
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // An empty folder in it; what was there under the name is gone.
  [[nodiscard]] std::filesystem::path fresh(std::string_view name) const;
  void remove(std::string_view name) const;

  // Throws `std::runtime_error` if the disk has less left.
  void expect_space(std::uint64_t bytes) const;

 private:
  std::filesystem::path path_;
  std::filesystem::path parent_;
};

inline constexpr std::string_view kStoreName = "memory.db";

// 0 if it is not there.
[[nodiscard]] std::uint64_t size_of(const std::filesystem::path& file);
// Of the search index with its log.
[[nodiscard]] std::uint64_t size_of_index(const std::string& store);

// Every file of one folder in the other one, on disk.
void copy_files(const std::filesystem::path& from, const std::filesystem::path& to);
void sync_file(const std::filesystem::path& path);

// Has the kernel forget its copy of the store's files, and says which part of them it still has (0..1).
double forget_cached(const std::string& store);

// How often the write-ahead log was begun anew, as its header tells; two unequal values mean that it was in between.
[[nodiscard]] std::uint64_t log_begun(const std::string& store);

}  // namespace penny::figures
