#pragma once

// Bytes from the kernel's generator, for salts and ids.

#include <cstdint>
#include <span>

namespace penny::base {

// Fills `bytes` with numbers nobody can foretell. Any thread, also in a forked child, which never gets a byte that its
// parent got, but not inside a handler of pthread_atfork. Small requests come from a pool of the thread, so most calls
// are no system call. Blocks only while the machine has just booted. Throws std::system_error if the kernel has no
// generator.
void fill_random(std::span<std::uint8_t> bytes);

}  // namespace penny::base
