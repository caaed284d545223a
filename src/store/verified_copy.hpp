#pragma once

// A copy of a store's file under a temporary name, verified before it gets its own: `backup` and `restore`.

#include <string>

#include <penny/error.hpp>
#include <penny/keeping.hpp>

#include "backend/sqlite/connection.hpp"
#include "base/file_system.hpp"
#include "store/gate_page.hpp"

namespace penny::store {

// Where the copies come from.
struct CopySource {
  base::StorePaths paths;
  std::string store_id;
  bool is_quiet = false;           // nobody has it open; see backend/sqlite/quiet_files.hpp
  const GatePage* page = nullptr;  // of a store that others write; null if it is quiet
};

// A file that is removed again unless it was given its name.
class TemporaryCopy {
 public:
  // Made with mode 0600, in the folder of `target`, and locked: `kConflict` if another process is making one. What a process left
  // that was killed is overwritten.
  [[nodiscard]] static Result<TemporaryCopy> make(const base::StorePaths& target);
  TemporaryCopy(TemporaryCopy&& other) noexcept;
  TemporaryCopy(const TemporaryCopy&) = delete;
  TemporaryCopy& operator=(const TemporaryCopy&) = delete;
  TemporaryCopy& operator=(TemporaryCopy&&) = delete;
  ~TemporaryCopy();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return file_; }
  // Gives it the name of the target, durably. `kInvalid` if something has that name.
  [[nodiscard]] Result<void> rename_to(const base::StorePaths& target);

 private:
  TemporaryCopy(std::string path, int file) : path_(std::move(path)), file_(file) {}
  std::string path_;
  int file_;
};

// Fills it with the source's state of one moment. Blocks for as long as that takes; readers and writers of the source go on.
[[nodiscard]] Result<CopyReport> copy_pages(const CopySource& source, const TemporaryCopy& copy,
                                            const ProgressCallback& progress);

// Verifies it, and adds to the report what it holds. `kDamaged` if it is not whole.
[[nodiscard]] Result<void> verify_copy(const CopySource& source, const TemporaryCopy& copy,
                                       const ProgressCallback& progress, CopyReport& report);

// Both.
[[nodiscard]] Result<CopyReport> copy_and_verify(const CopySource& source, const TemporaryCopy& copy,
                                                 const ProgressCallback& progress);

// Whether any process has the store open, as its page and SQLite's lock say.
[[nodiscard]] bool is_in_use(const base::StorePaths& paths);

}  // namespace penny::store
