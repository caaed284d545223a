#include "cli/on_interrupt.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <utility>

namespace penny::cli {

int interrupt_descriptor() {
  sigset_t interrupts;
  ::sigemptyset(&interrupts);
  ::sigaddset(&interrupts, SIGINT);
  return ::signalfd(-1, &interrupts, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool take_interrupt(int descriptor) {
  signalfd_siginfo info{};
  return ::read(descriptor, &info, sizeof info) == static_cast<ssize_t>(sizeof info);
}

void block_interrupts() {
  sigset_t interrupts;
  ::sigemptyset(&interrupts);
  ::sigaddset(&interrupts, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &interrupts, nullptr);
}

struct OnInterrupt::Waiting {
  explicit Waiting(std::function<void()> interrupted)
      : interrupt(interrupt_descriptor()),
        end(::eventfd(0, EFD_CLOEXEC)),
        thread([this, interrupted = std::move(interrupted)] {
          while (true) {
            pollfd ready[] = {{.fd = interrupt, .events = POLLIN, .revents = 0},
                              {.fd = end, .events = POLLIN, .revents = 0}};
            if (::poll(ready, 2, -1) < 0) continue;
            if (ready[1].revents != 0) return;
            if (take_interrupt(interrupt)) interrupted();
          }
        }) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    (void)::eventfd_write(end, 1);
    thread.join();
    ::close(end);
    ::close(interrupt);
  }

  const int interrupt;
  const int end;
  std::thread thread;
};

OnInterrupt::OnInterrupt(std::function<void()> interrupted)
    : waiting_(std::make_unique<Waiting>(std::move(interrupted))) {}
OnInterrupt::~OnInterrupt() = default;

}  // namespace penny::cli
