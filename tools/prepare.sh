#!/usr/bin/env bash
# What a machine needs, for ./holdfast and ./test.sh: installed where the user is root, otherwise the exact line is printed.

export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

need_dotnet() {
  if ! command -v dotnet >/dev/null || ! dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then
    echo "holdfast: the .NET SDK 10 is missing. Install it (Ubuntu 24.04 and newer: apt-get install dotnet-sdk-10.0; elsewhere: the install page of .NET) and try again." >&2
    exit 2
  fi
}

# need_packages PACKAGE=FILE …   A FILE that starts with / and has no other slash is a library; one without any is a program.
need_packages() {
  local missing=() pair package file
  for pair in "$@"; do
    package=${pair%%=*} file=${pair#*=}
    case $file in
      /*/*) compgen -G "$file" >/dev/null || missing+=("$package") ;;
      /*) has_library "${file#/}" || missing+=("$package") ;;
      *) PATH=$PATH:/usr/sbin:/sbin command -v "$file" >/dev/null || missing+=("$package") ;;
    esac
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "holdfast: missing on this machine: ${missing[*]}. Install with: sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 2
  fi
  echo "installing ${missing[*]} …" >&2
  local log
  log=$(mktemp)
  if ! { DEBIAN_FRONTEND=noninteractive apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "holdfast: could not install ${missing[*]}; what apt-get said stands above." >&2
    exit 2
  fi
  rm -f "$log"
}

has_library() {
  local folder
  for folder in /lib /usr/lib /usr/local/lib /lib64 /usr/lib64 /lib/*-linux-gnu /usr/lib/*-linux-gnu; do
    [ -e "$folder/$1" ] && return 0
  done
  return 1
}
