#!/usr/bin/env bash
# Ceph's RADOS Gateway for tests, from the packages of this machine's own Debian or Ubuntu.
#   rgw.sh unpack FOLDER    unpacks it and what it needs into FOLDER, once; nothing is installed on the machine
#   rgw.sh run FOLDER PROGRAM [ARGUMENT...]    becomes a program that was unpacked there; it dies with its parent
# Neither needs root. Several may unpack at the same time: one does it, the others wait for it.
set -euo pipefail
# shellcheck source=tests/servers/debian.sh
source "$(dirname "$0")/debian.sh"
do=${1:?unpack or run} folder=$(realpath -m "${2:?a folder}") root=$folder/programs
machine=$(uname -m)-linux-gnu

become() {
  export LD_LIBRARY_PATH=$root/usr/lib/$machine:$root/usr/lib/$machine/ceph:$root/usr/lib:$root/lib/$machine
  export PATH=$root/usr/bin:$root/usr/sbin:$PATH PYTHONPATH=$root/usr/lib/python3/dist-packages
  unset PYTHONHOME VIRTUAL_ENV
  exec setpriv --pdeathsig KILL "$@"
}

works() { (become radosgw --version && become ceph-mon --version && become ceph-osd --version) >/dev/null 2>&1; }

unpack() {
  begin_unpacking "$folder"
  local names
  names=$(apt_in "$new" install -s --no-install-recommends radosgw ceph-mon ceph-osd | awk '/^Inst/{print $2}')
  # shellcheck disable=SC2086 - one word a package
  end_unpacking "$root" $names
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
