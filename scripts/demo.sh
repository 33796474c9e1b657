#!/bin/sh
# Trains the three models on the demo corpus and compares them. Arguments go to `gatefold compare`.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh
need_toolchain

cargo build --release --locked
# Without options the demo always gives the same files, so it may replace those of the last time.
[ "$#" -gt 0 ] || set -- --overwrite
cargo run --quiet --release --locked -- compare "$@"
