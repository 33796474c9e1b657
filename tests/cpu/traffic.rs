//! Work and traffic of a step's dispatches, counted by hand for a model that is small enough for that.

use std::collections::{BTreeMap, HashSet};

use gatefold::batch::BatchShape;
use gatefold::model::{AttentionPooling, GlobalAveragePooling1D, Model};
use gatefold::plan::{Dispatch, Form, KERNELS, Limits, Optimiser, Plan, Storage};

use crate::support::kernels::{cases, each_plan};
use crate::support::models::{
    classifier, clipped_plan, evaluation_plan, gru, optimiser_plan, other_optimisers, pooled,
    recurrent, training_plan,
};

/// T, B, U of the batch.
const LENGTH: usize = 6;
const ROWS: usize = 3;
const UNIQUE: usize = 5;
const POSITIONS: u64 = (LENGTH * ROWS) as u64;

fn shape() -> BatchShape {
    BatchShape {
        length: LENGTH,
        size: ROWS,
        unique: UNIQUE,
        direct_runs: UNIQUE,
        ..BatchShape::default()
    }
}

/// E = 4, two directions of H = 8, then 6 hidden units.
fn model(masked: bool) -> Model {
    recurrent(4, masked, &[(8, 2)])
}

fn the<'a>(plan: &'a Plan, label: &str) -> &'a Dispatch {
    let mut found = plan.dispatches.iter().filter(|d| d.label == label);
    let dispatch = found
        .next()
        .unwrap_or_else(|| panic!("no {label} in\n{plan}"));
    assert!(found.next().is_none(), "{label} twice");
    dispatch
}

#[track_caller]
fn assert_moves(plan: &Plan, label: &str, numbers: u64) {
    let dispatch = the(plan, label);
    assert_eq!(
        dispatch.bytes(),
        4 * numbers,
        "{label}: {}",
        dispatch.kernel
    );
}

const FORMS: [Form; 3] = [
    Form::Portable,
    Form::Split { least: 8, lanes: 8 },
    Form::Subgroup { lanes: 4 },
];

