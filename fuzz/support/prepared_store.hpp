#pragma once

// A small store of every kind of operation, the same in every run, kept as the bytes of its files: what inputs damage.

#include <string>
#include <string_view>
#include <vector>

#include <penny/penny.hpp>

#include "proof/damage/answers.hpp"

namespace penny::fuzz {

// Before anything else: folders are made in memory, and the store's numbers are not random.
void prepare_process();

struct Image {
  std::string database;
  std::string log;        // -wal
  std::string page;       // -gate
  std::string index;      // -search
  std::string index_log;  // -search-wal
};

// Which part of the operations stands in the log alone.
enum class Log { kEmpty, kFull };

class PreparedStore {
 public:
  // `with_index`: also the search index, a part of it in its own log.
  explicit PreparedStore(Log log, bool with_index = false);

  [[nodiscard]] const Image& image() const { return image_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::vector<proof::damage::Subject>& subjects() const { return subjects_; }
  // Of the first user, and forgotten.
  [[nodiscard]] const OperationId& fact() const { return fact_; }
  // What the whole store answers.
  [[nodiscard]] const std::vector<proof::damage::Answer>& answers() const { return answers_; }
  // All operations in order, each in one text; of one user.
  [[nodiscard]] const std::vector<std::string>& operations(std::size_t subject) const { return operations_[subject]; }

  // Puts these files in the place of those that are there. Without `with_page` the shared page is missing, as if the machine
  // had been switched off.
  void write(const Image& image, bool with_page) const;

 private:
  bool has_index_ = false;
  std::string path_;
  Image image_;
  OperationId fact_;
  std::vector<proof::damage::Subject> subjects_;
  std::vector<proof::damage::Answer> answers_;
  std::vector<std::vector<std::string>> operations_;
};

// Each operation that the store tells of the user, in one text without its rev; fails as the store does.
[[nodiscard]] Result<std::vector<std::string>> operations_of(const Store& store, std::string_view user);

// New bytes in the place of the file.
void write_file(const std::string& path, std::string_view bytes);
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace penny::fuzz
