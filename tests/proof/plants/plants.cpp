#include "proof/plants/plants.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "proof/plants/layer.hpp"
#include "proof/plants/table.hpp"

namespace penny::proof::plants {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kUnitTests = "tests";
constexpr std::string_view kSameEveryTime = "basics";
constexpr std::uint64_t kTriesMax = 6;
constexpr std::size_t kDifferentClaimsMin = 15;
constexpr milliseconds kLimitMin{30'000};
constexpr milliseconds kLimitMax{120'000};

struct Layer {
  std::string name;
  milliseconds took{};  // without a plant
  milliseconds limit{kLimitMax};
};

struct Sighting {
  std::string layer;
  LayerRun run;
};

struct Finding {
  std::vector<Sighting> seen;      // in the order in which the layers were asked
  std::vector<std::string> blind;  // layers that were asked and stayed green
  milliseconds took{};
};

std::vector<Layer> layers_of_this_program() {
  std::vector<Layer> all;
  for (const Part& part : parts()) {
    if (part.name != "plants" && part.name != "soak") all.push_back({.name = std::string(part.name)});
  }
  if (are_tests_there()) all.push_back({.name = std::string(kUnitTests)});
  return all;
}

// Does `work(i)` for each i below `count`, so many side by side.
template <class Work>
void side_by_side(std::size_t count, std::uint32_t jobs, Work work) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> workers;
  for (std::uint32_t i = 0; i < std::max(jobs, 1U); ++i) {
    workers.emplace_back([&] {
      for (std::size_t mine = next++; mine < count; mine = next++) work(mine);
    });
  }
  for (std::thread& worker : workers) worker.join();
}

// The tests of all rows.
std::string all_tests() {
  std::string filter;
  for (const Plant& plant : all_plants()) {
    if (!plant.tests.empty()) filter += fmt::format("{}{}", filter.empty() ? "" : ":", plant.tests);
  }
  return filter;
}

// The green ones, each with the time that it may take.
std::vector<Layer> run_without_a_plant(const Order& order, Report& report) {
  std::vector<Layer> layers = layers_of_this_program();
  std::vector<LayerRun> runs(layers.size());
  const auto run_one = [&](std::size_t i) {
    const std::string folder = fmt::format("{}/without-{}", order.folder, i);
    runs[i] = layers[i].name == kUnitTests ? run_tests(all_tests(), "", folder, kLimitMax)
                                           : run_layer(layers[i].name, "", order.seed, folder, kLimitMax);
  };
  side_by_side(layers.size(), order.jobs, run_one);
  // Some watch the clock, and their neighbours took the processors: once more, alone.
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (runs[i].is_red()) run_one(i);
  }
  if (are_tests_there()) {
    const auto missing = patterns_without_tests(all_tests(), order.folder + "/list");
    report.check("Each test that a row names is there", missing.empty(), fmt::format("{}", fmt::join(missing, ", ")));
  }
  std::vector<Layer> green;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    report.check(
        "Without a planted bug every layer is green", !runs[i].is_red(),
        fmt::format("{}: {}; {}; seed {}", layers[i].name, fmt::join(runs[i].red, "; "), runs[i].witness, order.seed));
    report.figure(fmt::format("without a plant: {}", layers[i].name),
                  runs[i].is_red()
                      ? "red"
                      : fmt::format("green after {:.1f} s", static_cast<double>(runs[i].took.count()) / 1000));
    if (runs[i].is_red()) continue;
    green.push_back(
        {.name = layers[i].name, .took = runs[i].took, .limit = std::clamp(8 * runs[i].took, kLimitMin, kLimitMax)});
  }
  return green;
}

// The layers of the row first, then all others, the quickest first. Unit tests only where the row names some.
std::vector<Layer> in_order_of(const Plant& plant, std::vector<Layer> layers) {
  if (plant.tests.empty()) std::erase_if(layers, [](const Layer& layer) { return layer.name == kUnitTests; });
  std::ranges::sort(layers, {},
                    [&](const Layer& layer) { return std::pair(plant.layers.find(layer.name), layer.took); });
  return layers;
}

std::size_t sightings_needed(const Plant& plant, Scale scale) {
  return plant.is_promise && scale != Scale::kShort ? 2 : 1;
}

