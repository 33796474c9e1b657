#!/bin/sh
# imdb.sh [OPTION...]: the best model of the film reviews that gatefold's layers make, in one command: fetches them, builds a
# vocabulary of words, trains on all 25,000 training reviews and tests on all 25,000 test reviews. docs/results/README.md says
# what comes out. OPTIONs, --seed 1 or --adapter cpu say, go to `gatefold train`. Writes below runs/words-imdb.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
gatefold=${GATEFOLD:-gatefold}
words=imdb-100000.words
"$gatefold" data fetch imdb
[ -e "$words" ] || "$gatefold" data build-vocab --data imdb --kind words --target-size 100000 --output "$words"
"$gatefold" train --config "$here/imdb.toml" --data imdb --vocab "$words" --out runs/words-imdb \
    --epochs 6 --learning-rate 0.003 --schedule cosine --batch-size 32 --bucket --mask-padding "$@"
"$gatefold" evaluate runs/words-imdb --data imdb
