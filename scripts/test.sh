#!/bin/sh
# All checks, then all tests: library, programs, examples, documentation. Arguments go to `cargo test`.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh
. scripts/adapter.sh
need_toolchain
need_adapter

sh scripts/check.sh
cargo test --locked --workspace --no-run
# A crate as that of a user of wgsl-check.
cargo test --quiet --locked --manifest-path wgsl-check/example/Cargo.toml --target-dir target
confirm_adapter cargo run --quiet --locked --example hello_gpu
cargo test --locked --workspace --no-fail-fast "$@"
# The tests of the device once more, on the processor's own kernels; the seeded faults are in the shaders.
case " $* " in
    *' --test '*) ;;
    *) WGPU_ADAPTER_NAME=cpu cargo test --locked --no-fail-fast --test gpu -- --skip=mutants:: ;;
esac
