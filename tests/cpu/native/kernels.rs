//! Kernels alone, against what their formulas say number by number: the same bytes on every kind of vector and any number of
//! threads, outputs filled with NaN beforehand, and nothing else written.

use gatefold::native::Native;
use gatefold::plan::dims::{
    AdamDims, ColumnSumsDims, DropoutDims, RmsPropDims, SegmentDims, SgdDims,
};
use gatefold::plan::{Kernel, Lifetime, Plan};
use gatefold::random::{Philox, philox4x32};

use crate::support::device::native_ways;

pub const NAN: f32 = f32::from_bits(0x7fc1_f111);

/// Runs a kernel on `inputs`, all bindings in their order; gives what they hold then, for each way to compute.
pub fn run(kernel: Kernel, dims: &[u8], inputs: &[Vec<f32>], groups: [u32; 3]) -> Vec<Vec<f32>> {
    let mut plan = Plan::default();
    let names: Vec<String> = (0..inputs.len()).map(|n| format!("binding {n}")).collect();
    let add = |(name, input): (&String, &Vec<f32>)| {
        plan.add_buffer(name, 4 * input.len() as u64, Lifetime::Scratch)
    };
    let slices: Vec<_> = names.iter().zip(inputs).map(add).collect();
    plan.add_dispatch(kernel, dims, &slices, groups);
    let uploads = names.iter().zip(inputs);
    let uploads: Vec<(&str, &[u8])> = uploads
        .map(|(name, input)| (&name[..], bytemuck::cast_slice(input)))
        .collect();
    let outcomes = native_ways().into_iter().map(|mut native: Native| {
        native.run(&plan, &uploads).unwrap();
        let read = |(name, input): (&String, &Vec<f32>)| native.read(name, input.len()).unwrap();
        names.iter().zip(inputs).map(read).collect()
    });
    let outcomes: Vec<Vec<Vec<f32>>> = outcomes.collect();
    for outcome in &outcomes {
        let same = outcome
            .iter()
            .zip(&outcomes[0])
            .all(|(a, b)| bits(a) == bits(b));
        assert!(same, "{plan}");
    }
    outcomes.into_iter().next().unwrap()
}

/// The numbers as they lie in memory, so that a NaN is equal to itself.
pub fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// Numbers between -1 and 1.
pub fn draw(random: &mut Philox, count: usize) -> Vec<f32> {
    (0..count).map(|_| 2.0 * random.unit_f32() - 1.0).collect()
}

#[test]
fn sums_of_rows() {
    let random = &mut Philox::new(302, 0);
    for _ in 0..20 {
        let (rows, width) = (
            1 + random.below(90) as usize,
            1 + random.below(1500) as usize,
        );
        let chunk = 1 + random.below(rows as u32) as usize;
        let chunks = rows.div_ceil(chunk);
        let x = draw(random, rows * width);
        let (kernel, elements) = Kernel::new("column_sums").element(width);
        let [rows_u, width_u, chunk_u, chunks_u] =
            [rows, elements, chunk, chunks].map(|x| x as u32);
        let dims = ColumnSumsDims {
            rows: rows_u,
            width: width_u,
            chunk: chunk_u,
            chunks: chunks_u,
        };
        let inputs = [x.clone(), vec![NAN; chunks * width + 5]];
        let found = run(kernel, bytemuck::bytes_of(&dims), &inputs, [1; 3]).remove(1);
        let mut expected = inputs[1].clone();
        for (s, x) in x.chunks(chunk * width).enumerate() {
            for j in 0..width {
                expected[s * width + j] = x[j..].iter().step_by(width).fold(0.0, |sum, x| sum + x);
            }
        }
        assert_eq!(bits(&found), bits(&expected));

        // Runs of those rows, to every other row in an order of chance; one run has none.
        let runs = 1 + random.below(80) as usize;
        let mut targets: Vec<u32> = (0..runs as u32).map(|run| 2 * run).collect();
        for n in (1..runs).rev() {
            targets.swap(n, random.below(n as u32 + 1) as usize);
        }
        let (mut starts, mut picks) = (vec![0], Vec::new());
        for run in 0..runs {
            let count = if run == runs / 2 {
                0
            } else {
                1 + random.below(6)
            };
            picks.extend((0..count).map(|_| random.below(rows as u32)));
            starts.push(picks.len() as u32);
        }
        picks.push(0);
        let words = |words: &[u32]| {
            words
                .iter()
                .map(|&word| f32::from_bits(word))
                .collect::<Vec<f32>>()
        };
        // Some of the runs are of x, those behind them of other rows.
        let of_x = random.below(runs as u32 + 1);
        let dims = SegmentDims {
            runs: runs as u32,
            width: elements as u32,
            of_x,
            pad0: 0,
        };
        let partial = draw(random, rows * width);
        let inputs = [
            x.clone(),
            partial.clone(),
            words(&starts),
            words(&picks),
            words(&targets),
            vec![NAN; 2 * runs * width],
        ];
        let (kernel, _) = Kernel::new("segment_sum").element(width);
        let found = run(kernel, bytemuck::bytes_of(&dims), &inputs, [1; 3]).remove(5);
        let mut expected = inputs[5].clone();
        for run in 0..runs {
            let x = if (run as u32) < of_x { &x } else { &partial };
            let rows = &picks[starts[run] as usize..starts[run + 1] as usize];
            for j in 0..width {
                let add = |sum, &row: &u32| sum + x[row as usize * width + j];
                expected[targets[run] as usize * width + j] = rows.iter().fold(0.0, add);
            }
        }
        assert!(found == expected || bits(&found) == bits(&expected));
    }
}

