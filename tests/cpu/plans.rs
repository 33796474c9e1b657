//! Plans: what they cost, what they refuse, and that a device without arithmetic finds nothing wrong.

use std::collections::HashSet;

use gatefold::Error;
use gatefold::batch::BatchShape;
use gatefold::gpu::{Gpu, KernelForm};
use gatefold::model::{Model, Variant, initialise};
use gatefold::plan::{
    Access, Adam, BatchLayout, Form, Lifetime, Limits, ParameterLayout, Plan, Recurrence, Storage,
    dims, training_step,
};
use gatefold::random::Philox;
use gatefold::train::Session;

use crate::support::models::{
    all_pooled, classifier, context, equal_batch, evaluation_plan, gru, normalised, random_batch,
    recurrent, spread, training_plan,
};

mod memory;

const SUBGROUP: Limits = Limits {
    form: Form::Subgroup { lanes: 8 },
    workgroup_bytes: 32 << 10,
    workgroup_invocations: 1024,
    ..Limits::WEBGPU
};

/// The three models, and others of odd sizes.
fn models() -> Vec<Model> {
    let mut models: Vec<Model> = Variant::ALL
        .iter()
        .map(|variant| variant.model(8185).unwrap())
        .collect();
    models.push(recurrent(5, true, &[(5, 2), (7, 1)]));
    models.push(recurrent(12, false, &[(96, 2)]));
    models.push(gru(5, true, &[(5, 2), (7, 1)]));
    models.push(gru(5, false, &[(96, 2)]));
    models.push(spread(6, 4));
    models.extend(all_pooled(true));
    models.push(classifier(3));
    models.push(normalised(6));
    models
}

/// Both plans of every model for a shape.
fn plans(limits: &Limits, shape: BatchShape) -> Vec<Plan> {
    let both = |model: &Model| {
        [
            training_plan(model, limits, shape),
            evaluation_plan(model, limits, shape),
        ]
    };
    models().iter().flat_map(both).collect()
}

#[test]
fn a_device_finds_nothing_wrong() {
    let mut gpu = Gpu::noop();
    let random = &mut Philox::new(1, 0);
    let limits = gpu.limits(KernelForm::Automatic).unwrap();
    let batches = [
        random_batch(1, 1, random),
        random_batch(9, 11, random),
        equal_batch(70, 3, 4),
        equal_batch(1, 1, 0),
        random_batch(3944, 1, random),
    ];
    for batch in batches {
        let words = BatchLayout::new(batch.shape()).pack(&batch, true);
        for plan in plans(&limits, batch.shape()) {
            gpu.run(&plan, &[("batch", bytemuck::cast_slice(&words))])
                .unwrap_or_else(|error| panic!("{error}, in\n{plan}"));
            gpu.free_buffers();
        }
    }
    gpu.check().unwrap();
}

#[test]
fn a_device_finds_what_is_wrong() {
    let batch = equal_batch(2, 1, 3);
    let plan = training_plan(
        &recurrent(4, false, &[(4, 1)]),
        &Limits::WEBGPU,
        batch.shape(),
    );
    let refused = |spoil: &dyn Fn(&mut Plan)| {
        let mut plan = plan.clone();
        spoil(&mut plan);
        Gpu::noop().run(&plan, &[]).is_err()
    };
    let written = plan
        .dispatches
        .iter()
        .position(|dispatch| dispatch.kernel.name() == "dense_forward")
        .unwrap();
    assert!(!refused(&|_| {}));
    assert!(
        refused(&|plan| plan.dispatches[written].bindings[3] = plan.dispatches[written].bindings[0]),
        "read and written"
    );
    assert!(
        refused(&|plan| plan.dispatches[written].groups[0] = 70_000),
        "too many workgroups"
    );
    assert!(
        refused(&|plan| plan.dispatches[written].dims.truncate(4)),
        "a short uniform"
    );
    assert!(
        refused(&|plan| plan.dispatches[written].bindings[0].bytes += 1 << 20),
        "past the end of a buffer"
    );
}

