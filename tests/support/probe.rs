//! [`Probe`]: some dispatches of a plan, run alone on inputs of a test's choice.

// Each test program uses another part of it.
#![allow(dead_code)]

use gatefold::batch::Batch;
use gatefold::device::Device;
use gatefold::model::Model;
use gatefold::plan::{BatchLayout, BufferId, Lifetime, ParameterLayout, Plan, names};

use super::device::native_vectors;
use super::numbers::half_at;

/// What buffers hold before the run where a test sets nothing: a NaN that no arithmetic makes.
const FILL: u32 = 0x7fc1_f111;

/// The same behind the end of every buffer. Bindings take it in, so that a write past the end lands here
/// instead of being moved to the last element or dropped.
const CANARY: u32 = 0x7fc1_caae;

/// Canaries behind a buffer.
const TAIL: usize = 64;

/// Mismatches that are reported.
const MOST: usize = 10;

/// Some dispatches of a plan with the content of all its buffers.
///
/// After [`Probe::run`], compare what they wrote; [`Probe::finish`] then checks that nothing else was written.
pub struct Probe {
    plan: Plan,
    before: Vec<Vec<u32>>,
    after: Vec<Vec<u32>>,
    /// Words that a comparison looked at, or that may hold anything.
    seen: Vec<Vec<bool>>,
    /// Scratch buffers that are not named after a layer.
    shared: Vec<bool>,
    failures: Vec<String>,
    /// Largest error so far, in units of its bound.
    pub worst: f64,
}

impl Probe {
    /// The dispatches whose label `wanted` picks.
    pub fn new(plan: &Plan, wanted: impl Fn(&str) -> bool) -> Probe {
        let mut plan = plan.clone();
        plan.dispatches.retain(|dispatch| wanted(&dispatch.label));
        assert!(!plan.dispatches.is_empty(), "no such dispatch");
        let bound: Vec<_> = plan
            .dispatches
            .iter()
            .flat_map(|dispatch| dispatch.bindings.clone())
            .collect();
        plan.clears.retain(|clear| bound.contains(clear));
        let scratch: Vec<bool> = plan
            .buffers
            .iter()
            .map(|buffer| buffer.lifetime == Lifetime::Scratch)
            .collect();
        let names = plan
            .buffers
            .iter()
            .map(|buffer| buffer.name.contains('.') && !buffer.name.ends_with(".carry"));
        let shared = scratch
            .iter()
            .zip(names)
            .map(|(&scratch, named)| scratch && !named)
            .collect();
        for slice in plan
            .dispatches
            .iter_mut()
            .flat_map(|dispatch| &mut dispatch.bindings)
        {
            if scratch[slice.buffer.0] && slice.offset == 0 {
                slice.bytes += 4 * TAIL as u64;
            }
        }
        let content = |bytes: u64| [vec![FILL; bytes as usize / 4], vec![CANARY; TAIL]].concat();
        let before: Vec<_> = plan
            .buffers
            .iter()
            .map(|buffer| content(buffer.bytes))
            .collect();
        for buffer in &mut plan.buffers {
            buffer.bytes += 4 * TAIL as u64;
            buffer.lifetime = Lifetime::Scratch; // may grow from one probe to the next
        }
        let seen = before
            .iter()
            .map(|words| vec![false; words.len()])
            .collect();
        Probe {
            plan,
            before,
            after: Vec::new(),
            seen,
            shared,
            failures: Vec::new(),
            worst: 0.0,
        }
    }

    fn id(&self, name: &str) -> BufferId {
        self.plan
            .buffer(name)
            .unwrap_or_else(|| panic!("no buffer {name} in\n{}", self.plan))
    }

    /// Name of a storage binding, counted from 0, of the last dispatch with this label.
    pub fn bound(&self, label: &str, binding: usize) -> String {
        let dispatch = self
            .plan
            .dispatches
            .iter()
            .rfind(|dispatch| dispatch.label == label);
        let dispatch = dispatch.unwrap_or_else(|| panic!("no dispatch {label} in\n{}", self.plan));
        self.plan.buffers[dispatch.bindings[binding].buffer.0]
            .name
            .clone()
    }

    /// Kernels with their sizes.
    pub fn kernels(&self) -> Vec<String> {
        self.plan
            .dispatches
            .iter()
            .map(|dispatch| dispatch.kernel.to_string())
            .collect()
    }

