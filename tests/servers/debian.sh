# Fetches packages of this machine's own Debian or Ubuntu and unpacks them into a folder. To be sourced.
# Lists and packages go into a folder of ours, so that apt neither needs root nor touches what the machine has.

apt_in() {
  local place=$1
  shift
  apt-get -qq -o Dir::State::Lists="$place/lists" -o Dir::Cache="$place/cache" -o Debug::NoLocking=1 \
    -o APT::Sandbox::User= -o Acquire::Retries=3 -o Acquire::Languages=none "$@"
}

# begin_unpacking FOLDER: a folder `$new` within it, with the lists of packages; it goes when the script ends
begin_unpacking() {
  new=$(mktemp -d "$1/new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  mkdir -p "$new/lists/partial" "$new/cache/archives/partial" "$new/debs" "$new/programs"
  apt_in "$new" update
}

# end_unpacking ROOT PACKAGE...: what is in the packages is in ROOT, whole or not at all
end_unpacking() {
  local root=$1 package
  shift
  [[ $# == 0 ]] || (cd "$new/debs" && apt_in "$new" download "$@")
  for package in "$new"/debs/*.deb; do dpkg -x "$package" "$new/programs"; done
  rm -rf "$root" "$new/programs/usr/share/doc" "$new/programs/usr/share/man"
  mv "$new/programs" "$root"
}
