//! wgsl-check's interpreter against the adapter: the same shader on the same buffers leaves the same numbers.

mod foreign;

use std::collections::HashMap;

use gatefold::gpu::{Gpu, OwnBuffer, OwnShader};
use gatefold::random::Philox;
use half::f16;
use wgsl_check::{Buffer, Launch, Outcome, Shader, run};

use crate::support::device;
use crate::support::kernels::all;
use crate::support::lint::simulated;

/// How far two numbers may be apart, as a share of the larger, or of 1 if that is less. WGSL lets a driver fuse, reorder
/// and round; the longest sums here have some hundred terms.
const BOUND: f32 = 2e-4;

/// The same of halves, whose last bit may be another one.
const HALF_BOUND: f32 = 2e-3;

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

fn near(a: f32, b: f32, bound: f32) -> bool {
    (a - b).abs() <= bound * a.abs().max(b.abs()).max(1.0) || a.is_nan() && b.is_nan()
}

fn halves(word: u32) -> [f32; 2] {
    [word as u16, (word >> 16) as u16].map(|bits| f16::from_bits(bits).to_f32())
}

/// The first word that both do not have alike: as a number, or of a kernel that keeps halves as two of them.
fn difference(outcome: &Outcome, buffers: &[OwnBuffer], keeps_halves: bool) -> Option<String> {
    for own in buffers {
        let words = outcome.words(own.group, own.binding).unwrap();
        for (at, (word, device)) in words.into_iter().zip(own.numbers::<u32>()).enumerate() {
            let Some(word) = word else { continue };
            let (a, b) = (f32::from_bits(word), f32::from_bits(device));
            let mut pairs = halves(word).into_iter().zip(halves(device));
            let alike = word == device
                || near(a, b, BOUND)
                || keeps_halves && pairs.all(|(a, b)| near(a, b, HALF_BOUND));
            if !alike {
                return Some(format!(
                    "@group({}) @binding({}), word {at}: {word:#x} ({a:?}) here, {device:#x} ({b:?}) on the adapter",
                    own.group, own.binding
                ));
            }
        }
    }
    None
}

/// The launch with numbers between 0.05 and 0.95 where it does not say what a buffer holds. Read as halves, a word has such
/// a number first, and one between 1 and 2.
fn filled(launch: &Launch, random: &mut Philox) -> Launch {
    let mut launch = launch.clone();
    for buffer in &mut launch.buffers {
        if buffer.known_words().is_none() {
            let mut number = || 0.05 + 0.9 * random.unit_f32();
            let words = (0..buffer.len() / 4).map(|_| {
                number().to_bits() & 0xffff_0000 | u32::from(f16::from_f32(number()).to_bits())
            });
            *buffer = Buffer::u32(&words.collect::<Vec<u32>>());
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
                let keeps_halves = kernel.kernel.to_string().contains(" half");
                let difference = difference(&outcome, &buffers, keeps_halves);
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