    /// Sets the start of a buffer.
    pub fn set<T: bytemuck::Pod>(&mut self, name: &str, values: &[T]) {
        let id = self.id(name).0;
        let words: &[u32] = bytemuck::cast_slice(values);
        assert!(
            words.len() + TAIL <= self.before[id].len(),
            "{name} holds {} words, not {}",
            self.before[id].len() - TAIL,
            words.len()
        );
        self.before[id][..words.len()].copy_from_slice(words);
    }

    /// Sets the parameters of a model, a tensor each.
    pub fn set_parameters(&mut self, model: &Model, tensors: &[Vec<f32>]) {
        let packed = ParameterLayout::new(model).pack(tensors).unwrap();
        self.set(names::PARAMETERS, &packed);
    }

    /// Sets the batch; `masked` marks its padding, which kernels without a mask are to ignore.
    pub fn set_batch(&mut self, batch: &Batch, masked: bool) {
        let words = BatchLayout::new(batch.shape()).pack(batch, masked);
        self.set(names::BATCH, &words);
    }

    /// Runs the dispatches and reads all buffers back.
    ///
    /// The processor has to leave the same bytes with every kind of vector and any number of threads.
    pub fn run(&mut self, device: &mut Device) {
        self.after = self.outcome(device);
        if device.is_native() {
            for native in native_vectors() {
                let way = format!("{}, {} threads", native.vectors(), native.threads());
                let other = self.outcome(&mut native.into());
                for ((buffer, first), other) in
                    self.plan.buffers.iter().zip(&self.after).zip(&other)
                {
                    let same = if buffer.name.ends_with(".c") {
                        // Rows lie as they are shared out among threads.
                        sorted(first) == sorted(other)
                    } else {
                        first == other
                    };
                    assert!(same, "{} differs with {way}:\n{}", buffer.name, self.plan);
                }
            }
        }
    }

    fn outcome(&self, device: &mut Device) -> Vec<Vec<u32>> {
        let named = || self.plan.buffers.iter().zip(&self.before);
        let uploads: Vec<(&str, &[u8])> = named()
            .map(|(buffer, words)| (buffer.name.as_str(), bytemuck::cast_slice(words)))
            .collect();
        device.run(&self.plan, &uploads).unwrap();
        named()
            .map(|(buffer, words)| device.read(&buffer.name, words.len()).unwrap())
            .collect()
    }

    /// The first numbers of a buffer after the run.
    pub fn values(&self, name: &str, count: usize) -> Vec<f32> {
        self.words(name, count)
            .iter()
            .map(|&word| f32::from_bits(word))
            .collect()
    }

    /// The first words of a buffer after the run.
    pub fn words(&self, name: &str, count: usize) -> Vec<u32> {
        self.after[self.id(name).0][..count].to_vec()
    }

    /// Lets scratch buffers that layers share hold anything: those not named after a layer.
    pub fn ignore_shared(&mut self) {
        for id in 0..self.plan.buffers.len() {
            if self.shared[id] {
                let words = self.seen[id].len() - TAIL;
                self.seen[id][..words].fill(true);
            }
        }
    }

    /// Lets a buffer hold anything but for the canaries behind it.
    pub fn ignore(&mut self, name: &str) {
        let id = self.id(name).0;
        let seen = &mut self.seen[id];
        let words = seen.len() - TAIL;
        seen[..words].fill(true);
    }

    /// Lets a buffer hold 0 where the plan clears it.
    pub fn ignore_cleared(&mut self, name: &str) {
        let id = self.id(name);
        for clear in self.plan.clears.iter().filter(|clear| clear.buffer == id) {
            for place in clear.offset as usize / 4..(clear.offset + clear.bytes) as usize / 4 {
                self.seen[id.0][place] |= self.after[id.0][place] == 0;
            }
        }
    }

    /// Compares words at the start of a buffer from `first` on.
    pub fn compare_words(&mut self, name: &str, first: usize, expected: &[u32]) {
        let id = self.id(name).0;
        for (place, &expected) in (first..).zip(expected) {
            self.seen[id][place] = true;
            let found = self.after[id][place];
            if found != expected {
                self.failures
                    .push(format!("{name}[{place}] is {found:#x}, not {expected:#x}"));
            }
        }
    }

