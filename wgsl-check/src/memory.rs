//! The words of buffers and of workgroup memory: what they hold, and who touched them, after which barrier.

use crate::launch::{Buffer, Content};

/// An invocation at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub group: u32,
    pub invocation: u32,
    /// Barriers passed so far, in all workgroups; 0 stands for nobody.
    pub epoch: u32,
    /// Where in the text, as a number.
    pub place: u32,
}

impl Who {
    const NOBODY: Who = Who {
        group: 0,
        invocation: 0,
        epoch: 0,
        place: 0,
    };

    /// Whether nothing says which of both comes first.
    fn races(self, other: Who, shared: bool) -> bool {
        if other.epoch == 0 {
            return false;
        }
        if self.group != other.group {
            return shared;
        }
        self.invocation != other.invocation && self.epoch == other.epoch
    }

    fn same_invocation(self, other: Who) -> bool {
        self.group == other.group && self.invocation == other.invocation && other.epoch != 0
    }
}

/// How a word is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touch {
    Load,
    Store,
    Atomic,
}

/// The last to touch a word; of readers the last two that differ, so that a writer meets another than itself.
#[derive(Debug, Clone, Copy)]
struct Accesses {
    writer: Who,
    readers: [Who; 2],
    atomics: [Who; 2],
}

impl Accesses {
    const NONE: Accesses = Accesses {
        writer: Who::NOBODY,
        readers: [Who::NOBODY; 2],
        atomics: [Who::NOBODY; 2],
    };

    /// Notes an access; returns whom it races with, and whether that one wrote.
    fn note(&mut self, who: Who, touch: Touch, shared: bool) -> Option<(Who, Touch)> {
        let against = |other: &Who| who.races(*other, shared);
        let of = |others: &[Who], touch| others.iter().find(|w| against(w)).map(|&w| (w, touch));
        let mut race = of(&[self.writer], Touch::Store);
        if touch != Touch::Load {
            race = race.or(of(&self.readers, Touch::Load));
        }
        if touch != Touch::Atomic {
            race = race.or(of(&self.atomics, Touch::Atomic));
        }
        let keep = |kept: &mut [Who; 2]| {
            if !who.same_invocation(kept[0]) {
                kept[1] = kept[0];
            }
            kept[0] = who;
        };
        match touch {
            Touch::Store => self.writer = who,
            Touch::Load => keep(&mut self.readers),
            Touch::Atomic => keep(&mut self.atomics),
        }
        race
    }
}

/// What is known of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Known,
    Unknown,
    Unwritten,
}

/// Words of a page.
const PAGE: usize = 256;

struct Page {
    words: [u32; PAGE],
    states: [State; PAGE],
    accesses: [Accesses; PAGE],
}

/// A buffer, whose pages are made when they are first touched.
struct Store {
    content: Content,
    pages: Vec<Option<Box<Page>>>,
    len: usize,
}

impl Store {
    fn new(buffer: &Buffer) -> Store {
        let mut pages = Vec::new();
        pages.resize_with(buffer.words.div_ceil(PAGE), || None);
        Store {
            content: buffer.content.clone(),
            pages,
            len: buffer.words,
        }
    }

    fn page(&mut self, word: usize) -> Option<&mut Page> {
        let slot = self.pages.get_mut(word / PAGE)?;
        if slot.is_none() {
            let mut page = Box::new(Page {
                words: [0; PAGE],
                states: [State::Known; PAGE],
                accesses: [Accesses::NONE; PAGE],
            });
            match &self.content {
                Content::Words(words) => {
                    let first = word / PAGE * PAGE;
                    let there = words.iter().skip(first).take(PAGE);
                    page.words
                        .iter_mut()
                        .zip(there)
                        .for_each(|(to, &from)| *to = from);
                }
                Content::Unknown => page.states.fill(State::Unknown),
                Content::Unwritten => page.states.fill(State::Unwritten),
            }
            *slot = Some(page);
        }
        slot.as_deref_mut()
    }
}

/// Words of a workgroup.
struct Shared {
    words: Vec<u32>,
    known: Vec<bool>,
    accesses: Vec<Accesses>,
}