#[test]
fn a_training_step_moves_what_was_counted_by_hand() {
    for form in FORMS {
        let limits = Limits {
            form,
            ..Limits::WEBGPU
        };
        let plan = training_plan(&model(false), &limits, shape());
        let (u, p) = (UNIQUE as u64, POSITIONS);
        // An id, a row of 4 in, a row of 4 out.
        assert_moves(&plan, "embedding.gather", u * (1 + 4 + 4));
        assert_moves(&plan, "embedding.scatter", u * (1 + 4 + 4));
        // Both directions: rows of 4, a kernel [4, 32], a bias [32], z [U, 32].
        assert_moves(
            &plan,
            "bidirectional.project",
            2 * (u * 4 + 4 * 32 + 32 + u * 32),
        );
        // A position: its row of z, z of 16 units, h, c, gates; and two kernels [8, 32].
        let forward = p * (1 + 64 + 16 + 16 + 64) + 2 * 8 * 32;
        assert_moves(&plan, "bidirectional.forward", forward);
        // A position: gates, dz, c; d_h of the last; what is carried out.
        let rows = ROWS as u64;
        let backward = p * (64 + 64) + p * 16 + rows * 16 + 2 * rows * 16 + 2 * 8 * 32;
        assert_moves(&plan, "bidirectional.backward", backward);
        // The product sums the columns of dz as well, for all 64 gates: in the subgroup form asked for or not.
        let column_sums = match form {
            Form::Portable | Form::Split { .. } | Form::Native => 0,
            Form::Subgroup { .. } => 64,
        };
        // Both directions: h and dz of all positions but one timestep, dU [8, 32].
        let recurrent_kernel = 2 * ((p - rows) * (8 + 32) + 8 * 32) + column_sums;
        assert_moves(&plan, "bidirectional.d_recurrent_kernel", recurrent_kernel);
        // Every position's dz and its place, a sum for every token, where its run begins and belongs.
        assert_moves(
            &plan,
            "bidirectional.sum_tokens",
            p * (64 + 1) + u * (64 + 2),
        );
        let d_kernel = 2 * (u * (4 + 32) + 4 * 32) + 64;
        assert_moves(&plan, "bidirectional.d_kernel", d_kernel);
        assert_moves(
            &plan,
            "bidirectional.d_input",
            2 * (u * 32 + 32 * 4) + u * 4,
        );
        assert_moves(&plan, "bidirectional.last", 2 * rows * 16);
        // x [3, 16], W [16, 6], b [6] and y [3, 6]; slices are multiples of 16 bytes.
        let round = |numbers: u64| numbers.next_multiple_of(4);
        let (x, w, b, y) = (48, 96, round(6), round(18));
        assert_moves(&plan, "dense.forward", x + w + b + y);
        assert_moves(&plan, "dense.backward", x + 2 * y + w + (w + b + x));
        assert_moves(&plan, "dropout.y", 2 * y);
        // x [3, 6] and its gradient, W, b and theirs; labels, weights, probabilities; loss and right predictions.
        assert_moves(&plan, "dense_1.head", 2 * 18 + 2 * (6 + 1) + 3 * rows + 2);
        assert_moves(&plan, "end", 4);
        // Gradients once, parameters and both moments in and out, the place of a fault.
        let parameters = the(&plan, "adam").bindings[1].bytes / 4;
        assert_moves(&plan, "adam", 7 * parameters + 2 * 4);
        // Others: gradients once, parameters and what is kept in and out, and the factor where gradients are clipped.
        for optimiser in other_optimisers() {
            for (clip, factor) in [(false, 0), (true, 4)] {
                let plan = optimiser_plan(&model(true), &limits, shape(), optimiser, clip);
                let name = match optimiser {
                    Optimiser::Sgd(_) => "sgd",
                    _ => "rmsprop",
                };
                let slots = optimiser.slots().len() as u64;
                let numbers = (3 + 2 * slots) * parameters + 2 * 4 + factor;
                assert_moves(&plan, name, numbers);
            }
        }
    }
}

#[test]
fn halves_are_half_of_what_a_recurrence_keeps() {
    for form in FORMS {
        let limits = Limits {
            form,
            storage: Storage::F16,
            ..Limits::WEBGPU
        };
        let (u, p, rows) = (UNIQUE as u64, POSITIONS, ROWS as u64);
        let plan = training_plan(&model(false), &limits, shape());
        // z [U, 32] of both directions takes 16 words a row.
        assert_moves(
            &plan,
            "bidirectional.project",
            2 * (u * 4 + 4 * 32 + 32 + u * 16),
        );
        // Cell states are halves but in the portable form; elsewhere the last go out in f32 as well.
        let (cells, last) = match form {
            Form::Portable => (16, 0),
            _ => (8, rows * 16),
        };
        let forward = p * (1 + 32 + 16 + cells + 32) + 2 * 8 * 32 + last;
        assert_moves(&plan, "bidirectional.forward", forward);
        let backward = p * (32 + 32) + p * cells + rows * 16 + 2 * rows * 16 + 2 * 8 * 32;
        assert_moves(&plan, "bidirectional.backward", backward);
        let column_sums = match form {
            Form::Subgroup { .. } => 64,
            _ => 0,
        };
        let recurrent_kernel = 2 * ((p - rows) * (8 + 16) + 8 * 32) + column_sums;
        assert_moves(&plan, "bidirectional.d_recurrent_kernel", recurrent_kernel);
        assert_moves(
            &plan,
            "bidirectional.sum_tokens",
            p * (32 + 1) + u * (64 + 2),
        );
        // The sums are f32.
        assert_moves(
            &plan,
            "bidirectional.d_input",
            2 * (u * 32 + 32 * 4) + u * 4,
        );

        let plan = training_plan(&gru(4, false, &[(8, 2)]), &limits, shape());
        let forward = p * (1 + 32 + 16 + 32) + 3 * 2 * 8 * 8 + 3 * 16;
        assert_moves(&plan, "bidirectional.forward", forward);
        // h of the timestep before, which the last has not; d_h of the last; what is carried out.
        let backward = p * (32 + 32) + (p - rows) * 16 + rows * 16 + rows * 16 + 3 * 2 * 8 * 8;
        assert_moves(&plan, "bidirectional.backward", backward);

        let keeps_f32 = evaluation_plan(&model(true), &limits, shape());
        let forward = p * (1 + 64) + 2 * 8 * 32 + 2 * rows * 16;
        assert_moves(&keeps_f32, "bidirectional.forward", forward);
    }
}

