// Enters the gate of a store, says so on standard output, and stays inside until it is killed:
//
//     penny_test_gate_sitter data/memory.db

#include <unistd.h>

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
  if (!gate || !(*gate)->try_enter()) return 5;
  fmt::print("inside\n");
  (void)std::fflush(stdout);
  while (true) pause();
}
