#!/bin/sh
# setup.sh FOLDER: the compilers of GPUs' drivers, in FOLDER; the system stays as it is.
#
# Debian 13's packages are unpacked there and run with their own C library. Mesa 25 is the last whose driver for AMD has a
# device that does nothing (RADV_FORCE_FAMILY); Mesa 26 has the better drivers for Intel and NVIDIA.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?name a folder}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
for tool in apt-get dpkg gcc python3 pip cargo; do
    command -v "$tool" >/dev/null || { echo "setup.sh needs $tool; install it, on Debian or Ubuntu" >&2; exit 1; }
done

# An apt of its own, for Debian 13 and its backports, from the mirror that the system uses.
apt=$folder/apt
mkdir -p "$apt/etc/sources.list.d" "$apt/etc/preferences.d" "$apt/etc/apt.conf.d" "$apt/etc/trusted.gpg.d" \
    "$apt/lib/lists/partial" "$apt/cache/archives/partial" "$apt/sources"
mirror=$(apt-get indextargets --format '$(SITE)' | grep -m1 '/debian$') ||
    { echo "setup.sh found no mirror of Debian; run apt-get update, or add one to the system's sources" >&2; exit 1; }
for suite in trixie trixie-backports; do
    for kind in deb deb-src; do
        echo "$kind [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done
done >"$apt/etc/sources.list"
: >"$apt/lib/status"
cat >"$apt/apt.conf" <<CONF
Dir "$apt"; Dir::State "$apt/lib"; Dir::State::status "$apt/lib/status"; Dir::Cache "$apt/cache"; Dir::Etc "$apt/etc";
APT::Sandbox::User "root"; APT::Install-Recommends "false";
CONF
export APT_CONFIG="$apt/apt.conf"
apt-get update -qq

# Mesa 26 with all that it needs, and the same with Mesa 25's drivers.
apt-get install -qq -y --download-only -t trixie-backports mesa-vulkan-drivers libvulkan1 >/dev/null
rm -rf "$folder/mesa26" "$folder/mesa25"
mkdir "$folder/mesa26"
for package in "$apt"/cache/archives/*.deb; do dpkg -x "$package" "$folder/mesa26"; done
cp -al "$folder/mesa26" "$folder/mesa25"
rm -rf "$folder"/mesa25/usr/lib/x86_64-linux-gnu/libvulkan_*.so "$folder/mesa25/usr/share/vulkan/icd.d"
cd "$apt/sources"
apt-get download -qq mesa-vulkan-drivers/trixie libdrm-dev/trixie linux-libc-dev/trixie-backports
dpkg -x mesa-vulkan-drivers_25*.deb "$folder/mesa25"
dpkg -x libdrm-dev_*.deb "$folder/libdrm"
dpkg -x linux-libc-dev_*.deb "$folder/kernel"
apt-get source -qq --download-only mesa/trixie >/dev/null
mkdir -p "$folder/mesa-source"
tar xf mesa_25*.orig.tar.xz -C "$folder/mesa-source" --strip-components=1
"$here/build_shims.sh" "$folder/mesa-source" "$folder/libdrm/usr/include" "$folder/kernel/usr/include" "$folder/shims"
rm -rf "$folder/mesa-source"

# NVIDIA's compiler and disassembler.
PIP_ROOT_USER_ACTION=ignore pip install -q --no-deps --target "$folder/cuda" nvidia-cuda-nvcc nvidia-nvvm nvidia-cuda-crt nvidia-cuda-runtime

CARGO_TARGET_DIR="$folder/target" cargo build --release --quiet --manifest-path "$here/pipelines/Cargo.toml"
echo "ready: $here/compare.sh $folder"
