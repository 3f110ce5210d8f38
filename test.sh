#!/usr/bin/env bash
# Installs what the tests need, builds, runs every test against real servers, and closes with "N passed, N failed".
#   ./test.sh             all
#   ./test.sh Clock       the test projects' classes whose name has that word
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# shellcheck source=tools/prepare.sh
source tools/prepare.sh
need_dotnet
need_servers
HOLDFAST_TEST_PG_NEWER_BIN=$(bash tools/newer-postgres.sh)
HOLDFAST_TEST_PG_THIRD_BIN=$(bash tools/newer-postgres.sh third)
export HOLDFAST_TEST_PG_NEWER_BIN HOLDFAST_TEST_PG_THIRD_BIN
# Tests ask for its folder themselves; fetched beforehand, no test waits for a download.
bash tools/sql-oracles.sh >/dev/null

echo "building …"
log=$(mktemp)
if ! with_build_lock . dotnet build Holdfast.slnx -c Release --nologo -v quiet >"$log" 2>&1; then
  cat "$log"
  echo "the build failed"
  echo "0 passed, 1 failed"
  exit 1
fi
# What the tests of the command line run is what people get: published, compiled ahead. Made anew: a program that still runs keeps its files.
export HOLDFAST_TEST_PROGRAM=$PWD/.cache/test-program/holdfast
rm -rf "$(dirname "$HOLDFAST_TEST_PROGRAM")"
if ! with_build_lock . dotnet publish src/Holdfast.Cli -c Release -p:PublishReadyToRun=true -o "$(dirname "$HOLDFAST_TEST_PROGRAM")" --nologo -v quiet >"$log" 2>&1; then
  cat "$log"
  echo "the program could not be published"
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
  # They wait for programs and servers more than they work: three threads on two cores.
  # -failSkips: what was not run is not known to work.
  # Tests press Ctrl-C: a shell that runs this in the background has its children ignore it.
  env --default-signal=INT "$program" "${filter[@]}" -failSkips -noLogo -noColor -maxThreads 1.5x -longRunning 120 -xml "$report" 2>&1 |
    tee "$reports/$name.log" || code=$?
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
# Not a test project: each of its seeds is one whole run against three servers, and counts as a test.
if [ $# -eq 0 ] || [[ Chaos == *"$1"* ]]; then
  started=$SECONDS seeds=4 good=0
  # In two halves at once: a run waits more than it works.
  for half in 0 1; do
    env --default-signal=INT tests/Holdfast.Chaos/bin/Release/net10.0/Holdfast.Chaos --seed $((1 + half * seeds / 2)) --seeds $((seeds / 2)) 2>&1 | tee "$reports/chaos-$half.log" &
  done
  wait
  for half in 0 1; do
    good=$((good + $(sed -n 's/^\([0-9]*\) runs hold, .*/\1/p' "$reports/chaos-$half.log" | grep . || echo 0)))
  done
  passed=$((passed + good)) failed=$((failed + seeds - good))
  echo "Holdfast.Chaos: $good passed, $((seeds - good)) failed, $((SECONDS - started)) s"
fi
# What failed is said again where people look first: at the end. A test's lines go to the next line that is indented as its name is.
awk '/^    [^ ].*\[FAIL\]$/ { lines = 40; print "failed:" } /^    [^ ].*\[PASS\]$|^  [^ ]/ { lines = 0 } lines-- > 0' "$reports"/*.Tests.log 2>/dev/null || true
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