    /// Compares the start of a buffer; `bound(i)` is the error that number i may have.
    pub fn compare(&mut self, name: &str, expected: &[f64], bound: impl Fn(usize) -> f64) {
        self.compare_at(name, 0..expected.len(), expected, bound);
    }

    /// Compares numbers at the given places of a buffer.
    pub fn compare_at(
        &mut self,
        name: &str,
        places: impl IntoIterator<Item = usize>,
        expected: &[f64],
        bound: impl Fn(usize) -> f64,
    ) {
        let id = self.id(name).0;
        let mut count = 0;
        for ((i, place), &expected) in places.into_iter().enumerate().zip(expected) {
            count += 1;
            self.seen[id][place] = true;
            let found = f64::from(f32::from_bits(self.after[id][place]));
            self.judge(&format!("{name}[{place}]"), found, expected, bound(i));
        }
        assert_eq!(count, expected.len(), "places and values of {name}");
    }

    /// As [`Probe::compare`], of numbers that are kept as halves, `scale` times larger.
    pub fn compare_halves(
        &mut self,
        name: &str,
        scale: f64,
        expected: &[f64],
        bound: impl Fn(usize) -> f64,
    ) {
        let id = self.id(name).0;
        for (i, &expected) in expected.iter().enumerate() {
            self.seen[id][i / 2] = true;
            let found = half_at(&self.after[id], i) / scale;
            self.judge(&format!("{name}, half {i}"), found, expected, bound(i));
        }
    }

    /// Notes a number that is further from the twin's than `bound`.
    fn judge(&mut self, place: &str, found: f64, expected: f64, bound: f64) {
        let error = (found - expected).abs();
        if error > 0.0 {
            self.worst = self.worst.max(error / bound);
        }
        if error.is_nan() || error > bound {
            self.failures.push(format!(
                "{place} is {found:e}, the twin has {expected:e}; bound {bound:.1e}"
            ));
        }
    }

    /// Compares tensors of a buffer that is laid out as the parameters are; `None` leaves one out.
    pub fn compare_tensors(
        &mut self,
        name: &str,
        model: &Model,
        expected: &[Option<(Vec<f64>, Vec<f64>)>],
    ) {
        for (index, tensor) in expected.iter().enumerate() {
            if let Some((values, bounds)) = tensor {
                let places = places(model, index);
                self.compare_at(name, places, values, |i| bounds[i]);
            }
        }
    }

    /// Fails if a comparison failed, or a word that none looked at is not what it was.
    pub fn finish(mut self, what: &str) -> f64 {
        assert!(!self.after.is_empty(), "not run");
        for (id, buffer) in self.plan.buffers.iter().enumerate() {
            for (i, (&before, &after)) in self.before[id].iter().zip(&self.after[id]).enumerate() {
                if before != after && !self.seen[id][i] {
                    let place = if before == CANARY { "canary " } else { "" };
                    self.failures.push(format!(
                        "{place}{}[{i}] was {before:#x} and is {after:#x}",
                        buffer.name
                    ));
                }
            }
        }
        let more = self.failures.len().saturating_sub(MOST);
        self.failures.truncate(MOST);
        assert!(
            self.failures.is_empty(),
            "{what}:\n{}\nand {more} more, of\n{}",
            self.failures.join("\n"),
            self.plan
        );
        self.worst
    }
}

fn sorted(words: &[u32]) -> Vec<u32> {
    let mut words = words.to_vec();
    words.sort_unstable();
    words
}

/// Where the elements of the model's parameter `index` lie in the parameter buffer.
pub fn places(model: &Model, index: usize) -> Vec<usize> {
    let layout = ParameterLayout::new(model);
    let marked: Vec<Vec<f32>> = model
        .parameters()
        .iter()
        .enumerate()
        .map(|(i, parameter)| {
            (1..=parameter.len())
                .map(|n| if i == index { n as f32 } else { 0.0 })
                .collect()
        })
        .collect();
    let packed = layout.pack(&marked).unwrap();
    let mut places = vec![0; model.parameters()[index].len()];
    for (place, &mark) in packed.iter().enumerate() {
        if mark > 0.0 {
            places[mark as usize - 1] = place;
        }
    }
    places
}
