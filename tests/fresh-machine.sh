#!/usr/bin/env bash
# Runs the README's two commands as a newcomer would: in a fresh clone, in a root file system that holds Debian's minimal base, git,
# certificates and this machine's .NET SDK, and nothing else. Needs root and debootstrap; takes ten to twenty minutes.
#   tests/fresh-machine.sh FOLDER [COMMAND …]     FOLDER is made by debootstrap where it is empty; it stays for the next run
# Nothing is mounted in FOLDER afterwards; look (findmnt) before deleting it, and delete it with rm -r --one-file-system.
set -euo pipefail
folder=$(realpath -m "${1:?usage: $0 FOLDER [COMMAND …]}")
shift
commands=("$@")
[ ${#commands[@]} -gt 0 ] || commands=("./holdfast demo" "./test.sh")
repository=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")

if [ ! -e "$folder/etc/debian_version" ]; then
  debootstrap --variant=minbase --include=ca-certificates,git bookworm "$folder" "$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -1)"
fi
# This machine's way to its registries: certificates, names, and the clients' own settings.
cp -r /etc/ssl/certs/. "$folder/etc/ssl/certs/"
cp /etc/resolv.conf /etc/hosts "$folder/etc/"
cp -r /etc/apt/apt.conf.d/. "$folder/etc/apt/apt.conf.d/"
[ ! -e "$HOME/.npmrc" ] || grep -v '^nodedir' "$HOME/.npmrc" >"$folder/root/.npmrc"
mkdir -p "$folder/usr/share/dotnet" "$folder/proc" "$folder/dev" "$folder/work"

mounted=()
clean_up() {
  local i
  # The builds' servers would stay for a quarter of an hour, in file systems that nobody sees any more.
  [ ${#mounted[@]} -lt 4 ] || inside "dotnet build-server shutdown >/dev/null" || echo "$0: servers of the build may still run in $folder" >&2
  for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do
    umount -l -R "${mounted[i]}" || echo "$0: ${mounted[i]} is still mounted" >&2
  done
}
inside() {
  env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt NUGET_CERT_REVOCATION_MODE=offline \
    chroot "$folder" bash -c "cd /work/holdfast && $1"
}
trap clean_up EXIT
bind() { mount "$@" && mounted+=("${@: -1}"); }
bind --bind -o ro "$sdk" "$folder/usr/share/dotnet"
bind -t proc proc "$folder/proc"
bind --rbind /dev "$folder/dev"
mount --make-rslave "$folder/dev"
bind -t tmpfs tmpfs "$folder/work"

git clone -q "$repository" "$folder/work/holdfast"
ln -sfn /usr/share/dotnet/dotnet "$folder/usr/bin/dotnet"
for command in "${commands[@]}"; do
  echo "== $command"
  inside "$command"
done
