#!/bin/sh
# imdb.sh [OPTION...]: the best model of the film reviews that gatefold's layers make, in one command: fetches them, builds a
# vocabulary of words, pairs and threes of words, trains on all 25,000 training reviews and tests on all 25,000 test reviews.
# docs/results/README.md says what comes out. OPTIONs, --seed 1 or --adapter cpu say, go to `gatefold train`. Writes
# imdb-ngrams.words here, and runs/ngrams-imdb.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
gatefold=${GATEFOLD:-gatefold}
ngrams=imdb-ngrams.words
"$gatefold" data fetch imdb
[ -e "$ngrams" ] || "$gatefold" data build-vocab --data imdb --kind words --ngrams 3 --target-size 300000 --output "$ngrams"
"$gatefold" train --config "$here/imdb.toml" --data imdb --vocab "$ngrams" --out runs/ngrams-imdb \
    --epochs 6 --learning-rate 0.01 --schedule cosine --batch-size 64 --bucket --mask-padding "$@"
"$gatefold" evaluate runs/ngrams-imdb --data imdb
