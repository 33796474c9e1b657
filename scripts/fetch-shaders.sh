#!/bin/sh
# Fetches shaders that others wrote, for the test interpreter::foreign of tests/gpu/: those of wgpu's examples and of naga's
# tests (MIT or Apache-2.0), at one commit. Arguments: the folder (target/shaders). Needs git and the network.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

url=${GATEFOLD_SHADERS_URL:-https://github.com/gfx-rs/wgpu}
commit=64a61ee5c69569bbb3db03563997e88a229eba17
folder=${1:-target/shaders}

[ -e "$folder" ] && { say "$folder is there already; remove it to fetch anew"; exit 0; }
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$(dirname "$folder")/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
git init --quiet "$work/repository"
git -C "$work/repository" fetch --quiet --depth 1 "$url" "$commit"
git -C "$work/repository" archive FETCH_HEAD examples/src naga/tests/in player/tests/data tests/tests |
    tar -x -C "$work" --exclude='*.png' --exclude='*.spv'
find "$work/examples" "$work/naga" "$work/player" "$work/tests" -type f ! -name '*.wgsl' -delete
rm -rf "$work/repository"
mv "$work" "$folder"
trap - EXIT INT TERM
say "$(find "$folder" -name '*.wgsl' | wc -l) shaders in $folder"
