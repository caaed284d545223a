#pragma once

// A directed graph of who must come before whom, and its shortest cycle. Linear in edges.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace penny::proof::histories {

enum class Before : std::uint8_t {
  kWriteWrite,  // its element stands before the other's
  kWriteRead,   // its element was read by the other
  kReadWrite,   // it did not see the other's element
  kTime,        // it ended before the other began
};

struct Edge {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  Before why = Before::kTime;
};

class Graph {
 public:
  explicit Graph(std::uint32_t nodes) : nodes_(nodes) {}

  void add(std::uint32_t from, std::uint32_t to, Before why) {
    if (from != to) edges_.push_back({from, to, why});
  }
  std::uint32_t add_node() { return nodes_++; }

  // A cycle of edges of the kinds in `kinds` (1 << Before), as short as a bounded search finds; empty if there is none.
  // Edges between two nodes that were added by `add_node` count nothing. Call `finish` before.
  [[nodiscard]] std::vector<Edge> cycle(unsigned kinds) const;
  void finish(std::uint32_t first_added_node);
  [[nodiscard]] std::size_t size() const { return edges_.size(); }

 private:
  // For each node the number of its component, and for each component how many nodes it has.
  void components(unsigned kinds, std::vector<std::uint32_t>& of, std::vector<std::uint32_t>& sizes) const;
  [[nodiscard]] std::vector<Edge> cycle_through(std::uint32_t node, unsigned kinds,
                                                const std::vector<std::uint32_t>& component) const;
  [[nodiscard]] std::uint32_t weight(const Edge& edge) const {
    return edge.from >= first_added_ && edge.to >= first_added_ ? 0 : 1;
  }

  std::uint32_t nodes_;
  std::uint32_t first_added_ = 0;
  std::vector<Edge> edges_;          // by `from`, after `finish`
  std::vector<std::size_t> begins_;  // of each node's edges
};

}  // namespace penny::proof::histories
