#pragma once

// Reads a file that says what may be run: nobody but its owner and root may have written it.

#include <cstddef>
#include <string>

#include <penny/error.hpp>

namespace penny::tools {

// The bytes of a regular file, symbolic links followed. Blocks on the disk.
//
// `kNotFound` if there is none. `kNoPermission` if we may not read it, if neither we nor root own it, if its group or others may
// write it, or if they may exchange it: the folder in which it lies, or in which a link to it lies, is checked like the file, except
// that a folder with the sticky bit may be written by others. `kInvalid` if it is no regular file or larger than `bytes_max`.
[[nodiscard]] Result<std::string> read_owned_file(const std::string& path, std::size_t bytes_max);

}  // namespace penny::tools
