# Sourced by the tools: where the repository is, how to talk, and which toolchain we trust.
# shellcheck shell=bash

# shellcheck disable=SC2034
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Embedded Swift is an experimental feature of the compiler: the device build is known to work with
# exactly this toolchain, and moving it is a change of its own (docs/decisions/0001).
pinned_swift=6.3.1

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "${0##*/}: $*"
  exit 1
}

# Prints the header comment of the calling tool: the text between its first line and its first code.
usage() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$0"; }

require_swift() {
  local wanted=${AURICLE_SWIFT_VERSION:-$pinned_swift} found
  command -v swift >/dev/null ||
    fail "no Swift toolchain in PATH; install Swift $wanted for Debian 12 from swift.org and try again"
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  [ "$found" = "$wanted" ] ||
    fail "found Swift ${found:-of an unknown version}, but the project is pinned to $wanted;" \
      "install that one, or try yours with AURICLE_SWIFT_VERSION=$found"
}

# The toolchain's own lld, clang and llvm-objcopy live beside its compiler.
swift_home() { dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")"; }

# Runs a command as root: directly, with sudo, or not at all.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root and there is no sudo; run as root: $*"
  fi
}

# Prints what a program built for the target is run with here: nothing, or an emulator.
runner() { # TARGET
  local emulator sysroot=$root/build/sdk/auricle.artifactbundle/$1/sysroot
  case $(uname -m):$1 in
    x86_64:x86_64* | aarch64:arm64 | armv7l:armhf) return ;;
    *:arm64) emulator=qemu-aarch64-static ;;
    *:armhf) emulator=qemu-arm-static ;;
    *:x86_64) emulator=qemu-x86_64-static ;;
    *) fail "no way to run programs for $1 on $(uname -m)" ;;
  esac
  command -v "$emulator" >/dev/null || fail "$emulator is missing; tools/setup cross installs it"
  printf '%s -L %s\n' "$emulator" "$sysroot"
}

# Names the built programs in the environment, as Tests/BlackBox/programs.py reads it, or says what
# must be built first.
name_programs() { # TARGET
  local folder=$root/build/device/$1 regular run
  regular=$(swift build --package-path "$root" --show-bin-path)
  case $1 in
    regular) folder=$regular ;;
    x86_64 | arm64 | armhf | x86_64-*) ;;
    *) fail "unknown target '$1'; known are x86_64, arm64, armhf, x86_64-address, regular" ;;
  esac
  [ -x "$folder/auricled" ] || fail "no auricled for $1; build it first (tools/build-device, swift build)"
  [ -x "$regular/auricle-agent" ] || fail "no auricle-agent; run swift build first"
  export AURICLE_DAEMON=$folder/auricled AURICLE_AGENT=$regular/auricle-agent
  export AURICLE_DEMO=$regular/auricle-demo
  # The command line is not what a sanitized run is about.
  AURICLE_CLI=$folder/auricle
  [ -x "$AURICLE_CLI" ] || AURICLE_CLI=$regular/auricle
  export AURICLE_CLI AURICLE_TARGET=$1
  case $1 in
    regular) run="" ;;
    *) run=$(runner "${1%-address}") ;;
  esac
  export AURICLE_RUN=$run
  # Emulated or instrumented, everything takes longer.
  case $1 in
    x86_64 | regular) ;;
    *) export AURICLE_PATIENCE=${AURICLE_PATIENCE:-4} ;;
  esac
}
