#!/usr/bin/env bash
# Ceph's RADOS Gateway for tests, from the packages of this machine's own Debian or Ubuntu.
#   rgw.sh unpack FOLDER    unpacks it and what it needs into FOLDER, once; nothing is installed on the machine
#   rgw.sh run FOLDER PROGRAM [ARGUMENT...]    becomes a program that was unpacked there; it dies with its parent
# Neither needs root. Several may unpack at the same time: one does it, the others wait for it.
set -euo pipefail
do=${1:?unpack or run} folder=$(realpath -m "${2:?a folder}") root=$folder/programs
machine=$(uname -m)-linux-gnu

become() {
  export LD_LIBRARY_PATH=$root/usr/lib/$machine:$root/usr/lib/$machine/ceph:$root/usr/lib:$root/lib/$machine
  export PATH=$root/usr/bin:$root/usr/sbin:$PATH PYTHONPATH=$root/usr/lib/python3/dist-packages
  unset PYTHONHOME VIRTUAL_ENV
  exec setpriv --pdeathsig KILL "$@"
}

works() { (become radosgw --version && become ceph-mon --version && become ceph-osd --version) >/dev/null 2>&1; }

# Lists and packages go into a folder of ours, so that apt neither needs root nor touches what the machine has.
apt_in() {
  local place=$1
  shift
  apt-get -qq -o Dir::State::Lists="$place/lists" -o Dir::Cache="$place/cache" -o Debug::NoLocking=1 \
    -o APT::Sandbox::User= -o Acquire::Retries=3 -o Acquire::Languages=none "$@"
}

unpack() {
  new=$(mktemp -d "$folder/new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  mkdir -p "$new/lists/partial" "$new/cache/archives/partial" "$new/debs" "$new/programs"
  apt_in "$new" update
  local names
  names=$(apt_in "$new" install -s --no-install-recommends radosgw ceph-mon ceph-osd | awk '/^Inst/{print $2}')
  # shellcheck disable=SC2086 - one word a package
  [[ -z $names ]] || (cd "$new/debs" && apt_in "$new" download $names)
  for package in "$new"/debs/*.deb; do dpkg -x "$package" "$new/programs"; done
  rm -rf "$root" "$new/programs/usr/share/doc" "$new/programs/usr/share/man"
  mv "$new/programs" "$root" # whole, or not at all
}

if [[ $do == run ]]; then
  shift 2
  become "$@"
fi
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
works && exit 0
rm -rf "$folder"/new.*
unpack
works || { become radosgw --version; exit 1; }
