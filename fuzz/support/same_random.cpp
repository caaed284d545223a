// Numbers that are random elsewhere are the same in every run here, so that a prepared store is the same to the byte and an
// input that names places in it means the same everywhere. The fuzzer has a generator of its own.

#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

std::atomic<std::uint64_t> state{0};

// SplitMix64.
std::uint64_t next_number() {
  std::uint64_t number = state.fetch_add(0x9e3779b97f4a7c15, std::memory_order_relaxed);
  number = (number ^ number >> 30U) * 0xbf58476d1ce4e5b9;
  number = (number ^ number >> 27U) * 0x94d049bb133111eb;
  return number ^ number >> 31U;
}

}  // namespace

// In the place of the C library's.
extern "C" ssize_t getrandom(void* bytes, std::size_t size, unsigned /*flags*/) {
  auto* to = static_cast<char*>(bytes);
  for (std::size_t done = 0; done < size;) {
    const std::uint64_t number = next_number();
    const std::size_t part = std::min(sizeof number, size - done);
    std::memcpy(to + done, &number, part);
    done += part;
  }
  return static_cast<ssize_t>(size);
}
