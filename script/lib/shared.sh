# shellcheck shell=bash
# What the scripts share: how they speak, take turns, and get packages from Debian. Sourced, not run.

say() {
  printf '==> %s\n' "$*" >&2
}

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

on_path() {
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || return 1
  done
}

# Runs a command while no other script of this checkout holds the lock. The lock is this file, so nothing is left behind.
with_lock() {
  if ! on_path flock; then
    "$@"
    return
  fi
  local lock
  exec {lock}<script/lib/shared.sh
  flock "$lock"
  "$@"
  exec {lock}<&-
}

# Installs those of the named Debian packages that are missing; false, with a sentence, where that is not possible.
install_debian() {
  local missing
  mapfile -t missing < <(missing_debian "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if ! on_path apt-get; then
    say "Missing: ${missing[*]} (names of Debian packages). This machine has no apt-get: install what they hold by hand."
    return 1
  fi
  if ! as_root true 2>/dev/null; then
    say "Missing: ${missing[*]}. Installing them takes root: run 'sudo apt-get install ${missing[*]}' by hand."
    return 1
  fi
  say "Installing from Debian: ${missing[*]}"
  apt_install "${missing[@]}" || { as_root apt-get update -q && apt_install "${missing[@]}"; } ||
    { say "apt-get could not install ${missing[*]}; its reason stands above."; return 1; }
}

missing_debian() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done
}

# Waits for another apt, asks nothing, and tells the whole story only where it fails.
apt_install() {
  local log
  log=$(mktemp)
  if as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
  else
    tail -n 15 "$log" >&2
    rm -f "$log"
    return 1
  fi
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}
