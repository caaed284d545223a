#include "bench/worker.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fmt/core.h>

namespace penny::bench {
namespace {

void sleep_until(std::uint64_t time_ns) {
  const timespec time{.tv_sec = static_cast<time_t>(time_ns / 1'000'000'000),
                      .tv_nsec = static_cast<long>(time_ns % 1'000'000'000)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) != 0) {
  }
}

void write_until_end(SharedPage& page, const Order& order, OpenStore& store, const Texts& texts, std::uint32_t thread) {
  const std::uint32_t index = order.first_writer + thread;
  WriterRecord& record = page.writers[index];
  const auto writer = store.make_writer(order.task);
  Writes writes(texts, order.seed + index);
  wait_for_window(page);
  if (order.is_first_writer_watched && thread == 0) {
    write_watched_user(page, order, *writer, writes, record);
    return;
  }
  const std::uint64_t end_ns = page.end_ns;
  while (now_ns() < end_ns) write_and_record(*writer, writes.next(), end_ns, record);
}

void write_from_threads(SharedPage& page, const Order& order) {
  const std::string path(order.path.data());
  const auto store =
      order.contender == Contender::kPenny ? open_penny(path, order.has_search) : open_rival(order.contender, path);
  const Texts texts(order.seed);
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < order.threads; ++thread) {
    threads.emplace_back([&page, &order, &store, &texts, thread] {
      try {
        write_until_end(page, order, *store, texts, thread);
      } catch (const std::exception& error) {
        // The other writers may wait for this one for ever.
        fmt::print(stderr, "penny_bench: a writer of {}: {}\n", name_of(order.contender), error.what());
        _exit(EXIT_FAILURE);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  if (!order.has_search) return;
  store->wait_until_searchable();
  std::uint64_t latest = page.searchable_ns;
  const std::uint64_t now = now_ns();
  while (latest < now && !page.searchable_ns.compare_exchange_weak(latest, now)) {
  }
}

}  // namespace

void wait_for_window(SharedPage& page) {
  constexpr std::uint64_t kPollNs = 500'000;
  page.ready.fetch_add(1);
  while (page.begin_ns == 0) sleep_until(now_ns() + kPollNs);
  sleep_until(page.begin_ns);
}

Written write_and_record(Writer& writer, const Write& write, std::uint64_t end_ns, WriterRecord& record) {
  const std::uint64_t begin = now_ns();
  const Acknowledgement acknowledgement = writer.write(write);
  const std::uint64_t end = now_ns();
  // Nothing of the time after the window counts: others have stopped by then, and a wait ends sooner.
  if (begin < end_ns) record.waits.record(std::min(end, end_ns) - begin);
  switch (acknowledgement.answer) {
    case Answer::kStored:
      ++record.stored;
      if (end < end_ns) ++record.stored_in_window;
      break;
    case Answer::kRefused:
      ++record.refused;
      break;
    case Answer::kUnknown:
      ++record.unknown;
      break;
  }
  return {.acknowledgement = acknowledgement, .at_ns = end};
}

void work(int page_descriptor, std::uint32_t order_number) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  SharedMemory memory(page_descriptor);
  SharedPage& page = memory.page();
  const Order& order = page.orders.at(order_number);
  const std::string path(order.path.data());
  const bool is_penny = order.contender == Contender::kPenny;
  switch (order.role) {
    case Role::kPrefill:
      return is_penny ? prefill_penny(path) : prefill_rival(order.contender, path, order.has_search);
    case Role::kWrite:
      return write_from_threads(page, order);
    case Role::kAccount:
      return is_penny ? account_for_penny(path, page.account) : account_for_rival(order.contender, path, page.account);
    case Role::kRead:
      return read_last_turns(page, order);
    case Role::kWatch:
      return watch_user(page, order);
  }
  throw std::runtime_error("an order that this program does not know");
}

}  // namespace penny::bench
