#!/bin/sh
# compare.sh FOLDER [texts=DIR] [storage=f16]: the recurrent kernels and the products on the compilers that setup.sh has put into FOLDER, and a table.
#
# CHIPS and LAYERS, lists in the environment, choose others than these.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "${1:?the folder of setup.sh}" && pwd)
shift
# AMD's names are RADV's, Intel's those of its shim, NVIDIA's numbers of a chip (162 Turing, 172 Ampere) or an sm; Apple's is an M1's GPU.
chips=${CHIPS:-amd-RAVEN amd-NAVI21 amd-NAVI31 intel-skl intel-tgl intel-lnl nvidia-162 nvidia-172 apple-g13g ptxas-75 ptxas-86 ptxas-89}
# cell-form-units; products are the matrix products around an LSTM
layers=${LAYERS:-lstm-portable-64 lstm-split-64 lstm-split-128 gru-portable-64 gru-split-64 gru-split-128 products-split-64}
out=$folder/compared
rm -rf "$out"
mkdir -p "$out"
cd "$here/../.."
cargo build --quiet --example kernel_texts
kernel_files() { # NAME LAYERS OPTION...
    name=$1 these=$2
    shift 2
    for layer in $these; do
        cell=${layer%%-*} rest=${layer#*-}
        for quads in $(case $cell in products) echo 1 2 ;; *) echo 1 ;; esac); do
            ./target/debug/examples/kernel_texts "$out/$name" cell="$cell" form="${rest%-*}" units="${rest#*-}" \
                quads="$quads" "$@" >/dev/null
        done
    done
}
products=$(printf '%s\n' $layers | grep '^products-' || true)
recurrences=$(printf '%s\n' $layers | grep -v '^products-' || true)
# What a chip says of its subgroups and its threads decides which kernels it takes.
kind_of() { # CHIP
    case $1 in
    intel-skl | intel-kbl | intel-cfl | intel-icl) echo few-56 ;;
    intel-bxt | intel-glk) echo few-36 ;;
    intel-lnl | intel-bmg | intel-ptl) echo least-16 ;;
    intel-*) echo least-8 ;;
    apple-*) echo apple ;;
    *) echo least-32 ;;
    esac
}
for kind in $(for chip in $chips; do kind_of "$chip"; done | sort -u); do
    case $kind in
    few-*) options="least=8 threads=${kind#few-}" ;;
    apple) options=few_registers=1 ;;
    *) options=least=${kind#least-} ;;
    esac
    kernel_files "$kind/loop" "$layers" $options "$@"
    kernel_files "$kind/once" "$recurrences" once=1 $options "$@"
    kernel_files "$kind/written" "$products" written=1 $options "$@"
    kernel_files "$kind/written-once" "$products" written=1 once=1 $options "$@"
done
kernel_files unchecked "$layers" checks=0 "$@" # without checks, which Vulkan's drivers make in hardware there

# Runs `pipelines` with the libraries of Mesa in FOLDER.
pipelines() { # CHIP FILE
    mesa=$folder/mesa26 shim=
    case $1 in
    amd-*) mesa=$folder/mesa25 driver=radeon ;;
    intel-*) driver=intel shim=$folder/shims/intel.so ;;
    nvidia-*) driver=nouveau shim=$folder/shims/nvidia.so ;;
    apple-*) driver=asahi shim=$folder/shims/apple.so ;;
    esac
    icd=$mesa/usr/share/vulkan/icd.d/${driver}_icd.json
    [ -e "$icd" ] || icd=$mesa/usr/share/vulkan/icd.d/${driver}_icd.x86_64.json
    libraries=$mesa/usr/lib/x86_64-linux-gnu
    VK_DRIVER_FILES=$icd MESA_SHADER_CACHE_DISABLE=true RADV_FORCE_FAMILY=${1#*-} INTEL_STUB_GPU_PLATFORM=${1#*-} \
        NOUVEAU_CHIPSET=${1#*-} XDG_RUNTIME_DIR=$out \
        "$libraries/ld-linux-x86-64.so.2" ${shim:+--preload "$shim"} --library-path "$libraries" \
        "$folder/target/release/pipelines" "$2"
}
for chip in $chips; do
    case $chip in
    ptxas-*)
        python3 "$here/metal_to_cuda.py" "$folder/cuda" "${chip#*-}" $(find "$out/unchecked" -name '*split*.metal' -o -name 'matmul_portable*.metal' | sort) >"$out/$chip.txt"
        ;;
    *)
        for kind in loop once written written-once; do
            # A process a kernel: Intel's driver on its shim ends after some pipelines.
            for file in "$out/$(kind_of "$chip")/$kind"/*.spv; do
                [ -e "$file" ] || continue
                pipelines "$chip" "$file" >>"$out/$chip.$kind.jsonl" 2>>"$out/$chip.log" ||
                    echo "$chip: no pipeline of $(basename "$file"), see $out/$chip.log" >&2
            done
        done
        ;;
    esac
done
python3 "$here/table.py" "$out"
