#!/bin/sh
# Fetches axe-core, with which the tests judge the pages, into target/axe, and prints where it is:
#   GATEFOLD_AXE=$(scripts/fetch-axe.sh) cargo test --test cpu accessibility
# It needs npm. axe-core is under the Mozilla Public License 2.0 and no part of gatefold.
set -eu
version=4.14.1
folder=$(cd "$(dirname "$0")/.." && pwd)/target/axe
file=$folder/package/axe.min.js
if [ ! -f "$file" ]; then
  mkdir -p "$folder"
  (cd "$folder" && npm pack --silent "axe-core@$version" >/dev/null && tar xzf "axe-core-$version.tgz")
fi
echo "$file"