// A layer that the row names should see it, but an attack that is short may miss it once: it has some tries, each with a
// seed of its own; one that asks the same every time has fewer, for the scheduler's sake.
LayerRun ask(const Layer& layer, const Plant& plant, const Order& order) {
  const std::string folder = fmt::format("{}/{}-{}", order.folder, plant.name, layer.name);
  if (layer.name == kUnitTests) return run_tests(plant.tests, plant.name, folder, layer.limit);
  const bool is_named = plant.layers.find(layer.name) != std::string_view::npos;
  const std::uint64_t tries = !is_named ? 1 : layer.name == kSameEveryTime ? 2 : kTriesMax;
  LayerRun run;
  for (std::uint64_t seed = order.seed; seed < order.seed + tries && !run.is_red(); ++seed) {
    run = run_layer(layer.name, plant.name, seed, folder, layer.limit);
    std::erase_if(run.red, is_about_the_attack);
  }
  return run;
}

Finding look_for(const Plant& plant, const std::vector<Layer>& layers, const Order& order) {
  Finding finding;
  const auto began = Clock::now();
  for (const Layer& layer : in_order_of(plant, layers)) {
    LayerRun run = ask(layer, plant, order);
    if (run.is_red()) {
      finding.seen.push_back({.layer = layer.name, .run = std::move(run)});
    } else {
      finding.blind.push_back(layer.name);
    }
    if (order.scale != Scale::kLong && finding.seen.size() >= sightings_needed(plant, order.scale)) break;
  }
  finding.took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
  return finding;
}

// One line of the table: each layer that saw it, with the number of its claims that went red and the first of them.
std::string shown(const Finding& finding) {
  std::string line;
  for (const auto& [layer, run] : finding.seen)
    line += fmt::format("{}{} ({}): {}", line.empty() ? "" : " | ", layer, run.red.size(), run.red.front());
  if (line.empty()) line = "not seen";
  if (!finding.blind.empty()) line += fmt::format(" | green: {}", fmt::join(finding.blind, ", "));
  return line;
}

}  // namespace

void run(const Order& order, Report& report) {
  const auto began = Clock::now();
  const std::vector<Layer> layers = run_without_a_plant(order, report);
  const std::span<const Plant> plants = all_plants();
  std::vector<Finding> findings(plants.size());
  {
    Progress progress("plants", plants.size());
    std::mutex mutex;
    std::size_t done = 0;
    side_by_side(plants.size(), order.jobs, [&](std::size_t i) {
      findings[i] = look_for(plants[i], layers, order);
      const std::lock_guard lock(mutex);
      progress.at(++done);
    });
  }

  std::set<std::string> claims;
  std::map<std::string, std::size_t> seen_by;
  std::vector<std::string> not_seen;
  std::vector<milliseconds> times;
  for (std::size_t i = 0; i < plants.size(); ++i) {
    const std::string_view name = plants[i].name;
    const Finding& finding = findings[i];
    const std::size_t needed = sightings_needed(plants[i], order.scale);
    report.check(fmt::format("Goes red in {}: {} ({})", needed == 1 ? "a layer" : "two layers", name, plants[i].breaks),
                 finding.seen.size() >= needed, fmt::format("{}; seed {}", shown(finding), order.seed));
    report.figure(std::string(name), shown(finding));
    if (finding.seen.size() < needed) not_seen.emplace_back(name);
    for (const auto& [layer, run] : finding.seen) {
      seen_by[layer] += 1;
      claims.insert(run.red.begin(), run.red.end());
    }
    times.push_back(finding.took);
  }
  std::ranges::sort(times);
  report.check("The planted bugs turn at least 15 different claims red", claims.size() >= kDifferentClaimsMin,
               fmt::format("{} claims", claims.size()));
  report.figure("plants", std::to_string(plants.size()));
  report.figure("breaking a promise", std::to_string(std::ranges::count_if(plants, &Plant::is_promise)));
  report.figure("not seen as often as needed",
                not_seen.empty() ? "none" : fmt::format("{}", fmt::join(not_seen, ", ")));
  report.figure("different claims that went red", std::to_string(claims.size()));
  for (const auto& [layer, count] : seen_by) report.figure("seen by " + layer, std::to_string(count));
  report.figure("time per plant", fmt::format("{:.1f} s in the middle, {:.1f} s the longest",
                                              static_cast<double>(times[times.size() / 2].count()) / 1000,
                                              static_cast<double>(times.back().count()) / 1000));
  report.figure("time", fmt::format("{:.0f} s", std::chrono::duration<double>(Clock::now() - began).count()));
}

}  // namespace penny::proof::plants
