#!/usr/bin/env bash
# Installs what the tests need, builds, runs every test against real servers, and closes with "N passed, N failed".
#   ./test.sh             all
#   ./test.sh Clock       the test projects' classes whose name has that word
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# shellcheck source=tools/prepare.sh
source tools/prepare.sh
need_dotnet
# Debian starts a server of its own for a fresh installation; nobody here needs it.
if [ "$(id -u)" = 0 ] && [ ! -e /usr/bin/pg_createcluster ]; then
  mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
fi
need_packages libsqlite3-0=/libsqlite3.so.0 postgresql='/usr/lib/postgresql/*/bin/initdb' pgbouncer=pgbouncer util-linux=setpriv npm=npm
HOLDFAST_TEST_PG_NEWER_BIN=$(bash tools/newer-postgres.sh)
export HOLDFAST_TEST_PG_NEWER_BIN

echo "building …"
log=$(mktemp)
if ! with_build_lock . dotnet build Holdfast.slnx -c Release --nologo -v quiet >"$log" 2>&1; then
  cat "$log"
  echo "the build failed"
  echo "0 passed, 1 failed"
  exit 1
fi
rm -f "$log"

passed=0 failed=0
# Everything that tests put into the temporary folder goes with it, that of a test program which was killed too. The account
# of the servers passes through it.
TMPDIR=$(mktemp -d -t holdfast-tests-XXXXXX)
export TMPDIR
chmod 711 "$TMPDIR"
trap 'rm -rf "$TMPDIR"' EXIT
reports=$(mktemp -d)
for project in tests/*.Tests; do
  name=$(basename "$project") started=$SECONDS
  program=$project/bin/Release/net10.0/$name report=$reports/$name.xml
  filter=()
  [ $# -eq 0 ] || filter=(-class "*$1*")
  code=0
  # -failSkips: what was not run is not known to work.
  "$program" "${filter[@]}" -failSkips -noLogo -noColor -longRunning 120 -xml "$report" || code=$?
  # The assembly's own counts: the report is one line, and each collection in it has counts by the same names.
  counts=
  [ ! -e "$report" ] || counts=$(grep -o '<assembly [^>]*>' "$report" || true)
  count() { [[ $counts =~ [[:space:]]$1=\"([0-9]+)\" ]] && echo "${BASH_REMATCH[1]}" || true; }
  total=$(count total) good=$(count passed) bad=$(count failed) skipped=$(count skipped) errors=$(count errors)
  [ $# -gt 0 ] && [ "${total:-0}" = 0 ] && [ "$code" = 0 ] && continue
  if [ -z "$total" ] || [ "$total" = 0 ]; then
    echo "$name ran no test (exit code $code)"
    good=0 bad=1 skipped=0 errors=0
  elif [ "$code" != 0 ] && [ "$bad" = 0 ] && [ "$skipped" = 0 ] && [ "$errors" = 0 ]; then
    bad=1
  fi
  passed=$((passed + good)) failed=$((failed + bad + ${skipped:-0} + ${errors:-0}))
  echo "$name: $good passed, $((bad + ${skipped:-0} + ${errors:-0})) failed, $((SECONDS - started)) s"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