#[test]
fn bindings_lie_within_their_buffers() {
    for limits in [Limits::WEBGPU, SUBGROUP] {
        for plan in plans(&limits, random_batch(9, 11, &mut Philox::new(2, 0)).shape()) {
            let names: HashSet<&str> = plan
                .buffers
                .iter()
                .map(|buffer| buffer.name.as_str())
                .collect();
            assert_eq!(names.len(), plan.buffers.len(), "two buffers of one name");
            for dispatch in &plan.dispatches {
                assert_eq!(
                    dispatch.bindings.len(),
                    dispatch.kernel.bindings().unwrap().len(),
                    "{}",
                    dispatch.label
                );
                for slice in &dispatch.bindings {
                    let buffer = &plan.buffers[slice.buffer.0];
                    let place = format!("{} of {}", buffer.name, dispatch.label);
                    assert!(slice.offset + slice.bytes <= buffer.bytes, "{place}");
                    assert!(
                        slice.offset.is_multiple_of(256) && slice.bytes.is_multiple_of(16),
                        "{place}"
                    );
                }
            }
        }
    }
}

#[test]
fn scratch_is_written_before_it_is_read() {
    for limits in [Limits::WEBGPU, SUBGROUP] {
        for plan in plans(&limits, random_batch(9, 11, &mut Philox::new(3, 0)).shape()) {
            let mut written: HashSet<usize> =
                plan.clears.iter().map(|clear| clear.buffer.0).collect();
            for dispatch in &plan.dispatches {
                let bound: Vec<_> = dispatch
                    .bindings
                    .iter()
                    .zip(dispatch.kernel.bindings().unwrap())
                    .collect();
                for (slice, access) in &bound {
                    let buffer = &plan.buffers[slice.buffer.0];
                    let known = *access == Access::ReadWrite
                        || buffer.lifetime != Lifetime::Scratch
                        || written.contains(&slice.buffer.0);
                    assert!(
                        known,
                        "{} reads {} before anyone wrote it, in\n{plan}",
                        dispatch.label, buffer.name
                    );
                }
                written.extend(
                    bound
                        .iter()
                        .filter(|(_, a)| *a == Access::ReadWrite)
                        .map(|(slice, _)| slice.buffer.0),
                );
            }
        }
    }
}

#[test]
fn a_plan_prints_a_line_a_dispatch() {
    let plan = training_plan(
        &Variant::Dropout.model(8185).unwrap(),
        &Limits::WEBGPU,
        equal_batch(5, 2, 1).shape(),
    );
    let text = plan.to_string();
    assert_eq!(text.lines().count(), plan.dispatches.len() + 1);
    for (line, dispatch) in text.lines().zip(&plan.dispatches) {
        assert!(
            line.starts_with(&dispatch.label) && line.contains(dispatch.kernel.name()),
            "{line}"
        );
    }
    let last = text.lines().last().unwrap();
    assert_eq!(
        last,
        format!(
            "{} dispatches, {} buffers, {} bytes",
            plan.dispatches.len(),
            plan.buffers.len(),
            plan.bytes()
        )
    );
}

#[test]
fn columns_are_summed_in_runs_of_512_rows() {
    let shape = equal_batch(300, 3, 2).shape();
    for limits in [Limits::WEBGPU, SUBGROUP] {
        for plan in plans(&limits, shape) {
            let all = plan.dispatches.iter();
            for dispatch in all.filter(|one| one.kernel.name() == "column_sums") {
                let word = |index: usize| {
                    let bytes = dispatch.dims[4 * index..][..4].try_into();
                    u32::from_le_bytes(bytes.unwrap())
                };
                let (rows, chunk, chunks) = (word(0), word(2), word(3));
                assert_eq!(chunk, rows.min(512), "{}", dispatch.label);
                assert_eq!(chunks, rows.div_ceil(512), "{}", dispatch.label);
            }
        }
    }
    let plan = training_plan(&normalised(6), &Limits::WEBGPU, shape);
    let added = |line: &str| line.contains(".add") && line.contains("column_sums");
    assert!(plan.to_string().lines().any(added), "{plan}");
}

