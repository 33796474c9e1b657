#!/bin/sh
# The tests of several ranks, under mpirun: with an MPI library and libclang, which are installed on Debian where that may be.
# Arguments go to the test program: a part of the tests' names.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh

packages='libopenmpi-dev openmpi-bin libclang-dev'

# Whether all is there that the feature `mpi` needs to be built and tested; otherwise `lack` says what is missing.
has_mpi() {
    if ! command -v mpicc >/dev/null || ! command -v mpirun >/dev/null; then
        lack='mpicc and mpirun, of an MPI library, are not installed'
    elif ! has_libclang; then
        lack='libclang, which reads the headers of MPI, is not installed'
    else
        return 0
    fi
    return 1
}

has_libclang() {
    for library in "${LIBCLANG_PATH:-/nowhere}"/libclang*.so* /usr/lib/llvm*/lib/libclang*.so* /usr/lib*/libclang*.so* \
        /usr/lib/*/libclang*.so*; do
        case $library in
            *libclang-cpp*) ;;
            *) [ ! -e "$library" ] || return 0 ;;
        esac
    done
    return 1
}

# Ends with what to install by hand, because of $1.
advise() {
    stop "$lack, and $1. On Debian and Ubuntu, this installs what is needed:

  sudo apt-get install --no-install-recommends $packages

On other systems: an MPI library with its compiler wrapper (OpenMPI, MPICH), and libclang. Then run this again."
}

need_toolchain
if ! has_mpi; then
    [ -z "${GATEFOLD_NO_INSTALL:-}" ] || advise 'GATEFOLD_NO_INSTALL is set'
    command -v apt-get >/dev/null || advise 'this system has no apt-get'
    [ "$(id -u)" -eq 0 ] || advise 'installing needs root'
    say "$lack; installing $packages"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update >&2 || say 'the list of packages could not be renewed; trying with the old one'
    # shellcheck disable=SC2086 # a list of names
    apt-get install -y --no-install-recommends $packages >&2 || advise 'apt-get failed (see above; is this machine offline?)'
    has_mpi || advise 'installing did not help'
fi

# A rank is a process: several tests at once would be more of them than there are processors.
cargo test --locked --features mpi --test mpi -- --test-threads 1 "$@"
