#pragma once

// Looks for bytes in the files of a store, as they are on the disk at that moment.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/error.hpp>

#include "base/file_system.hpp"

namespace penny::store {

inline constexpr std::size_t kTraceBytesMin = 4;
inline constexpr std::size_t kTraceBytesMax = std::size_t{64} << 10;

// A name in the forms in which the table of users and its index keep it. A name may be as short as one letter, and any letter is
// everywhere; what the file format puts before it is not.
[[nodiscard]] std::vector<std::string> forms_of_name(std::string_view name);

// The number of bytes, in all files whose names begin with the store's, that are part of one of the traces; each is of kTraceBytesMin
// to kTraceBytesMax bytes. Reads all files; nothing but the disk makes it wait. `progress` is told of bytes. `kStorageFailed`.
[[nodiscard]] Result<std::uint64_t> count_traces(const base::StorePaths& paths, const std::vector<std::string>& traces,
                                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace penny::store
