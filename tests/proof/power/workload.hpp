#pragma once

// What programs do with a store while it is recorded: several stores of one path (each as good as a process: own gate, own
// connections, own committer), several threads in each, all kinds of requests, retries, reads, checkpoints, closing and opening
// again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <penny/penny.hpp>

#include "proof/power/choices.hpp"
#include "proof/power/history.hpp"
#include "proof/power/judge.hpp"

namespace penny::proof::power {

struct Script {
  std::size_t stores = 1;
  std::size_t threads = 1;   // in each
  std::size_t requests = 6;  // of each thread
  bool has_checkpoints = false;
  bool is_closed_between = false;
  bool is_large = false;  // enough for the store to copy its log by itself
};

[[nodiscard]] Script draw_script(Random& random);
[[nodiscard]] std::string text_of(const Script& script);

// Opens the store, which is made if it is not there, and lets the script run; everything is closed when it returns. The recorder
// is on.
void run(const std::string& path, const Script& script, Random& random, History& history);

// As the first program after a power cut; returns what was wrong.
[[nodiscard]] std::vector<std::string> retry_all(const std::string& path, const Judge& judge, std::size_t position,
                                                 Random& random);

[[nodiscard]] std::string hexadecimal(const std::string& bytes);

// All pages of a list of changes; `read` takes the seq to go on from.
template <class Read>
[[nodiscard]] Result<std::vector<Change>> read_all(Read&& read) {
  std::vector<Change> all;
  for (std::uint64_t since = 0;;) {
    auto page = read(since);
    if (!page) return std::unexpected(page.error());
    for (Change& change : page->items) all.push_back(std::move(change));
    if (!page->next) return all;
    since = *page->next;
  }
}

}  // namespace penny::proof::power