#[test]
fn dispatches_do_not_grow_with_the_length() {
    for limits in [Limits::WEBGPU, SUBGROUP] {
        let limits = Limits {
            segment: 4096,
            ..limits
        };
        for variant in Variant::ALL {
            let model = variant.model(8185).unwrap();
            let count = |length| {
                let batch = random_batch(length, 10, &mut Philox::new(4, 0));
                training_plan(&model, &limits, batch.shape())
                    .dispatches
                    .len()
            };
            assert_eq!(count(800), count(3944), "{variant}");
            let layers = model.layers().len();
            assert!(
                count(3944) <= 16 * layers,
                "{variant}: {} dispatches for {layers} layers",
                count(3944)
            );
        }
    }
}

#[test]
fn any_number_of_units_finds_a_form() {
    let step = |units| Recurrence::choose(units, 2, 10, &Limits::WEBGPU) == Recurrence::Step;
    assert!(!step(1) && !step(64) && step(65) && step(96) && step(1000));
    // A GRU has three gates where an LSTM has four.
    let step = |units| Recurrence::choose_gru(units, 2, 10, &Limits::WEBGPU) == Recurrence::Step;
    assert!(!step(1) && !step(85) && step(86) && step(1000));
    for model in [recurrent(4, false, &[(65, 1)]), gru(4, false, &[(86, 1)])] {
        let count = |length| {
            training_plan(&model, &Limits::WEBGPU, equal_batch(length, 1, 1).shape())
                .dispatches
                .len()
        };
        assert_eq!(
            count(30) - count(20),
            20,
            "a dispatch a timestep, forward and backward"
        );
    }
}

#[test]
fn segments_cover_every_timestep_once() {
    for model in [recurrent(4, false, &[(8, 2)]), gru(4, false, &[(8, 2)])] {
        segments_cover(&model);
    }
}

fn segments_cover(model: &Model) {
    let length = 50;
    for limits in [Limits::WEBGPU, SUBGROUP] {
        for segment in [1, 7, 25, 49, 50, 51, usize::MAX] {
            let limits = Limits {
                segment,
                ..limits.clone()
            };
            let plan = training_plan(model, &limits, equal_batch(length, 3, 1).shape());
            for label in ["bidirectional.forward", "bidirectional.backward"] {
                let mut next = 0;
                for dispatch in plan
                    .dispatches
                    .iter()
                    .filter(|dispatch| dispatch.label == label)
                {
                    let dims: dims::RecurrenceDims = *bytemuck::from_bytes(&dispatch.dims);
                    assert_eq!(dims.first, next);
                    assert!(dims.count >= 1 && dims.count as usize <= segment);
                    assert_eq!(dims.length as usize, length);
                    next += dims.count;
                }
                assert_eq!(next as usize, length, "{label}, segments of {segment}");
            }
        }
    }
}

