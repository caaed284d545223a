#pragma once

// What a part found: figures, and claims that hold or do not. Not thread-safe.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penny::proof {

class Report {
 public:
  explicit Report(std::string part) : part_(std::move(part)) {}

  // "states" = "300,000".
  void figure(std::string name, std::string value);
  // `claim` is a sentence, the same in every run: it names the check. `witness`: the smallest thing that contradicts it, with
  // the seed that makes it again. A claim that is checked again stays red once it was.
  void check(const std::string& claim, bool holds, std::string witness = {});

  [[nodiscard]] bool is_green() const;  // and something was checked
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string json() const;
  // JUnit: a test case for each claim.
  [[nodiscard]] std::string junit() const;

 private:
  struct Figure {
    std::string name;
    std::string value;
  };
  struct Claim {
    std::string text;
    bool holds = true;
    std::string witness;  // the first
  };
  std::string part_;
  std::vector<Figure> figures_;
  std::vector<Claim> claims_;
};

// Says on standard error how far a part is: often on a terminal, every ten seconds elsewhere.
class Progress {
 public:
  Progress(std::string_view what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void at(std::uint64_t done);

 private:
  std::string what_;
  std::uint64_t total_;
  bool is_terminal_;
  std::uint64_t done_ = 0;
  std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point said_;
};

// "1,234,567".
[[nodiscard]] std::string with_thousands_apart(std::uint64_t number);

}  // namespace penny::proof
