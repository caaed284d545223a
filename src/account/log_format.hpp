#pragma once

// The acknowledgement log: what writers say that they asked and were told, and what observers say that they saw. The
// programs that write it and the one that reads it have only this page in common: plain structs, little-endian, no
// pointers.
//
// A log is a folder of files. Each begins with a `LogHeader`, then `count` records of one kind. A writer reserves its
// entries by raising `count`, fills them, and sets `state` last, so that a kill at any instruction leaves nothing but
// entries that say how far they came.
//
// `text_hash` is FNV-1a of 64 bits (offset basis 14695981039346656037, prime 1099511628211) over the first text, the
// byte 0x1f, and the second text. Texts: of a turn user input and assistant response; of a fact its text and nothing;
// of a preference its JSON value and nothing. Times are nanoseconds of CLOCK_MONOTONIC, which all processes share.

#include <cstdint>

namespace penny::account {

inline constexpr char kLogMagic[8] = {'P', 'N', 'N', 'Y', 'L', 'O', 'G', '\0'};
inline constexpr std::uint32_t kLogVersion = 1;

enum class LogKind : std::uint32_t {
  kUsers = 1,     // records: UserRecord; the other files name a user by its place here
  kWriter = 2,    // records: Entry
  kObserver = 3,  // records: Sighting
};

struct LogHeader {
  char magic[8];
  std::uint32_t version;
  LogKind kind;
  std::uint32_t process;   // number of the writer or observer
  std::uint32_t is_fresh;  // of a users' file: the store was made by this run, so it holds nothing else
  std::uint64_t capacity;  // records for which there is room
  std::uint64_t count;     // records reserved; those beyond `capacity` are not there
  std::uint64_t reserved[3];
};
static_assert(sizeof(LogHeader) == 64);

struct UserRecord {
  std::uint64_t rev_before;  // the user's rev when the run began
  std::uint32_t name_bytes;
  std::uint32_t reserved;
  char name[128];
};
static_assert(sizeof(UserRecord) == 144);

enum class EntryState : std::uint8_t {
  kReserved = 0,      // never handed to the store
  kInvoked = 1,       // handed to the store, no answer yet
  kAcknowledged = 2,  // the store said that it is stored, as `rev`
  kRefused = 3,       // the store said that it is certainly not stored
};

// Kinds as in the view `operations`: 1 append_turn, 2 end_session, 3 observe_preference, 4 set_preference,
// 5 adjust_dimension, 6 observe_dimension, 7 set_dimension, 8 remember_fact, 9 forget_fact, 10 forget_turn,
// 11 forget_turns, 12 forget_preference, 13 erase_user.

inline constexpr std::uint8_t kFlagRetried = 1;  // sent again after its acknowledgement, and answered "already stored"
inline constexpr std::uint8_t kFlagRetryWrong = 2;  // sent again after its acknowledgement, and answered otherwise
inline constexpr std::uint8_t kFlagRecovered = 4;   // sent again by the next life of a process that was killed
inline constexpr std::uint8_t kFlagLearned = 8;  // derived from the turn that heads its batch: only its presence, kind
                                                 // and place are known
inline constexpr std::uint8_t kFlagStoredBefore = 16;  // first sent, and answered "already stored"

struct Entry {
  std::uint8_t id[16];
  std::uint64_t text_hash;
  std::uint32_t first_text_bytes;
  std::uint32_t second_text_bytes;
  char key[40];   // dimension or preference, ends with NUL
  double number;  // delta or value of a dimension
  std::uint64_t invoked_ns;
  std::uint64_t settled_ns;
  std::uint64_t rev;
  std::uint32_t user;
  std::uint32_t source;      // what the writer makes the operation from, for its own use
  std::uint32_t batch_head;  // the entry that heads its batch; itself if alone
  std::uint16_t batch_size;
  std::uint16_t thread;
  std::uint8_t kind;
  EntryState state;
  std::uint8_t refusal;  // the error's number, for people
  std::uint8_t flags;
  std::uint32_t reserved;
};
static_assert(sizeof(Entry) == 128);

// An observer's first sighting of a user says that it watches that user: `rev` is the user's `rev_before`, the id
// nothing.
struct Sighting {
  std::uint8_t id[16];
  std::uint64_t rev;
  std::uint64_t seen_ns;  // 0: not written
  std::uint32_t user;
  std::uint32_t reserved;
};
static_assert(sizeof(Sighting) == 40);

}  // namespace penny::account
