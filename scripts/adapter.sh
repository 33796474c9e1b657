# What running needs: an adapter. On Linux that is a Vulkan driver and the loader that finds it; macOS and
# Windows bring theirs. Where Linux has none, Mesa's software adapter is installed, after saying so.
# uses: say.sh

# Looks at files alone, which takes no time and needs no program; confirm_adapter asks the program itself.
need_adapter() {
    [ "$(uname -s)" = Linux ] || return 0
    make_runtime_dir
    check_variables
    # Whether OpenGL computes here, only the program can tell.
    if [ -z "$opengl_alone" ] && ! has_adapter; then
        install_adapter "$lack"
        has_adapter || stop "installed, but still no adapter: $lack."
    fi
}

# Runs a command that fails without an adapter; files can be there for a GPU that is not.
confirm_adapter() {
    "$@" >/dev/null 2>&1 && return
    if [ "$(uname -s)" = Linux ] && [ -z "$chosen" ] && ! has_software_adapter; then
        install_adapter 'there are drivers, but none of them finds a GPU'
    fi
    "$@" >&2 || exit 1
}

# Mesa complains on every start where this is unset.
make_runtime_dir() {
    [ -z "${XDG_RUNTIME_DIR:-}" ] || return 0
    XDG_RUNTIME_DIR=$(mktemp -d "${TMPDIR:-/tmp}/gatefold.XXXXXX") # mode 0700, as the XDG rules want
    export XDG_RUNTIME_DIR
    trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# What variables hide, installing would not bring back. Sets `chosen` to the drivers that they name, and `opengl_alone`
# where they leave OpenGL alone; a script that builds it in sets `gles`.
check_variables() {
    chosen=${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}
    opengl_alone=
    case ${WGPU_BACKEND:-vulkan} in
        *vulkan* | *vk* | *VULKAN* | *VK*) ;;
        *gl* | *GL*)
            [ -n "${gles:-}" ] || stop "WGPU_BACKEND=$WGPU_BACKEND hides Vulkan, and OpenGL is built in with --features gles alone.
Unset it and run this again, or use cargo run --release --features gles --, or make test-adapters."
            opengl_alone=1
            return
            ;;
        *) stop "WGPU_BACKEND=$WGPU_BACKEND hides Vulkan, the only backend on Linux. Unset it and run this again." ;;
    esac
    [ -z "$chosen" ] || has_driver ||
        stop "VK_DRIVER_FILES or VK_ICD_FILENAMES is set to $chosen, where there is no Vulkan driver.
Correct it, or unset it and run this again."
}

# Whether there is a loader and a driver that can work; otherwise `lack` says what is missing.
has_adapter() {
    if ! has_library libvulkan.so.1; then
        lack='the Vulkan loader, libvulkan.so.1, is not installed'
    elif [ -n "$chosen" ] || has_software_adapter || { has_gpu && has_driver; }; then
        lack=
        return 0
    elif has_gpu; then
        lack='there is a GPU, but no Vulkan driver for it'
    else
        lack='there is neither a GPU nor a software adapter'
    fi
    return 1
}

has_gpu() {
    for node in /dev/dri/renderD* /dev/nvidiactl /dev/dxg /dev/kgsl-3d0 /dev/mali*; do
        [ -e "$node" ] && return 0
    done
    return 1
}

has_driver() {
    driver_libraries | grep -q .
}

has_software_adapter() {
    driver_libraries | grep -q -e lvp -e lavapipe -e swiftshader
}

# The libraries of all drivers whose manifest and library are there.
driver_libraries() {
    manifests | while read -r manifest; do
        [ -f "$manifest" ] || continue
        library=$(sed -n 's/.*"library_path"[^"]*"\([^"]*\)".*/\1/p' "$manifest" | head -n 1)
        case $library in
            '') continue ;;
            /*) [ -e "$library" ] || continue ;;
            */*) [ -e "$(dirname "$manifest")/$library" ] || continue ;;
            *) has_library "$library" || continue ;;
        esac
        printf '%s\n' "$library"
    done
}

