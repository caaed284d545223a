#pragma once

// The store's file. `ledger` is the truth; every other table is a fold of it, which `verify` recomputes. Nothing here
// is newer than SQLite 3.40, so that the system's `sqlite3` can read it.

#include <array>
#include <cstdint>

namespace penny::backend::sqlite {

inline constexpr std::int32_t kApplicationId = 0x504e4e59;  // "PNNY"
inline constexpr std::int32_t kSchemaVersion = 4;
inline constexpr std::int32_t kPageSize = 4096;

// Numbers of `ledger.kind`: one more than the place in the `Payload` variant. Never change one.
inline constexpr const char* kSchema1 = R"sql(
-- The store's name, drawn at creation. Read at open; the chains of all digests begin with it.
CREATE TABLE store(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  store_id BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Integers of users, never used again. Looked up by name at the begin of every request that is not in the cache.
CREATE TABLE users(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE ledger(
  seq INTEGER PRIMARY KEY,
  user INTEGER NOT NULL,
  rev INTEGER NOT NULL,             -- the user's operations, 1..n without a gap
  operation_id BLOB NOT NULL,
  kind INTEGER NOT NULL,
  key TEXT,                         -- preference, dimension, session named by the caller, tool; fact or call (hexadecimal)
  at INTEGER NOT NULL,              -- microseconds since 1970, UTC
  origin INTEGER NOT NULL,
  channel TEXT NOT NULL,
  batch_first INTEGER NOT NULL,     -- rev of the first operation of its batch
  batch_size INTEGER NOT NULL,
  last_turn INTEGER NOT NULL,       -- rev of the user's latest turn up to and including this row, 0 if none
  salt BLOB,                        -- NULL once forgotten
  payload BLOB,                     -- NULL for a turn (built from its columns) and once forgotten
  payload_hash BLOB NOT NULL,       -- SHA-256(salt, encoding)
  digest BLOB NOT NULL,             -- SHA-256(the user's previous digest, every column but seq, salt, payload, texts)
  outcome BLOB,                     -- NULL for a turn (built from its columns)
  session TEXT,                     -- from here on: of turns only
  session_first INTEGER,            -- rev of the session's first turn
  session_number INTEGER,           -- 1 for that first turn
  modality INTEGER,
  user_input TEXT,                  -- both NULL once forgotten
  assistant_response TEXT,
  response_time_ms REAL,
  confidence REAL,
  metadata TEXT
) STRICT;

-- Read by every commit: was this id stored before? In this order because ids grow with time: the index grows at its edge.
CREATE UNIQUE INDEX ledger_operation ON ledger(operation_id, user);

-- Read by every commit (the user's latest row) and by every list.
CREATE UNIQUE INDEX ledger_rev ON ledger(user, rev);

-- Written when a session begins, when its user goes on in another one, and when it ends.
CREATE TABLE sessions(
  user INTEGER NOT NULL,
  id TEXT NOT NULL,
  first_rev INTEGER NOT NULL,
  last_turn INTEGER NOT NULL,       -- as of the last write here; the user's current session may have gone on
  turn_count INTEGER NOT NULL,      -- the same
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  ended_rev INTEGER,
  is_named INTEGER NOT NULL,        -- by its caller: then it is not rolled over
  PRIMARY KEY (user, id)
) STRICT, WITHOUT ROWID;

-- Read by the list of a user's sessions.
CREATE UNIQUE INDEX sessions_first ON sessions(user, first_rev);

CREATE TABLE preferences(
  user INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,              -- JSON
  confidence REAL NOT NULL,
  frequency INTEGER NOT NULL,
  version INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (user, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE dimensions(
  user INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  value ANY NOT NULL,               -- a number, or the text of an option
  confidence REAL NOT NULL,
  version INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (user, name)
) STRICT, WITHOUT ROWID;

-- One row per change of a dimension; clustered for the chain of one dimension.
CREATE TABLE evolution(
  user INTEGER NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  old_value ANY NOT NULL,
  new_value ANY NOT NULL,
  confidence_change REAL NOT NULL,
  trigger TEXT NOT NULL,
  operation_id BLOB NOT NULL,
  rev INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (user, name, version)
) STRICT, WITHOUT ROWID;

-- A forgotten fact stays as a tombstone without text.
CREATE TABLE facts(
  user INTEGER NOT NULL,
  first_rev INTEGER NOT NULL,       -- of the operation that remembered it
  fact BLOB NOT NULL,               -- that operation's id
  text TEXT,                        -- NULL once forgotten
  confidence REAL NOT NULL,
  version INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  at INTEGER NOT NULL,
  origin INTEGER NOT NULL,
  channel TEXT NOT NULL,
  PRIMARY KEY (user, first_rev)
) STRICT, WITHOUT ROWID;

-- For people and other programs, by the names and forms they know.
CREATE VIEW turns AS
  SELECT users.name AS user, l.rev, l.seq, lower(hex(l.operation_id)) AS turn_id, l.session, l.session_first,
         l.session_number, CASE l.modality WHEN 1 THEN 'chat' WHEN 2 THEN 'voice' ELSE 'agent' END AS modality,
         l.at, l.user_input, l.assistant_response, l.response_time_ms, l.confidence, l.metadata, l.origin, l.channel
  FROM ledger AS l JOIN users ON users.id = l.user
  WHERE l.kind = 1;

CREATE VIEW conversations AS
  SELECT turn_id, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000000.0, 'unixepoch') AS timestamp, user_input,
         assistant_response, metadata AS context, session AS session_id, response_time_ms, confidence, user, modality
  FROM turns;

CREATE VIEW operations AS
  SELECT users.name AS user, l.rev, l.seq, lower(hex(l.operation_id)) AS operation_id,
         CASE l.kind WHEN 1 THEN 'append_turn' WHEN 2 THEN 'end_session' WHEN 3 THEN 'observe_preference'
                     WHEN 4 THEN 'set_preference' WHEN 5 THEN 'adjust_dimension' WHEN 6 THEN 'observe_dimension'
                     WHEN 7 THEN 'set_dimension' WHEN 8 THEN 'remember_fact' WHEN 9 THEN 'forget_fact' END AS kind,
         l.key, l.at, l.batch_first, l.batch_size
  FROM ledger AS l JOIN users ON users.id = l.user;
)sql";

// From version 1 to 2. A new store is made by the same statements, one version after the other.
inline constexpr const char* kSchema2 = R"sql(
-- The latest operation that forgot turns of a session; session '' stands for all of the user's. Read by `if_unchanged_since`,
-- written when turns are forgotten.
CREATE TABLE forgettings(
  user INTEGER NOT NULL,
  session TEXT NOT NULL,
  rev INTEGER NOT NULL,
  PRIMARY KEY (user, session)
) STRICT, WITHOUT ROWID;

-- Bytes of texts and payloads that the ledger keeps of a user, up to a rev; see usage.hpp. Read by commits where there is a
-- quota, written by every 64th operation of a user and by those that forget.
CREATE TABLE usage(
  user INTEGER PRIMARY KEY,
  rev INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
INSERT INTO usage(user, rev, bytes)
  SELECT latest.user, latest.rev,
         (SELECT coalesce(sum(CASE WHEN kind = 1 THEN octet_length(user_input) + octet_length(assistant_response) +
                                                      octet_length(metadata)
                                   WHEN kind BETWEEN 3 AND 8 THEN octet_length(payload) END), 0)
          FROM ledger AS l WHERE l.user = latest.user AND l.rev <= latest.rev)
  FROM (SELECT user, max(rev) AS rev FROM ledger WHERE rev % 64 = 0 OR kind = 9 GROUP BY user) AS latest;

DROP VIEW operations;
CREATE VIEW operations AS
  SELECT users.name AS user, l.rev, l.seq, lower(hex(l.operation_id)) AS operation_id,
         CASE l.kind WHEN 1 THEN 'append_turn' WHEN 2 THEN 'end_session' WHEN 3 THEN 'observe_preference'
                     WHEN 4 THEN 'set_preference' WHEN 5 THEN 'adjust_dimension' WHEN 6 THEN 'observe_dimension'
                     WHEN 7 THEN 'set_dimension' WHEN 8 THEN 'remember_fact' WHEN 9 THEN 'forget_fact'
                     WHEN 10 THEN 'forget_turn' WHEN 11 THEN 'forget_turns' WHEN 12 THEN 'forget_preference'
                     WHEN 13 THEN 'erase_user' END AS kind,
         l.key, l.at, l.batch_first, l.batch_size
  FROM ledger AS l JOIN users ON users.id = l.user;

-- Of the hashes below. Read when a name is not in `users`, and by an erase.
CREATE TABLE erasure_key(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  key BLOB NOT NULL
) STRICT;
INSERT INTO erasure_key(one, key) VALUES(1, randomblob(32));

-- Where an erased user goes on. Read when a name is not in `users`, by commits after an erase, and by `verify`.
CREATE TABLE erasures(
  user INTEGER PRIMARY KEY,         -- the integer since the erase; in `users` once its user writes again
  name_hash BLOB NOT NULL UNIQUE,   -- with the key, of the name
  rev INTEGER NOT NULL,             -- of the tombstone, this integer's first row
  digest_before BLOB NOT NULL,      -- from which the tombstone's follows
  seal BLOB NOT NULL                -- with the key, of the columns before
) STRICT;

-- Integers that erased users had before. Read by an erase, by each look for one that was interrupted, and by commits of such
-- users, for a day.
CREATE TABLE erased_lives(
  user INTEGER PRIMARY KEY,
  name_hash BLOB NOT NULL,
  since INTEGER NOT NULL,           -- microseconds since 1970, UTC
  ids_until INTEGER NOT NULL,       -- until then the ids of its operations are remembered
  is_removed INTEGER NOT NULL       -- 0: something of it may be left
) STRICT;

-- Ids of operations that were erased. Read by commits of their users, for a day.
CREATE TABLE erased_ids(
  user INTEGER NOT NULL,            -- the integer that they were stored under
  hash BLOB NOT NULL,               -- with the key, of the id
  PRIMARY KEY (user, hash)
) STRICT, WITHOUT ROWID;
)sql";

// From version 2 to 3: calls of tools.
inline constexpr const char* kSchema3 = R"sql(
-- The latest permits for a tool, see rules/tool_window.hpp. Read and written by each permit.
CREATE TABLE tool_windows(
  user INTEGER NOT NULL,
  tool TEXT NOT NULL,
  boot TEXT NOT NULL,
  boot_time INTEGER NOT NULL,       -- of the latest permit, microseconds on the clock of that boot
  time_of_day INTEGER NOT NULL,     -- the same, microseconds since 1970, UTC
  permits BLOB NOT NULL,            -- of each 8 bytes, little-endian: microseconds on the clock of that boot; the latest last
  rev INTEGER NOT NULL,
  PRIMARY KEY (user, tool)
) STRICT, WITHOUT ROWID;

-- The journal of calls: what became of each. Input and output stand in the ledger. Read by lists and when an outcome is recorded.
CREATE TABLE tool_calls(
  user INTEGER NOT NULL,
  first_rev INTEGER NOT NULL,       -- of the permit
  tool TEXT NOT NULL,
  status INTEGER NOT NULL,
  outcome_rev INTEGER NOT NULL,     -- of the operation that recorded the outcome; 0: none did
  PRIMARY KEY (user, first_rev)
) STRICT, WITHOUT ROWID;

DROP VIEW operations;
CREATE VIEW operations AS
  SELECT users.name AS user, l.rev, l.seq, lower(hex(l.operation_id)) AS operation_id,
         CASE l.kind WHEN 1 THEN 'append_turn' WHEN 2 THEN 'end_session' WHEN 3 THEN 'observe_preference'
                     WHEN 4 THEN 'set_preference' WHEN 5 THEN 'adjust_dimension' WHEN 6 THEN 'observe_dimension'
                     WHEN 7 THEN 'set_dimension' WHEN 8 THEN 'remember_fact' WHEN 9 THEN 'forget_fact'
                     WHEN 10 THEN 'forget_turn' WHEN 11 THEN 'forget_turns' WHEN 12 THEN 'forget_preference'
                     WHEN 13 THEN 'erase_user' WHEN 14 THEN 'take_tool_permit'
                     WHEN 15 THEN 'record_tool_outcome' END AS kind,
         l.key, l.at, l.batch_first, l.batch_size
  FROM ledger AS l JOIN users ON users.id = l.user;
)sql";

// From version 3 to 4: a bound to what is learned.
inline constexpr const char* kSchema4 = R"sql(
-- What observations of a dimension have spent, see rules/learning_bound.hpp. Read and written by each observation.
CREATE TABLE learned(
  user INTEGER NOT NULL,
  name TEXT NOT NULL,
  spent REAL NOT NULL,
  at INTEGER NOT NULL,              -- of the latest observation
  PRIMARY KEY (user, name)
) STRICT, WITHOUT ROWID;

-- Observations up to this one were made without a bound, and have spent nothing. Read by `verify` and undo.
CREATE TABLE learning_bound(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  since_seq INTEGER NOT NULL CHECK (since_seq >= 0)  -- 0: the store never knew anything else
) STRICT;
INSERT INTO learning_bound(one, since_seq) SELECT 1, coalesce(max(seq), 0) FROM ledger;
)sql";

inline constexpr std::array<const char*, kSchemaVersion> kSchemas{kSchema1, kSchema2, kSchema3, kSchema4};

}  // namespace penny::backend::sqlite
