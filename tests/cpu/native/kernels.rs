//! Kernels alone, against what their formulas say number by number: the same bytes on every kind of vector and any number of
//! threads, outputs filled with NaN beforehand, and nothing else written.

use gatefold::native::Native;
use gatefold::plan::dims::{
    AdamDims, AddSplitsDims, ColumnSumsDims, DropoutDims, MatmulDims, RmsPropDims, SegmentDims,
    SgdDims,
};
use gatefold::plan::{Kernel, Lifetime, Plan};
use gatefold::random::{Philox, philox4x32};

use crate::support::device::native_ways;

const NAN: f32 = f32::from_bits(0x7fc1_f111);

/// Runs a kernel on `inputs`, all bindings in their order; gives what they hold then, for each way to compute.
fn run(kernel: Kernel, dims: &[u8], inputs: &[Vec<f32>], groups: [u32; 3]) -> Vec<Vec<f32>> {
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

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

fn draw(random: &mut Philox, count: usize) -> Vec<f32> {
    (0..count).map(|_| 2.0 * random.unit_f32() - 1.0).collect()
}

/// What a product is: each sum by itself, from the bias, over terms and k in order, fused.
fn product(d: &MatmulDims, batches: usize, [a, b, bias]: [&[f32]; 3], c: &mut [f32]) {
    let at = |offset: u32, steps: &[(u32, u32)]| {
        let add = |at: u32, &(stride, n): &(u32, u32)| at.wrapping_add(stride.wrapping_mul(n));
        steps.iter().fold(offset, add) as usize
    };
    for (s, z) in (0..d.splits).flat_map(|s| (0..batches as u32).map(move |z| (s, z))) {
        for (m, n) in (0..d.m).flat_map(|m| (0..d.n).map(move |n| (m, n))) {
            let mut sum = if d.has_bias == 1 {
                bias[(z * d.n + n) as usize]
            } else {
                0.0
            };
            for term in 0..d.terms {
                for k in s * d.chunk..d.k.min((s + 1) * d.chunk) {
                    let a = a[at(
                        d.a_offset,
                        &[
                            (d.a_batch, z),
                            (d.a_term, term),
                            (d.a_row, m),
                            (d.a_column, k),
                        ],
                    )];
                    let b = b[at(
                        d.b_offset,
                        &[
                            (d.b_batch, z),
                            (d.b_term, term),
                            (d.b_row, k),
                            (d.b_column, n),
                        ],
                    )];
                    sum = a.mul_add(b, sum);
                }
            }
            c[at(
                d.c_offset,
                &[(d.c_batch, z), (d.c_split, s), (d.c_row, m), (1, n)],
            )] = sum;
        }
    }
}

fn check_product(random: &mut Philox, d: MatmulDims, batches: usize, sizes: [usize; 4]) {
    let [a, b, bias] = [sizes[0], sizes[1], sizes[2]].map(|count| draw(random, count));
    let c = vec![NAN; sizes[3] + 7];
    let mut expected = c.clone();
    product(&d, batches, [&a, &b, &bias], &mut expected);
    let groups = [1, 1, d.splits * batches as u32];
    let inputs = [a, b, bias, c];
    let found = run(
        Kernel::new("matmul_portable"),
        bytemuck::bytes_of(&d),
        &inputs,
        groups,
    );
    assert_eq!(bits(&found[3]), bits(&expected), "{d:?}");
}

#[test]
fn products_in_all_forms() {
    let random = &mut Philox::new(301, 0);
    for round in 0..24 {
        let [m, n, k] = [130, 70, 90].map(|most| 1 + random.below(most));
        let (m, n, k) = if round % 4 == 0 {
            (m / 8 + 1, n, k)
        } else {
            (m, n, k)
        };
        let z = 1 + random.below(3);
        let gap = random.below(3);
        let base = MatmulDims {
            m,
            n,
            k,
            terms: 1,
            chunk: k,
            splits: 1,
            ..MatmulDims::default()
        };
        // x·W + b: matrices of C side by side.
        let (a_row, c_row) = (k + gap, z * n + gap);
        let plain = MatmulDims {
            a_row,
            a_column: 1,
            b_row: n,
            b_column: 1,
            b_batch: k * n,
            c_row,
            c_batch: n,
            has_bias: round % 2,
            ..base
        };
        check_product(
            random,
            plain,
            z as usize,
            [m * a_row, z * k * n, z * n, m * c_row].map(|x| x as usize),
        );
        // Σ A·Bᵀ over terms; A's terms side by side, with or without gaps.
        let a_row = z * k + gap;
        let transposed_b = MatmulDims {
            terms: z,
            a_row,
            a_column: 1,
            a_term: k,
            b_row: 1,
            b_column: k,
            b_term: k * n,
            c_row: n,
            ..base
        };
        check_product(
            random,
            transposed_b,
            1,
            [m * a_row, z * k * n, 1, m * n].map(|x| x as usize),
        );
        // Aᵀ·B, split; the second batch of B begins a step earlier than the first.
        let (chunk, size) = (1 + k / 3, z * m * n);
        let splits = k.div_ceil(chunk);
        let (a_column, b_row) = (m + gap, z * n);
        let transposed_a = MatmulDims {
            chunk,
            splits,
            a_row: 1,
            a_column,
            b_row,
            b_column: 1,
            b_offset: (z - 1) * b_row,
            b_batch: n.wrapping_sub(b_row),
            c_row: n,
            c_batch: m * n,
            c_split: size,
            ..base
        };
        check_product(
            random,
            transposed_a,
            z as usize,
            [k * a_column + m, (k + z) * b_row, 1, splits * size].map(|x| x as usize),
        );
        // Any other strides.
        let odd = MatmulDims {
            a_row: 2,
            a_column: 2 * m + gap,
            b_row: 1,
            b_column: k + gap,
            c_row: n + gap,
            chunk,
            splits,
            c_split: m * (n + gap),
            ..base
        };
        check_product(
            random,
            odd,
            1,
            [
                k * (2 * m + gap) + 2 * m,
                n * (k + gap),
                1,
                splits * m * (n + gap),
            ]
            .map(|x| x as usize),
        );
    }
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

/// Two products of 2 and 3 parts, whose sums lie the other way round, with a gap between them.
#[test]
fn parts_of_products_are_added_where_each_belongs() {
    for element in [1, 4] {
        let dims = AddSplitsDims {
            products: [[2, 2, 3, 4], [9, 3, 1, 1], [0; 4]],
            count: 2,
            ..AddSplitsDims::default()
        };
        let wide = |values: &[f32]| -> Vec<f32> {
            let fours = values.iter().flat_map(|&value| {
                (0..element).map(move |n| {
                    if n == 0 {
                        value
                    } else {
                        value + n as f32 / 8.0
                    }
                })
            });
            fours.collect()
        };
        let x = [
            NAN, NAN, 1.0, 2.0, 3.0, 10.0, 20.0, 30.0, NAN, 0.5, 0.25, 4.0, NAN,
        ];
        let inputs = [wide(&x), vec![NAN; 8 * element]];
        let (kernel, _) = Kernel::new("add_splits").element(element);
        let found = run(kernel, bytemuck::bytes_of(&dims), &inputs, [1; 3]).remove(1);
        let mut expected = inputs[1].clone();
        for (place, sum, parts) in [
            (4, 11.0, 2.0),
            (5, 22.0, 2.0),
            (6, 33.0, 2.0),
            (1, 4.75, 3.0),
        ] {
            for n in 0..element {
                expected[place * element + n] = sum + parts * n as f32 / 8.0;
            }
        }
        assert_eq!(bits(&found), bits(&expected));
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
