#include "base/clock.hpp"

namespace penny::base {

Time now() { return std::chrono::floor<Time::duration>(std::chrono::system_clock::now()); }

}  // namespace penny::base
