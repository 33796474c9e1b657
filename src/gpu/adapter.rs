//! Choosing an adapter: by its name or number, by wgpu's environment variables, or the best there is.

use std::cmp::Reverse;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use wgpu::{Backends, DeviceType, Features, Instance, InstanceDescriptor, PowerPreference};

use super::apple::subgroup_lanes;
use super::memory_limit;
use crate::error::{Error, Result};

/// Which adapter to take, and how much of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdapterChoice {
    /// Part of the adapter's name, in any case, or its index in [`adapters`].
    pub name: Option<String>,
    /// Takes WebGPU's default limits and no feature, as a browser would, however much more there is: every
    /// adapter then looks alike, and what needs more shows.
    pub webgpu_limits: bool,
    /// Threads of the processor where it is the device, all if none is given; refused where an adapter is.
    pub threads: Option<u16>,
    /// The place of this process among several that share the machine; `None` where it has the machine for itself.
    pub local: Option<LocalRank>,
}

/// The place of a process among those of this machine that work together: each takes an adapter, or threads, of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LocalRank {
    /// Its number there, counted from 0. Of several adapters that the choice fits it takes that with this number, beginning
    /// anew where there are fewer.
    pub index: usize,
    /// Threads to compute with where the processor is the device, unless the choice says how many.
    pub threads: u16,
}

impl LocalRank {
    /// The threads of one of `processes` that share so many processors: one at least.
    pub(crate) fn share(processors: usize, processes: usize) -> u16 {
        u16::try_from(processors / processes.max(1)).map_or(u16::MAX, |threads| threads.max(1))
    }
}

impl AdapterChoice {
    /// The name that was chosen, here or by the environment variable `WGPU_ADAPTER_NAME`.
    pub(crate) fn wanted(&self) -> Option<String> {
        self.name.clone().or_else(|| {
            std::env::var("WGPU_ADAPTER_NAME")
                .ok()
                .filter(|name| !name.is_empty())
        })
    }
}

/// What is known of the processor where that is the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processor {
    /// The threads that compute.
    pub threads: usize,
    /// What its vectors are called: `AVX-512`.
    pub vectors: String,
    /// Numbers in a vector.
    pub lanes: usize,
}

/// What is known of an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterReport {
    /// The adapter's name.
    pub name: String,
    /// Vulkan, Metal or DX12; OpenGL ES with the feature `gles`.
    pub backend: String,
    /// Discrete, integrated, virtual or software.
    pub kind: String,
    /// The driver and its version.
    pub driver: String,
    /// Lanes of its smallest and its largest subgroup; `None` without subgroup operations.
    pub subgroup: Option<(u32, u32)>,
    /// Bytes of the largest storage binding.
    pub binding_bytes: u64,
    /// Bytes of workgroup memory.
    pub workgroup_bytes: u32,
    /// Invocations a workgroup.
    pub workgroup_invocations: u32,
    /// Whether it has timestamps.
    pub timestamps: bool,
    /// Of the processor with kernels of its own, which is no adapter; `None` of adapters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor: Option<Processor>,
}

impl AdapterReport {
    pub(super) fn of(adapter: &wgpu::Adapter) -> Self {
        let (info, limits, features) = (adapter.get_info(), adapter.limits(), adapter.features());
        AdapterReport {
            subgroup: features
                .contains(Features::SUBGROUP)
                .then(|| subgroup_lanes(&info)),
            name: info.name,
            backend: info.backend.to_string(),
            kind: kind(info.device_type).to_string(),
            driver: format!("{} {}", info.driver, info.driver_info)
                .trim()
                .to_string(),
            binding_bytes: limits.max_storage_buffer_binding_size,
            workgroup_bytes: limits.max_compute_workgroup_storage_size,
            workgroup_invocations: limits.max_compute_invocations_per_workgroup,
            timestamps: features.contains(Features::TIMESTAMP_QUERY),
            processor: None,
        }
    }
}

fn kind(device_type: DeviceType) -> &'static str {
    match device_type {
        DeviceType::DiscreteGpu => "discrete GPU",
        DeviceType::IntegratedGpu => "integrated GPU",
        DeviceType::VirtualGpu => "virtual GPU",
        DeviceType::Cpu => "software",
        DeviceType::Other => "other",
    }
}

/// Every adapter on this machine, in the order in which [`AdapterChoice::name`] counts them; none where the process's limit
/// of memory (`ulimit -v`) leaves no room for one.
pub fn adapters() -> Vec<AdapterReport> {
    match memory_limit::check() {
        Ok(()) => reports(&enumerate()),
        Err(_) => Vec::new(),
    }
}