/// Where a variable's words are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Region {
    /// In a buffer, from this word on; `tracked` where the launch may write it.
    Buffer {
        buffer: usize,
        first: usize,
        tracked: bool,
    },
    /// In workgroup memory.
    Shared(usize),
}

/// All memory of a launch that several invocations see.
pub(crate) struct Memory {
    stores: Vec<Store>,
    shared: Vec<Shared>,
}

/// What a buffer holds after a launch.
#[derive(Debug, Clone)]
pub(crate) struct Contents {
    pub words: Vec<u32>,
    /// The words that are not known.
    pub unknown: Vec<bool>,
}

impl Memory {
    pub fn new(buffers: &[Buffer]) -> Memory {
        Memory {
            stores: buffers.iter().map(Store::new).collect(),
            shared: Vec::new(),
        }
    }

    /// Adds a variable of workgroup memory; returns its number.
    pub fn add_shared(&mut self, words: usize) -> usize {
        self.shared.push(Shared {
            words: vec![0; words],
            known: vec![true; words],
            accesses: vec![Accesses::NONE; words],
        });
        self.shared.len() - 1
    }

    /// Words of all workgroup memory.
    pub fn shared_words(&self) -> u64 {
        self.shared
            .iter()
            .map(|shared| shared.words.len() as u64)
            .sum()
    }

    /// Workgroup memory is another's from here on: zeros.
    pub fn next_workgroup(&mut self) {
        for shared in &mut self.shared {
            shared.words.fill(0);
            shared.known.fill(true);
        }
    }

    /// Notes an access of a word; returns whom it races with.
    pub fn note(
        &mut self,
        region: Region,
        word: usize,
        who: Who,
        touch: Touch,
    ) -> Option<(Who, Touch)> {
        match region {
            Region::Buffer { tracked: false, .. } => None,
            Region::Buffer { buffer, first, .. } => {
                let at = first + word;
                let page = self.stores[buffer].page(at)?;
                page.accesses[at % PAGE].note(who, touch, true)
            }
            Region::Shared(index) => self.shared[index]
                .accesses
                .get_mut(word)?
                .note(who, touch, false),
        }
    }

    pub fn load(&mut self, region: Region, word: usize) -> (u32, State) {
        match region {
            Region::Buffer { buffer, first, .. } => {
                let at = first + word;
                match self.stores[buffer].page(at) {
                    Some(page) => (page.words[at % PAGE], page.states[at % PAGE]),
                    None => (0, State::Unknown),
                }
            }
            Region::Shared(index) => {
                let shared = &self.shared[index];
                let known = shared.known.get(word).copied().unwrap_or(false);
                let state = if known { State::Known } else { State::Unknown };
                (shared.words.get(word).copied().unwrap_or(0), state)
            }
        }
    }

    /// Stores a word, or notes that what is stored there is not known.
    pub fn store(&mut self, region: Region, word: usize, value: Option<u32>) {
        let state = if value.is_some() {
            State::Known
        } else {
            State::Unknown
        };
        match region {
            Region::Buffer { buffer, first, .. } => {
                let at = first + word;
                if let Some(page) = self.stores[buffer].page(at) {
                    page.words[at % PAGE] = value.unwrap_or(0);
                    page.states[at % PAGE] = state;
                }
            }
            Region::Shared(index) => {
                let shared = &mut self.shared[index];
                if let (Some(to), Some(known)) =
                    (shared.words.get_mut(word), shared.known.get_mut(word))
                {
                    *to = value.unwrap_or(0);
                    *known = value.is_some();
                }
            }
        }
    }

    /// What the buffers hold now.
    pub fn contents(self) -> Vec<Contents> {
        let contents = self.stores.into_iter().map(|store| {
            let (mut words, state) = match &store.content {
                Content::Words(words) => (words.to_vec(), false),
                Content::Unknown | Content::Unwritten => (Vec::new(), true),
            };
            words.resize(store.len, 0);
            let mut unknown = vec![state; store.len];
            for (index, page) in store.pages.iter().enumerate() {
                let Some(page) = page else { continue };
                let there = index * PAGE..store.len.min((index + 1) * PAGE);
                for (at, place) in there.enumerate() {
                    words[place] = page.words[at];
                    unknown[place] = page.states[at] != State::Known;
                }
            }
            Contents { words, unknown }
        });
        contents.collect()
    }
}
