#include "proof/faults/board.hpp"

#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace penny::proof::faults {

Board::Board(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void* const memory = file < 0 || ftruncate(file, sizeof(Shared)) != 0
                           ? MAP_FAILED
                           : mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + path);
  shared_ = static_cast<Shared*>(memory);
}

Board::~Board() { munmap(static_cast<void*>(shared_), sizeof(Shared)); }

void Board::begin(std::uint64_t cell, const std::string& point) {
  shared_->cell.store(cell, std::memory_order_relaxed);
  std::strncpy(shared_->point, point.c_str(), sizeof shared_->point - 1);
  shared_->begun.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace penny::proof::faults
