#include "proof/faults/fault_memory.hpp"

#include <atomic>
#include <cstdlib>

#include <malloc.h>
#include <sqlite3.h>

#include "proof/faults/strike.hpp"

namespace penny::proof::faults {
namespace {

std::atomic<long> blocks{0};  // relaxed: a count for itself

void* get(int size) {
  if (blow_at(Call::kMemory)) return nullptr;
  void* const block = std::malloc(static_cast<std::size_t>(size));
  if (block != nullptr) blocks.fetch_add(1, std::memory_order_relaxed);
  return block;
}

void give_back(void* block) {
  if (block == nullptr) return;
  blocks.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}

void* resize(void* block, int size) {
  if (blow_at(Call::kMemory)) return nullptr;
  return std::realloc(block, static_cast<std::size_t>(size));
}

int size_of(void* block) { return block == nullptr ? 0 : static_cast<int>(malloc_usable_size(block)); }
int round_up(int size) { return (size + 7) & ~7; }
int begin(void*) { return SQLITE_OK; }
void end(void*) {}

}  // namespace

void install_memory() {
  sqlite3_mem_methods methods{.xMalloc = get,
                              .xFree = give_back,
                              .xRealloc = resize,
                              .xSize = size_of,
                              .xRoundup = round_up,
                              .xInit = begin,
                              .xShutdown = end,
                              .pAppData = nullptr};
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) std::abort();
}

long blocks_in_use() { return blocks.load(std::memory_order_relaxed); }

}  // namespace penny::proof::faults
