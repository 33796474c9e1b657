#!/bin/sh
# build_shims.sh MESA_SOURCE LIBDRM_HEADERS KERNEL_HEADERS OUT: Mesa's drm shims for Intel and NVIDIA, without its build system, and
# one of our own for Apple.
#
# A shim answers a driver's system calls with nothing, so that the driver believes in a GPU and compiles for it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$1 headers=$2 kernel=$3 out=$4
mkdir -p "$out/generated/dev" "$out/generated/intel" "$out/objects/common" "$out/objects/intel" "$out/objects/nvidia" \
    "$out/objects/apple"
out=$(cd "$out" && pwd)
generated=$out/generated
cd "$source"

export PYTHONPATH="$out/python" PYTHONDONTWRITEBYTECODE=1 PIP_ROOT_USER_ACTION=ignore
python3 -c 'import mako' 2>/dev/null || pip install -q --target "$out/python" mako
dev=src/intel/dev
python3 $dev/gen_wa_helpers.py $dev/mesa_defs.json "$generated/dev/intel_wa.h" "$generated/dev/intel_wa.c"
python3 $dev/intel_device_info_gen_h.py "$generated/dev/intel_device_info_gen.h"
python3 $dev/intel_device_info_serialize_gen_c.py "$generated/dev/intel_device_info_serialize_gen.c"
cp "$generated"/dev/*.h "$generated/"
ln -sfn ../dev "$generated/intel/dev"
echo '#define MESA_GIT_SHA1 ""' >"$generated/git_sha1.h"

# What Mesa's build system would have found out about this system.
flags="-O1 -fPIC -ffunction-sections -fdata-sections -w -DNDEBUG -D_GNU_SOURCE -DHAVE_LIBDRM -DPACKAGE_VERSION=\"25\"
    -DUTIL_ARCH_LITTLE_ENDIAN=1 -DUTIL_ARCH_BIG_ENDIAN=0"
for feature in PTHREAD STRUCT_TIMESPEC TIMESPEC_GET ENDIAN_H LINUX_FUTEX_H MEMFD_CREATE SECURE_GETENV FLOCK STRTOF \
    MKOSTEMP POSIX_MEMALIGN DL_ITERATE_PHDR DLADDR __BUILTIN_UNREACHABLE __BUILTIN_FFS __BUILTIN_FFSLL __BUILTIN_CLZ \
    __BUILTIN_POPCOUNT __BUILTIN_EXPECT; do
    flags="$flags -DHAVE_$feature"
done
for attribute in PACKED UNUSED FORMAT MALLOC CONST PURE NORETURN FLATTEN RETURNS_NONNULL WARN_UNUSED_RESULT VISIBILITY \
    ALIAS WEAK; do
    flags="$flags -DHAVE_FUNC_ATTRIBUTE_$attribute"
done
for folder in include src src/util src/intel src/intel/common $dev src/nouveau src/nouveau/drm src/gallium/include \
    "$generated" "$headers" "$headers/libdrm"; do
    flags="$flags -I$folder"
done
compile() { # FOLDER FILE [FLAG]
    # shellcheck disable=SC2086 # flags are words
    gcc $flags ${3:-} -c "$2" -o "$out/objects/$1/$(echo "${2#"$out/"}" | tr / _).o"
}

for unit in hash_table set ralloc vma anon_file u_debug log os_misc os_file rb_tree u_printf memstream u_cpu_detect \
    u_thread u_call_once u_math rand_xor half_float u_process os_time blob futex softfloat; do
    if [ -e "src/util/$unit.c" ]; then compile common "src/util/$unit.c"; fi
done
for file in src/drm-shim/drm_shim.c src/drm-shim/device.c src/c11/impl/threads_posix.c src/c11/impl/time.c; do
    compile common $file -fvisibility=hidden
done
for file in $dev/i915/intel_device_info.c $dev/xe/intel_device_info.c $dev/intel_debug.c $dev/intel_device_info.c \
    $dev/intel_hwconfig.c $dev/intel_kmd.c "$generated/dev/intel_wa.c" "$generated/dev/intel_device_info_serialize_gen.c" \
    src/intel/tools/intel_noop_drm_shim.c src/intel/common/intel_gem.c src/intel/common/i915/intel_gem.c \
    src/intel/common/xe/intel_gem.c src/intel/common/intel_engine.c src/intel/common/i915/intel_engine.c \
    src/intel/common/xe/intel_engine.c src/intel/common/xe/intel_device_query.c src/util/parson.c; do
    compile intel "$file"
done
compile nvidia src/nouveau/drm-shim/nouveau_noop.c -fvisibility=hidden
# The kernel's header, with that of drm itself from Mesa.
sed 's/#include "drm.h"/#include "drm-uapi\/drm.h"/' "$kernel/drm/asahi_drm.h" >"$generated/asahi_drm.h"
compile apple "$here/apple_shim.c" -fvisibility=hidden

libdrm=$(ls /usr/lib/x86_64-linux-gnu/libdrm.so.2) || { echo "install libdrm2" >&2; exit 1; }
for vendor in intel nvidia apple; do
    gcc -shared -Wl,--gc-sections -Wl,-z,defs -o "$out/$vendor.so" "$out/objects/$vendor"/*.o "$out/objects/common"/*.o \
        -ldl -lpthread -lm -lz "$libdrm"
done
