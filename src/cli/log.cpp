#include "cli/log.hpp"

#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "cli/escape.hpp"

namespace penny::cli {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

LogCallback program_log(bool is_verbose) {
  auto logger = std::make_shared<spdlog::logger>("penny", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%n: %l: %v");
  logger->set_level(is_verbose ? spdlog::level::info : spdlog::level::warn);
  return
      [logger](LogLevel level, std::string_view message) { logger->log(level_of(level), "{}", escape_line(message)); };
}

}  // namespace penny::cli
