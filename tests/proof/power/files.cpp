// States as real files, and what becomes of the shared page.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.hpp"
#include "proof/power/bench.hpp"

namespace penny::proof::power {

void write_file(const std::string& path, std::string_view bytes) {
  // Over what is there, whose memory a memory file system then need not give and take.
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const bool is_written = file >= 0 &&
                          ::pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()) &&
                          ::ftruncate(file, static_cast<off_t>(bytes.size())) == 0;
  if (file >= 0) ::close(file);
  if (!is_written) throw std::runtime_error(fmt::format("{} could not be written", path));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(fmt::format("{} could not be read", path));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void lay_out(const Image& image, const std::string& folder) {
  std::filesystem::create_directories(folder);
  for (const std::string& inner : image.folders) {
    std::filesystem::create_directories(folder + "/" + inner);
    std::filesystem::permissions(folder + "/" + inner, std::filesystem::perms::owner_all);
  }
  for (const auto& [path, bytes] : image.files) write_file(folder + "/" + path, bytes);
}

const SharedPage* newest_page(const Trace& trace, std::size_t position) {
  const SharedPage* newest = nullptr;
  for (const SharedPage& page : trace.pages) {
    if (page.position <= position) newest = &page;
  }
  return newest;
}

namespace {

std::string garbage(std::size_t size, Random& random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// The machine has another boot id once it is up again.
void boot_again(std::string& page) {
  const std::string now = base::boot_id();
  if (const std::size_t at = page.find(now); at != std::string::npos) page[at] = page[at] == '0' ? '1' : '0';
}

}  // namespace

std::string page_after_power_cut(const Trace& trace, std::size_t position, Random& random) {
  const SharedPage* newest = newest_page(trace, position);
  if (newest == nullptr) return {};
  const auto older = [&]() -> const std::string& {
    for (;;) {
      const SharedPage& page = trace.pages[draw(random, trace.pages.size())];
      if (page.position <= position) return page.bytes;
    }
  };
  std::string page = newest->bytes;
  switch (draw(random, 8)) {
    case 0:
      return {};
    case 1:
      return std::string(page.size(), '\0');
    case 2:
      return garbage(page.size(), random);
    case 3:  // its first bytes alone
      page.resize(draw(random, page.size()));
      break;
    case 4:
      page = older();
      break;
    case 5:  // sectors of two moments
      for (std::size_t at = 0; at < page.size(); at += kSectorBytes) {
        if (is_one_in(random, 2)) page.replace(at, kSectorBytes, older(), at, kSectorBytes);
      }
      break;
    case 6:  // some words overwritten
      for (int i = 0; i < 8; ++i) page[draw(random, 1024)] = static_cast<char>(random());
      break;
    default:
      break;
  }
  boot_again(page);
  return page;
}

}  // namespace penny::proof::power
