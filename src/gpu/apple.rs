//! What is known of Apple's GPUs that wgpu does not tell.
//!
//! # Source
//! Apple, *Metal Feature Set Tables* and *Calculating threadgroup and grid sizes*: 32 threads a SIMD group on every GPU of Apple's.
//! Mesa 26, `src/asahi/compiler`: 256 registers of 16 bits a lane.

use wgpu::AdapterInfo;

/// Lanes of a subgroup.
const LANES: u32 = 32;

/// Whether an adapter of this name is a GPU of Apple's: Metal has no number of its maker.
pub(super) fn is_apple(name: &str) -> bool {
    name.starts_with("Apple ")
}

/// Lanes of an adapter's smallest and largest subgroup. Of every GPU under Metal wgpu says 4 and 64, without asking.
pub(super) fn subgroup_lanes(info: &AdapterInfo) -> (u32, u32) {
    match is_apple(&info.name) {
        true => (LANES, LANES),
        false => (info.subgroup_min_size, info.subgroup_max_size),
    }
}

#[cfg(test)]
mod tests {
    use wgpu::{Backend, DeviceType};

    use super::*;

    #[test]
    fn subgroups_of_apples_gpus_have_32_lanes() {
        let lanes = |name: &str| {
            subgroup_lanes(&AdapterInfo {
                name: name.into(),
                subgroup_min_size: 4,
                subgroup_max_size: 64,
                ..AdapterInfo::new(DeviceType::IntegratedGpu, Backend::Metal)
            })
        };
        assert_eq!([lanes("Apple M1"), lanes("Apple M4 Max")], [(32, 32); 2]);
        assert_eq!(lanes("AMD Radeon Pro 5500M"), (4, 64));
    }
}
