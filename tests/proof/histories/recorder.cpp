#include "proof/histories/recorder.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <type_traits>

namespace penny::proof::histories {
namespace {

constexpr std::size_t kLaneBytes = std::size_t{1} << 28;  // of address space
constexpr std::size_t kHeaderBytes = 4096;

struct LaneHeader {
  std::uint64_t lanes = 0;
  std::atomic<std::uint64_t> used;  // release: the record; acquire: its reader
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// The part of a call that has one size, and how much follows it.
struct Head {
  std::uint64_t bytes = 0;  // of the whole record
  std::uint64_t invoked = 0;
  std::uint64_t completed = 0;
  std::uint64_t rev = 0;
  std::uint64_t session = 0;
  std::uint64_t since = 0;
  std::uint64_t guard_rev = 0;
  std::uint32_t based_on = 0;
  std::uint32_t number = 0;
  std::uint32_t limit = 0;
  std::uint32_t deadline = 0;
  std::uint32_t guard_keys = 0;
  std::uint32_t actions = 0;
  std::uint32_t entries = 0;
  std::uint32_t text_bytes = 0;
  Ask ask{};
  std::uint8_t user = 0;
  Status status{};
  ErrorCode error{};
  bool has_answer = false;
  bool has_guard = false;
  bool is_already_stored = false;
  bool is_id_reused = false;
};

template <class T>
std::byte* put(std::byte* to, const T* from, std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (count > 0) std::memcpy(to, from, count * sizeof(T));
  return to + count * sizeof(T);
}

template <class T>
const std::byte* get(const std::byte* from, T* to, std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (count > 0) std::memcpy(static_cast<void*>(to), from, count * sizeof(T));
  return from + count * sizeof(T);
}

Head head_of(const Call& call, bool has_answer) {
  Head head{.invoked = call.invoked,
            .completed = call.completed,
            .rev = call.rev,
            .session = call.session,
            .since = call.since,
            .number = call.number,
            .limit = call.limit,
            .deadline = call.deadline,
            .ask = call.ask,
            .user = call.user,
            .status = call.status,
            .error = call.error,
            .has_answer = has_answer,
            .is_already_stored = call.is_already_stored,
            .is_id_reused = call.is_id_reused};
  if (has_answer) {
    head.entries = static_cast<std::uint32_t>(call.entries.size());
    head.text_bytes = static_cast<std::uint32_t>(call.text.size());
  } else if (call.guard) {
    head.has_guard = true;
    head.guard_rev = call.guard->rev;
    head.based_on = call.guard->based_on;
    head.guard_keys = static_cast<std::uint32_t>(call.guard->keys.size());
  }
  // Of a write they are what was asked, of a read what it answered.
  if (has_answer != call.is_write()) head.actions = static_cast<std::uint32_t>(call.actions.size());
  const std::size_t bytes = sizeof head + head.guard_keys * sizeof(GuardKey) + head.actions * sizeof(Action) +
                            head.entries * sizeof(Entry) + head.text_bytes;
  head.bytes = (bytes + 7) / 8 * 8;
  return head;
}

void read_record(const std::byte* from, std::vector<Call>& calls) {
  Head head;
  from = get(from, &head, 1);
  if (!head.has_answer) {
    Call call{.invoked = head.invoked,
              .number = head.number,
              .ask = head.ask,
              .user = head.user,
              .session = head.session,
              .since = head.since,
              .limit = head.limit,
              .deadline = head.deadline};
    call.is_id_reused = head.is_id_reused;
    if (head.has_guard) {
      call.guard =
          Guard{.rev = head.guard_rev, .based_on = head.based_on, .keys = std::vector<GuardKey>(head.guard_keys)};
      from = get(from, call.guard->keys.data(), head.guard_keys);
    }
    call.actions.resize(head.actions);
    get(from, call.actions.data(), head.actions);
    calls.push_back(std::move(call));
    return;
  }
  Call& call = calls.back();
  call.completed = head.completed;
  call.status = head.status;
  call.error = head.error;
  call.is_already_stored = head.is_already_stored;
  call.rev = head.rev;
  if (head.actions > 0) {
    call.actions.resize(head.actions);
    from = get(from, call.actions.data(), head.actions);
  }
  call.entries.resize(head.entries);
  from = get(from, call.entries.data(), head.entries);
  call.text.resize(head.text_bytes);
  get(from, call.text.data(), head.text_bytes);
}

LaneHeader& lane_header(std::byte* file, std::uint32_t lane) {
  return *reinterpret_cast<LaneHeader*>(file + lane * kLaneBytes);
}

}  // namespace

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

Recorder::Recorder(const std::string& path, std::uint32_t lanes) : file_(path, lanes * kLaneBytes), calls_(lanes) {
  for (std::uint32_t lane = 0; lane < lanes; ++lane) lane_header(file_.bytes(), lane).lanes = lanes;
}

void Recorder::begin(std::uint32_t lane, Call& call) {
  call.number = calls_.at(lane)++;
  call.thread = lane;
  call.invoked = now_ns();
  append(lane, call, false);
}

void Recorder::end(std::uint32_t lane, Call& call) {
  call.completed = now_ns();
  append(lane, call, true);
}

void Recorder::append(std::uint32_t lane, const Call& call, bool has_answer) {
  LaneHeader& header = lane_header(file_.bytes(), lane);
  const std::uint64_t used = header.used.load(std::memory_order_relaxed);
  const Head head = head_of(call, has_answer);
  if (kHeaderBytes + used + head.bytes > kLaneBytes) throw std::runtime_error("a lane of the record is full");
  std::byte* to = file_.bytes() + lane * kLaneBytes + kHeaderBytes + used;
  to = put(to, &head, 1);
  if (head.has_guard) to = put(to, call.guard->keys.data(), head.guard_keys);
  to = put(to, call.actions.data(), head.actions);
  to = put(to, call.entries.data(), head.entries);
  put(to, call.text.data(), head.text_bytes);
  header.used.store(used + head.bytes, std::memory_order_release);
}

std::vector<std::vector<Call>> Recorder::read(const std::string& path) {
  std::error_code error;
  if (const auto bytes = std::filesystem::file_size(path, error); error || bytes == 0) return {};
  const SharedFile file(path, 0);
  std::vector<std::vector<Call>> lanes(lane_header(file.bytes(), 0).lanes);
  for (std::uint32_t lane = 0; lane < lanes.size(); ++lane) {
    const std::uint64_t used = lane_header(file.bytes(), lane).used.load(std::memory_order_acquire);
    const std::byte* const begin = file.bytes() + lane * kLaneBytes + kHeaderBytes;
    for (std::uint64_t at = 0; at < used;) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, begin + at, sizeof bytes);
      read_record(begin + at, lanes[lane]);
      lanes[lane].back().thread = lane;
      at += bytes;
    }
  }
  return lanes;
}

}  // namespace penny::proof::histories
