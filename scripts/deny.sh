#!/bin/sh
# Whether the libraries' licences and sources are those that deny.toml allows, and whether any has a known weakness.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh
need_toolchain

cargo deny --version >/dev/null 2>&1 ||
    stop 'cargo-deny is not installed:  cargo install --locked cargo-deny@0.20.2'
cargo deny --locked check licenses bans sources
# The database of weaknesses stands on GitHub, which not every machine reaches.
if cargo deny --locked fetch db; then
    cargo deny --locked check --disable-fetch advisories
else
    say 'SKIPPED: known weaknesses (the database could not be fetched, see above)'
fi
