#pragma once

// Marked points and planted bugs: where the proof (tests/proof) takes hold of the store. Only the proof's own build
// (PENNY_PROOF) has them; in every other one they are constants, and the compiler leaves nothing of them.
//
// A point is a place where a kill, a stop or a pause is worth trying. A plant is a bug that a name switches on; the proof
// demands that each goes red. No test knows which plant is on.

#include <string_view>

namespace penny::base::proof {

#ifdef PENNY_PROOF

// Any thread. The hook is set before threads are started, and may do anything but call the store.
using PointHook = void (*)(const char* point);
void set_point_hook(PointHook hook);
void reach(const char* point);

// One plant at a time, for the whole process and the processes that it starts (environment PENNY_PLANT).
void plant(std::string_view name);
[[nodiscard]] bool is_planted(std::string_view name);

#else

inline void reach(const char* /*point*/) {}
[[nodiscard]] constexpr bool is_planted(std::string_view /*name*/) { return false; }

#endif

}  // namespace penny::base::proof
