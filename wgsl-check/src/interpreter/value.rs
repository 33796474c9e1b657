//! Values of all invocations of a workgroup at once, component by component; and which of them are there.

/// Which components are not known.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Taint {
    #[default]
    None,
    All,
    /// Word by word.
    Some(Vec<bool>),
}

/// A value for every invocation: word `component * lanes + lane`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    pub words: Vec<u32>,
    pub taint: Taint,
}

impl Values {
    /// The same words for all.
    pub fn splat(words: &[u32], lanes: usize) -> Values {
        Values {
            words: words
                .iter()
                .flat_map(|&word| std::iter::repeat_n(word, lanes))
                .collect(),
            taint: Taint::None,
        }
    }

    pub fn unknown(count: usize, lanes: usize) -> Values {
        Values {
            words: vec![0; count * lanes],
            taint: Taint::All,
        }
    }

    /// Makes room for so many words; all are known from then on.
    pub fn reset(&mut self, words: usize) {
        self.words.resize(words, 0);
        self.taint = Taint::None;
    }

    pub fn is_unknown(&self, word: usize) -> bool {
        match &self.taint {
            Taint::None => false,
            Taint::All => true,
            Taint::Some(unknown) => unknown.get(word).copied().unwrap_or(true),
        }
    }

    pub fn get(&self, word: usize) -> Option<u32> {
        let known = !self.is_unknown(word);
        self.words.get(word).copied().filter(|_| known)
    }

    /// Writes a word.
    pub fn set(&mut self, word: usize, value: Option<u32>) {
        match value {
            Some(value) => {
                if let Some(to) = self.words.get_mut(word) {
                    *to = value;
                }
                match &mut self.taint {
                    Taint::None => {}
                    Taint::All => {
                        let mut unknown = vec![true; self.words.len()];
                        unknown[word] = false;
                        self.taint = Taint::Some(unknown);
                    }
                    Taint::Some(unknown) => unknown[word] = false,
                }
            }
            None => self.taint(word),
        }
    }

    /// Notes that a word is not known.
    pub fn taint(&mut self, word: usize) {
        match &mut self.taint {
            Taint::All => {}
            Taint::Some(unknown) => unknown[word] = true,
            Taint::None => {
                let mut unknown = vec![false; self.words.len()];
                unknown[word] = true;
                self.taint = Taint::Some(unknown);
            }
        }
    }
}

/// An operand with its number of components; one component stands for all.
#[derive(Clone, Copy)]
pub(crate) struct Operand<'a> {
    pub values: &'a Values,
    pub count: usize,
}

impl Operand<'_> {
    fn is_unknown(&self, component: usize, lane: usize, lanes: usize) -> bool {
        let component = if self.count == 1 { 0 } else { component };
        self.values.is_unknown(component * lanes + lane)
    }

    /// The words of a component.
    pub fn part(&self, component: usize, lanes: usize) -> &[u32] {
        let component = if self.count == 1 { 0 } else { component };
        &self.values.words[component * lanes..(component + 1) * lanes]
    }
}

/// What is not known of a result each of whose components comes from those of the operands; `true` if nothing is.
pub(crate) fn taint_each(
    out: &mut Values,
    operands: &[Operand],
    count: usize,
    lanes: usize,
) -> bool {
    taint_as(out, operands, count * lanes, || {
        let unknown = (0..count * lanes).map(|word| {
            let (component, lane) = (word / lanes, word % lanes);
            operands
                .iter()
                .any(|o| o.is_unknown(component, lane, lanes))
        });
        unknown.collect()
    })
}

/// The same where every component comes from all components of the operands.
pub(crate) fn taint_across(
    out: &mut Values,
    operands: &[Operand],
    count: usize,
    lanes: usize,
) -> bool {
    taint_as(out, operands, count * lanes, || {
        let of_lane: Vec<bool> = (0..lanes)
            .map(|lane| {
                operands
                    .iter()
                    .any(|o| (0..o.count).any(|part| o.is_unknown(part, lane, lanes)))
            })
            .collect();
        of_lane.repeat(count)
    })
}

