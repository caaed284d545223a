#pragma once

// Where states are laid out as files and looked at with the store's own code: once quickly, by opening the back end (which
// recovers the log), reading the ledger and verifying; and once as a program would, through `Store`.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <penny/penny.hpp>

#include "base/file_system.hpp"
#include "proof/power/choices.hpp"
#include "proof/power/claims.hpp"
#include "proof/power/disk.hpp"
#include "proof/power/judge.hpp"

namespace penny::proof::power {

// The store's place below the recorded folder, and its file there.
inline constexpr const char* kStoreFolder = "data";
inline constexpr const char* kStorePath = "data/memory.db";

class Bench {
 public:
  // In the folder, which is made and is this bench's alone.
  explicit Bench(std::string folder);

  struct Look {
    bool is_there = false;  // the database
    std::vector<Change> rows;
  };
  // `anchor`: the newest that the shared page may have kept.
  Look look(const Image& image, const Judge& judge, std::size_t position, const store::Anchor* anchor, Random& random,
            Verdict& verdict);

  // As the first program after the power cut: any shared page, retries, one more operation.
  void go_on(const Image& image, const Judge& judge, std::size_t position, const Trace& trace, Random& random,
             Verdict& verdict);

 private:
  void place(const Image& image, Random& random);

  std::string folder_;
  std::string store_;
  std::map<std::string, std::uint64_t> placed_;  // hash by path
};

// All files and folders of the image, below the folder, which is made.
void lay_out(const Image& image, const std::string& folder);
void write_file(const std::string& path, std::string_view bytes);
[[nodiscard]] std::string read_file(const std::string& path);

// The newest page that had been written by then, and its anchor; nullptr: there was none.
[[nodiscard]] const SharedPage* newest_page(const Trace& trace, std::size_t position);
// What may be on the disk of a page that only the kernel's own pace wrote back; empty: no file.
[[nodiscard]] std::string page_after_power_cut(const Trace& trace, std::size_t position, Random& random);

}  // namespace penny::proof::power
