#!/bin/sh
# Runs the tests that need a device on every adapter of this machine and on the processor, once more with WebGPU's default limits
# alone and once without wgpu's checks in shaders, and compares what the adapters train to. Arguments go to the test
# program: a part of the tests' names. GATEFOLD_ADAPTERS="0 2" runs them on these adapters alone; "default-limits",
# "unchecked" and "compare" are three more parts.
#
# Left out are the seeded faults, which ask whether tests notice and not what an adapter does. SwiftShader compiles the
# unrolled kernels for minutes, and keeps gigabytes of what it made them from: there the tests of whole trainings, of long
# reviews, of many sizes and of lost devices run with WebGPU's default limits, in the portable form; the others in every form.
#
# A second software adapter, SwiftShader, is fetched where the system is Debian: two files of its package
# chromium-common, into target/swiftshader; nothing is installed. Elsewhere, VK_ADD_DRIVER_FILES may name a
# vk_swiftshader_icd.json of your own.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
. scripts/toolchain.sh
. scripts/adapter.sh

swiftshader=target/swiftshader
# Tests that take SwiftShader long.
slow='training:: callbacks:: recover:: predict::many_batches padding:: oracle:: lstm::the_longest_review'
gles=1 # need_adapter: OpenGL is built in

main() {
    need_toolchain
    need_adapter
    if fetch_swiftshader; then
        add_driver "$PWD/$swiftshader/vk_swiftshader_icd.json"
    fi
    cargo build --locked --features gles
    cargo test --locked --features gles --test gpu --no-run
    count=$(gatefold devices --json | tr ',' '\n' | grep -c '"index":') || stop 'no adapter found'
    gatefold devices >&2
    failed=
    every=$(seq 0 $((count - 1)) | tr '\n' ' ')
    for part in ${GATEFOLD_ADAPTERS:-$every default-limits unchecked compare}; do
        say "adapter $part"
        case $part in
            default-limits) GATEFOLD_WEBGPU_LIMITS=1 run_tests "$@" ;;
            unchecked) GATEFOLD_UNCHECKED=1 run_tests "$@" ;;
            compare) cargo run --quiet --locked --features gles --example compare_adapters ;;
            *) run_on "$part" "$@" ;;
        esac || failed="$failed $part"
    done
    [ -z "$failed" ] || stop "failed on:$failed"
}

run_on() (
    export WGPU_ADAPTER_NAME="$1"
    if is_a "$1" '"backend":"native"'; then
        WGPU_ADAPTER_NAME=cpu # the tests know the processor by its name
    fi
    shift
    if [ $# -gt 0 ] || ! is_swiftshader "$WGPU_ADAPTER_NAME"; then
        run_tests "$@"
        return
    fi
    # shellcheck disable=SC2046,SC2086 # names of tests, without spaces
    run_tests $(printf ' --skip=%s' $slow) && GATEFOLD_WEBGPU_LIMITS=1 run_tests $slow
)

is_swiftshader() {
    is_a "$1" SwiftShader
}

# Whether the device of that number has $2 in what is told of it.
is_a() {
    gatefold devices --json | tr '{' '\n' | grep "\"index\":$1," | grep -q "$2"
}

gatefold() {
    cargo run --quiet --locked --features gles -- "$@"
}

run_tests() {
    cargo test --quiet --locked --features gles --test gpu -- --skip=mutants:: "$@"
}

# The Vulkan loader adds drivers to its own only where none are named outright.
add_driver() {
    if [ -n "$chosen" ]; then
        export VK_DRIVER_FILES="$chosen:$1"
    else
        export VK_ADD_DRIVER_FILES="${VK_ADD_DRIVER_FILES:+$VK_ADD_DRIVER_FILES:}$1"
    fi
}

# Puts the driver and its manifest into $swiftshader, or says why there is none.
fetch_swiftshader() {
    [ ! -f "$swiftshader/vk_swiftshader_icd.json" ] || return 0
    if ! apt-cache show chromium-common >/dev/null 2>&1; then
        say 'SKIPPED: SwiftShader (this system has no package chromium-common, or apt-get update has not run)'
        return 1
    fi
    if [ -n "${GATEFOLD_NO_INSTALL:-}" ]; then
        say 'SKIPPED: SwiftShader (GATEFOLD_NO_INSTALL is set, so nothing is fetched)'
        return 1
    fi
    say "fetching SwiftShader, a software adapter: two files of Debian's package chromium-common, into $swiftshader"
    rm -rf "$swiftshader.part"
    mkdir -p "$swiftshader.part"
    # In a condition `set -e` does not hold.
    if ! (
        cd "$swiftshader.part" &&
            apt-get download chromium-common >&2 &&
            dpkg-deb --extract chromium-common_*.deb package &&
            mv package/usr/lib/chromium/libvk_swiftshader.so package/usr/lib/chromium/vk_swiftshader_icd.json . &&
            rm -r package chromium-common_*.deb
    ); then
        say 'SKIPPED: SwiftShader (the package could not be fetched or unpacked, see above)'
        return 1
    fi
    mv "$swiftshader.part" "$swiftshader"
}

main "$@"
