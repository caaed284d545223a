#pragma once

// The store of one file, shared by every thread and process that opens it.
//
//     auto store = penny::Store::open("data/memory.db");
//     auto stored = store->commit({.user = "cj", .payload = penny::AppendTurn{.user_input = "Hi", .assistant_response =
//     "Hello"}}); auto turns = store->last_turns("cj", 10);
//
// Any thread may call any function of one `Store` at any time, except its destructor. Functions block where they say
// so. After a fork, parent and child may both go on with the same `Store` (see docs/concurrency.md).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/erase.hpp>
#include <penny/error.hpp>
#include <penny/forgetting.hpp>
#include <penny/history.hpp>
#include <penny/id.hpp>
#include <penny/keeping.hpp>
#include <penny/limits.hpp>
#include <penny/log.hpp>
#include <penny/model.hpp>
#include <penny/moving.hpp>
#include <penny/operation.hpp>
#include <penny/outcome.hpp>
#include <penny/search.hpp>
#include <penny/undo.hpp>
#include <penny/vacuum.hpp>
#include <penny/verify.hpp>

namespace penny {

namespace store {
class Engine;
}

struct OpenOptions {
  bool create = true;                              // else a missing file is `kNotFound`
  bool read_only = false;                          // see `Store::open`
  std::chrono::milliseconds deadline{30'000};      // for opening
  std::chrono::milliseconds read_deadline{2'000};  // of one read, at most `limits::kReadDeadlineMax`
  std::size_t queue_requests_max = 4096;           // waiting in this process; beyond it `kOverloaded`
  // What a user may keep: bytes of the texts and metadata of turns, of facts, and of what taught preferences and dimensions, as the
  // ledger holds them. A batch that would exceed it is `kOverloaded` (quota), and nothing of it is stored. What is forgotten or
  // erased does not count; both always work. All processes of a store share the sum, each compares it with its own limit. Nothing:
  // no limit.
  std::optional<std::uint64_t> user_bytes_max{};
  // Of the write-ahead log, which cannot be begun anew while a stopped process reads from it: what would be written beyond it is
  // `kOverloaded` (reader), but for forgetting and erasing, and `Diagnosis` names the process. At least `limits::kLogBytesLeast`,
  // since an ordinary log is a part of that.
  std::uint64_t log_bytes_max = std::uint64_t{1} << 30U;
  LogCallback log{};
};

inline constexpr std::chrono::milliseconds kCommitDeadlineDefault{30'000};

// A snapshot's answer: `rev` is the user's latest operation that it includes.
template <class T>
struct Read {
  std::uint64_t rev = 0;
  T value;
};

// One page of a list. `next` is the key to go on from; empty at the end.
template <class T, class Key = std::uint64_t>
struct Page {
  std::uint64_t rev = 0;
  std::vector<T> items;
  std::optional<Key> next;
};

// One row of the ledger, as the change feed gives it.
struct Change {
  std::uint64_t rev = 0;
  std::uint64_t seq = 0;  // over all users of this store
  Operation operation;    // with its user, id and time; a forgotten turn's texts are empty, a forgotten fact's too
  OperationResult result;
  bool is_forgotten = false;
};

// Live changes of one user. Used by one thread at a time; does not outlive its `Store`.
class Watch {
 public:
  // The next change in order of rev, once it is committed by any thread or process. Blocks until then; nothing when the
  // deadline passes first. `kClosed` when the store is closed meanwhile.
  [[nodiscard]] Result<std::optional<Change>> next(std::chrono::milliseconds deadline);

  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) noexcept;
  ~Watch();

 private:
  friend class Store;
  struct State;
  explicit Watch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// What one of our connections really uses, read back from it.
struct ConnectionSettings {
  std::string role;  // "writer" or "reader"
  std::string journal_mode;
  std::int64_t busy_timeout_ms = 0;
  std::string synchronous;
  bool is_read_only = false;
};

// A process (or one of several stores in it) that has the store open.
struct Participant {
  std::int64_t pid = 0;
  std::string command;
  std::string state;  // of the process, as in /proc: "R", "S", "T" (stopped) ...
  bool is_waiting_for_gate = false;
  std::optional<std::chrono::milliseconds> oldest_read;  // how long its oldest read has been running
};

struct Diagnosis {
  std::string path;
  std::string penny_version;
  std::string sqlite_version;
  std::string file_system;
  std::uint32_t schema_version = 0;
  std::uint32_t page_size = 0;
  std::string store_id;
  std::vector<ConnectionSettings> connections;
  std::optional<Participant> gate_holder;
  std::optional<std::chrono::milliseconds> gate_held_for;
  std::vector<Participant> participants;
  StoreStatistics statistics;
  std::string anchor;  // what the shared page remembers: "seq 12, agrees", or why not
  // Space that is kept so that one can forget and erase on a full disk: "kept", "spent", "no space for one", "impossible"
  // on this file system, or "none yet".
  std::string ballast;
  std::vector<std::string> warnings;
};

class Store {
 public:
  // Opens the store, and makes it (mode 0600, its folder 0700) if it is not there. Any number of threads and processes
  // may do so at once. Blocks for at most the deadline. Errors: `kNotAStore`, `kNewerSchema`, `kDamaged`, `kNoSpace`,
  // `kNoPermission`, `kUnsupportedFileSystem`, `kHardLinked`, `kNotFound`, `kDeadlineExceeded`, `kStorageFailed`.
  //
  // A store of an older schema is upgraded, once, while those who have it open go on reading. A program of the older schema that
  // has it open writes no more then (`kNewerSchema`).
  //
  // With `read_only` nothing is made, changed or upgraded: it works on a disk that is full or mounted read-only, in a folder that
  // others own, and with a store of a newer schema as far as this Penny understands it (else `kNewerSchema`). Commits and erases
  // are `kReadOnly`. While somebody writes, a read takes SQLite's locks, and so needs the right to write `-shm`
  // (`kNoPermission`).
  [[nodiscard]] static Result<Store> open(const std::string& path, const OpenOptions& options = {});

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();  // closes, refusing what waits

  // Stores one operation, durably, exactly once. Blocks until it is stored or refused. The deadline withdraws it while
  // it waits (`kDeadlineExceeded`: certainly not applied); once it is taken the call waits for the outcome. Errors:
  // `kInvalid`, `kNotFound`, `kConflict`, `kOverloaded`, `kDeadlineExceeded`, `kStorageFailed`, `kUnknown`, `kClosed`,
  // `kForked`; `kNoPermission` if the files cannot be opened for writing, `kDamaged` if they contradict themselves.
  [[nodiscard]] Result<Outcome> commit(Operation operation,
                                       std::chrono::milliseconds deadline = kCommitDeadlineDefault);

  // The same for several operations of one user: all or nothing, one after the other.
  [[nodiscard]] Result<BatchOutcome> commit(Batch batch, std::chrono::milliseconds deadline = kCommitDeadlineDefault);

  // What a turn teaches: the operations to commit with it, in one batch, after it. Preferences and dimensions learn
  // from the user's words alone, and nothing from text of tools or the web. Gives the turn an id if it has none, and
  // derives the operations' ids from it, so that the whole batch can be retried. `turn` must hold an `AppendTurn`. Does
  // not block.
  [[nodiscard]] static Result<Batch> learn(Operation turn);

  // Forgetting in steps of operations, each within a few milliseconds of the gate; other writers go on between them. They block
  // until all is forgotten or `progress` answers false, which it is asked after each step. Errors as of `commit` and of the
  // reads; what was forgotten before stays so, and asking again goes on from there.

  // All turns that the session has when this begins. `kNotFound` if the user has no such session.
  [[nodiscard]] Result<Forgotten> forget_session(std::string_view user, std::string_view session,
                                                 const ForgettingProgress& progress = {});
  // All turns after the rev.
  [[nodiscard]] Result<Forgotten> forget_turns_after(std::string_view user, std::uint64_t rev,
                                                     const ForgettingProgress& progress = {});
  // Turns by their time, of one user or of all; nothing else grows old.
  [[nodiscard]] Result<Forgotten> clean_up(const CleanUp& what, const ForgettingProgress& progress = {});
  // The preference, and every value of it in the ledger: as many `ForgetPreference` as its past is long. Gone with the first one.
  // `kConflict` if it is observed again meanwhile: then older values stay until it is forgotten again.
  [[nodiscard]] Result<Forgotten> forget_preference(std::string_view user, std::string_view key,
                                                    std::optional<std::uint64_t> if_version = {},
                                                    const ForgettingProgress& progress = {});

  // What leads preferences, dimensions and facts back to what they were at `to_rev` (0: at the begin). Blocks for as long as
  // reading the user's ledger takes. `kInvalid` if the user has no such rev yet.
  [[nodiscard]] Result<UndoPlan> plan_undo(std::string_view user, std::uint64_t to_rev) const;
  // The same, committed. `kConflict` if somebody else changed one of them meanwhile, which then stays; the message says whether a
  // part is stored, and undoing to the same rev again goes on from there.
  [[nodiscard]] Result<Undone> undo(std::string_view user, std::uint64_t to_rev, const UndoOptions& options = {});
  // To the rev before the first operation whose time is after `to_time`.
  [[nodiscard]] Result<Undone> undo(std::string_view user, Time to_time, const UndoOptions& options = {});
  [[nodiscard]] Result<std::uint64_t> rev_at(std::string_view user, Time time) const;

  // The reads: each is one snapshot that includes everything acknowledged, by any process, before the call. They block
  // for at most the read deadline, then `kSnapshotExpired`. `limit` is 1..1000. Errors also: `kInvalid`,
  // `kStorageFailed`, `kDamaged`, `kClosed`, `kForked`, `kNoPermission` if no file can be opened. A user who never wrote
  // anything has empty lists and default dimensions.

  // The user's latest turns over all modalities, oldest first. Takes tens of microseconds.
  [[nodiscard]] Result<Page<Turn>> last_turns(std::string_view user, std::size_t limit = 10) const;

  // Turns of one session, oldest first, after the rev `after`. `kNotFound` if the user has no such session.
  [[nodiscard]] Result<Page<Turn>> session_turns(std::string_view user, std::string_view session,
                                                 std::uint64_t after = 0, std::size_t limit = 100) const;

  // Turns with from <= at < until, in order of rev, after the rev `after`.
  [[nodiscard]] Result<Page<Turn>> turns_between(std::string_view user, Time from, Time until, std::uint64_t after = 0,
                                                 std::size_t limit = 100) const;

  // Sessions in order of their first turn, after the one whose first rev is `after`.
  [[nodiscard]] Result<Page<Session>> sessions(std::string_view user, std::uint64_t after = 0,
                                               std::size_t limit = 100) const;

  // Preferences in order of their keys, after the key `after`.
  [[nodiscard]] Result<Page<Preference, std::string>> preferences(std::string_view user, std::string_view after = {},
                                                                  std::size_t limit = 1000) const;

  // All dimensions: the seven defaults, touched or not, and the user's own, in order of their names.
  [[nodiscard]] Result<Read<std::vector<Dimension>>> personality(std::string_view user) const;

  // The evolution of one dimension (or all, if empty), in order of rev, after the rev `after`.
  [[nodiscard]] Result<Page<Evolution>> evolution(std::string_view user, std::string_view dimension = {},
                                                  std::uint64_t after = 0, std::size_t limit = 100) const;

  // Facts that are remembered now, in the order in which they were, after the one whose first rev is `after`.
  [[nodiscard]] Result<Page<Fact>> facts(std::string_view user, std::uint64_t after = 0, std::size_t limit = 100) const;

  // Every operation on the preference with the state after it, in order of rev, after the rev `after`. A page may hold less than
  // `limit`, or nothing, and still have a `next`.
  [[nodiscard]] Result<Page<PreferenceEvent>> preference_history(std::string_view user, std::string_view key,
                                                                 std::uint64_t after = 0,
                                                                 std::size_t limit = 100) const;

  // The same for a fact, which is remembered once and may be forgotten once. `kNotFound` if the user never had it.
  [[nodiscard]] Result<Page<FactEvent>> fact_history(std::string_view user, const OperationId& fact) const;

  // The journal of calls of tools, the latest first: those before the rev `before` (0: all). `Page::next` is the next `before`.
  [[nodiscard]] Result<Page<ToolCall>> tool_calls(std::string_view user, std::uint64_t before = 0,
                                                  std::size_t limit = 100) const;
  // By the id of its permit. `kNotFound` if the user has no such call.
  [[nodiscard]] Result<Read<ToolCall>> tool_call(std::string_view user, const OperationId& id) const;

  [[nodiscard]] Result<Read<UserStatistics>> user_statistics(std::string_view user) const;
  [[nodiscard]] Result<StoreStatistics> statistics() const;

  // The user's turns and facts that have the words. Never writes; misses nothing that was acknowledged before the call, see
  // `SearchPage::is_complete`. Forgotten ones are not found. The first search of a process makes it keep the index up to date
  // from then on, in a thread of its own, unless another process does. Errors also: `kInvalid` (no words, too many).
  [[nodiscard]] Result<SearchPage> search(std::string_view user, const SearchQuery& query) const;

  // Waits until everything that is acknowledged now is in the index, by this process's thread or another one's. `progress` is
  // told now and then how many operations of how many are. False: not until the deadline.
  [[nodiscard]] Result<bool> wait_for_search_index(
      std::chrono::milliseconds deadline,
      const std::function<void(std::uint64_t indexed, std::uint64_t of)>& progress = {}) const;

  // What a model is told of the user, the same text for every modality: the last turns, then the confident preferences. Turns of
  // tools and of the web are left out: their words must not stand where the user's do.
  [[nodiscard]] Result<Read<std::string>> prompt_context(std::string_view user) const;

  // The user's operations after the rev `since`, in order.
  [[nodiscard]] Result<Page<Change>> changes(std::string_view user, std::uint64_t since = 0,
                                             std::size_t limit = 100) const;

  // The same over all users, in the order of this store (`Page::next` and `since` are `seq`; `Page::rev` is the last
  // seq).
  [[nodiscard]] Result<Page<Change>> all_changes(std::uint64_t since = 0, std::size_t limit = 100) const;

  // Live changes after the rev `since`.
  [[nodiscard]] Result<Watch> watch(std::string_view user, std::uint64_t since = 0) const;

  // Everything of the user since the last erase, operation by operation, in lines that `import_user` reads; their texts, keys
  // and names are in it in clear. What others write for the user meanwhile is in it as well. Reads in short snapshots; blocks
  // until the sink has all. `kNotFound` if the store knows nothing of such a user, `kConflict` (erased) if he is erased
  // meanwhile; errors also as of the reads.
  [[nodiscard]] Result<Exported> export_user(std::string_view user, const LineSink& sink,
                                             const ExportOptions& options = {}) const;

  // Brings in what `export_user` wrote: the same operations with the same ids, times, origins and batches, so that turns,
  // preferences, facts, dimensions, evolution and sessions are the same, and a retry of one of them is `AlreadyStored`. In steps of
  // commits, each all or nothing; others write between them. What is there already is not stored again, so that an import that
  // ended in the middle is simply run again. Errors name the line: the message begins with "line 12: ", `Error::field` with
  // "lines[12]". `kInvalid` for a line that is none, or that no operation may hold: then nothing from there on is stored.
  // `kConflict` if the user has other operations (see `ImportOptions::is_joined`), or erased these lately (erased). Errors also
  // as of `commit`. Memory: a few lines. Blocks.
  [[nodiscard]] Result<Imported> import_user(const ByteSource& source, const ImportOptions& options = {});

  // Reads all of it as `import_user` would, and says what is wrong with it before anything is stored.
  [[nodiscard]] static Result<ImportSummary> check_import(const ByteSource& source);

  // Erases everything of a user, for good: his operations and what they led to, wherever it stands in the store's files. From its
  // first commit on, a tombstone with the user's next rev, nobody sees any of it; then it is removed from the disk while others
  // read and write, the user included, whose new operations stay. A retry of an erased operation is `kConflict` (erased) for 24
  // hours. Blocks until all is removed, which takes as long as reading the whole file and rewriting what the user had; until the
  // deadline, or while somebody reads from the log: `kOverloaded` (unfinished); then this process, and whoever opens the store
  // later, goes on with it, and so does another call. Erasing an erased user searches the files once more. `kNotFound` if the
  // store never had such a user. What it does not reach: docs/erasing.md. Any thread; not from two threads for one user's sake.
  [[nodiscard]] Result<Erased> erase(std::string_view user, const EraseOptions& options = {});

  // What the connections use, who holds the gate, who waits and reads. Does not enter the gate, so it answers also
  // while its holder is stopped.
  [[nodiscard]] Result<Diagnosis> diagnose() const;

  // Gives the pages that forgetting and erasing left free back to the file system, beside everybody else: in steps of at most 5 ms of
  // work inside the gate, then the log is emptied, which cuts the file. Blocks until that is done; pages that others free meanwhile
  // may stay. Nothing that anybody reads changes. An erase comes first. Then whoever keeps the search index is waited for, if there
  // is one: it gives space back by itself where more than two thirds of it are free. Killed or ended anywhere, it is simply called
  // again. `kOverloaded` (unfinished) at the deadline, or while a reader keeps the log from being emptied until then; `kConflict`
  // if this process is at it already; `kReadOnly`; `kStorageFailed` (full) if the log has no room for a step.
  [[nodiscard]] Result<Vacuumed> vacuum(const VacuumOptions& options = {});

  // Checks everything: SQLite's `quick_check` and its indexes, the ledger's revs and digests, the anchor, and each
  // state table against the fold of the ledger. Takes as long as reading the whole file; writers go on. `options.deep`: see
  // `DeepReport`. `kStopped` if `options.progress` ended it.
  [[nodiscard]] Result<VerifyReport> verify(const VerifyOptions& options = {}) const;

  // Makes a copy of the store at `to`, as of one moment after the call, while others write: they do not wait longer than for each
  // other, and the log is begun anew as ever. The copy is one file, durable and verified before it gets its name, and never in
  // place of another file; forgotten and erased content is not in it. Takes as long as writing and reading the file. Errors:
  // `kInvalid` (`to` is there already), `kConflict` (somebody else is making it), `kNoSpace`, `kNoPermission`, `kStorageFailed`,
  // `kDamaged` (the copy does not verify, and so neither does the store), `kOverloaded` (it is written faster than copied, or a
  // process is stopped in the middle of a commit),
  // `kStopped`. Other threads' forks are refused in the child meanwhile.
  [[nodiscard]] Result<CopyReport> backup(const std::string& to, const ProgressCallback& progress = {}) const;

  // Puts a backup at the place `to`, verified first and upgraded if it is older. A store that is there is `kInvalid`; with
  // `options.replace` it is kept beside, under the name that the report tells, and must not be in use (`kConflict`). `from` is only
  // read. Blocks for as long as writing and reading the file. Errors as of `backup`, `kNotAStore`, `kNewerSchema`, and those of
  // finding `from`.
  [[nodiscard]] static Result<CopyReport> restore(const std::string& from, const std::string& to,
                                                  const RestoreOptions& options = {});

  // Takes no more requests; waits at most `deadline` for those that wait, then refuses the rest with `kClosed`. Every
  // later call is `kClosed`. Blocks; a second call does nothing.
  void close(std::chrono::milliseconds deadline = std::chrono::milliseconds{5'000});

 private:
  explicit Store(std::unique_ptr<store::Engine> engine);
  std::unique_ptr<store::Engine> engine_;
};

}  // namespace penny
