#pragma once

// What a disk may hold if the power fails at a position of a trace.
//
// 1. What a sync covered before that moment is there. Of the rest any subset may be there, of each file by itself, and of each
//    write any subset of its sectors. Bytes outside a write are never touched by it.
// 2. Names of one folder last in the order in which they were given: those before the folder's last sync, and any number of
//    those after it, none among them.
// 3. A file whose name is lost is lost; one whose name lasts holds whatever of its content lasted.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "proof/power/trace.hpp"

namespace penny::proof::power {

struct Image {
  std::map<std::string, std::string> files;     // content by path
  std::map<std::string, std::uint64_t> hashes;  // of the contents
  std::vector<std::string> folders;
};

// Of names and contents.
[[nodiscard]] std::uint64_t hash_of(const Image& image);

// Which pending operations survive; see `Disk`.
struct Survivors {
  std::vector<bool> units;                   // a unit is a sector of a write, or a resize
  std::map<std::string, std::size_t> names;  // how many of a folder's pending name operations
};

// An operation on a file's content that no sync covers yet.
struct Pending {
  const Entry* entry = nullptr;
  std::size_t first_unit = 0;
  std::size_t units = 0;
};

class Disk {
 public:
  // The trace outlives it. At position 0.
  explicit Disk(const Trace& trace);

  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] bool is_at_end() const { return position_ == trace_->entries.size(); }
  void advance();  // past the next entry
  void advance_to(std::size_t position);

  [[nodiscard]] const std::vector<Pending>& pending() const { return pending_; }
  [[nodiscard]] std::size_t units() const { return units_; }
  [[nodiscard]] const std::map<std::string, std::vector<const Entry*>>& pending_names() const { return pending_names_; }

  [[nodiscard]] Survivors nothing() const;
  [[nodiscard]] Survivors everything() const;
  // Into `image`, whose memory is used again.
  void build(const Survivors& survivors, Image& image) const;
  // As running programs see them now, whatever lasts.
  [[nodiscard]] Names names_now() const;

 private:
  [[nodiscard]] std::string& content(FileId file);
  void count_units();
  [[nodiscard]] Names names_after(const Survivors& survivors) const;

  const Trace* trace_;
  std::size_t position_ = 0;
  std::vector<std::string> durable_;  // by file
  Names names_;                       // durable ones
  std::vector<Pending> pending_;
  std::size_t units_ = 0;
  std::map<std::string, std::vector<const Entry*>> pending_names_;  // by folder
};

}  // namespace penny::proof::power
