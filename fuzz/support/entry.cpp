// What libFuzzer calls: https://llvm.org/docs/LibFuzzer.html

#include <cstddef>
#include <cstdint>

#include "support/prepared_store.hpp"
#include "support/target.hpp"

// NOLINTBEGIN(readability-identifier-naming): libFuzzer asks for these names
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  penny::fuzz::prepare_process();
  penny::fuzz::prepare();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  penny::fuzz::try_input({bytes, size});
  return 0;
}
// NOLINTEND(readability-identifier-naming)
