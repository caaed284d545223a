#include "proof/plants/table.hpp"

#include <algorithm>
#include <array>

namespace penny::proof::plants {
namespace {

constexpr bool kPromise = true;
constexpr bool kOther = false;  // what an operation means, a limit, a second net, speed

constexpr std::array kPlants{
    // The write path: when and what callers are told.
    Plant{"acknowledged_before_commit", "callers are answered before COMMIT", kPromise, "basics kills power"},
    Plant{"synchronous_normal", "the log is not synced at a commit", kPromise, "power basics"},
    Plant{"synchronous_off", "nothing is ever synced", kPromise, "power basics"},
    Plant{"log_written_and_not_synced", "a sync of the log writes what was gathered, and no more", kPromise,
          "power basics"},
    Plant{"every_seventh_sync_dropped", "one sync of seven is left out", kPromise, "power basics"},
    Plant{"log_not_synced_at_open", "what a killed process left unsynced is shown, and may be lost yet", kPromise,
          "power basics"},
    Plant{"checkpoint_without_sync", "the log is copied and begun anew without a sync", kPromise, "power basics"},
    Plant{"begin_deferred", "a transaction begins as a reader", kOther, "basics"},
    Plant{"busy_told_to_the_caller", "callers hear that a foreign program holds SQLite's lock", kPromise,
          "basics tests", "CommitterTest.AForeignWriterDelaysButNeverShowsAsLocked"},
    Plant{"lost_transaction_goes_on", "after SQLite dropped the transaction the group goes on as if nothing was lost",
          kPromise, "basics faults"},
    Plant{"savepoint_not_rolled_back", "a refused request leaves what it had written", kPromise, "basics histories"},
    Plant{"neighbours_of_a_full_disk_acknowledged",
          "on a full disk only one of a group is tried again, all are acknowledged", kPromise, "basics faults"},
    Plant{"full_disk_told_as_stored", "a request that found no space is acknowledged", kPromise, "basics faults"},
    Plant{"failed_commit_told_as_not_applied", "a COMMIT that failed half way is told as not applied", kPromise,
          "basics faults"},
    Plant{"writing_goes_on_after_a_failed_sync", "a failed sync does not turn writing off", kPromise, "basics faults"},
    Plant{"lack_of_memory_in_commit_told_as_refused",
          "what COMMIT wrote before it had no memory is told as not applied", kOther, "faults"},
    Plant{"commit_tried_again_after_an_io_error", "a COMMIT that failed is done once more", kPromise, "basics faults"},
    Plant{"taken_before_the_gate", "requests are taken before the gate, and cannot be withdrawn", kPromise,
          "basics stops tests", "CommitterTest.ADeadlineWithdrawsWhatWaitsAndTheRetryIsStoredOnce"},
    Plant{"deadline_looked_at_after_the_commit", "a stored operation is told as not applied when it took too long",
          kPromise, "basics stops"},
    Plant{"withdrawn_request_applied", "a request that was told as not applied is applied later", kPromise,
          "basics stops"},
    Plant{"queue_dropped_at_close_acknowledged", "closing drops what waits and acknowledges it", kPromise,
          "basics tests", "CommitterTest.ClosingRefusesWhatStillWaitsAtItsDeadline"},
    Plant{"close_refuses_at_once", "closing does not wait for what waits", kOther, "basics"},
    Plant{"queue_without_limit", "the queue grows for ever", kOther, "basics"},
    Plant{"log_never_copied", "the log grows for ever", kOther, "basics"},
    Plant{"exchanged_files_not_noticed", "a log that was deleted meanwhile is written on", kPromise, "basics tests",
          "CommitterTest.AStoreWhoseLogWasDeletedIsNotWrittenAnyMore"},

    // Searching.
    Plant{"search_trusts_the_index_alone", "a search misses what is not in the index yet", kPromise, "basics tests",
          "SearchTest.MissesNothingThatWasAcknowledgedWhileFourThreadsWrite"},
    Plant{"search_over_all_users", "a search finds what others said", kPromise, "basics tests",
          "SearchTest.KnowsNobodyElsesWords"},
    Plant{"forgotten_stays_in_the_index", "words of what is forgotten stay in the search index", kPromise,
          "basics tests", "SearchTest.ForgottenWordsLeaveTheIndex"},
    Plant{"words_taken_as_syntax", "what a user searches for is handed to SQLite as its syntax", kOther, "tests",
          "SearchTest.NothingInTheWordsIsSyntax"},
    Plant{"damaged_index_kept", "a damaged search index stays as it is", kOther, "basics"},

    // The gate and the bell.
    Plant{"gate_always_free", "the gate excludes nobody", kPromise, "basics stops"},
    Plant{"newcomers_barge_in", "who comes last may enter first", kPromise, "basics tests",
          "GateTest.TryingDoesNotOvertakeWhoeverWaits"},
    Plant{"never_out_of_turn", "a waiter that died blocks those behind it", kPromise, "stops kills basics"},
    Plant{"overtaken_for_ever", "who was overtaken in the line comes in by luck", kOther, "tests",
          "GateTest.WhoWasOvertakenQueuesUpAgain"},
    Plant{"waiters_not_woken", "waiters find out by themselves that it is their turn", kOther, "basics"},
    Plant{"gate_held_by_the_dead", "a process that died inside holds the gate for ever", kPromise, "basics kills"},
    Plant{"bell_not_rung", "watchers find out by themselves that there is a change", kOther, "basics"},
    Plant{"watch_jumps_to_the_head", "a watcher that is behind misses changes", kPromise, "basics tests",
          "WatchTest.WhoIsFarBehindMissesNothing"},

    // Exactly once, batches, and what is remembered between transactions.
    Plant{"ids_not_looked_up", "a retry is not recognised", kPromise, "basics histories kills"},
    Plant{"id_looked_up_without_its_user", "an id of one user answers for another", kPromise, "basics tests",
          "Idempotence.IdsBelongToTheirUser"},
    Plant{"payload_hash_not_compared", "an id with another payload is answered as stored", kPromise,
          "basics histories"},
    Plant{"part_of_a_batch_taken_for_the_whole", "a part of a batch is answered as the batch", kOther, "basics"},
    Plant{"refused_member_is_skipped", "a batch is stored without its refused member", kPromise, "basics histories"},
    Plant{"batch_committed_in_two_parts", "a batch is two transactions", kPromise, "power kills basics"},
    Plant{"stale_head_replaces_rows", "a row of another process is replaced", kPromise, "basics kills histories"},
    Plant{"user_cache_kept_after_a_rollback", "two users become one", kPromise, "basics histories"},
    Plant{"rev_told_is_of_the_batch", "all of a batch are told the rev of its first", kPromise, "basics histories"},
    Plant{"adjusted_from_a_remembered_value", "a dimension is raised from a value that is no longer there", kPromise,
          "basics histories"},

    // Conditions.
    Plant{"if_version_ignored", "a decision made on an old version is applied", kPromise, "basics histories"},
    Plant{"condition_on_facts_ignored", "if_unchanged_since looks at everything but facts", kPromise, "basics tests",
          "IfUnchangedSince.*"},
    Plant{"change_right_after_the_rev_missed", "if_unchanged_since misses the very next change", kPromise,
          "basics histories"},
    Plant{"only_the_first_condition_checked", "if_unchanged_since looks at its first key alone", kPromise,
          "basics histories"},
    Plant{"condition_on_the_running_session_ignored", "if_unchanged_since does not see the session that goes on",
          kPromise, "basics histories"},

    // Reads.
    Plant{"reader_keeps_its_snapshot", "a read answers from an older snapshot", kPromise, "basics histories"},
    Plant{"reads_without_a_transaction", "a read is several snapshots", kPromise, "basics histories"},
    Plant{"last_turn_not_carried_on", "turns before another operation are not found", kPromise, "basics histories"},
    Plant{"facts_of_every_user", "everybody reads everybody's facts", kPromise, "basics histories"},
    Plant{"session_of_the_same_name_shared", "sessions of one name are read together, whoever they belong to", kPromise,
          "basics tests", "Sessions.TurnsOfOneComeInPagesOldestFirst"},
    Plant{"time_range_includes_its_end", "a span of time holds its end", kOther, "basics"},
    Plant{"turns_ordered_by_the_clock", "turns are ordered by a time that callers may choose", kOther, "basics"},
    Plant{"feed_repeats_a_row", "a page of the feed begins with the last row of the one before", kOther, "basics"},
    Plant{"read_deadline_ignored", "a read takes as long as it likes", kOther, "basics"},

    // What operations mean.
    Plant{"clamp_missing", "a dimension leaves 0..1", kOther, "basics"},
    Plant{"confidence_not_clamped", "a confidence leaves 0..1", kOther, "basics"},
    Plant{"one_learning_rate_for_all", "every dimension learns at one rate", kOther, "basics"},
    Plant{"unsure_observation_replaces", "an unsure observation replaces a category", kOther, "basics"},
    Plant{"learning_unbounded", "observations move a dimension as far as they like", kOther, "tests",
          "LearningBound.*:BoundedLearning.*"},
    Plant{"equally_sure_preference_replaces", "evidence that is no surer replaces a preference", kOther, "basics"},
    Plant{"evolution_row_missing", "a change that changes nothing leaves no row of evolution", kPromise,
          "basics histories"},
    Plant{"session_holds_a_turn_too_many", "a session holds 21 turns", kOther, "basics"},
    Plant{"end_of_session_not_saved", "an ended session goes on", kOther, "basics"},
    Plant{"forgotten_fact_keeps_its_text", "a forgotten fact stays in the ledger", kPromise, "basics histories"},
    Plant{"forgotten_turn_keeps_its_texts", "a forgotten turn stays in the ledger", kPromise, "basics tests",
          "Forgetting.*"},
    Plant{"lessons_keep_the_words_of_a_forgotten_turn", "what a forgotten turn taught still tells its words", kPromise,
          "basics tests", "Forgetting.WhatATurnTaughtStaysWithoutItsWords"},
    Plant{"forgotten_preference_keeps_its_values", "values of a forgotten preference stay in the ledger", kPromise,
          "basics tests", "ForgottenPreferences.*"},
    Plant{"other_sessions_forgotten_too", "forgetting a session takes the turns between its own along", kPromise,
          "basics tests", "ForgettingInSteps.ASessionGoesWholeAndNoOther"},
    Plant{"clean_up_takes_young_turns_along", "clean-up by age takes turns of any age", kPromise, "basics tests",
          "ForgettingInSteps.CleanUpGoesByTheTimeOfATurn"},
    Plant{"forgetting_is_no_change_of_the_turns", "what was decided on forgotten turns is applied", kPromise,
          "basics tests", "Forgetting.ChangesWhatTurnsAndSessionsAreReadAs"},
    Plant{"undo_overwrites_what_came_meanwhile", "undo overwrites what it did not know", kPromise, "basics tests",
          "Undo.OverwritesNothingThatCameMeanwhile"},

    // Erasing.
    Plant{"erased_user_keeps_the_name", "an erased user is found by its name as before", kPromise, "basics tests",
          "Erase.*"},
    Plant{"erased_integer_still_used", "another process goes on writing for the user as it was before the erase",
          kPromise, "basics tests", "Erase.*"},
    Plant{"erased_ids_not_remembered", "a late retry of an erased operation is stored", kPromise, "basics tests",
          "Erase.*"},
    Plant{"erased_stays_in_the_log", "the log is not emptied", kPromise, "basics tests", "ErasedFiles.*"},
    Plant{"erased_copies_stay_in_free_space", "copies that SQLite left in pages stay", kPromise, "basics tests",
          "ErasedFiles.*"},
    Plant{"erased_stays_in_the_index", "words of an erased user stay in the search index", kPromise, "basics tests",
          "ErasedFiles.*"},
    Plant{"erase_not_resumed", "an erase that was killed is not finished by the next one who opens the store", kPromise,
          "basics tests", "ErasedFiles.*"},

    // Giving space back.
    Plant{"vacuum_beside_an_erase", "pages move while an erase looks through them", kOther, "tests",
          "Vacuum.WaitsForAnEraseAndMovesNoPageBefore"},
    Plant{"vacuum_leaves_the_file_long", "free pages leave the database, and the file stays as long as it was", kOther,
          "tests", "Vacuum.*"},

    // Moving.
    Plant{"import_under_new_ids", "an import that is run again doubles everything", kPromise, "basics tests",
          "Moving.*"},
    Plant{"import_splits_batches", "a retry of a batch after its import is refused", kPromise, "basics tests",
          "Moving.ARetryAfterTheImportIsAnsweredWithTheFirstOutcome"},
    Plant{"import_joins_strangers", "a file is mixed with whoever has the same name", kPromise, "basics tests",
          "Moving.AUserWithOtherOperationsIsJoinedOnlyIfAsked"},
    Plant{"import_forgets_by_the_revs_of_the_file", "an import forgets turns of somebody else", kPromise,
          "basics tests", "Moving.AUserWithOtherOperationsIsJoinedOnlyIfAsked"},

    // Limits.
    Plant{"sizes_not_checked", "texts and names of any length are taken", kOther, "basics"},
    Plant{"batch_of_any_length_accepted", "batches of any length are taken", kOther, "basics"},
    Plant{"nul_accepted", "texts with NUL are taken", kOther, "basics"},
    Plant{"ballast_never_kept", "on a full disk nobody can forget or erase", kOther, "basics tests",
          "DiskThatIsFull.*"},
    Plant{"ballast_spent_on_everything", "the ballast's space is taken by what adds to the store", kOther,
          "basics tests", "DiskThatIsFull.RefusesWhatAddsWhileTheBallastIsSpentAndErasesMeanwhile"},
    Plant{"log_without_limit", "the log grows for as long as a reader is stopped", kOther, "tests", "LongLog.*"},
    Plant{"quota_not_checked", "a user keeps more than the quota", kOther, "basics"},
    Plant{"words_of_others_taken", "a page makes itself a fact", kPromise, "basics tests", "WordsOfOthers.*"},
    Plant{"tool_calls_not_counted", "tools are called as often as anybody likes", kOther, "tests",
          "ToolCalls.*:ToolWindow.*"},
    Plant{"boot_frees_all_calls", "a boot forgets how often a tool was called", kOther, "tests", "ToolWindow.*"},
    Plant{"tool_outcome_recorded_again", "the journal of calls is overwritten", kPromise, "basics tests",
          "ToolCalls.*"},
    Plant{"numbers_not_checked", "numbers out of range are taken", kOther, "basics"},

    // The chain, the anchor, and verify.
    Plant{"digest_without_the_one_before", "the digests are no chain", kOther, "basics"},
    Plant{"rot_in_the_log_not_looked_for", "a broken frame with good ones behind it is taken for a torn end", kPromise,
          "damage tests", "RottenLog.*"},
    Plant{"torn_header_of_a_copied_log_refused", "a log whose new header was cut short is taken for a rotted one",
          kOther, "tests", "RottenLog.*"},
    Plant{"anchor_not_written", "nothing remembers what was acknowledged last", kPromise, "basics damage"},
    Plant{"anchor_not_compared", "a lost tail is not noticed", kPromise, "basics damage"},
    Plant{"verify_ignores_payloads", "verify does not look at texts and payloads", kPromise, "basics damage"},
    Plant{"verify_skips_facts", "verify does not look at facts", kPromise, "basics damage"},
    Plant{"verify_skips_forgetting", "verify does not ask who forgot what is gone", kPromise, "basics tests",
          "Verify.FindsATurnThatNobodyForgot"},
    Plant{"deep_verify_ignores_words", "verify --deep does not compare words of the search index with the ledger's",
          kOther, "tests", "DeepVerify.*"},
    Plant{"deep_verify_skips_free_pages", "verify --deep does not look at what free pages hold", kOther, "tests",
          "DeepVerify.*"},
    Plant{"verify_skips_indexes", "verify does not look at indexes", kPromise, "basics damage"},

    // Files, locks and forks.
    Plant{"creation_in_place", "a store is made under its own name", kPromise, "basics power kills"},
    Plant{"no_folder_is_synced", "the names of a new store and its log are not synced", kPromise, "power basics"},
    Plant{"creation_without_the_gate", "two processes make one store at once", kPromise, "basics kills"},
    Plant{"log_deleted_at_open", "what was not copied yet is lost at the next open", kPromise, "basics kills"},
    Plant{"posix_locks", "locks belong to the process, and go when anything closes the file", kPromise, "basics tests",
          "ForeignSqlite.ASecondWriterIsRefusedAfterAnotherCopyClosedTheFile"},
    Plant{"fork_not_prepared", "a child inherits locks and connections", kPromise, "basics tests",
          "Fork.ParentAndChildGoOnWithTheSameStore"},
    Plant{"store_readable_by_others", "other users of the machine may read the store", kOther, "basics"},
    Plant{"newer_schema_accepted", "a store of a newer Penny is opened", kOther, "basics"},
    Plant{"read_only_ignored", "a store that was opened to read only is written", kPromise, "basics tests",
          "ReadOnly.RefusesEveryKindOfWriting"},
    Plant{"quiet_connection_kept_for_changed_files", "reads without locks go on with what the files were before",
          kPromise, "basics tests", "ReadOnly.WhileWritersComeAndGoSeesWhatIsAcknowledged"},
    Plant{"migration_in_two_parts", "an upgrade that is killed leaves half of itself", kOther, "tests",
          "Upgrade.KilledAtEachMarkedPointIsDoneOrNotBegun"},
    Plant{"newer_schema_not_noticed", "who has the store open writes on after a newer Penny has upgraded it", kOther,
          "tests", "NewerSchema.IsNoticedBeforeTheNextCommitOfWhoHasTheStoreOpen"},
    Plant{"backup_ignores_the_log", "a backup does not follow what others write meanwhile", kPromise, "basics tests",
          "Backup.FollowsCommitsBetweenItsSteps"},
    Plant{"copy_not_verified", "a copy gets its name whatever it holds", kPromise, "basics tests",
          "Backup.OfADamagedStoreIsRefused:Restore.OfWhatIsDamagedIsRefusedAndChangesNothing"},
    Plant{"copy_made_under_its_own_name", "a backup that is killed leaves a part of itself under its name", kOther,
          "tests", "Backup.KilledAtEachMarkedPointIsWholeOrNotThere"},
    Plant{"copy_takes_a_name_that_is_taken", "a backup replaces a file that came meanwhile", kPromise, "basics tests",
          "Backup.NeverTakesTheNameOfAFileThatCameMeanwhile"},
    Plant{"restore_replaces_unasked", "restoring replaces a store without being told to", kPromise, "basics tests",
          "Restore.InThePlaceOfAStoreKeepsThatBesideIt"},
    Plant{"restore_keeps_the_old_log", "a restored store finds the log of the one before", kPromise, "basics tests",
          "Restore.InThePlaceOfAStoreKeepsThatBesideIt:Restore.KilledAtEachMarkedPointIsNeverAMixture"},
    Plant{"erased_users_come_back_with_a_backup", "restoring does not ask whom the store had erased since", kPromise,
          "basics tests", "RestoreAfterAnErase.*"},
    Plant{"log_of_a_killed_copy_taken_over", "a copy begins with the log that a killed one left", kOther, "tests",
          "RestoreAfterAnErase.KilledWhileItErasesAgainLeavesNothingToTheNextOne"},
    Plant{"rescue_trusts_payloads", "a rescue saves content that was changed", kPromise, "basics tests",
          "Rescue.SavesNothingThatWasChanged"},
    Plant{"rescue_trusts_digests", "a rescue saves rows that were changed", kPromise, "basics tests",
          "Rescue.SavesNothingThatWasChanged"},

    Plant{"hard_link_accepted", "a file with two names has two logs", kOther, "basics"},
#ifdef PENNY_TOOLS

    // Tools.
    Plant{"tool_input_not_checked", "a tool gets what its schema forbids", kOther, "tests", "Guard.*"},
    Plant{"tool_run_again_by_a_retry", "a call that is tried again runs twice", kPromise, "basics tests", "Guard.*"},
    Plant{"tools_left_alone_without_limit", "a tool that never ends takes all threads", kOther, "tests", "Guard.*"},
    Plant{"tool_function_awaited", "a tool that heeds nothing is waited for", kOther, "tests", "Guard.*"},
    Plant{"unknown_tool_fields_accepted", "a tool gets fields that its schema does not know", kOther, "tests",
          "InputSchemaTest.SaysWhichFieldIsWrongAndWhy:HostileInputs.AreRefusedAtTheirFieldOrTakenAsDataByEveryTool"},
    Plant{"tool_input_of_any_size", "an input of a tool is parsed however large it is", kOther, "tests",
          "InputSchemaTest.RefusesByTheByteBeforeItParses"},
    Plant{"configuration_of_others_accepted", "what tools may do is read from a file that others may write", kOther,
          "tests", "ConfigurationTest.AFileThatOthersMayWriteIsRefused"},
    Plant{"redirect_to_private_address", "a page may lead a fetch to a private server", kOther, "tests",
          "Fetch.APrivateServerThatIsNamedIsReachedButNotByARedirect"},
    Plant{"body_without_bound", "a page may be as large as it likes", kOther, "tests", "Fetch.AnEndlessBodyIsCut"},
    Plant{"power_without_bound", "an expression may ask for a number of any size", kOther, "tests",
          "Calculator.APowerThatIsTooLargeIsRefusedBeforeItIsComputed"},
    Plant{"programs_left_at_the_deadline", "a program is not killed at its deadline", kPromise, "basics tests",
          "SandboxHostile.AChildInASessionOfItsOwnGoesToo"},
    Plant{"sandbox_with_network", "a program reaches the network without being allowed to", kPromise, "basics tests",
          "SandboxHostile.TheNetworkIsNotThere"},
    Plant{"sandbox_without_memory_limit", "a program has all the memory", kPromise, "basics tests",
          "SandboxHostile.MemoryEndsAtItsLimit"},
    Plant{"sandbox_without_file_limit", "a program writes files of any size", kPromise, "basics tests",
          "SandboxHostile.AFileEndsAtItsLimit"},
    Plant{"sandbox_without_filter", "a program may make every system call", kPromise, "basics tests",
          "SandboxHostile.CannotChangeItsSandbox"},
    Plant{"descriptors_inherited_by_programs", "a program gets what this process has open", kPromise, "basics tests",
          "SandboxHostile.InheritsNoDescriptor"},
    Plant{"environment_inherited_by_programs", "a program gets the environment of this process", kPromise,
          "basics tests", "SandboxHostile.ReadsNeitherTheStoreNorAnEnvironmentNorOthersFiles"},
    Plant{"sandbox_outlives_its_caller", "a program goes on when its caller has died", kPromise, "basics tests",
          "Sandbox.NothingSurvivesItsCaller"},
    Plant{"sandbox_without_process_limit", "a program forks without a limit", kPromise, "basics tests",
          "SandboxHostile.AForkBombStaysWithinItsProcesses"},
#endif
};

// How such claims begin.
constexpr std::array<std::string_view, 8> kAboutTheAttack{
    "every marked point that is demanded",  // kills
    "at least 30 % of the operations",      // histories
    "every checker",                        // histories
    "Every damage was done",                // damage
    "Every target was hit",                 // damage
    "At least a quarter of all damages",    // damage
    "every fault met something",            // faults
    "The recording explains every byte",    // power
};

}  // namespace

std::span<const Plant> all_plants() { return kPlants; }

bool is_about_the_attack(std::string_view claim) {
  return std::ranges::any_of(kAboutTheAttack, [&](std::string_view begin) { return claim.starts_with(begin); });
}

}  // namespace penny::proof::plants
