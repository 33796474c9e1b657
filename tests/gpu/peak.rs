//! The kernels that measure an adapter's peak: they must do the arithmetic and the copying that they are counted for.

use gatefold::gpu::KernelForm;
use gatefold::plan::{Limits, peak_arithmetic, peak_copy};
use gatefold::random::Philox;
use gatefold::reference::peak;

use crate::support::device;
use crate::support::numbers::{UNIT, uniform};
use crate::support::probe::Probe;

#[test]
fn every_multiplication_is_done() {
    let Some(gpu) = device::adapter() else { return };
    let (workgroups, rounds) = (3, 2);
    let plan = peak_arithmetic(&Limits::WEBGPU, workgroups, rounds).unwrap();
    let mut probe = Probe::new(&plan, |label| label == "peak.arithmetic");
    probe.run(&mut gpu.into());
    let steps = 16 * rounds;
    let expected = peak::peak_arithmetic(64 * workgroups, steps, 0.9375, 0.0625);
    // A rounding at each step, of numbers up to 72, and two in the sum of three.
    let bound = |_| 3.0 * 72.0 * (steps + 2) as f64 * UNIT;
    probe.compare("peak.y", &expected, bound);
    probe.finish("peak_arithmetic");

    // 12 numbers an invocation, a multiplication and an addition each.
    let flops = plan.dispatches[0].flops;
    assert_eq!(flops, (64 * workgroups * 12 * steps * 2) as u64);
}

#[test]
fn every_number_is_copied() {
    let Some(gpu) = device::adapter() else { return };
    let gpu = &mut gpu.into();
    let x = uniform(&mut Philox::new(131, 0), 4 * 1000, 1e3);
    // Few workgroups along x, so that a second row of them is needed.
    for workgroups in [Limits::WEBGPU.workgroups, 5] {
        let limits = Limits {
            workgroups,
            ..Limits::WEBGPU
        };
        let plan = peak_copy(&limits, 1000, 1).unwrap();
        let mut probe = Probe::new(&plan, |label| label == "peak.copy");
        probe.set("peak.x", &x);
        probe.run(gpu);
        probe.compare_words("peak.y", 0, bytemuck::cast_slice(&x));
        probe.finish("peak_copy");
    }
}

#[test]
fn peaks_are_rates() {
    let mut device = device::open();
    let limits = device.limits(KernelForm::Automatic).unwrap();
    let peak = device.peak(&limits).unwrap();
    // Slower than any processor of this century, faster than all that will be built in it.
    assert!((0.01..1e7).contains(&peak.gflops), "{peak:?}");
    assert!((0.01..1e6).contains(&peak.gbytes), "{peak:?}");
}