#[test]
fn an_evaluation_keeps_nothing_and_moves_less() {
    for form in FORMS {
        let limits = Limits {
            form,
            ..Limits::WEBGPU
        };
        let plan = evaluation_plan(&model(true), &limits, shape());
        // A position: its row of z, z; kernels; h and c at the end.
        let forward = POSITIONS * (1 + 64) + 2 * 8 * 32 + 2 * ROWS as u64 * 16;
        assert_moves(&plan, "bidirectional.forward", forward);
        // Probabilities, labels, weights and gradients; loss and right predictions.
        assert_moves(&plan, "loss", 4 * ROWS as u64 + 2);
    }
}

#[test]
fn segments_move_what_the_whole_does_and_the_state_between_them() {
    let bytes = |segment: usize, label: &str| -> Vec<u64> {
        let limits = Limits {
            segment,
            ..Limits::WEBGPU
        };
        let plan = training_plan(&model(false), &limits, shape());
        let dispatches = plan.dispatches.iter().filter(|d| d.label == label);
        dispatches.map(Dispatch::bytes).collect()
    };
    let (state, weights) = (4 * ROWS as u64 * 16, 4 * 2 * 8 * 32);
    for (label, between) in [
        // h and c come in.
        ("bidirectional.forward", 2 * state),
        // c of the segment's first timestep once more; dh and dc go out and come in.
        ("bidirectional.backward", state + 4 * state),
    ] {
        let [whole] = bytes(LENGTH, label)[..] else {
            panic!("{label}: more than one dispatch");
        };
        let parts = bytes(2, label);
        assert_eq!(parts.len(), 3);
        let sum: u64 = parts.iter().sum();
        assert_eq!(sum, whole + 2 * (weights + between), "{label}");
    }
}

#[test]
fn a_timestep_on_its_own_moves_weights_each_time() {
    let model = recurrent(4, true, &[(65, 1)]);
    let plan = training_plan(&model, &Limits::WEBGPU, shape());
    let bytes = |label: &str| -> Vec<u64> {
        let dispatches = plan.dispatches.iter().filter(|d| d.label == label);
        dispatches.map(|d| d.bytes() / 4).collect()
    };
    let (rows, state, weights) = (ROWS as u64, ROWS as u64 * 65, 65 * 4 * 65);
    let forward = bytes("lstm.forward");
    assert_eq!(forward.len(), LENGTH);
    assert_eq!(forward[0], 10 * state + rows);
    assert_eq!(forward[1], 12 * state + rows + weights);
    let backward = bytes("lstm.backward");
    // The last timestep: d_h, c, c before, gates, dz, what is carried out.
    assert_eq!(backward[0], (1 + 2 + 8 + 2) * state + rows);
    // In between: c, c before, gates, dz, dz after, dc carried in, both carried out; both masks.
    assert_eq!(
        backward[1],
        (2 + 8 + 4 + 1 + 2) * state + 2 * rows + weights
    );
    // The first has no c before it.
    assert_eq!(backward[LENGTH - 1], backward[1] - state);
}