/// Makes room for so many words, and says which are not known: `some` is asked where the operands know some, and not all.
fn taint_as(
    out: &mut Values,
    operands: &[Operand],
    words: usize,
    some: impl FnOnce() -> Vec<bool>,
) -> bool {
    out.words.resize(words, 0);
    out.taint = if operands.iter().all(|o| o.values.taint == Taint::None) {
        Taint::None
    } else if operands.iter().any(|o| o.values.taint == Taint::All) {
        Taint::All
    } else {
        Taint::Some(some())
    };
    out.taint == Taint::All
}

/// Component by component, for all invocations, of one operand.
pub(crate) fn map1(
    out: &mut Values,
    a: Operand,
    count: usize,
    lanes: usize,
    f: impl Fn(u32) -> u32,
) {
    if taint_each(out, &[a], count, lanes) {
        return;
    }
    for component in 0..count {
        let to = &mut out.words[component * lanes..(component + 1) * lanes];
        for (to, &a) in to.iter_mut().zip(a.part(component, lanes)) {
            *to = f(a);
        }
    }
}

/// Of two operands.
pub(crate) fn map2(
    out: &mut Values,
    [a, b]: [Operand; 2],
    count: usize,
    lanes: usize,
    f: impl Fn(u32, u32) -> u32,
) {
    if taint_each(out, &[a, b], count, lanes) {
        return;
    }
    for component in 0..count {
        let to = &mut out.words[component * lanes..(component + 1) * lanes];
        let from = a
            .part(component, lanes)
            .iter()
            .zip(b.part(component, lanes));
        for (to, (&a, &b)) in to.iter_mut().zip(from) {
            *to = f(a, b);
        }
    }
}

/// Of three operands.
pub(crate) fn map3(
    out: &mut Values,
    [a, b, c]: [Operand; 3],
    count: usize,
    lanes: usize,
    f: impl Fn(u32, u32, u32) -> u32,
) {
    if taint_each(out, &[a, b, c], count, lanes) {
        return;
    }
    for component in 0..count {
        let to = &mut out.words[component * lanes..(component + 1) * lanes];
        let from = a
            .part(component, lanes)
            .iter()
            .zip(b.part(component, lanes));
        let from = from.zip(c.part(component, lanes));
        for (to, ((&a, &b), &c)) in to.iter_mut().zip(from) {
            *to = f(a, b, c);
        }
    }
}

/// Which invocations are there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mask {
    there: Vec<bool>,
    count: usize,
}

impl Mask {
    pub fn of(there: Vec<bool>) -> Mask {
        let count = there.iter().filter(|there| **there).count();
        Mask { there, count }
    }

    pub fn nobody(lanes: usize) -> Mask {
        Mask {
            there: vec![false; lanes],
            count: 0,
        }
    }

    pub fn everybody(lanes: usize) -> Mask {
        Mask {
            there: vec![true; lanes],
            count: lanes,
        }
    }

    pub fn is_nobody(&self) -> bool {
        self.count == 0
    }

    pub fn is_everybody(&self) -> bool {
        self.count == self.there.len()
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn has(&self, lane: usize) -> bool {
        self.there[lane]
    }

    /// Those who are there.
    pub fn lanes(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.there.len()).filter(|&lane| self.there[lane])
    }

    pub fn and(&self, other: &Mask) -> Mask {
        self.combine(other, |a, b| a & b)
    }

    pub fn or(&self, other: &Mask) -> Mask {
        self.combine(other, |a, b| a | b)
    }

    pub fn without(&self, other: &Mask) -> Mask {
        self.combine(other, |a, b| a & !b)
    }

    fn combine(&self, other: &Mask, f: impl Fn(bool, bool) -> bool) -> Mask {
        let there = self.there.iter().zip(&other.there);
        Mask::of(there.map(|(&a, &b)| f(a, b)).collect())
    }
}
