#pragma once

// The folder of one run: its store, its logs, the scenarios' stores.

#include <filesystem>

#include <penny/error.hpp>

namespace penny::cli::stress {

// A fresh folder (0700). Removed with everything in it at the end, unless it is kept as evidence.
class RunFolder {
 public:
  // Inside `parent`, which is made (0700) if it is not there, and removed again if it is left empty.
  [[nodiscard]] static Result<RunFolder> make(const std::filesystem::path& parent);

  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;
  ~RunFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void keep() { is_kept_ = true; }

 private:
  RunFolder(std::filesystem::path path, bool made_parent) : path_(std::move(path)), made_parent_(made_parent) {}

  std::filesystem::path path_;
  bool made_parent_;
  bool is_kept_ = false;
};

}  // namespace penny::cli::stress
