#!/bin/sh
# Trains the three models on the demo corpus and compares them. Arguments go to `gatefold compare`.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh
. scripts/adapter.sh
need_toolchain
need_adapter

cargo build --release --locked
confirm_adapter cargo run --quiet --release --locked -- devices
# Without options the demo always gives the same files, so it may replace those of the last time.
[ "$#" -gt 0 ] || set -- --overwrite
cargo run --quiet --release --locked -- compare "$@"