#[test]
fn split_sums_are_moved_as_well() {
    // P − B = 1,030 positions: three chunks of at most 512.
    let shape = BatchShape {
        length: 104,
        size: 10,
        unique: 7,
        direct_runs: 7,
        ..BatchShape::default()
    };
    let plan = training_plan(&model(false), &Limits::WEBGPU, shape);
    let label = "bidirectional.d_recurrent_kernel";
    assert_moves(&plan, label, 2 * (1030 * (8 + 32) + 3 * 8 * 32));
    let added = (3 + 1) * 2 * 8 * 32;
    assert_moves(&plan, "bidirectional.add_splits", added);
    assert_eq!(the(&plan, label).flops, 2 * 2 * 1030 * 8 * 32);

    // As many unique tokens: the kernel's and the bias's gradients are added in the same dispatch, of three parts too.
    let shape = BatchShape {
        unique: 1030,
        direct_runs: 1030,
        ..shape
    };
    let plan = training_plan(&model(false), &Limits::WEBGPU, shape);
    let more = (3 + 1) * (2 * 4 * 32 + 64);
    assert_moves(&plan, "bidirectional.add_splits", added + more);
    let additions = 3 * (2 * 8 * 32 + 2 * 4 * 32 + 64);
    assert_eq!(the(&plan, "bidirectional.add_splits").flops, additions);
}

#[test]
fn sums_of_frequent_tokens_count_every_position_once() {
    // 300 of 320 positions are one token's: five runs of at most 64.
    let shape = BatchShape {
        length: 32,
        size: 10,
        unique: 21,
        direct_runs: 20,
        partial_runs: 5,
        fold_runs: 1,
    };
    let plan = training_plan(&model(false), &Limits::WEBGPU, shape);
    let additions = |round: &str| the(&plan, &format!("bidirectional.sum_{round}")).flops / 64;
    // The other 20 positions, and the 5 sums of that token's runs.
    assert_eq!((additions("partial"), additions("tokens")), (300, 20 + 5));
    let runs = 21 * (64 + 2);
    assert_moves(&plan, "bidirectional.sum_tokens", 25 * (64 + 1) + runs);
    // Sums of runs are f32 where gradients are halves.
    let halves = Limits::WEBGPU.with_storage(Storage::F16).unwrap();
    let plan = training_plan(&model(false), &halves, shape);
    let rows = 20 * (32 + 1) + 5 * (64 + 1);
    assert_moves(&plan, "bidirectional.sum_tokens", rows + runs);
}

#[test]
fn work_is_counted_as_multiplications_and_additions() {
    let plan = training_plan(&model(false), &Limits::WEBGPU, shape());
    let (u, p) = (UNIQUE as u64, POSITIONS);
    assert_eq!(
        the(&plan, "bidirectional.project").flops,
        2 * 2 * u * 4 * 32
    );
    assert_eq!(
        the(&plan, "bidirectional.forward").flops,
        2 * 2 * p * 8 * 32
    );
    assert_eq!(
        the(&plan, "bidirectional.backward").flops,
        2 * 2 * p * 8 * 32
    );
    assert_eq!(the(&plan, "dense.forward").flops, 2 * 3 * 16 * 6);
}

#[test]
fn pooling_reads_what_its_mask_needs_and_replaces_what_it_adds_to() {
    let (p, rows) = (POSITIONS, ROWS as u64);
    let limits = &Limits::WEBGPU;
    for masked in [false, true] {
        let slots = if masked { p } else { 0 };
        let attention = pooled(4, masked, &[], AttentionPooling::new(4).into());
        let plan = training_plan(&attention, limits, shape());
        let round = |numbers: u64| numbers.next_multiple_of(4);
        // v [4], u [P, 4] in and out, a score a position.
        let scores = 4 + 2 * 4 * p + round(p);
        assert_moves(&plan, "attention_pooling.scores", scores);
        assert_moves(&plan, "attention_pooling.weights", 2 * p + slots);
        // Weights, d_y [B, 4], d_x [P, 4] in and out.
        let summed = round(p) + 4 * rows + 2 * 4 * p;
        assert_moves(&plan, "attention_pooling.d_summed", summed);
        let mean = pooled(4, masked, &[], GlobalAveragePooling1D::new().into());
        let plan = training_plan(&mean, limits, shape());
        assert_moves(&plan, "global_average_pooling1d.weights", p + slots);
        let summed = round(p) + 4 * rows + 4 * p;
        assert_moves(&plan, "global_average_pooling1d.d_summed", summed);
    }
    let plan = training_plan(&classifier(3), limits, shape());
    assert_moves(&plan, "loss", rows * (3 * 3 + 2) + 2);
}

