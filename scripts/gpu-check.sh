#!/bin/sh
# gpu-check.sh [-b GATEFOLD] [-o FILE] [-- OPTION...]: checks gatefold on this machine's GPU and writes one file to send back.
#
# For a bare Linux machine with a GPU's driver: it needs a gatefold program, by default the one beside this script or in
# PATH, and nothing else. OPTIONs, --adapter NAME say, go to each command that uses the device. The file has what the
# adapter says of itself, every form of the kernels with times and errors, and a short training; no names, no paths.
set -u

stop() {
    printf 'gpu-check: %s\n' "$*" >&2
    exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
program= file=gatefold-gpu-check.txt
while getopts b:o: option; do
    case $option in
    b) program=$OPTARG ;;
    o) file=$OPTARG ;;
    *) stop "usage: gpu-check.sh [-b GATEFOLD] [-o FILE] [-- OPTION...]" ;;
    esac
done
shift $((OPTIND - 1))
if [ -z "$program" ]; then
    program=$here/gatefold
    [ -x "$program" ] || program=$(command -v gatefold) ||
        stop "there is no gatefold beside this script or in PATH; name it with -b GATEFOLD"
fi
[ -x "$program" ] || stop "$program cannot be run; name a gatefold program with -b GATEFOLD"
[ ! -e "$file" ] || stop "$file is there already; name another with -o FILE"
folder=$(mktemp -d) || stop "there is no place for temporary files; set TMPDIR to a folder that can be written"
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
failed=

# Runs a command of gatefold and puts its output, its messages and how it ended into the report.
part() { # NAME COMMAND...
    name=$1
    shift
    printf 'gpu-check: %s ...\n' "$name" >&2
    {
        printf '== %s: gatefold %s\n' "$name" "$1"
        "$program" "$@" </dev/null 2>&1
        code=$?
        printf '== exit code %s\n\n' "$code"
    } | sed "s|$folder|FOLDER|g" >>"$folder/report.txt"
    # The pipeline hides the code; the report has it.
    tail -n 2 "$folder/report.txt" | grep -q '^== exit code 0$' || failed="$failed $name"
}

{
    uname -srm
    "$program" --version 2>&1
    echo
} >"$folder/report.txt"
part devices devices "$@"
part forms bench --report "$folder/forms.json" "$@"
part training train bidirectional --epochs 1 --out "$folder/run" "$@"
if [ -e "$folder/forms.json" ]; then
    {
        echo '== forms.json'
        cat "$folder/forms.json"
        echo
    } >>"$folder/report.txt"
fi
mv "$folder/report.txt" "$file" || stop "$file cannot be written; name another with -o FILE"
if [ -n "$failed" ]; then
    printf 'gpu-check: failed:%s. Please send %s, which says why.\n' "$failed" "$file" >&2
    exit 1
fi
printf 'gpu-check: all is well. Please send %s.\n' "$file" >&2
