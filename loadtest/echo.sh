#!/usr/bin/env bash
# Starts a gateway whose agent echoes, and calls it over each dialect.
# Usage: loadtest/echo.sh [CALLS] [SECONDS]   BIN=directory of the binaries   OUT=directory for JSON
# Ends with 1 if a call was refused or a frame lost, doubled, reordered or damaged. Times are printed, never judged.
set -euo pipefail

calls=${1:-50}
seconds=${2:-10}
bin=${BIN:-"$(dirname "$0")/../target/ci"}
data=$(mktemp -d)
trap 'kill "${gateway_pid:-}" 2>/dev/null || true; rm -rf "$data"' EXIT

printf '[agents.echo]\necho = true\n' >"$data/trunkline.toml"
"$bin/trunkline" keys mint --data-dir "$data" --scopes omni:session,telephony:stream >"$data/key"

# A gateway of its own for each dialect: what one leaves in memory is not the next one's.
call_over() {
  local dialect=$1 address said
  exec {said}< <(exec "$bin/trunkline" serve --listen 127.0.0.1:0 --data-dir "$data" --config "$data/trunkline.toml" --log warn)
  gateway_pid=$!
  read -r -u "$said" _ _ address
  "$bin/trunkline-load" --to "ws://$address" --dialect "$dialect" --key-file "$data/key" \
    --calls "$calls" --seconds "$seconds" --server-pid "$gateway_pid" \
    ${OUT:+--json "$OUT/$dialect.json"} || failed=1
  kill "$gateway_pid"
  wait "$gateway_pid" || failed=1
  exec {said}<&-
  gateway_pid=
}

failed=0
for dialect in omni twilio; do
  call_over "$dialect"
  echo
done
exit "$failed"
