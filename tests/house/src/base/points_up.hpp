#pragma once

// Breaks two rules of the house, for the check of includes: the store is above base, and SQLite belongs to the back end.

#include <sqlite3.h>

#include "store/gate.hpp"
