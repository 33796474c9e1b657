#!/bin/sh
# Trains 2,000 steps on batches of all lengths, and says whether memory and the time of a step stay flat. Arguments go to
# examples/soak.rs: a variant, then reviews and their vocabulary.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh
. scripts/adapter.sh
need_toolchain
need_adapter

cargo run --quiet --release --locked --example soak -- "$@"
