//! What an adapter's number on its bus tells that wgpu does not: how many threads of the hardware a workgroup may have.

/// Intel's number as a maker of devices.
const INTEL: u32 = 0x8086;

/// Lanes of the narrowest subgroup, which is a thread, on all these GPUs.
const LANES: usize = 8;

/// The most invocations of a workgroup that has subgroups of 8 lanes, where that is known to be fewer than 512.
///
/// A workgroup of more takes 16 lanes a thread, and a lane has half the registers. Gen8, Gen9 and Gen11, that is Broadwell to
/// Ice Lake, have 56 threads a workgroup, their Atoms 36; since Tiger Lake there are 64 or more. Nothing else that wgpu shows
/// of an Ice Lake differs from a Tiger Lake.
///
/// # Source
/// Mesa 26: `include/pci_ids/iris_pci_ids.h` and `crocus_pci_ids.h`, and `maxComputeWorkgroupSubgroups` of ANV.
pub(super) fn narrow_invocations(vendor: u32, device: u32) -> Option<usize> {
    if vendor != INTEL {
        return None;
    }
    let threads = match (device >> 8, device) {
        // Apollo Lake, Gemini Lake.
        (_, 0x0a84) | (0x1a | 0x31 | 0x5a, _) => 36,
        // Broadwell; Skylake; Kaby Lake; Coffee, Whiskey and Amber Lake; Comet Lake; Ice Lake; Elkhart and Jasper Lake.
        (0x16 | 0x19 | 0x59 | 0x3e | 0x87 | 0x9b | 0x8a | 0x45 | 0x4e, _) => 56,
        _ => return None,
    };
    Some(threads * LANES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_gpus_of_intel_have_few_threads() {
        let intel = |device| narrow_invocations(INTEL, device);
        // Skylake, Kaby Lake, Coffee Lake, Whiskey Lake, Comet Lake, Ice Lake, Elkhart Lake, Jasper Lake.
        for device in [
            0x1912, 0x5912, 0x3e9b, 0x3ea1, 0x9b41, 0x8a52, 0x4571, 0x4e71,
        ] {
            assert_eq!(intel(device), Some(448), "{device:x}");
        }
        // Apollo Lake, Gemini Lake.
        assert_eq!([intel(0x5a85), intel(0x3185)], [Some(288); 2]);
        assert_eq!([intel(0x0a84), intel(0x0a16)], [Some(288), None]);
        // Tiger Lake, Rocket Lake, Alder Lake, Arc, Meteor Lake, Lunar Lake.
        for device in [0x9a49, 0x4c8a, 0x4680, 0x5690, 0x7d60, 0x64a0] {
            assert_eq!(intel(device), None, "{device:x}");
        }
        assert_eq!(narrow_invocations(0x10de, 0x1912), None);
    }
}
