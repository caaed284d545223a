#include "proof/power/disk.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace penny::proof::power {
namespace {

std::size_t sectors_of(const Entry& entry) {
  return (entry.offset + entry.bytes.size() - 1) / kSectorBytes - entry.offset / kSectorBytes + 1;
}

void apply_sector(std::string& content, const Entry& entry, std::size_t sector) {
  const std::size_t from = std::max<std::size_t>(entry.offset, (entry.offset / kSectorBytes + sector) * kSectorBytes);
  const std::size_t until = std::min<std::size_t>(entry.offset + entry.bytes.size(),
                                                  (entry.offset / kSectorBytes + sector + 1) * kSectorBytes);
  if (content.size() < until) content.resize(until);
  std::memcpy(content.data() + from, entry.bytes.data() + (from - entry.offset), until - from);
}

void apply_whole(std::string& content, const Entry& entry) {
  if (entry.kind == EntryKind::kResize) {
    content.resize(entry.offset);
    return;
  }
  const std::size_t until = entry.offset + entry.bytes.size();
  if (content.size() < until) content.resize(until);
  std::memcpy(content.data() + entry.offset, entry.bytes.data(), entry.bytes.size());
}

void apply_name(Names& names, const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::kName:
      names[entry.path] = entry.file;
      break;
    case EntryKind::kUnname:
      names.erase(entry.path);
      break;
    case EntryKind::kRename:
      names.erase(entry.path);
      names[entry.new_path] = entry.file;
      break;
    default:
      break;
  }
}

bool is_reachable(const Names& names, std::string folder) {
  for (; !folder.empty(); folder = folder_of(folder)) {
    if (!names.contains(folder)) return false;
  }
  return true;
}

std::uint64_t mixed(std::uint64_t sum, std::uint64_t word) {
  sum = (sum ^ word) * 0x9e3779b97f4a7c15;
  return sum ^ (sum >> 29U);
}

std::uint64_t hash_of(std::string_view bytes) {
  // Four lanes, so that the processor need not wait for each multiplication.
  std::array<std::uint64_t, 4> lanes{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89};
  std::size_t at = 0;
  for (; at + 32 <= bytes.size(); at += 32) {
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + at + lane * 8, 8);
      lanes[lane] = mixed(lanes[lane], word);
    }
  }
  std::uint64_t sum = bytes.size();
  for (; at < bytes.size(); ++at) sum = mixed(sum, static_cast<unsigned char>(bytes[at]));
  for (const std::uint64_t lane : lanes) sum = mixed(sum, lane);
  return sum;
}

}  // namespace

std::uint64_t hash_of(const Image& image) {
  std::uint64_t sum = 0;
  for (const std::string& folder : image.folders) sum = mixed(sum, hash_of(std::string_view(folder)));
  for (const auto& [path, content] : image.files)
    sum = mixed(mixed(sum, hash_of(std::string_view(path))), image.hashes.at(path));
  return sum;
}

Disk::Disk(const Trace& trace) : trace_(&trace), durable_(trace.base), names_(trace.base_names) {}

std::string& Disk::content(FileId file) {
  if (durable_.size() <= file) durable_.resize(file + 1);
  return durable_[file];
}

void Disk::advance() {
  const Entry& entry = trace_->entries[position_];
  position_ += 1;
  switch (entry.kind) {
    case EntryKind::kWrite:
    case EntryKind::kResize:
      (void)content(entry.file);
      pending_.push_back(
          {.entry = &entry, .first_unit = units_, .units = entry.kind == EntryKind::kResize ? 1 : sectors_of(entry)});
      units_ += pending_.back().units;
      break;
    case EntryKind::kSync:
      for (const Pending& operation : pending_) {
        if (operation.entry->file == entry.file) apply_whole(content(entry.file), *operation.entry);
      }
      std::erase_if(pending_, [&](const Pending& operation) { return operation.entry->file == entry.file; });
      count_units();
      break;
    case EntryKind::kSyncFolder:
      for (const Entry* operation : pending_names_[entry.path]) apply_name(names_, *operation);
      pending_names_.erase(entry.path);
      break;
    default:
      if (entry.file != kFolder && entry.file != kUnknownFile) (void)content(entry.file);
      pending_names_[folder_of(entry.path)].push_back(&entry);
  }
}

void Disk::advance_to(std::size_t position) {
  while (position_ < position) advance();
}

void Disk::count_units() {
  units_ = 0;
  for (Pending& operation : pending_) {
    operation.first_unit = units_;
    units_ += operation.units;
  }
}

Survivors Disk::nothing() const {
  Survivors survivors{.units = std::vector<bool>(units_, false), .names = {}};
  for (const auto& [folder, operations] : pending_names_) survivors.names[folder] = 0;
  return survivors;
}

Survivors Disk::everything() const {
  Survivors survivors{.units = std::vector<bool>(units_, true), .names = {}};
  for (const auto& [folder, operations] : pending_names_) survivors.names[folder] = operations.size();
  return survivors;
}

Names Disk::names_after(const Survivors& survivors) const {
  Names names = names_;
  for (const auto& [folder, operations] : pending_names_) {
    const std::size_t count = survivors.names.at(folder);
    for (std::size_t i = 0; i < count; ++i) apply_name(names, *operations[i]);
  }
  return names;
}

Names Disk::names_now() const { return names_after(everything()); }

void Disk::build(const Survivors& survivors, Image& image) const {
  image.folders.clear();
  const Names names = names_after(survivors);
  std::map<FileId, std::string*> contents;
  std::erase_if(image.files, [&](const auto& file) {
    const auto found = names.find(file.first);
    return found == names.end() || found->second == kFolder || !is_reachable(names, folder_of(file.first));
  });
  for (const auto& [path, file] : names) {
    if (!is_reachable(names, folder_of(path))) continue;
    if (file == kFolder) {
      image.folders.push_back(path);
      continue;
    }
    std::string& bytes = image.files[path];
    bytes.assign(durable_[file]);
    contents[file] = &bytes;
  }
  for (const Pending& operation : pending_) {
    const auto found = contents.find(operation.entry->file);
    if (found == contents.end()) continue;
    if (operation.entry->kind == EntryKind::kResize) {
      if (survivors.units[operation.first_unit]) found->second->resize(operation.entry->offset);
      continue;
    }
    for (std::size_t sector = 0; sector < operation.units; ++sector) {
      if (survivors.units[operation.first_unit + sector]) apply_sector(*found->second, *operation.entry, sector);
    }
  }
  image.hashes.clear();
  for (const auto& [path, content] : image.files) image.hashes[path] = hash_of(std::string_view(content));
}

}  // namespace penny::proof::power
