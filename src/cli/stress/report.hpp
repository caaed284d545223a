#pragma once

// What `penny stress` prints: tables for people, one object for programs, and the judgement over both.

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "cli/stress/load.hpp"
#include "cli/stress/scenarios.hpp"

namespace penny::cli::stress {

// One row of each writer (of at most so many) and one of all. Ends with a line end.
[[nodiscard]] std::string load_table(const LoadFigures& figures, bool shows_lives, std::size_t rows_max);

// The same in one line, for output that is no terminal.
[[nodiscard]] std::string load_line(const LoadFigures& figures);

[[nodiscard]] std::string load_summary(const LoadResult& result, bool shows_kills);
[[nodiscard]] std::string scenario_heading();
[[nodiscard]] std::string scenario_row(const ScenarioResult& result);

// Why a run is no success, in words; empty if it is one.
[[nodiscard]] std::vector<std::string> reasons_against(const LoadResult& result, bool kills);
[[nodiscard]] std::vector<std::string> reasons_against(const ScenarioResult& result);

[[nodiscard]] boost::json::object to_json(const LoadResult& result);
[[nodiscard]] boost::json::object to_json(const ScenarioResult& result);

}  // namespace penny::cli::stress