fn reports(adapters: &[wgpu::Adapter]) -> Vec<AdapterReport> {
    adapters.iter().map(AdapterReport::of).collect()
}

/// One for the whole process, never dropped: where instances come and go on several threads at once, Vulkan's loader
/// crashes (1.4.309, with Mesa 26).
static INSTANCE: LazyLock<Instance> =
    LazyLock::new(|| Instance::new(InstanceDescriptor::new_without_display_handle_from_env()));

/// Adapters of the backends that `WGPU_BACKEND` names, or of all.
fn enumerate() -> Vec<wgpu::Adapter> {
    let backends = Backends::from_env().unwrap_or(Backends::all());
    pollster::block_on(INSTANCE.enumerate_adapters(backends))
}

/// Takes the adapter that was asked for, or the best: a GPU before a software adapter, a discrete GPU
/// before an integrated one unless `WGPU_POWER_PREF=low`, of software adapters that with the widest subgroups.
pub(super) fn choose(choice: &AdapterChoice) -> Result<wgpu::Adapter> {
    memory_limit::check()?;
    let adapters = enumerate();
    if adapters.is_empty() {
        return Err(Error::Adapter(none_found()));
    }
    let wanted = choice.wanted();
    let found = match &wanted {
        Some(wanted) => named(&reports(&adapters), wanted, choice.local),
        None => best(&adapters),
    };
    match found {
        Some(index) => adapters
            .into_iter()
            .nth(index)
            .ok_or_else(|| Error::Adapter(none_found())),
        None => Err(Error::Adapter(no_match(
            &reports(&adapters),
            wanted.as_deref().unwrap_or_default(),
        ))),
    }
}

/// All GPUs, the best first, but among several that are the best that of the process's number; none where there are only
/// software adapters, or none at all.
pub(super) fn gpus(local: Option<LocalRank>) -> Result<Vec<wgpu::Adapter>> {
    memory_limit::check()?; // before any driver is loaded
    let mut adapters = enumerate();
    adapters.retain(|adapter| adapter.get_info().device_type != DeviceType::Cpu);
    let low_power = prefers_low_power();
    adapters.sort_by_key(|adapter| rank_of(adapter, low_power));
    let reports = reports(&adapters);
    let is_best = |report: &&AdapterReport| {
        let best = reports.first();
        best.is_some_and(|best| (&best.name, &best.backend) == (&report.name, &report.backend))
    };
    let best = reports.iter().take_while(is_best).count();
    if let Some(local) = local.filter(|_| best > 1) {
        adapters[..best].rotate_left(local.index % best);
    }
    Ok(adapters)
}

/// The place of the adapter that this name or number means: of several of the name that of the process's number, else the
/// first.
pub(crate) fn named(
    adapters: &[AdapterReport],
    wanted: &str,
    local: Option<LocalRank>,
) -> Option<usize> {
    if let Ok(index) = wanted.parse::<usize>() {
        return (index < adapters.len()).then_some(index);
    }
    let wanted = wanted.to_lowercase();
    let fits = |adapter: &AdapterReport| adapter.name.to_lowercase().contains(&wanted);
    let first = adapters.iter().find(|adapter| fits(adapter))?;
    // A part of a name may fit several kinds: ranks on different ones would round differently.
    let alike = |adapter: &&AdapterReport| {
        (&adapter.name, &adapter.backend) == (&first.name, &first.backend)
    };
    let count = adapters.iter().filter(alike).count();
    let number = local.map_or(0, |local| local.index % count);
    let mut places = (0..adapters.len()).filter(|&place| alike(&&adapters[place]));
    places.nth(number)
}

fn best(adapters: &[wgpu::Adapter]) -> Option<usize> {
    let low_power = prefers_low_power();
    (0..adapters.len()).min_by_key(|&index| rank_of(&adapters[index], low_power))
}

fn prefers_low_power() -> bool {
    PowerPreference::from_env() == Some(PowerPreference::LowPower)
}

fn rank_of(adapter: &wgpu::Adapter, low_power: bool) -> (u8, Reverse<u32>) {
    let lanes = AdapterReport::of(adapter)
        .subgroup
        .map_or(0, |(least, _)| least);
    rank(adapter.get_info().device_type, lanes, low_power)
}

