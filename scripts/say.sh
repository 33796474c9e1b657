# How the scripts speak: on standard error, so that results alone stand on standard output.

say() {
    printf 'gatefold: %s\n' "$*" >&2
}

# Ends the script with a message.
stop() {
    say "$@"
    exit 1
}
