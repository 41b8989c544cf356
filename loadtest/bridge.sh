#!/usr/bin/env bash
# What the bridge to a bot costs: calls to an echoing bot through the gateway, and straight to the same bot, in one run.
# Usage: loadtest/bridge.sh [CALLS] [SECONDS]   BIN=directory of the binaries   OUT=directory for JSON
# Ends with 1 if a call was refused or a frame lost, doubled, reordered or damaged. Times are printed, never judged.
set -euo pipefail

calls=${1:-20}
seconds=${2:-10}
bin=${BIN:-"$(dirname "$0")/../target/ci"}
data=$(mktemp -d)
out=${OUT:-$data}
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$data"
}
trap stop EXIT

# start NAME COMMAND…: runs it, and waits for the address it says that it listens on.
start() {
  local name=$1 said
  shift
  exec {said}< <(exec "$@" 2>"$data/$name.log")
  pids+=($!)
  if ! read -r -u "$said" _ _ address; then
    echo "$name did not start:" >&2
    cat "$data/$name.log" >&2
    exit 1
  fi
}

# The bot speaks Twilio's dialect, so that the same simulated caller can be put through to it directly.
start bot "$bin/trunkline" bot --listen 127.0.0.1:0 --dialect twilio --quiet
bot=$address
cat >"$data/trunkline.toml" <<TOML
[egress]
allow = ["$bot"]
[agents.echo]
bot = { url = "ws://$bot/", dialect = "twilio" }
TOML
"$bin/trunkline" keys mint --data-dir "$data" --scopes telephony:stream >"$data/key"
start gateway "$bin/trunkline" serve --listen 127.0.0.1:0 --data-dir "$data" --config "$data/trunkline.toml" --log warn
gateway=$address
gateway_pid=${pids[1]}

failed=0
call() {
  local name=$1 to=$2
  shift 2
  echo "== $name"
  "$bin/trunkline-load" --to "ws://$to" --dialect twilio --key-file "$data/key" --calls "$calls" \
    --seconds "$seconds" --json "$out/$name.json" "$@" || failed=1
  echo
}
call direct "$bot"
call bridged "$gateway" --server-pid "$gateway_pid"

python3 - "$out/direct.json" "$out/bridged.json" <<'PYTHON'
import json, sys
direct, bridged = (json.load(open(path)) for path in sys.argv[1:])
for quantile in ("p50", "p99"):
    ms = [run["wire_us"][quantile] / 1000 for run in (direct, bridged)]
    print(f"added by the bridge, {quantile}: {ms[1] - ms[0]:.3f} ms ({ms[1]:.3f} bridged, {ms[0]:.3f} direct)")
PYTHON
exit "$failed"