#[test]
fn halves_are_refused_where_there_are_none() {
    let halves = Limits {
        storage: Storage::F16,
        ..Limits::WEBGPU
    };
    for model in [recurrent(4, false, &[(65, 1)]), gru(4, false, &[(86, 1)])] {
        let layout = ParameterLayout::new(&model);
        // Of one timestep too: whether a run is refused does not depend on its batches.
        for length in [1, 5] {
            let shape = equal_batch(length, 2, 7).shape();
            let error = training_step(&model, &layout, &halves, shape, context()).unwrap_err();
            let error = error.to_string();
            assert!(error.starts_with("`storage`: layer "), "{error}");
            assert!(error.contains("units"), "{error}");
            evaluation_plan(&model, &halves, shape);
        }
    }
    let native = Limits {
        form: Form::Native,
        ..Limits::WEBGPU
    };
    assert_eq!(native.clone().with_storage(Storage::F32).unwrap(), native);
    let asked = native.clone().with_storage(Storage::F16).unwrap_err();
    let set = Limits {
        storage: Storage::F16,
        ..native
    };
    let model = recurrent(4, false, &[(8, 1)]);
    let layout = ParameterLayout::new(&model);
    let shape = equal_batch(5, 2, 7).shape();
    let planned = training_step(&model, &layout, &set, shape, context()).unwrap_err();
    for error in [asked.to_string(), planned.to_string()] {
        assert!(
            error.starts_with("`storage`: ") && error.contains("`AdapterChoice::name`"),
            "{error}"
        );
    }
}

/// A batch of one timestep, for which the split form has no kernels, is kept in f32.
#[test]
fn halves_need_two_timesteps_in_the_split_form() {
    let limits = Limits {
        form: Form::Split {
            least: 32,
            lanes: 32,
        },
        storage: Storage::F16,
        workgroup_invocations: 1024,
        ..Limits::WEBGPU
    };
    let model = recurrent(4, false, &[(8, 1)]);
    let kernel = |length: usize| {
        let plan = training_plan(&model, &limits, equal_batch(length, 2, 7).shape());
        let mut dispatches = plan.dispatches.iter();
        let forward = dispatches.find(|dispatch| dispatch.label == "lstm.forward");
        forward.unwrap().kernel.to_string()
    };
    assert_eq!(kernel(1), "lstm_step_forward");
    assert!(kernel(2).contains("_split") && kernel(2).ends_with(" half"));
}

#[test]
fn a_batch_without_tokens_is_refused() {
    let model = recurrent(4, false, &[(4, 1)]);
    let layout = ParameterLayout::new(&model);
    let refused = training_step(
        &model,
        &layout,
        &Limits::WEBGPU,
        BatchShape::default(),
        context(),
    );
    assert!(matches!(refused, Err(Error::Data(_))));
}

#[test]
fn work_that_a_driver_drops_is_noticed() {
    // This device takes everything and does nothing, as one whose watchdog struck.
    let model = recurrent(4, false, &[(4, 1)]);
    let parameters = initialise(&model, 0);
    let gpu = Gpu::noop();
    let mut session =
        Session::new(gpu, model, Limits::WEBGPU, &parameters, Adam::new(1e-3), 0).unwrap();
    session.train(&equal_batch(2, 1, 3)).unwrap();
    let error = session.drain().unwrap_err();
    assert!(matches!(error, Error::Device { .. }), "{error}");
    assert!(
        error.to_string().contains("step 1 came back empty"),
        "{error}"
    );
}

#[test]
fn the_split_form_goes_as_far_as_a_workgroup() {
    let limits = Limits {
        form: Form::Split {
            least: 32,
            lanes: 32,
        },
        workgroup_invocations: 1024,
        ..Limits::WEBGPU
    };
    let split = |forward, backward| Recurrence::Split { forward, backward };
    for choose in [Recurrence::choose, Recurrence::choose_gru] {
        let at = |units| choose(units, 2, 10, &limits);
        assert_eq!(at(1), split(1, 2));
        assert_eq!(at(17), split(2, 4));
        assert_eq!(at(64), split(4, 8));
        assert_eq!(at(257), Recurrence::Step);
    }
    // A workgroup of 64 lanes is less than one subgroup of 128: the portable form takes it.
    let wide = Limits {
        form: Form::Split {
            least: 128,
            lanes: 128,
        },
        ..limits.clone()
    };
    assert_eq!(Recurrence::choose(17, 2, 10, &wide), split(2, 4));
    assert!(matches!(
        Recurrence::choose(16, 2, 10, &wide),
        Recurrence::Portable { .. }
    ));
    let rows = limits.with_row_tile(Some(2));
    assert!(
        rows.unwrap_err()
            .to_string()
            .contains("`KernelForm::Portable`")
    );
}

