# Run with a program of schema version 1: sh make-schema-1.sh PENNY FOLDER
set -e
penny=$1
mkdir -p -m 700 "$2"
export PENNY_STORE=$2/schema-1.db
say() { "$penny" turn add --user "$1" --modality voice --input "Please explain step $2" --response "Step $2" --at "$3" >/dev/null; }
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do say ada $i 2026-01-02T10:00:00Z; done
for user in ada cj; do
  say $user begin 2026-01-03T10:00:00Z
  "$penny" turn add --user $user --session kitchen --input "In the kitchen" --response Yes --metadata '{"device":"kitchen"}' >/dev/null
  "$penny" session end --user $user --session kitchen >/dev/null
  "$penny" prefer --user $user color '"blue"' >/dev/null
  "$penny" prefer --user $user length '"brief"' --set >/dev/null
  "$penny" observe --user $user communication_formality 0.9 --confidence 0.8 >/dev/null
  "$penny" observe --user $user mood calm --set >/dev/null
  "$penny" observe --user $user communication_formality --by 0.01 >/dev/null
  "$penny" remember --user $user "likes tea" >/dev/null
  fact=$("$penny" remember --user $user "a secret" --json | sed 's/.*"id":"\([^"]*\)".*/\1/')
  "$penny" forget --user $user "$fact" >/dev/null
done
# Two commits stay in the log.
sqlite3 "$PENNY_STORE" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
say cj "in the log" 2026-01-04T10:00:00Z
"$penny" remember --user ada "lives in the log" >/dev/null
"$penny" verify
rm -f "$PENNY_STORE"-shm "$PENNY_STORE"-gate "$PENNY_STORE"-bell
