#pragma once

// Another process that has the store open and does what it is told, line by line. Its commands stand in neighbour.cpp.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/child_process.hpp"

namespace penny::proof::basics {

class Neighbour : public test::ChildProcess {
 public:
  explicit Neighbour(const std::string& store)
      : ChildProcess({"/proc/self/exe", "--worker", "basics_neighbour", store}) {
    if (const std::string said = line(); said != "ready") throw std::runtime_error("the neighbour said " + said);
  }

  struct Answer {
    std::string told;
    std::uint64_t rev = 0;
  };
  Answer answer() {
    const auto parts = test::words(line());
    return {.told = parts.at(0), .rev = std::stoull(parts.at(1))};
  }
  Answer commit(const std::string& user, int deadline_ms = 2'000) {
    send("commit " + user + " " + std::to_string(deadline_ms));
    return answer();
  }
};

}  // namespace penny::proof::basics
