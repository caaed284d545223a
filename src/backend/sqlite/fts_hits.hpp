#pragma once

// What ranking needs of each document that matches: an auxiliary function of FTS5.
//
//     SELECT rowid, hits(words, 2) FROM words WHERE words MATCH ...
//
// gives a blob of 32-bit numbers: the words of the document (without its first column), then how often each phrase of the
// expression occurs, but for the first two (those that ask for the first column).

#include <penny/error.hpp>

#include "backend/sqlite/connection.hpp"

namespace penny::backend::sqlite {

// Makes `hits` known to this connection, if it is not yet.
Result<void> ensure_hits(Connection& connection);

}  // namespace penny::backend::sqlite