/// Where an adapter stands among others, the lowest first. `lanes` are those of its smallest subgroup, 0 without
/// subgroups: a software adapter computes them together with one vector instruction, so the wider the faster.
fn rank(device_type: DeviceType, lanes: u32, low_power: bool) -> (u8, Reverse<u32>) {
    let kind = match device_type {
        DeviceType::DiscreteGpu => u8::from(low_power),
        DeviceType::IntegratedGpu => u8::from(!low_power),
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => return (4, Reverse(lanes)),
    };
    (kind, Reverse(0)) // the system's order among GPUs of a kind
}

/// What is said of a name that matches none of these, with a line for each.
pub(crate) fn no_match(adapters: &[AdapterReport], wanted: &str) -> String {
    let mut message = format!(
        "no adapter matches {wanted:?}; give `AdapterChoice::name` a part of one of these names, or its number:"
    );
    for (index, adapter) in adapters.iter().enumerate() {
        let AdapterReport {
            name,
            backend,
            kind,
            ..
        } = adapter;
        message.push_str(&format!("\n  {index}  {name} ({backend}, {kind})"));
    }
    message
}

/// What is said where there is no adapter, with the remedy.
pub(crate) fn none_found() -> String {
    let remedy = if cfg!(target_os = "linux") {
        "Install the GPU's Vulkan driver, or Mesa's software adapter:\n  \
         Debian, Ubuntu:  sudo apt-get install mesa-vulkan-drivers libvulkan1\n  \
         Fedora:          sudo dnf install mesa-vulkan-drivers vulkan-loader\n  \
         Arch:            sudo pacman -S vulkan-swrast vulkan-icd-loader\n\
         `make test` does this by itself. VK_DRIVER_FILES and WGPU_BACKEND, if set, narrow the search."
    } else if cfg!(target_os = "macos") {
        "Every Mac with Metal has one: is this a virtual machine without a GPU, or does WGPU_BACKEND hide it?"
    } else {
        "Install the GPU's driver; Windows 10 and later bring a software adapter (WARP), unless WGPU_BACKEND hides it."
    };
    let backends = if cfg!(windows) {
        "Vulkan, DX12"
    } else if cfg!(target_vendor = "apple") {
        "Metal"
    } else if cfg!(feature = "gles") {
        "Vulkan, OpenGL ES"
    } else {
        "Vulkan"
    };
    let limit = memory_limit::hint();
    format!("no adapter found (looked for: {backends}). {remedy}{limit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_a_machine_take_adapters_of_a_kind_in_turn() {
        let report = |name: &str, backend: &str| AdapterReport {
            name: name.to_string(),
            backend: backend.to_string(),
            kind: "discrete GPU".to_string(),
            driver: String::new(),
            subgroup: None,
            binding_bytes: 0,
            workgroup_bytes: 0,
            workgroup_invocations: 0,
            timestamps: false,
            processor: None,
        };
        let adapters = [
            report("llvmpipe", "vulkan"),
            report("Card 1", "vulkan"),
            report("Card 1", "vulkan"),
            report("Card 2", "vulkan"),
            report("Card 1", "gl"),
        ];
        let of = |wanted: &str, index: Option<usize>| {
            let local = index.map(|index| LocalRank { index, threads: 1 });
            named(&adapters, wanted, local)
        };
        assert_eq!(
            [None, Some(0), Some(1), Some(2)].map(|index| of("card", index)),
            [Some(1), Some(1), Some(2), Some(1)]
        );
        assert_eq!(
            [of("llvm", Some(3)), of("3", Some(1)), of("none", Some(0))],
            [Some(0), Some(3), None]
        );
    }

    #[test]
    fn adapters_are_taken_in_this_order() {
        let rising = |low_power: bool, kinds: &[(DeviceType, u32)]| {
            let ranks: Vec<_> = kinds
                .iter()
                .map(|&(kind, lanes)| rank(kind, lanes, low_power))
                .collect();
            assert!(ranks.is_sorted_by(|a, b| a < b), "{kinds:?}");
        };
        use DeviceType::{Cpu, DiscreteGpu, IntegratedGpu, Other, VirtualGpu};
        let last = [(VirtualGpu, 8), (Other, 64), (Cpu, 8), (Cpu, 4), (Cpu, 0)];
        rising(
            false,
            &[&[(DiscreteGpu, 32), (IntegratedGpu, 64)], &last[..]].concat(),
        );
        rising(
            true,
            &[&[(IntegratedGpu, 8), (DiscreteGpu, 32)], &last[..]].concat(),
        );
        assert_eq!(rank(DiscreteGpu, 32, false), rank(DiscreteGpu, 64, false));
    }
}
