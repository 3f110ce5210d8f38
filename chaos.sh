#!/usr/bin/env bash
# Builds what the chaos run needs and runs it: ./chaos.sh --help
#   ./chaos.sh --minutes 30 --seed 1000
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# shellcheck source=tools/prepare.sh
source tools/prepare.sh
need_dotnet
need_servers
HOLDFAST_TEST_PG_NEWER_BIN=$(bash tools/newer-postgres.sh)
export HOLDFAST_TEST_PG_NEWER_BIN

echo "building …" >&2
log=$(mktemp)
if ! with_build_lock . dotnet build tests/Holdfast.Chaos -c Release --nologo -v quiet >"$log" 2>&1; then
  cat "$log" >&2
  echo "chaos: the build failed; what it said stands above." >&2
  exit 1
fi
rm -f "$log"

# Servers run as another account where root starts them; it passes through this folder.
TMPDIR=$(mktemp -d -t holdfast-chaos-XXXXXX)
export TMPDIR
chmod 711 "$TMPDIR"
trap 'rm -rf "$TMPDIR"' EXIT
code=0
tests/Holdfast.Chaos/bin/Release/net10.0/Holdfast.Chaos "$@" || code=$?
exit $code
