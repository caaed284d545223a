#pragma once

// Breaks two rules of public headers, for the check of includes: no third-party header, nothing of src.

#include <fmt/core.h>

#include "base/error.hpp"
