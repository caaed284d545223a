#include "tools/function_calls.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::tools {
namespace {

using Clock = std::chrono::steady_clock;

// How soon a caller's own cancelling is noticed.
constexpr std::chrono::milliseconds kCancelLookedAtEvery{20};

Error timed_out() {
  return {.code = ErrorCode::kToolTimedOut,
          .message = "the tool did not answer until its deadline",
          .advice = "ask for less at once, or try again later; what it did until then may have had effects",
          .field = "deadline"};
}

Error overloaded(std::size_t count) {
  return {
      .code = ErrorCode::kOverloaded,
      .message = fmt::format("{} calls that did not end at their deadlines are still running in this process", count),
      .advice = "wait for them, or restart the process: one of its tools does not end",
      .field = "tools"};
}

Result<std::string> answer_of(const ToolFunction& function, const ToolCallContext& context) {
  try {
    return function(context);
  } catch (const std::exception& thrown) {
    return base::fail(ErrorCode::kStorageFailed, fmt::format("the tool threw: {}", thrown.what()), "mend the tool");
  } catch (...) {
    return base::fail(ErrorCode::kStorageFailed, "the tool threw something that is no exception", "mend the tool");
  }
}

}  // namespace

struct FunctionCalls::Running {
  explicit Running(Call what) : call(std::move(what)) {}

  void run() {
    auto answered = answer_of(*call.function, {.user = call.user,
                                               .call = call.id,
                                               .input = call.input,
                                               .deadline = call.deadline,
                                               .cancel = token,
                                               .origin = call.origin});
    const base::MutexLock lock(mutex);
    answer = std::move(answered);
    changed.notify_all();
  }

  // Nothing: not until its deadline, or it was cancelled.
  std::optional<Result<std::string>> await() {
    const base::MutexLock lock(mutex);
    while (!answer && Clock::now() < call.deadline && !call.cancel.is_cancelled())
      (void)changed.wait_until(mutex, std::min(call.deadline, Clock::now() + kCancelLookedAtEvery));
    return std::exchange(answer, std::nullopt);
  }

  [[nodiscard]] bool is_back() {
    const base::MutexLock lock(mutex);
    return answer.has_value();
  }

  const Call call;
  const CancelToken token;
  std::thread thread;
  base::Mutex mutex{base::Rank::kToolCall};
  base::CondVar changed;
  std::optional<Result<std::string>> answer GUARDED_BY(mutex);
};

FunctionCalls::~FunctionCalls() {
  std::list<std::shared_ptr<Running>> left;
  {
    const base::MutexLock lock(mutex_);
    left.swap(left_alone_);
  }
  for (const auto& running : left) running->thread.join();
}

// Joins those that came back after all.
void FunctionCalls::reap() {
  std::list<std::shared_ptr<Running>> back;
  {
    const base::MutexLock lock(mutex_);
    for (auto next = left_alone_.begin(); next != left_alone_.end();) {
      const auto running = next++;
      if ((*running)->is_back()) back.splice(back.end(), left_alone_, running);
    }
  }
  for (const auto& running : back) running->thread.join();
}

Result<std::string> FunctionCalls::run(Call call) {
  reap();
  {
    const base::MutexLock lock(mutex_);
    if (left_alone_.size() >= kLeftAloneMax && !base::proof::is_planted("tools_left_alone_without_limit"))
      return std::unexpected(overloaded(left_alone_.size()));
  }
  auto running = std::make_shared<Running>(std::move(call));
  try {
    running->thread = std::thread([running] { running->run(); });
  } catch (const std::system_error& failed) {
    return base::fail(ErrorCode::kOverloaded, fmt::format("no thread for the tool: {}", failed.what()),
                      "try again in a moment", "tools");
  }
  if (base::proof::is_planted("tool_function_awaited")) running->thread.join();
  auto answer = running->await();
  if (answer) {
    if (running->thread.joinable()) running->thread.join();
    return *std::move(answer);
  }
  running->token.cancel();
  const bool is_cancelled = running->call.cancel.is_cancelled();
  {
    const base::MutexLock lock(mutex_);
    left_alone_.push_back(std::move(running));
  }
  if (is_cancelled) return base::fail(ErrorCode::kStopped, "the call was cancelled", "call again");
  return std::unexpected(timed_out());
}

}  // namespace penny::tools
