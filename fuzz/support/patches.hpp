#pragma once

// Damages to the bytes of a file, as an input tells them: a list of places with what is done there. Most bytes stay as they
// were, so that what is damaged is still taken for a store.

#include <string>

#include "support/input.hpp"

namespace penny::fuzz {

// Takes patches until the input ends. Each is a page and a place in it, a kind, and what the kind needs: up to 16 bytes that
// are put there, one that is added, a sector of zeros, a sector or page of another place, or the file's end.
void patch(std::string& bytes, Input& input);

}  // namespace penny::fuzz
