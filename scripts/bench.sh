#!/bin/sh
# Times a training step of each variant. Arguments go to `gatefold bench`.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh
. scripts/adapter.sh
need_toolchain
need_adapter

cargo build --release --locked
confirm_adapter cargo run --quiet --release --locked -- devices
for variant in baseline dropout bidirectional; do
    cargo run --quiet --release --locked -- bench "$variant" "$@"
done
