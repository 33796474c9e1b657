//! wgsl-check's interpreter against the adapter: the same shader on the same buffers leaves the same numbers.

mod foreign;

use std::collections::HashMap;

use gatefold::gpu::{Gpu, OwnBuffer, OwnShader};
use gatefold::random::Philox;
use wgsl_check::{Buffer, Launch, Outcome, Shader, run};

use crate::support::device;
use crate::support::kernels::all;
use crate::support::lint::simulated;

/// How far two numbers may be apart, as a share of the larger, or of 1 if that is less. WGSL lets a driver fuse, reorder
/// and round; the longest sums here have some hundred terms.
const BOUND: f32 = 2e-4;

/// Specialisations of a kernel that are compared.
const EACH: usize = 2;

/// Invocations of a launch at most: an adapter on the processor takes its time.
const LARGEST: u32 = 1 << 13;

/// The same launch on the adapter, where everything is known.
fn on_adapter(gpu: &Gpu, shader: &Shader, launch: &Launch) -> Result<Vec<OwnBuffer>, String> {
    let mut buffers: Vec<OwnBuffer> = launch
        .bindings
        .iter()
        .map(|(&(group, binding), slice)| {
            let words = launch.buffers[slice.buffer].known_words().unwrap();
            let words = &words[slice.offset / 4..(slice.offset + slice.bytes) / 4];
            OwnBuffer::new(group, binding, words)
        })
        .collect();
    let constants: Vec<(&str, f64)> = launch
        .constants
        .iter()
        .map(|(name, &value)| (name.as_str(), value))
        .collect();
    let own = OwnShader {
        wgsl: shader.source(),
        entry: launch.entry.as_deref(),
        constants: &constants,
    };
    gpu.run_shader(own, launch.groups, &mut buffers)
        .map_err(|error| error.to_string())?;
    Ok(buffers)
}

/// The first word that both do not have alike.
fn difference(outcome: &Outcome, buffers: &[OwnBuffer]) -> Option<String> {
    for own in buffers {
        let words = outcome.words(own.group, own.binding).unwrap();
        for (at, (word, device)) in words.into_iter().zip(own.numbers::<u32>()).enumerate() {
            let Some(word) = word else { continue };
            let (a, b) = (f32::from_bits(word), f32::from_bits(device));
            let near = (a - b).abs() <= BOUND * a.abs().max(b.abs()).max(1.0);
            if word != device && !near && !(a.is_nan() && b.is_nan()) {
                return Some(format!(
                    "@group({}) @binding({}), word {at}: {word:#x} ({a:?}) here, {device:#x} ({b:?}) on the adapter",
                    own.group, own.binding
                ));
            }
        }
    }
    None
}

/// The launch with numbers between 0.05 and 0.95 where it does not say what a buffer holds.
fn filled(launch: &Launch, random: &mut Philox) -> Launch {
    let mut launch = launch.clone();
    for buffer in &mut launch.buffers {
        if buffer.known_words().is_none() {
            let numbers = (0..buffer.len() / 4).map(|_| 0.05 + 0.9 * random.unit_f32());
            *buffer = Buffer::f32(&numbers.collect::<Vec<f32>>());
        }
    }
    launch
}

#[test]
fn kernels_leave_the_numbers_that_the_adapter_leaves() {
    let Some(gpu) = device::adapter() else { return };
    let lanes = gpu.report().subgroup.filter(|(least, most)| least == most);
    let mut random = Philox::new(5, 0);
    let mut compared: HashMap<&str, usize> = HashMap::new();
    let mut complaints = Vec::new();
    for kernel in all() {
        let fits = |launch: &&Launch| {
            let size = &kernel.shader.module().entry_points[0].workgroup_size;
            let invocations = size.iter().chain(&launch.groups).product::<u32>();
            let own = lanes.is_some_and(|(lanes, _)| lanes == launch.subgroup_size);
            invocations <= LARGEST && (launch.subgroup_size == 1 || own)
        };
        let times = compared.entry(kernel.kernel.name()).or_default();
        let Some(launch) = simulated(kernel).find(fits).filter(|_| *times < EACH) else {
            continue;
        };
        *times += 1;
        let launch = filled(launch, &mut random);
        let outcome = run(&kernel.shader, &launch);
        for finding in outcome.findings() {
            complaints.push(format!("{}: {finding}", kernel.kernel));
        }
        match on_adapter(&gpu, &kernel.shader, &launch) {
            Ok(buffers) => {
                let difference = difference(&outcome, &buffers);
                complaints.extend(difference.map(|d| format!("{}: {d}", kernel.kernel)));
            }
            Err(error) => complaints.push(format!("{}: {error}", kernel.kernel)),
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let never: Vec<&&str> = compared
        .iter()
        .filter(|(_, times)| **times == 0)
        .map(|(name, _)| name)
        .filter(|name| !name.ends_with("_split") && !name.ends_with("_subgroup"))
        .collect();
    assert!(never.is_empty(), "never compared: {never:?}");
}
