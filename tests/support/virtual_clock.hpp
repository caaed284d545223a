#pragma once

// A clock that several processes read from one file, and that a test sets: the time since the boot, the time of the day, and which boot
// it is.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <new>
#include <stdexcept>
#include <string>

#include "base/clock.hpp"
#include "base/process.hpp"

namespace penny::test {

class VirtualClock {
 public:
  struct Words {
    std::atomic<std::int64_t> since_boot_us;
    std::atomic<std::int64_t> time_of_day_us;
    std::atomic<std::int64_t> boot;
  };

  // Of the file, which is made if it is not there.
  explicit VirtualClock(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ::ftruncate(file, sizeof(Words)) != 0) throw std::runtime_error("no clock " + path);
    void* const place = ::mmap(nullptr, sizeof(Words), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (place == MAP_FAILED) throw std::runtime_error("no clock " + path);
    words_ = static_cast<Words*>(place);
  }
  VirtualClock(const VirtualClock&) = delete;
  VirtualClock& operator=(const VirtualClock&) = delete;
  ~VirtualClock() { ::munmap(words_, sizeof(Words)); }

  [[nodiscard]] Words& words() const { return *words_; }

  // What `base::now` and `base::boot_time` answer in this process from now on, until `abdicate`.
  void rule() const {
    ruling() = words_;
    base::set_clocks({.now = [] { return Time(std::chrono::microseconds(ruling()->time_of_day_us.load())); },
                      .boot_time =
                          [] {
                            return base::BootTime{
                                .boot = "boot " + std::to_string(ruling()->boot.load()),
                                .since_boot = std::chrono::microseconds(ruling()->since_boot_us.load())};
                          }});
  }

  // The machine's clocks again. No store may be open.
  static void abdicate() {
    base::set_clocks({.now = [] { return std::chrono::floor<Time::duration>(std::chrono::system_clock::now()); },
                      .boot_time =
                          [] {
                            timespec time{};
                            (void)clock_gettime(CLOCK_BOOTTIME, &time);
                            return base::BootTime{
                                .boot = base::boot_id(),
                                .since_boot = std::chrono::floor<std::chrono::microseconds>(
                                    std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec))};
                          }});
  }

 private:
  static Words*& ruling() {
    static Words* words = nullptr;
    return words;
  }

  Words* words_ = nullptr;
};

}  // namespace penny::test
