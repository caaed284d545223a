#pragma once

// Functions that are called in threads of their own, so that a caller is answered at the deadline also by one that does not
// heed its token. Such a one is left alone, and counted: there may be only so many.

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include <penny/cancel.hpp>
#include <penny/error.hpp>
#include <penny/tool.hpp>

#include "base/sync.hpp"

namespace penny::tools {

// Any thread.
class FunctionCalls {
 public:
  static constexpr std::size_t kLeftAloneMax = 16;

  FunctionCalls() = default;
  // Blocks until all have come back.
  ~FunctionCalls();
  FunctionCalls(const FunctionCalls&) = delete;
  FunctionCalls& operator=(const FunctionCalls&) = delete;

  // What it is called with; the strings are its own.
  struct Call {
    const ToolFunction* function = nullptr;  // outlives this object
    std::string user;
    OperationId id;
    std::string input;
    Origin origin = Origin::kAssistant;
    std::chrono::steady_clock::time_point deadline;
    CancelToken cancel;  // the caller's
  };
  // What the function answers, or why not: `kToolTimedOut`, `kStopped` (cancelled by the caller), `kOverloaded` (tools; it was not called).
  [[nodiscard]] Result<std::string> run(Call call);

 private:
  struct Running;
  void reap() EXCLUDES(mutex_);

  base::Mutex mutex_{base::Rank::kToolCalls};
  std::list<std::shared_ptr<Running>> left_alone_ GUARDED_BY(mutex_);
};

}  // namespace penny::tools
