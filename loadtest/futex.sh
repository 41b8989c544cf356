#!/usr/bin/env bash
# Counts what the shards ask of the kernel while calls are echoed: no frame may cost a futex.
# Usage: loadtest/futex.sh [CALLS] [SECONDS]   BIN=directory of the binaries
# Needs strace and the right to trace. Beginning and ending a call may wake another thread; ends with 1 if the
# threads that carry calls did more than that, two futexes a call. Times of a traced process say nothing.
set -euo pipefail

calls=${1:-20}
seconds=${2:-5}
bin=${BIN:-"$(dirname "$0")/../target/ci"}
data=$(mktemp -d)
trap 'kill "${tracer_pid:-}" "${gateway_pid:-}" 2>/dev/null || true; rm -rf "$data"' EXIT

printf '[agents.echo]\necho = true\n' >"$data/trunkline.toml"
"$bin/trunkline" keys mint --data-dir "$data" --scopes telephony:stream >"$data/key"
exec {said}< <(exec "$bin/trunkline" serve --listen 127.0.0.1:0 --data-dir "$data" --config "$data/trunkline.toml" --log warn)
gateway_pid=$!
read -r -u "$said" _ _ address

shards=()
for thread in /proc/"$gateway_pid"/task/*; do
  if [[ $(<"$thread/comm") == shard-* ]]; then
    shards+=(-p "${thread##*/}")
  fi
done
# Says on standard error that it has attached, once for each thread.
exec {traced}< <(exec strace -c -o "$data/calls" "${shards[@]}" 2>&1)
tracer_pid=$!
for ((thread = 0; thread < ${#shards[@]} / 2; thread++)); do
  read -r -u "$traced" line
  [[ $line == *attached* ]] || { echo "futex.sh: strace: $line" >&2; exit 1; }
done

"$bin/trunkline-load" --to "ws://$address" --dialect twilio --key-file "$data/key" \
  --calls "$calls" --seconds "$seconds" --json "$data/load.json" >/dev/null
kill -INT "$tracer_pid"
wait "$tracer_pid" || true
tracer_pid=

frames=$(sed -n 's/^  "received": \([0-9]*\),*$/\1/p' "$data/load.json")
echo "system calls of the shards for $frames frames there and back:"
awk -v frames="$frames" '$4 ~ /^[0-9]+$/ && $NF != "total" {
  printf "  %-16s %8d  %.3f a frame\n", $NF, $4, $4 / frames
}' "$data/calls"
futexes=$(awk '$NF == "futex" { print $4 }' "$data/calls")
if ((${futexes:-0} > 2 * calls)); then
  echo "futex.sh: expected at most $((2 * calls)) futexes for $calls calls, got $futexes" >&2
  exit 1
fi