/// How many weights stay in registers is what GPUs' compilers make most of: docs/performance.md has their numbers.
#[test]
fn the_split_form_keeps_the_weights_that_registers_hold() {
    let of = |least, lanes| Limits {
        form: Form::Split { least, lanes },
        workgroup_invocations: 1024,
        ..Limits::WEBGPU
    };
    let (wide, middle, narrow) = (of(32, 64), of(16, 32), of(8, 32));
    let halves = |limits: &Limits| limits.clone().with_storage(Storage::F16).unwrap();
    let kept = |choose: fn(usize, usize, usize, &Limits) -> Recurrence, limits: &Limits| {
        [64, 65, 96, 112, 128, 129, 256].map(|units| match choose(units, 2, 10, limits) {
            Recurrence::Split { forward, backward } => [forward, backward],
            other => panic!("{units} units: {other:?}"),
        })
    };
    let lstm = |limits: &Limits| kept(Recurrence::choose, limits);
    let gru = |limits: &Limits| kept(Recurrence::choose_gru, limits);

    let expected = [[4, 8], [5, 10], [6, 12], [4, 7], [4, 7], [1, 1], [1, 1]];
    assert_eq!([lstm(&wide), lstm(&halves(&wide))], [expected; 2]);
    let expected = [[4, 8], [5, 10], [5, 8], [4, 7], [4, 7], [2, 2], [2, 2]];
    assert_eq!(lstm(&middle), expected);
    let expected = [[4, 8], [3, 2], [3, 2], [3, 2], [3, 2], [1, 1], [1, 1]];
    assert_eq!(lstm(&narrow), expected);
    let expected = [[4, 8], [3, 4], [3, 4], [3, 4], [3, 4], [1, 1], [1, 1]];
    assert_eq!(lstm(&halves(&narrow)), expected);

    let expected = [[4, 8], [5, 10], [6, 12], [5, 7], [5, 9], [1, 2], [1, 2]];
    assert_eq!(gru(&wide), expected);
    let expected = [[4, 8], [5, 10], [6, 12], [5, 7], [5, 8], [1, 2], [1, 2]];
    assert_eq!(gru(&halves(&wide)), expected);
    let expected = [[4, 8], [5, 10], [5, 12], [5, 7], [5, 9], [2, 4], [2, 4]];
    assert_eq!(gru(&middle), expected);
    let expected = [[4, 8], [5, 10], [5, 12], [5, 7], [5, 9], [1, 1], [1, 1]];
    assert_eq!(gru(&narrow), expected);

    // An Apple M1 has 32 lanes, and no more than 128 registers for each.
    let apple = Limits {
        few_registers: true,
        ..of(32, 32)
    };
    let expected = [[4, 8], [5, 10], [5, 8], [4, 7], [4, 7], [1, 1], [1, 1]];
    assert_eq!(lstm(&apple), expected);
    let expected = [[4, 8], [5, 10], [5, 8], [4, 7], [3, 7], [1, 1], [1, 1]];
    assert_eq!(lstm(&halves(&apple)), expected);
    let expected = [[4, 8], [5, 10], [6, 12], [5, 7], [5, 9], [1, 1], [1, 1]];
    assert_eq!(gru(&apple), expected);

    // A Skylake has 56 threads of 8 lanes: 448 invocations, those of 112 units, and beyond them no weight stays.
    let few_threads = Limits {
        narrow_invocations: Some(448),
        ..narrow
    };
    let expected = [[4, 8], [3, 2], [3, 2], [3, 2], [0, 0], [0, 0], [0, 0]];
    assert_eq!(lstm(&few_threads), expected);
    let expected = [[4, 8], [5, 10], [5, 12], [5, 7], [0, 0], [0, 0], [0, 0]];
    assert_eq!(gru(&few_threads), expected);
}
