#include "proof/histories/graph.hpp"

#include <algorithm>
#include <deque>
#include <limits>

namespace penny::proof::histories {
namespace {

constexpr std::uint32_t kUnseen = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kSearchesMax = 64;

bool is_in(const Edge& edge, unsigned kinds) { return (kinds >> static_cast<unsigned>(edge.why) & 1U) != 0; }

}  // namespace

void Graph::finish(std::uint32_t first_added_node) {
  first_added_ = first_added_node;
  std::ranges::sort(edges_, {}, &Edge::from);
  begins_.assign(nodes_ + std::size_t{1}, edges_.size());
  for (std::size_t i = edges_.size(); i > 0; --i) begins_[edges_[i - 1].from] = i - 1;
  for (std::size_t node = nodes_; node > 0; --node) begins_[node - 1] = std::min(begins_[node - 1], begins_[node]);
}

// Tarjan's algorithm with a stack of its own.
void Graph::components(unsigned kinds, std::vector<std::uint32_t>& of, std::vector<std::uint32_t>& sizes) const {
  struct Frame {
    std::uint32_t node;
    std::size_t next;
  };
  of.assign(nodes_, kUnseen);
  sizes.clear();
  std::vector<std::uint32_t> order(nodes_, kUnseen);
  std::vector<std::uint32_t> low(nodes_, 0);
  std::vector<std::uint32_t> open;
  std::vector<Frame> frames;
  std::uint32_t count = 0;
  for (std::uint32_t root = 0; root < nodes_; ++root) {
    if (order[root] != kUnseen) continue;
    frames.push_back({root, begins_[root]});
    while (!frames.empty()) {
      Frame& frame = frames.back();
      const std::uint32_t node = frame.node;
      if (order[node] == kUnseen) {
        order[node] = low[node] = count++;
        open.push_back(node);
      }
      if (frame.next < begins_[node + std::size_t{1}]) {
        const Edge& edge = edges_[frame.next++];
        if (!is_in(edge, kinds)) continue;
        if (order[edge.to] == kUnseen) {
          frames.push_back({edge.to, begins_[edge.to]});
        } else if (of[edge.to] == kUnseen) {
          low[node] = std::min(low[node], order[edge.to]);
        }
        continue;
      }
      if (low[node] == order[node]) {
        std::uint32_t members = 0;
        std::uint32_t member = 0;
        do {
          member = open.back();
          open.pop_back();
          of[member] = static_cast<std::uint32_t>(sizes.size());
          members += 1;
        } while (member != node);
        sizes.push_back(members);
      }
      frames.pop_back();
      if (!frames.empty()) low[frames.back().node] = std::min(low[frames.back().node], low[node]);
    }
  }
}

std::vector<Edge> Graph::cycle(unsigned kinds) const {
  std::vector<std::uint32_t> of;
  std::vector<std::uint32_t> sizes;
  components(kinds, of, sizes);
  std::vector<Edge> shortest;
  std::size_t shortest_weight = std::numeric_limits<std::size_t>::max();
  std::size_t searches = 0;
  for (std::uint32_t node = 0; node < first_added_ && searches < kSearchesMax; ++node) {
    if (sizes[of[node]] < 2) continue;
    searches += 1;
    std::vector<Edge> found = cycle_through(node, kinds, of);
    std::size_t total = 0;
    for (const Edge& edge : found) total += weight(edge);
    if (!found.empty() && total < shortest_weight) {
      shortest_weight = total;
      shortest = std::move(found);
    }
  }
  return shortest;
}

std::vector<Edge> Graph::cycle_through(std::uint32_t node, unsigned kinds,
                                       const std::vector<std::uint32_t>& component) const {
  std::vector<std::uint32_t> distance(nodes_, kUnseen);
  std::vector<std::size_t> reached_by(nodes_, 0);
  std::deque<std::uint32_t> waiting{node};
  distance[node] = 0;
  std::vector<Edge> cycle;
  while (!waiting.empty()) {
    const std::uint32_t from = waiting.front();
    waiting.pop_front();
    for (std::size_t i = begins_[from]; i < begins_[from + std::size_t{1}]; ++i) {
      const Edge& edge = edges_[i];
      if (!is_in(edge, kinds) || component[edge.to] != component[node]) continue;
      if (edge.to == node) {
        for (std::uint32_t at = from; at != node; at = edges_[reached_by[at]].from)
          cycle.push_back(edges_[reached_by[at]]);
        std::ranges::reverse(cycle);
        cycle.push_back(edge);
        return cycle;
      }
      if (distance[edge.to] <= distance[from] + weight(edge)) continue;
      distance[edge.to] = distance[from] + weight(edge);
      reached_by[edge.to] = i;
      if (weight(edge) == 0) {
        waiting.push_front(edge.to);
      } else {
        waiting.push_back(edge.to);
      }
    }
  }
  return cycle;
}

}  // namespace penny::proof::histories
