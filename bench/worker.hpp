#pragma once

// What the worker processes do: fill a template, write, account for a store, read, watch. Each is this program started
// anew, so that nobody measures in a process that has done something else before.

#include <cstdint>

#include "bench/shared_page.hpp"

namespace penny::bench {

// Does the order with this number of the page that the descriptor names. Throws `std::runtime_error` if it cannot.
void work(int page_descriptor, std::uint32_t order);

// Says that one thread is ready, and returns at the begin of the window.
void wait_for_window(SharedPage& page);

struct Written {
  Acknowledgement acknowledgement;
  std::uint64_t at_ns = 0;  // when the writer had it
};

// Makes one write and counts its answer and how long it took, as far as it lies before `end_ns`.
Written write_and_record(Writer& writer, const Write& write, std::uint64_t end_ns, WriterRecord& record);

// The roles that live in files of their own.
void read_last_turns(SharedPage& page, const Order& order);
void watch_user(SharedPage& page, const Order& order);
void write_watched_user(SharedPage& page, const Order& order, Writer& writer, Writes& writes, WriterRecord& record);

}  // namespace penny::bench
