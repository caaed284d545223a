#include "proof/kills/kills.hpp"
namespace penny::proof::kills {
void run_stops(const Order&, Report&) {}
}  // namespace penny::proof::kills
