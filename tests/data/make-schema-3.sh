# Run with programs of schema version 3: sh make-schema-3.sh PENNY PENNY_TEST_TOOL_CALLER FOLDER
set -e
penny=$1
caller=$2
mkdir -p -m 700 "$3"
export PENNY_STORE=$3/schema-3.db
say() { "$penny" turn add --user "$1" --modality voice --input "Please explain step $2" --response "Step $2" --at "$3" --json; }
id() { grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4; }
for user in ada cj gone; do
  for i in 1 2 3 4 5 6; do say $user $i 2026-01-02T10:00:00Z >/dev/null; done
  "$penny" turn add --user $user --session kitchen --input "In the kitchen" --response Yes --metadata '{"device":"kitchen"}' >/dev/null
  "$penny" session end --user $user --session kitchen >/dev/null
  "$penny" prefer --user $user color '"blue"' >/dev/null
  "$penny" prefer --user $user length '"brief"' --set >/dev/null
  # More than what may be learned at once since version 4: 0.23, and three options.
  for i in 1 2 3 4 5 6; do "$penny" observe --user $user communication_formality 1 --confidence 0.8 >/dev/null; done
  for option in brief detailed comprehensive; do "$penny" observe --user $user response_length_preference $option >/dev/null; done
  # Two permits on the morning of 2026-01-02, 1000 s after boot 1: its clock is three numbers of 8 bytes.
  printf '\000\312\232\073\000\000\000\000\000\010\274\305\144\107\006\000\001\000\000\000\000\000\000\000' > "$PENNY_STORE-clock"
  echo try 2 | "$caller" "$PENNY_STORE" "$PENNY_STORE-clock" $user "$PENNY_STORE-permits" >/dev/null
  rm -f "$PENNY_STORE-clock" "$PENNY_STORE-permits"
  "$penny" observe --user $user mood calm --set >/dev/null
  "$penny" observe --user $user communication_formality --by 0.01 >/dev/null
  "$penny" remember --user $user "likes tea" >/dev/null
  fact=$("$penny" remember --user $user "a secret" --json | id)
  "$penny" forget --user $user "$fact" >/dev/null
  turn=$(say $user "to forget" 2026-01-03T10:00:00Z | id)
  "$penny" turn forget --user $user "$turn" >/dev/null
  "$penny" session forget --user $user kitchen >/dev/null
  "$penny" preference forget --user $user color >/dev/null
done
"$penny" erase --user gone --yes >/dev/null
# Two commits stay in the log.
sqlite3 "$PENNY_STORE" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
say cj "in the log" 2026-01-04T10:00:00Z >/dev/null
"$penny" observe --user ada communication_formality 1 >/dev/null
"$penny" verify
rm -f "$PENNY_STORE"-shm "$PENNY_STORE"-gate "$PENNY_STORE"-bell "$PENNY_STORE"-search* "$PENNY_STORE"-ballast