#[test]
fn dropout_draws_the_words_of_philox() {
    let random = &mut Philox::new(303, 0);
    for count in [1, 63, 64, 65, 16_384, 40_001] {
        let x = draw(random, count);
        let dims = DropoutDims {
            count: count as u32,
            seed_low: 7,
            seed_high: 1,
            step_low: 3,
            step_high: 2,
            layer: 5,
            rate: 0.3,
            scale: 1.0 / 0.7,
        };
        let inputs = [x.clone(), x.clone(), vec![NAN; count + 3]];
        let kernel = Kernel::new("dropout").flag("given", false);
        let found = run(kernel, bytemuck::bytes_of(&dims), &inputs, [1; 3]).remove(2);
        for (e, x) in x.iter().enumerate() {
            let word = philox4x32([e as u32 / 4, 3, 2, 5], [7, 1])[e % 4];
            let keep = (word >> 8) as f32 * (-24f32).exp2() >= 0.3;
            assert_eq!(
                found[e],
                if keep { x * dims.scale } else { 0.0 },
                "{e} of {count}"
            );
        }
        assert_eq!(bits(&found[count..]), bits(&[NAN; 3]));
    }
}

#[test]
fn adam_flushes_and_finds_what_is_not_finite() {
    let random = &mut Philox::new(304, 0);
    let count = 4 * 9001;
    let dims = AdamDims {
        count: count as u32 / 4,
        alpha: 1e-3,
        one_minus_beta1: 0.1,
        one_minus_beta2: 1e-3,
        epsilon: 1e-7,
        decay: 1e-5,
        pad0: 0,
        pad1: 0,
    };
    let mut g = draw(random, count);
    g[4 * 20 + 1] = f32::INFINITY;
    g[4 * 7000 + 2] = NAN;
    g[0] = 0.0;
    let (w, mut m, v) = (
        draw(random, count),
        draw(random, count),
        draw(random, count),
    );
    m[0] = f32::MIN_POSITIVE; // and less than that in a step
    let v: Vec<f32> = v.iter().map(|v| v.abs()).collect();
    let inputs = [g.clone(), w.clone(), m.clone(), v.clone(), vec![0.0]];
    let kernel = Kernel::new("adam").flag("clip", false);
    let found = run(kernel, bytemuck::bytes_of(&dims), &inputs, [1; 3]);
    assert_eq!(found[4][0].to_bits(), 7002);
    assert_eq!(found[2][0], 0.0);
    for i in 1..count {
        let first = m[i] + (g[i] - m[i]) * 0.1;
        let second = v[i] + (g[i] * g[i] - v[i]) * 1e-3;
        let new = (w[i] - 1e-5 * w[i]) - 1e-3 * first / (second.sqrt() + 1e-7);
        let same =
            |found: f32, expected: f32| found == expected || found.is_nan() && expected.is_nan();
        assert!(
            same(found[1][i], new) && same(found[2][i], first) && same(found[3][i], second),
            "{i}"
        );
    }
}

/// What decays alone does not stay as a number that is not normal, in any optimiser's slot.
#[test]
fn optimisers_flush_what_they_keep() {
    let least = vec![f32::MIN_POSITIVE; 4];
    let (zeros, kept) = (vec![0.0; 4], |found: &[f32]| {
        found.iter().all(|x| *x == 0.0)
    });
    let rmsprop = RmsPropDims {
        count: 1,
        rate: 1e-3,
        one_minus_rho: 0.1,
        epsilon: 1e-7,
        momentum: 0.9,
        decay: 0.0,
        pad0: 0,
        pad1: 0,
    };
    let inputs = [&zeros, &zeros, &least, &vec![0.0], &least].map(Vec::clone);
    let kernel = Kernel::new("rmsprop").flag("momentum", true);
    let found = run(kernel, bytemuck::bytes_of(&rmsprop), &inputs, [1; 3]);
    assert!(kept(&found[2]) && kept(&found[4]), "{found:?}");

    let sgd = SgdDims {
        count: 1,
        rate: 1e-3,
        momentum: 0.9,
        decay: 0.0,
    };
    let inputs = [&zeros, &zeros, &vec![0.0], &least].map(Vec::clone);
    let kernel = Kernel::new("sgd")
        .flag("momentum", true)
        .flag("nesterov", false);
    let found = run(kernel, bytemuck::bytes_of(&sgd), &inputs, [1; 3]);
    assert!(kept(&found[3]), "{found:?}");

    let adam = AdamDims {
        count: 1,
        alpha: 1e-3,
        one_minus_beta1: 0.1,
        one_minus_beta2: 0.1,
        epsilon: 1e-7,
        decay: 0.0,
        pad0: 0,
        pad1: 0,
    };
    let inputs = [&zeros, &zeros, &least, &least, &vec![0.0]].map(Vec::clone);
    let kernel = Kernel::new("adam").flag("clip", false);
    let found = run(kernel, bytemuck::bytes_of(&adam), &inputs, [1; 3]);
    assert!(kept(&found[2]) && kept(&found[3]), "{found:?}");
}
