//! [`TokenPlan`]: which tokens a batch holds, where, and how to sum over their positions.
//!
//! The layer above the embedding is projected for the unique tokens of a batch, not for every
//! position, and the embedding's gradient is a sum over each token's positions. Both need to know
//! the tokens' positions; the sums need them in a fixed order, so that a run repeats bit for bit.

/// Most positions that one run of [`SegmentSums`] sums, but for the fold of tokens with more than
/// RUN² positions.
///
/// Trailing padding makes one token as frequent as all others together: in one run its sum would
/// take as long as the whole batch.
pub const RUN: usize = 64;

/// Sums of rows: run `r` sums the source rows `rows[starts[r]..starts[r + 1]]`, in this order, into
/// the target row `targets[r]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runs {
    /// Where each run begins in `rows`, and after the last where it ends: `[n + 1]`.
    pub starts: Vec<u32>,
    /// Source rows, run after run.
    pub rows: Vec<u32>,
    /// Target row of each run: `[n]`. No row is the target of two runs.
    pub targets: Vec<u32>,
}

impl Runs {
    /// Number of runs, n.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there are no runs.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    fn with_capacity(runs: usize) -> Self {
        let mut starts = Vec::with_capacity(runs + 1);
        starts.push(0);
        Runs {
            starts,
            rows: Vec::new(),
            targets: Vec::with_capacity(runs),
        }
    }

    /// Rows in all runs, where the next run begins.
    fn end(&self) -> u32 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// These runs, and behind them `others`.
    fn followed_by(&self, others: &Runs) -> Runs {
        let mut all = self.clone();
        let first = self.end();
        let starts = others.starts.iter().skip(1);
        all.starts.extend(starts.map(|start| first + start));
        all.rows.extend(&others.rows);
        all.targets.extend(&others.targets);
        all
    }

    /// Appends a run of the next `length` rows.
    fn push(&mut self, length: u32, target: u32) {
        self.starts.push(self.end() + length);
        self.targets.push(target);
    }
}

/// How to sum the rows at each token's positions, for the embedding's gradient.
///
/// First `partial`, then `direct` and `fold`, in any order. Together these two write each row of the unique
/// tokens once. Positions are `t·B + b`, ascending within a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentSums {
    /// Tokens with at most [`RUN`] positions: positions → row of the unique token.
    pub direct: Runs,
    /// Chunks of at most [`RUN`] positions of the other tokens: positions → rows 0, 1 … of a
    /// partial buffer with as many rows as there are runs here.
    pub partial: Runs,
    /// Those tokens' chunks: rows of the partial buffer → row of the unique token.
    pub fold: Runs,
}

impl SegmentSums {
    /// The runs that give each unique token its sum: `direct`, and behind them `fold`.
    pub fn tokens(&self) -> Runs {
        self.direct.followed_by(&self.fold)
    }
}

/// The unique tokens of a batch and their positions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenPlan {
    /// The ids in the batch, ascending, each once: `[U]`.
    pub unique: Vec<u32>,
    /// Index into `unique` of the id at each position: `[T, B]`.
    pub slots: Vec<u32>,
    /// How to sum over each unique token's positions.
    pub sums: SegmentSums,
}

/// Counts by id that one plan leaves to the next, so that their memory is reused.
#[derive(Debug, Clone, Default)]
pub(super) struct TokenScratch {
    /// Occurrences of each id; all 0 between plans.
    counts: Vec<u32>,
    /// Slot of each id of the plan being made; stale elsewhere.
    slots: Vec<u32>,
    /// For each slot, where its next position goes: in the direct rows, then the partial rows.
    cursors: Vec<u32>,
}

impl TokenPlan {
    /// The plan of `ids` (`[T, B]`), by counting: O(T·B + V).
    pub(super) fn new(ids: &[u32], scratch: &mut TokenScratch) -> Self {
        let TokenScratch {
            counts,
            slots: slot_of,
            cursors,
        } = scratch;
        let rows = ids.iter().max().map_or(0, |&id| id as usize + 1);
        if counts.len() < rows {
            counts.resize(rows, 0);
            slot_of.resize(rows, 0);
        }
        for &id in ids {
            counts[id as usize] += 1;
        }

        let most = rows.min(ids.len());
        let mut unique = Vec::with_capacity(most);
        let mut direct = Runs::with_capacity(most);
        let mut partial = Runs::with_capacity(most_partial_runs(ids.len()));
        let mut fold = Runs::with_capacity(most_fold_runs(ids.len()));
        cursors.clear();
        for (id, count) in counts[..rows].iter_mut().enumerate() {
            if *count == 0 {
                continue;
            }
            let slot = unique.len() as u32;
            unique.push(id as u32);
            slot_of[id] = slot;
            if *count <= RUN as u32 {
                cursors.push(direct.end());
                direct.push(*count, slot);
            } else {
                cursors.push(partial.end());
                let chunks = count.div_ceil(RUN as u32);
                for chunk in 0..chunks {
                    let length = (*count - chunk * RUN as u32).min(RUN as u32);
                    partial.push(length, partial.len() as u32);
                }
                fold.push(chunks, slot);
            }
            *count = 0;
        }

        // One array takes both kinds of rows, so that placing a position needs no decision.
        let direct_rows = direct.end();
        for &slot in &fold.targets {
            cursors[slot as usize] += direct_rows;
        }
        let mut positions = vec![0; ids.len()];
        let slots: Vec<u32> = ids
            .iter()
            .enumerate()
            .map(|(position, &id)| {
                let slot = slot_of[id as usize];
                let cursor = &mut cursors[slot as usize];
                positions[*cursor as usize] = position as u32;
                *cursor += 1;
                slot
            })
            .collect();
        partial.rows = positions.split_off(direct_rows as usize);
        direct.rows = positions;
        fold.rows = (0..partial.len() as u32).collect();
        TokenPlan {
            unique,
            slots,
            sums: SegmentSums {
                direct,
                partial,
                fold,
            },
        }
    }
}

/// Most runs that [`SegmentSums::partial`] can have for that many positions: RUN + 1 positions of a
/// token make 2 of them, and no count makes more for each position.
pub(super) fn most_partial_runs(positions: usize) -> usize {
    positions.saturating_mul(2) / (RUN + 1)
}

/// Most runs that [`SegmentSums::fold`] can have for that many positions.
pub(super) fn most_fold_runs(positions: usize) -> usize {
    positions / (RUN + 1)
}
