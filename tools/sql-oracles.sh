#!/usr/bin/env bash
# Brings what tests compare the reading of SQL with, once, and prints its folder: PostgreSQL's own parser (libpg-query.cjs and
# what it loads) and the linter squawk. They lie outside of the repository.
set -euo pipefail
parser=17.6.10 squawk=2.66.0
if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "tools/sql-oracles.sh has programs for Linux x86_64 only." >&2
  exit 2
fi
folder=/var/cache/holdfast-test/sql-oracles
[ "$(id -u)" = 0 ] || folder=$HOME/.cache/holdfast-test/sql-oracles

if [ "$(cat "$folder/version" 2>/dev/null)" != "$parser $squawk" ]; then
  echo "fetching PostgreSQL's parser $parser and squawk $squawk …" >&2
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  # bring NAME PACKAGE SHA256
  bring() {
    mkdir -p "$work/$1" "$work/fetched/$1"
    (cd "$work/$1" && npm pack --silent "$2" >package-name)
    echo "$3  $work/$1/$(cat "$work/$1/package-name")" | sha256sum --check --quiet
    tar -xzf "$work/$1/$(cat "$work/$1/package-name")" -C "$work/fetched/$1" --strip-components=1
  }
  bring parser "@libpg-query/parser@$parser" 8afa41c142429c810d1dda36e1cd67fd000661838ce18be4ec3d057500f931e0
  bring squawk "@squawk-cli/linux-x64@$squawk" 29a97bb145dbfd3868b04e7155f8d6773dfa81cb6f5e82530960539e55f4fa3a
  chmod 755 "$work/fetched/squawk/bin/squawk"
  echo "$parser $squawk" >"$work/fetched/version"
  mkdir -p "$(dirname "$folder")"
  exec 9>"$folder.lock"
  flock 9
  rm -rf "$folder"
  mv "$work/fetched" "$folder"
  chmod -R a+rX "$folder"
fi
echo "$folder"
