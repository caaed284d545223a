// Enters the gate of a store, says so on standard output, and stays inside until it is killed:
//
//     penny_test_gate_sitter data/memory.db

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include <fmt/core.h>

#include "base/file_system.hpp"
#include "store/gate.hpp"
#include "store/gate_page.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto paths = penny::base::prepare_paths(argv[1], false);
  if (!paths) return 3;
  const auto page = penny::store::GatePage::open(*paths, false);
  if (!page) return 4;
  const auto gate = penny::store::Gate::open(*paths, **page);
  // Tickets of killed processes may stand before ours.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  if (!gate || !(*gate)->enter([&] { return std::chrono::steady_clock::now() < give_up; })) return 5;
  fmt::print("inside\n");
  (void)std::fflush(stdout);
  while (true) pause();
}
