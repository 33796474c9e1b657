//! Products alone, and the sums of their parts.

use gatefold::plan::Kernel;
use gatefold::plan::dims::{AddSplitsDims, MatmulDims};
use gatefold::random::Philox;

use super::kernels::{NAN, bits, draw, run};

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
