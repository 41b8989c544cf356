#!/usr/bin/env bash
# HAProxy as a plain proxy of WebSockets: what copying bytes costs.
# Usage: loadtest/peers/haproxy.sh --to HOST:PORT [--listen HOST:PORT]   Port 0, the default, is any that is free.
# The process that is started becomes haproxy itself. It prints `listening on ADDR` once it accepts; SIGTERM ends it.
set -euo pipefail

listen=127.0.0.1:0 to=
while [ $# -gt 0 ]; do
  case $1 in
    --to) to=${2:?--to needs HOST:PORT} ;;
    --listen) listen=${2:?--listen needs HOST:PORT} ;;
    *) echo "haproxy.sh: expected --to or --listen, got $1" >&2 && exit 2 ;;
  esac
  shift 2
done
[ -n "$to" ] || { echo "haproxy.sh: --to HOST:PORT is missing" >&2 && exit 2; }

# Debian's is not on everybody's path.
haproxy=$(PATH="$PATH:/usr/sbin" command -v haproxy) || { echo "haproxy.sh: haproxy is not installed" >&2 && exit 1; }

# haproxy takes port 0 and never says which it got: one is found for it. Should somebody else get it in between, haproxy
# fails and nothing is printed.
host=${listen%:*} port=${listen##*:}
if [ "$port" -eq 0 ]; then
  port=$(python3 -c 'import socket, sys; s = socket.socket(); s.bind((sys.argv[1], 0)); print(s.getsockname()[1])' "$host")
fi

# Without `log` nothing is logged. 20000 connections are 40000 descriptors: where fewer are allowed, as many as there are.
maxconn=20000 files=$(ulimit -Hn)
if [ "$files" != unlimited ] && [ "$files" -lt 41000 ]; then
  maxconn=$(((files - 1000) / 2))
fi
config="
global
    nbthread 1
    maxconn $maxconn
defaults
    mode http
    maxconn $maxconn
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout http-request 10s
    timeout tunnel 1h
frontend callers
    bind $host:$port backlog 4096
    default_backend bot
backend bot
    server bot $to
"

# Waits beside haproxy until it accepts, and is no child of it.
server=$$
announce() {
  local tries
  for ((tries = 0; tries < 500; tries++)); do
    if (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null && kill -0 "$server" 2>/dev/null; then
      echo "listening on $host:$port"
      return
    fi
    sleep 0.02
  done
}
(announce &)

exec "$haproxy" -q -db -f /dev/stdin <<<"$config"
