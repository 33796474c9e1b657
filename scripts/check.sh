#!/bin/sh
# Format, lints and documentation, with warnings as errors.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh
need_toolchain

# Runs `cargo $1 …`, where this toolchain has the component $2 that brings it.
with_component() {
    if cargo "$1" --version >/dev/null 2>&1; then
        shift 2
        cargo "$@"
    else
        say "SKIPPED: cargo $1 (not installed; rustup component add $2)"
    fi
}

with_component fmt rustfmt fmt --all --check
with_component clippy clippy clippy --locked --workspace --all-targets -- -D warnings
# The libraries as their users build them: without the programs, and without what they leave out.
with_component clippy clippy clippy --locked --lib --no-default-features -- -D warnings
with_component clippy clippy clippy --locked --package wgsl-check --lib --no-default-features -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps
