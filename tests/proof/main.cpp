// penny_proof: attacks the store, part by part, and says what held.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "base/proof.hpp"
#include "base/temporary_folder.hpp"
#include "proof/part.hpp"

namespace penny::proof {
namespace {

constexpr int kHeld = 0;
constexpr int kRed = 1;
constexpr int kWrongUse = 2;

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) throw std::runtime_error(fmt::format("{} could not be written", path));
}

int list() {
  for (const Part& part : parts()) fmt::print("{}\n", part.name);
  return kHeld;
}

int work(const std::vector<std::string>& words) {
  const auto worker = std::ranges::find(workers(), std::string_view(words.at(0)), &Worker::name);
  if (worker == workers().end()) throw std::runtime_error(fmt::format("there is no worker {}", words.at(0)));
  return worker->run({words.begin() + 1, words.end()});
}

int run(int argc, char** argv) {
  if (argc > 2 && std::string_view(argv[1]) == "--worker") return work({argv + 2, argv + argc});
  if (argc == 2 && std::string_view(argv[1]) == "--list") return list();
  Order order;
  std::string plant;
  std::string junit;
  bool is_json = false;
  const std::map<std::string, Scale> scales{{"short", Scale::kShort}, {"ci", Scale::kCi}, {"long", Scale::kLong}};

  CLI::App app("Attacks the store and says what held. Exit code 0: every claim held; 1: one is red; 2: wrong use.");
  app.footer("Example: penny_proof power --amount 100000 --seed 7");
  app.require_subcommand(1);
  for (const Part& part : parts()) {
    CLI::App* const command = app.add_subcommand(std::string(part.name), std::string(part.description));
    command->add_option("--scale", order.scale, "short, ci or long")->transform(CLI::CheckedTransformer(scales));
    command->add_option("--seed", order.seed, "Makes the same attack again")->capture_default_str();
    command->add_option("--amount", order.amount, "Of what the part counts; as the scale says if absent");
    command->add_option("--jobs", order.jobs, "How many may work side by side")->capture_default_str();
    command->add_option("--plant", plant, "Switches a planted bug on");
    command->add_option("--junit", junit, "File for the claims as test cases");
    command->add_flag("--json", is_json, "One JSON object instead of text");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kHeld : kWrongUse;
  }
  if (!plant.empty()) base::proof::plant(plant);

  const std::string name = app.get_subcommands().front()->get_name();
  const auto part = std::ranges::find(parts(), std::string_view(name), &Part::name);
  const base::TemporaryFolder folder;
  order.folder = folder.path();
  Report report(name);
  part->run(order, report);
  fmt::print("{}\n", is_json ? report.json() : report.text());
  if (!junit.empty()) write_file(junit, report.junit());
  return report.is_green() ? kHeld : kRed;
}

}  // namespace
}  // namespace penny::proof

int main(int argc, char** argv) {
  try {
    return penny::proof::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "penny_proof: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
