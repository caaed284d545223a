#include "proof/damage/image.hpp"

#include <filesystem>

#include <unistd.h>

#include "support/stores.hpp"

namespace penny::proof::damage {

Image read_image(const std::string& path) {
  Image image;
  for (std::size_t i = 0; i < kSuffixes.size(); ++i)
    image.bytes[i] = test::bytes_of_file(path + std::string(kSuffixes[i]));
  return image;
}

void write_image(const Image& image, const std::string& path, bool without_page) {
  for (std::size_t i = 0; i < kSuffixes.size(); ++i) {
    const std::string file = path + std::string(kSuffixes[i]);
    // Cutting a file to write it again makes some file systems write the new bytes to the disk at once.
    unlink(file.c_str());
    if (without_page && i == static_cast<std::size_t>(File::kPage)) continue;
    test::write_file(file, image.bytes[i]);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
}

}  // namespace penny::proof::damage
