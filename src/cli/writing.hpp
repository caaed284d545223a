#pragma once

// The way of every command that changes the store: open it, commit, print what became of it. The operation's id exists
// before anything is tried, so that whatever happens the caller can be told the id to retry with.

#include <cstdint>

#include <penny/operation.hpp>

#include "cli/exit_code.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"

namespace penny::cli {

enum class MissingStore : std::uint8_t { kIsAnError, kIsCreated };

// Blocks for at most the deadline, and for as long as a request that was taken needs.
ExitCode write(Output& output, const CommonOptions& common, const WriteOptions& options, Payload payload,
               MissingStore missing_store);

// The same for a turn and what it taught, as one batch.
ExitCode write_and_learn(Output& output, const CommonOptions& common, const WriteOptions& options, AppendTurn turn);

}  // namespace penny::cli