#[test]
fn a_gru_moves_what_was_counted_by_hand() {
    let (p, rows) = (POSITIONS, ROWS as u64);
    let weights = 2 * 8 * 8 * 3;
    for masked in [false, true] {
        let slots = if masked { p } else { 0 };
        let model = gru(4, masked, &[(8, 2)]);
        let plan = training_plan(&model, &Limits::WEBGPU, shape());
        // A position: its row, x·W + b of 16 units, h, gates; and the bias of three gates.
        let forward = p * (1 + 64 + 16 + 64) + weights + 3 * 16;
        assert_moves(&plan, "bidirectional.forward", forward);
        // A position: gates and gradients; h of all timesteps but one; d_h of the last; what is carried out.
        let backward = p * (64 + 64) + (p - rows) * 16 + 2 * rows * 16 + weights + slots;
        assert_moves(&plan, "bidirectional.backward", backward);
        // Sums of 64 columns; kernels of [4, 64] and [8, 64] in and out; the two biases.
        let parameters = 64 + 2 * 4 * 64 + 2 * 8 * 64 + 2 * 64;
        assert_moves(&plan, "bidirectional.d_parameters", parameters);
        // Nothing kept but the last state.
        let plan = evaluation_plan(&model, &Limits::WEBGPU, shape());
        let forward = p * (1 + 64) + weights + 3 * 16 + rows * 16;
        assert_moves(&plan, "bidirectional.forward", forward);
    }
    // All h of the lower layer are kept, and all its d_h come in.
    let plan = training_plan(&gru(4, false, &[(8, 2), (8, 2)]), &Limits::WEBGPU, shape());
    let backward = p * (64 + 64) + (p - rows) * 16 + (p + rows) * 16 + weights;
    assert_moves(&plan, "bidirectional.backward", backward);
}

#[test]
fn segments_of_a_gru_move_what_the_whole_does_and_the_state_between_them() {
    let bytes = |segment: usize, label: &str| -> Vec<u64> {
        let limits = Limits {
            segment,
            ..Limits::WEBGPU
        };
        let plan = training_plan(&gru(4, false, &[(8, 2)]), &limits, shape());
        let dispatches = plan.dispatches.iter().filter(|d| d.label == label);
        dispatches.map(Dispatch::bytes).collect()
    };
    let (state, weights) = (4 * ROWS as u64 * 16, 4 * 2 * 8 * 8 * 3);
    for (label, between) in [
        // h comes in; the bias once more.
        ("bidirectional.forward", state + 4 * 3 * 16),
        // dh goes out and comes in.
        ("bidirectional.backward", 2 * state),
    ] {
        let [whole] = bytes(LENGTH, label)[..] else {
            panic!("{label}: more than one dispatch");
        };
        let parts = bytes(2, label);
        assert_eq!(parts.len(), 3);
        let sum: u64 = parts.iter().sum();
        assert_eq!(sum, whole + 2 * (weights + between), "{label}");
    }
}