# Every driver manifest, where the Vulkan loader looks for them.
manifests() (
    places=$chosen
    if [ -z "$places" ]; then
        folders=${XDG_CONFIG_HOME:-${HOME:-}/.config}:${XDG_CONFIG_DIRS:-/etc/xdg}:/etc
        folders=$folders:${XDG_DATA_HOME:-${HOME:-}/.local/share}:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}
        folders=$folders:/run/opengl-driver/share
        places=${VK_ADD_DRIVER_FILES:-}:$(printf '%s' "$folders" | sed 's|:|/vulkan/icd.d:|g; s|$|/vulkan/icd.d|')
    fi
    IFS=:
    for place in $places; do
        if [ -d "$place" ]; then
            for manifest in "$place"/*.json; do
                printf '%s\n' "$manifest"
            done
        else
            printf '%s\n' "$place"
        fi
    done
)

# Asks the dynamic linker's list, which ordinary users may find outside their PATH; musl has none.
has_library() (
    { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null |
        awk -v name="$1" '$1 == name { found = 1 } END { exit !found }' && exit 0
    IFS=:
    for folder in ${LD_LIBRARY_PATH:-} /lib /usr/lib /lib64 /usr/lib64 /usr/local/lib /lib/*-linux-* /usr/lib/*-linux-* \
        /run/opengl-driver/lib; do
        [ -e "$folder/$1" ] && exit 0
    done
    exit 1
)

# Installs Mesa's software adapter because of $1, or says why it may not and what to do instead.
install_adapter() {
    find_manager
    say "$1.
Mesa's software adapter does on the processor what a GPU would do, only slower; where a GPU and its Vulkan
driver are installed, that GPU is taken instead."
    [ -z "${GATEFOLD_NO_INSTALL:-}" ] || advise 'GATEFOLD_NO_INSTALL is set, so nothing was installed'
    [ -n "$install" ] || advise 'this system has no package manager that is known here'
    become_root
    say "installing it:${update:+
  $as_root$update}
  $as_root$install"
    if [ -n "$update" ]; then
        run_as_root "$update" || say 'the list of packages could not be renewed; trying with the old one'
    fi
    run_as_root "$install" || advise 'the package manager failed (see above; is this machine offline?)'
}

# The commands that install the adapter here; none where the package manager is unknown.
find_manager() {
    update=
    install=
    if command -v apt-get >/dev/null; then
        update='apt-get update'
        install='apt-get install -y --no-install-recommends mesa-vulkan-drivers libvulkan1'
    elif command -v dnf >/dev/null; then
        install='dnf install -y mesa-vulkan-drivers vulkan-loader'
    elif command -v pacman >/dev/null; then
        install='pacman -S --needed --noconfirm vulkan-swrast vulkan-icd-loader'
    elif command -v zypper >/dev/null; then
        install='zypper --non-interactive install libvulkan_lvp libvulkan1'
    elif command -v apk >/dev/null; then
        install='apk add mesa-vulkan-swrast vulkan-loader'
    fi
}

# Sets what to put before a command that needs root.
become_root() {
    as_root=
    [ "$(id -u)" -ne 0 ] || return 0
    command -v sudo >/dev/null || advise 'installing needs root, and there is no sudo'
    as_root='sudo '
    # A password can be asked for where there is a terminal to type it.
    sudo -n true 2>/dev/null || [ -t 0 ] || advise 'installing needs root, and sudo wants a password, but there is no terminal'
}

run_as_root() {
    # Their output is news, not a result.
    # shellcheck disable=SC2086 # the commands are ours, to be split at spaces
    ${as_root}env DEBIAN_FRONTEND=noninteractive $1 >&2
}

# Ends with what to install by hand, because of $1.
advise() {
    if command -v sudo >/dev/null; then
        by='sudo '
    else
        by=
    fi
    if [ -n "$install" ]; then
        commands="${update:+  $by$update
}  $by$install"
    else
        commands='  the Vulkan loader (libvulkan.so.1), and
  either the Vulkan driver of your GPU
  or Mesa'\''s software adapter, called lavapipe, lvp or vulkan-swrast'
    fi
    stop "$1. Install it as root, then run this again:

$commands"
}
