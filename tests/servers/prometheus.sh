#!/usr/bin/env bash
# Prometheus and promtool for tests, from the package of this machine's own Debian or Ubuntu.
#   prometheus.sh FOLDER    unpacks it into FOLDER/programs, once; nothing is installed on the machine, no root is needed
# Several may unpack at the same time: one does it, the others wait for it.
set -euo pipefail
# shellcheck source=tests/servers/debian.sh
source "$(dirname "$0")/debian.sh"
folder=$(realpath -m "${1:?a folder}") root=$folder/programs

works() { "$root/usr/bin/prometheus" --version >/dev/null 2>&1 && "$root/usr/bin/promtool" --version >/dev/null 2>&1; }

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
works && exit 0
rm -rf "$folder"/new.*
begin_unpacking "$folder"
end_unpacking "$root" prometheus
works
