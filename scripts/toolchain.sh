# What building needs: cargo, new enough, and a C linker. Nothing is installed, only named.
# uses: say.sh

need_toolchain() {
    find_cargo
    check_cargo_version
    case $(uname -s) in
        Linux) check_linker 'Debian, Ubuntu:  sudo apt-get install build-essential
  Fedora:          sudo dnf install gcc
  others:          the package that holds gcc or clang' ;;
        Darwin) check_linker 'xcode-select --install' ;;
    esac
}

# rustup puts cargo into a folder that shells opened earlier do not know yet.
find_cargo() {
    command -v cargo >/dev/null && return
    folder=${CARGO_HOME:-${HOME:-}/.cargo}/bin
    if [ -x "$folder/cargo" ]; then
        PATH=$folder:$PATH
        export PATH
        return
    fi
    stop "cargo, which builds Rust programs, is not installed. rustup installs it for your user alone:

  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh

(https://rustup.rs has other ways.) Then run this again."
}

check_cargo_version() {
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    # rustup without a toolchain has a cargo that only complains.
    answer=$(cargo --version 2>&1) || stop "cargo does not run:

$answer

With rustup, this installs a toolchain:  rustup default stable"
    found=$(printf '%s\n' "$answer" | sed -n 's/^cargo \([0-9.]*\).*/\1/p')
    printf '%s %s\n' "$found" "$wanted" | awk '{
        split($1, found, "."); split($2, wanted, ".")
        exit !(found[1] > wanted[1] || (found[1] == wanted[1] && found[2] >= wanted[2]))
    }' || stop "Rust $wanted or newer is needed, and this is $found ($(command -v cargo)).

  With rustup:                          rustup update stable
  With the system's package of Rust:    install rustup instead, https://rustup.rs"
}

check_linker() {
    command -v cc >/dev/null || stop "a C linker, cc, is not installed; Rust links programs with it:

  $1"
}
