#include "proof/power/choices.hpp"

#include <algorithm>

namespace penny::proof::power {
namespace {

constexpr std::size_t kExhaustedAlways = 4;  // pending operations, or sectors of them
constexpr std::size_t kExhaustedSometimes = 10;

using Way = void (*)(const Disk& disk, Survivors& survivors, Random& random);

void set(Survivors& survivors, const Pending& operation, bool survives) {
  for (std::size_t unit = 0; unit < operation.units; ++unit) survivors.units[operation.first_unit + unit] = survives;
}

void keep_a_prefix(const Disk& disk, Survivors& survivors, Random& random) {
  const std::size_t count = draw(random, disk.pending().size() + 1);
  for (std::size_t i = 0; i < count; ++i) set(survivors, disk.pending()[i], true);
}

void keep_a_prefix_of_sectors(const Disk& disk, Survivors& survivors, Random& random) {
  const std::size_t count = draw(random, disk.units() + 1);
  std::fill_n(survivors.units.begin(), count, true);
}

void toss_a_coin(const Disk& disk, Survivors& survivors, Random& random) {
  for (const Pending& operation : disk.pending()) set(survivors, operation, is_one_in(random, 2));
}

void toss_a_coin_for_sectors(const Disk& disk, Survivors& survivors, Random& random) {
  const std::size_t chances = 2 + draw(random, 8);
  for (std::size_t unit = 0; unit < disk.units(); ++unit) survivors.units[unit] = !is_one_in(random, chances);
}

void tear_some(const Disk& disk, Survivors& survivors, Random& random) {
  for (const Pending& operation : disk.pending()) {
    const bool is_torn = is_one_in(random, 4);
    const bool survives = is_one_in(random, 2);
    for (std::size_t unit = 0; unit < operation.units; ++unit)
      survivors.units[operation.first_unit + unit] = is_torn ? is_one_in(random, 2) : survives;
  }
}

void lose_one(const Disk& disk, Survivors& survivors, Random& random) {
  survivors = disk.everything();
  set(survivors, disk.pending()[draw(random, disk.pending().size())], false);
}

void lose_one_sector(const Disk& disk, Survivors& survivors, Random& random) {
  survivors = disk.everything();
  survivors.units[draw(random, disk.units())] = false;
}

void lose_a_stretch(const Disk& disk, Survivors& survivors, Random& random) {
  survivors = disk.everything();
  const std::size_t from = draw(random, disk.units());
  const std::size_t count = 1 + draw(random, disk.units() - from);
  std::fill_n(survivors.units.begin() + static_cast<std::ptrdiff_t>(from), count, false);
}

void keep_one(const Disk& disk, Survivors& survivors, Random& random) {
  set(survivors, disk.pending()[draw(random, disk.pending().size())], true);
}

void keep_one_file(const Disk& disk, Survivors& survivors, Random& random) {
  const FileId kept = disk.pending()[draw(random, disk.pending().size())].entry->file;
  for (const Pending& operation : disk.pending()) set(survivors, operation, operation.entry->file == kept);
}

// Another way to lose something is one more line.
constexpr Way kWays[] = {keep_a_prefix, keep_a_prefix_of_sectors, toss_a_coin,    toss_a_coin_for_sectors, tear_some,
                         lose_one,      lose_one_sector,          lose_a_stretch, lose_a_stretch,          keep_one,
                         keep_one_file};

// The journal of a file system rarely stops in the middle.
void choose_names(const Disk& disk, Survivors& survivors, Random& random) {
  for (const auto& [folder, operations] : disk.pending_names()) {
    const std::size_t kind = draw(random, 4);
    survivors.names[folder] = kind == 0 ? 0 : kind == 1 ? operations.size() : draw(random, operations.size() + 1);
  }
}

// Every combination of operations, or of sectors if those are as few.
std::vector<Survivors> every_combination(const Disk& disk, Random& random) {
  const bool is_by_sector = disk.units() <= kExhaustedSometimes;
  const std::size_t parts = is_by_sector ? disk.units() : disk.pending().size();
  std::vector<Survivors> all;
  for (std::size_t mask = 0; mask < std::size_t{1} << parts; ++mask) {
    Survivors survivors = disk.nothing();
    for (std::size_t part = 0; part < parts; ++part) {
      const bool survives = (mask >> part & 1U) != 0;
      if (is_by_sector) {
        survivors.units[part] = survives;
      } else {
        set(survivors, disk.pending()[part], survives);
      }
    }
    choose_names(disk, survivors, random);
    all.push_back(std::move(survivors));
  }
  return all;
}

}  // namespace

std::vector<Survivors> choose(const Disk& disk, const Effort& effort, Random& random) {
  std::vector<Survivors> chosen{disk.nothing(), disk.everything()};
  for (const auto& [folder, operations] : disk.pending_names()) {
    for (std::size_t count = 0; count <= operations.size(); ++count) {
      chosen.push_back(disk.everything());
      chosen.back().names[folder] = count;
    }
  }
  if (disk.pending().empty()) return chosen;
  const std::size_t pending = disk.pending().size();
  if (pending <= kExhaustedAlways || (pending <= kExhaustedSometimes && is_one_in(random, effort.exhaust_one_in))) {
    for (Survivors& survivors : every_combination(disk, random)) chosen.push_back(std::move(survivors));
  }
  while (chosen.size() < effort.states_per_moment) {
    Survivors survivors = disk.nothing();
    kWays[draw(random, std::size(kWays))](disk, survivors, random);
    choose_names(disk, survivors, random);
    chosen.push_back(std::move(survivors));
  }
  return chosen;
}

}  // namespace penny::proof::power
