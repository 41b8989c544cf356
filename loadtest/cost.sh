#!/usr/bin/env bash
# Counts what a frame of a call asks of the kernel and of the allocator: a Twilio caller and a bot of the WSS Telephony
# Bridge that takes and gives binary PCM16 at 8 kHz. The threads that carry calls are counted, while all calls run.
# Usage: loadtest/cost.sh [CALLS] [SECONDS]   BIN=directory of the binaries
# Needs cc, strace and the right to trace. Ends with 1 if a frame, there and back, costs 0.01 futex or more, or 0.05
# calls of the allocator. Times of a traced process say nothing, and none is taken.
set -euo pipefail

calls=${1:-20}
seconds=${2:-5}
bin=${BIN:-"$(dirname "$0")/../target/ci"}
data=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$data"
}
trap stop EXIT

fail() {
  echo "cost.sh: $*" >&2
  exit 1
}

# start NAME COMMAND…: runs it, and waits for the address it says that it listens on.
start() {
  local name=$1 said
  shift
  exec {said}< <(exec "$@" 2>"$data/$name.log")
  pids+=($!)
  read -r -u "$said" _ _ address || fail "$name did not start: $(<"$data/$name.log")"
}

cc -O2 -Wall -Wextra -Werror -shared -fPIC -o "$data/allocations.so" "$(dirname "$0")/allocations.c"
start bot "$bin/trunkline" bot --listen 127.0.0.1:0 --dialect ivr --quiet
cat >"$data/trunkline.toml" <<TOML
[egress]
allow = ["$address"]
[agents.echo]
bot = { url = "ws://$address/", dialect = "ivr", sample_rate = 8000, binary = true }
TOML
"$bin/trunkline" keys mint --data-dir "$data" --scopes telephony:stream >"$data/key"
start gateway env LD_PRELOAD="$data/allocations.so" ALLOCATIONS_FILE="$data/allocations" \
  "$bin/trunkline" serve --listen 127.0.0.1:0 --data-dir "$data" --config "$data/trunkline.toml" --log warn
gateway_pid=${pids[1]}

shards=()
for thread in /proc/"$gateway_pid"/task/*; do
  if [[ $(<"$thread/comm") == shard-* ]]; then
    shards+=(-p "${thread##*/}")
  fi
done

# Until every call has been begun and its buffers have grown; two windows of counting and two seconds to spare.
ramp=$((calls / 50 + 3))
"$bin/trunkline-load" call --to "ws://$address" --dialect twilio --key-file "$data/key" --calls "$calls" \
  --seconds "$((ramp + 2 * seconds + 2))" >/dev/null 2>&1 &
pids+=($!)
sleep "$ramp"

# Frames that all calls exchange in so many milliseconds: each one every 20.
frames_in() { echo $(($1 * calls / 20)); }
ms_now() { echo $(($(date +%s%N) / 1000000)); }
allocator_calls() { od -An -v -t u8 "$data/allocations" | awk '{ for (i = 1; i <= NF; i++) sum += $i } END { print sum }'; }

began=$(ms_now) before=$(allocator_calls)
# To begin a call takes some.
((before > 0)) || fail "expected calls of the allocator before the calls ran, got none: nothing is counted"
sleep "$seconds"
allocator=$(($(allocator_calls) - before))
frames=$(frames_in $(($(ms_now) - began)))

began=$(ms_now)
timeout --signal=INT "$seconds" strace -c -o "$data/calls" "${shards[@]}" 2>"$data/strace.log" || true
traced_frames=$(frames_in $(($(ms_now) - began)))
[[ -s $data/calls ]] || fail "strace: $(<"$data/strace.log")"

echo "system calls of the shards for $traced_frames frames there and back, $calls calls:"
awk -v frames="$traced_frames" '$4 ~ /^[0-9]+$/ && $NF != "total" {
  printf "  %-16s %8d  %.3f a frame%s\n", $NF, $4, $4 / frames, NF == 6 ? "  (" $5 " failed)" : ""
}' "$data/calls"
printf 'calls of the allocator for %d frames: %d\n' "$frames" "$allocator"

of() { awk -v name="$1" '$NF == name { print $4 }' "$data/calls"; }
received=$(of recvfrom) futexes=$(of futex)
# Two reads are due; a machine that is busy with others delays some beyond the window.
((${received:-0} > traced_frames)) || fail "expected two reads a frame, got ${received:-0} for $traced_frames"
((${futexes:-0} * 100 < traced_frames)) || fail "expected less than 0.01 futex a frame, got $futexes"
((allocator * 20 < frames)) || fail "expected less than 0.05 calls of the allocator a frame, got $allocator"
