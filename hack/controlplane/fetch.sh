# Sourced by build.sh: fetches the packages of packages.txt from Debian sid and unpacks them into the cache.
# apt runs with a configuration of its own: it verifies the archive's signatures as always, and the system stays as it is.
# shellcheck shell=bash

apt_get() { apt-get -c "$cache/apt/apt.conf" -q "$@"; }

# Where the machine gets its own packages from, without security updates; any mirror of Debian has sid beside them.
# `update --print-uris` knows every format of sources, and works before any list was fetched.
archives() {
  apt-get update --print-uris 2>/dev/null |
    sed -nE "s|^'(.*)/dists/.*/InRelease'.*|\1|p" | grep -v security | awk '!seen[$0]++'
}

configure_apt() {
  mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
  : >"$cache/apt/status"
  cat >"$cache/apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$cache/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$cache/apt";
Dir::State::status "$cache/apt/status";
Dir::Cache "$cache/apt";
APT::Default-Release "";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
  [ "$(id -u)" != 0 ] || echo 'APT::Sandbox::User "root";' >>"$cache/apt/apt.conf"
}

# The archive is the first whose sid is signed with Debian's keys: a third party's has none that is.
update_lists() {
  local keyring="" archive candidate
  for candidate in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
    [ ! -e "$candidate" ] || keyring=$candidate
  done
  [ -n "$keyring" ] || { echo "Debian's keys are missing (package debian-archive-keyring)."; return 1; }
  for archive in $(archives); do
    echo "deb [signed-by=$keyring arch=$(dpkg --print-architecture) target=Packages lang=none] $archive sid main" >"$cache/apt/sources.list"
    if apt_get update -o APT::Update::Error-Mode=any; then return 0; fi
  done
  echo "None of the machine's apt sources leads to a Debian archive with sid."
  return 1
}

download() {
  mkdir -p "$cache/debs" && cd "$cache/debs" && apt_get download "${names[@]}"
}

unpack() {
  rm -rf "$root.new" && mkdir -p "$root.new" || return
  local file
  while read -r _ file _ _; do
    dpkg-deb -x "$cache/debs/$file" "$root.new" &&
      dpkg-deb -W --showformat '${Package} ${Version}\n' "$cache/debs/$file" >>"$root.new/.versions" || return
  done <"$cache/apt/wanted"
  LC_ALL=C sort -o "$root.new/.versions" "$root.new/.versions" && packages_stamp >"$root.new/.stamp" &&
    rm -rf "$root" && mv "$root.new" "$root"
}

fetch() {
  command -v apt-get dpkg-deb >/dev/null || fail "Building the control plane needs Debian's apt-get and dpkg-deb, which are not here." \
    "Set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kubectl instead, for example the one that setup-envtest prints."
  local names total count
  mapfile -t names < <(cut -d ' ' -f 1 "$here/packages.txt")
  say "Building the control plane for tests and the demo, once: about 3 minutes on 2 cores, 2.5 GB in $cache."
  configure_apt
  lists_so_far() { megabytes "$(size_of "$cache/apt/lists")"; }
  step "Lists" lists_so_far update_lists || broken "The package lists of Debian sid could not be fetched"
  # One line for each package: 'address' file size hash.
  if ! (cd "$cache" && apt_get download --print-uris "${names[@]}") >"$cache/apt/wanted" 2>"$log"; then
    broken "Debian sid no longer has all the packages of hack/controlplane/packages.txt"
  fi
  total=$(awk '{ sum += $3 } END { print sum }' "$cache/apt/wanted")
  count=${#names[@]}
  downloaded_so_far() { echo "$(megabytes "$(size_of "$cache/debs" "$cache/apt/archives/partial")") of $(megabytes "$total") in $count packages"; }
  step "Download" downloaded_so_far download || broken "The packages could not be downloaded; run it again to go on from here"
  unpacked_so_far() { echo "$(cat "$root.new/.versions" "$root/.versions" 2>/dev/null | wc -l) of $count packages"; }
  step "Unpack" unpacked_so_far unpack || broken "The packages could not be unpacked"
  rm -rf "$cache/debs" "$cache/apt"
}
