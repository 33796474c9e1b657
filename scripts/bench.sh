#!/bin/sh
# Times a training step of each variant. Arguments go to `gatefold bench`.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh
need_toolchain

cargo build --release --locked
for variant in baseline dropout bidirectional; do
    cargo run --quiet --release --locked -- bench "$variant" "$@"
done
