#!/usr/bin/env bash
# What a machine needs, for ./holdfast and ./test.sh: installed where the user is root, otherwise the exact line is printed.

export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

need_dotnet() {
  local sdks=
  # Asked first and searched afterwards: a pipe that grep leaves early would fail under pipefail.
  ! command -v dotnet >/dev/null || sdks=$(dotnet --list-sdks)
  if ! [[ $sdks =~ (^|$'\n')10\.[^[]*\[([^]]*)/sdk\] ]]; then
    echo "holdfast: the .NET SDK 10 is missing. Install it (Ubuntu 24.04 and newer: apt-get install dotnet-sdk-10.0; elsewhere: the install page of .NET) and try again." >&2
    exit 2
  fi
  # A built program looks for its runtime in the system's folders only, not beside the dotnet that built it (~/.dotnet).
  export DOTNET_ROOT=${DOTNET_ROOT:-${BASH_REMATCH[2]}}
}

# with_build_lock ROOT COMMAND …   One build at a time: ./holdfast and ./test.sh write into the same obj folders. The build
# itself does not get the lock's descriptor: its servers outlive it for minutes and would hold the lock all that time.
with_build_lock() {
  local root=$1 code=0
  shift
  mkdir -p "$root/.cache"
  exec 9>"$root/.cache/build.lock"
  flock 9
  "$@" 9>&- || code=$?
  exec 9>&-
  return $code
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

# What the tests' servers need.
need_servers() {
  # Debian starts a server of its own for a fresh installation; nobody here needs it.
  if [ "$(id -u)" = 0 ] && [ ! -e /usr/bin/pg_createcluster ]; then
    mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  fi
  need_packages libsqlite3-0=/libsqlite3.so.0 postgresql='/usr/lib/postgresql/*/bin/initdb' pgbouncer=pgbouncer util-linux=setpriv npm=npm nodejs=node
}

has_library() {
  local folder
  for folder in /lib /usr/lib /usr/local/lib /lib64 /usr/lib64 /lib/*-linux-gnu /usr/lib/*-linux-gnu; do
    [ -e "$folder/$1" ] && return 0
  done
  return 1
}
