#pragma once

// Ctrl-C in a talk that goes on: it ends an answer, a line or the talk, not the program.

#include <functional>
#include <memory>

namespace penny::cli {

// While it lives, Ctrl-C calls `interrupted`, from a thread of its own, instead of ending the program. SIGINT must be blocked in all
// threads.
class OnInterrupt {
 public:
  explicit OnInterrupt(std::function<void()> interrupted);
  ~OnInterrupt();
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;

 private:
  struct Waiting;
  std::unique_ptr<Waiting> waiting_;
};

// Blocks SIGINT in this thread, and in all that it starts from now on.
void block_interrupts();

// Readable when SIGINT came, which must be blocked in all threads; the caller closes it.
[[nodiscard]] int interrupt_descriptor();

// True if there was one.
[[nodiscard]] bool take_interrupt(int descriptor);

}  // namespace penny::cli
