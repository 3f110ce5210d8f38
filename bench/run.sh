#!/usr/bin/env bash
# Measures Holdfast against the raw driver on a throw-away PostgreSQL and writes bench/results/.
#   bench/run.sh                      every measure but those below
#   bench/run.sh --only one,many      some of: one one-pooled many crowd load set local help import drift schema-checks
#   bench/run.sh --only large         10 million rows: minutes, and 20 GB of free disk
#   bench/run.sh --only failover-kill,failover-freeze,failover-blackhole,failover-all-down --faults 200 --peer-faults 20
#   bench/run.sh --only relay-lag --seconds 20
#   bench/run.sh --only relay-catchup --rows 200000 --rounds 3
#   bench/run.sh --only relay-beside --rows 1000000 --seconds 20 --rounds 3
#   bench/run.sh --only relay-steady --large-rows 1000000     10 million: a run of its own, twice the disk of large
#   bench/run.sh --only relay-verify  `relay verify` of 1 million rows (--verify-rows N) on three servers: minutes, and 8 GB of free disk
#   bench/run.sh --only constraint-fix  a check replaced on 1 million rows (--large-rows N) beside an application: minutes
#   bench/run.sh --only migration-stall --seconds 30
#   bench/run.sh --only row-security
set -euo pipefail
cd "$(dirname "$0")/.."

as_server() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
free_port() {
  local port
  while port=$(shuf -i 20000-32000 -n 1); (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | head -1) || true
[ -n "${bin:-}" ] || { echo "PostgreSQL is missing: apt-get install postgresql pgbouncer" >&2; exit 1; }
command -v pgbouncer >/dev/null || { echo "PgBouncer is missing: apt-get install pgbouncer" >&2; exit 1; }
case " $* " in *failover-*) command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || { echo "HAProxy is missing: apt-get install haproxy" >&2; exit 1; } ;; esac

work=$(mktemp -d "${TMPDIR:-/tmp}/holdfast-bench.XXXXXX")
chmod 755 "$work"
[ "$(id -u)" != 0 ] || chown postgres "$work"
server='' pooler=''
stop() {
  [ -z "$pooler" ] || { kill -INT "$(cat "$work/pgbouncer.pid")" && wait "$pooler"; } 2>/dev/null || true
  [ -z "$server" ] || { kill -INT "$(head -1 "$work/data/postmaster.pid")" && wait "$server"; } 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

free=$(df --output=avail -BG "$work" | tail -1 | tr -dc 0-9)
need=3; case " $* " in *large*) need=20 ;; *relay-verify*) need=8 ;; esac
[ "$free" -ge "$need" ] || { echo "$work has $free GB free; $need are needed. Set TMPDIR to a larger disk." >&2; exit 1; }

dotnet build bench/Holdfast.Bench -c Release --nologo -v quiet
cli=()
if [ -d src/Holdfast.Cli ]; then
  dotnet publish src/Holdfast.Cli -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -o "$work/cli" --nologo -v quiet
  cli=(--cli "$work/cli/holdfast")
fi

port=$(free_port)
as_server "$bin/initdb" -D "$work/data" -U bench --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
as_server "$bin/postgres" -D "$work/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$work" \
  -c fsync=on -c full_page_writes=on -c synchronous_commit=on -c shared_buffers=256MB -c max_wal_size=4GB -c max_connections=250 >"$work/server.log" 2>&1 &
server=$!
tries=0
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
  tries=$((tries + 1)); [ "$tries" -lt 3000 ] && kill -0 "$server" || { cat "$work/server.log" >&2; exit 1; }
done

pooler_port=$(free_port)
cat >"$work/pgbouncer.ini" <<INI
[databases]
postgres = host=127.0.0.1 port=$port user=bench
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $pooler_port
unix_socket_dir =
pidfile = $work/pgbouncer.pid
auth_type = any
pool_mode = transaction
default_pool_size = 20
ignore_startup_parameters = extra_float_digits
INI
as_server pgbouncer -q "$work/pgbouncer.ini" >"$work/pgbouncer.log" 2>&1 &
pooler=$!

until "$bin/pg_isready" -q -h 127.0.0.1 -p "$pooler_port"; do kill -0 "$pooler" || { cat "$work/pgbouncer.log" >&2; exit 1; }; done

bench/Holdfast.Bench/bin/Release/net10.0/Holdfast.Bench --work "$work" \
  --direct "Host=127.0.0.1;Port=$port;Username=bench;Database=postgres" \
  --pooled "Host=127.0.0.1;Port=$pooler_port;Username=bench;Database=postgres" "${cli[@]}" "$@"
