#!/bin/sh
# Builds the Python wheel that carries the program, installs it in a fresh virtual environment, and runs it there:
#   sh scripts/wheel.sh [--profile dev]
# The wheel is left in target/wheels. Needs Python 3.8 or newer with its venv module, and maturin (pip install maturin).
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh
need_toolchain

python=${PYTHON:-python3}
maturin=${MATURIN:-maturin}
command -v "$maturin" >/dev/null ||
    stop "maturin, which builds wheels, is not installed:  pip install maturin  (MATURIN names it elsewhere)"
"$python" -c 'import venv' 2>/dev/null ||
    stop "$python has no venv module; on Debian, Ubuntu:  sudo apt-get install python3-venv"

case ${1:---release} in
    --profile) set -- --profile "${2:?--profile needs a name}" ;;
    *) set -- --release ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$maturin" build --locked "$@" --out "$work/wheel"
set -- "$work"/wheel/gatefold-*.whl
[ "$#" -eq 1 ] && [ -f "$1" ] || stop "maturin left no wheel, or several: $*"

# Nothing but the wheel: no index is asked.
"$python" -m venv "$work/venv"
bin=$work/venv/bin
[ -d "$bin" ] || bin=$work/venv/Scripts
"$bin/python" -m pip install --quiet --no-index --disable-pip-version-check "$1"
version=$("$bin/gatefold" --version)
wanted="gatefold $(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)"
[ "$version" = "$wanted" ] || stop "the wheel's program says '$version', not '$wanted'"
(
    cd "$work"
    "$bin/gatefold" train bidirectional --adapter cpu --fast-dev-run --out run --quiet >/dev/null
    "$bin/gatefold" predict run --adapter cpu --quiet 'a fine film'
)
mkdir -p target/wheels
cp "$1" target/wheels/
say "$version runs from target/wheels/$(basename "$1") ($(wc -c <"$1" | tr -d ' ') bytes)"