#[test]
fn a_timestep_of_a_gru_on_its_own_moves_weights_each_time() {
    let model = gru(4, true, &[(96, 1)]);
    let plan = training_plan(&model, &Limits::WEBGPU, shape());
    let bytes = |label: &str| -> Vec<u64> {
        let dispatches = plan.dispatches.iter().filter(|d| d.label == label);
        dispatches.map(|d| d.bytes() / 4).collect()
    };
    // Weights are bound as vec4, of which the fourth number is 0.
    let (rows, state, weights) = (ROWS as u64, ROWS as u64 * 96, 96 * 96 * 4);
    let forward = bytes("gru.forward");
    assert_eq!(forward.len(), LENGTH);
    // x·W + b, h, gates; its rows; the bias.
    assert_eq!(forward[0], 9 * state + rows + 4 * 96);
    assert_eq!(forward[1], forward[0] + state + weights);
    let backward = bytes("gru.backward");
    // The last timestep: d_h, h before, gates, gradients, what is carried out; its mask.
    assert_eq!(backward[0], (1 + 1 + 8 + 1) * state + rows);
    // In between: h before, gates, gradients, those after, what is carried in and out.
    assert_eq!(backward[1], (1 + 8 + 4 + 2) * state + rows + weights);
    // The first has no h before it.
    assert_eq!(backward[LENGTH - 1], backward[1] - state);
}

#[test]
fn clipping_moves_its_sums() {
    let plan = clipped_plan(&model(false), &Limits::WEBGPU, shape());
    let gradients = the(&plan, "adam").bindings[0].bytes / 4;
    let sums = the(&plan, "clip.scale").flops;
    assert_moves(
        &plan,
        "clip.square_sums",
        gradients + sums.next_multiple_of(4),
    );
    assert_moves(&plan, "clip.scale", sums + 2);
}

/// Every kernel of every plan: a row of the table that counts too much or nothing shows here.
#[test]
fn no_dispatch_moves_more_than_its_bindings_in_and_out() {
    let (mut seen, mut wrong) = (HashSet::new(), Vec::new());
    each_plan(&mut |plan, _, _| {
        for dispatch in &plan.dispatches {
            seen.insert(dispatch.kernel.name().to_owned());
            // Rows that are gathered count each time, and may be more than the table has.
            let gathers = matches!(dispatch.kernel.name(), "embedding_gather" | "segment_sum")
                || dispatch.kernel.to_string().contains(" gathered");
            let bound: u64 = dispatch.bindings.iter().map(|slice| slice.bytes).sum();
            let most = if gathers { 4 * bound } else { 2 * bound };
            let bytes = dispatch.bytes();
            if bytes == 0 || bytes > most {
                let (label, kernel) = (&dispatch.label, &dispatch.kernel);
                wrong.push(format!("{label}: {kernel} moves {bytes} of {bound}"));
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for file in KERNELS {
        assert!(seen.contains(file.name), "{} is in no plan", file.name);
    }
}

/// A step moves bytes in proportion to its length, and no more: a dispatch a timestep, or a segment, must not be
/// counted as if it moved the whole sequence.
#[test]
fn twice_the_length_moves_twice_the_bytes() {
    let plan_bytes = |length: usize, plan: &dyn Fn(&Limits, BatchShape) -> Plan| {
        let limits = Limits {
            segment: 8,
            ..Limits::WEBGPU
        };
        let shape = BatchShape { length, ..shape() };
        let mut bytes: BTreeMap<String, u64> = BTreeMap::new();
        for dispatch in plan(&limits, shape).dispatches {
            let of = format!("{}: {}", dispatch.label, dispatch.kernel.name());
            *bytes.entry(of).or_default() += dispatch.bytes();
        }
        bytes
    };
    for (model, ..) in cases() {
        for plan in [training_plan, evaluation_plan] {
            let plan = |limits: &Limits, shape: BatchShape| plan(&model, limits, shape);
            let (once, twice) = (plan_bytes(64, &plan), plan_bytes(128, &plan));
            for (of, bytes) in once {
                let Some(&more) = twice.get(&of) else {
                    continue;
                };
                assert!(
                    more as f64 <= 2.2 * bytes as f64,
                    "{of}: {bytes} bytes at 64 timesteps, {more} at 128"
                );
            }
        }
    }
}
