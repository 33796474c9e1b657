//! Who sends to whom so that every rank comes to hold what all have, in their order, in log2(R) rounds.

/// What a rank does in a round: all that it holds goes to `to`, and what `from` holds comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Round {
    pub(super) to: Vec<usize>,
    pub(super) from: usize,
    /// Whether what comes is of later ranks than what is held.
    pub(super) is_later: bool,
}

/// The rounds of `rank` among `size`.
///
/// In round k, groups of 2^(k+1) neighbours are made of two of 2^k: each member of one half swaps with its counterpart in the
/// other. The last group may lack counterparts: those that are there send to several.
///
/// # Source
/// Recursive doubling, for example Thakur, Rabenseifner and Gropp, "Optimization of collective communication operations in
/// MPICH" (2005), section 4.1.
pub(super) fn rounds(rank: usize, size: usize) -> Vec<Round> {
    let mut rounds = Vec::new();
    let mut half = 1;
    while half < size {
        let first = rank / (2 * half) * (2 * half);
        let middle = first + half;
        let end = size.min(first + 2 * half);
        // Members of the second half, of which the last group may have fewer.
        let there = end.saturating_sub(middle);
        if there > 0 {
            rounds.push(match rank < middle {
                true => {
                    let place = rank - first;
                    Round {
                        to: (place < there)
                            .then_some(middle + place)
                            .into_iter()
                            .collect(),
                        from: middle + place % there,
                        is_later: true,
                    }
                }
                false => {
                    let place = rank - middle;
                    Round {
                        to: (first..middle).skip(place).step_by(there).collect(),
                        from: first + place,
                        is_later: false,
                    }
                }
            });
        }
        half *= 2;
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_comes_to_hold_what_all_have_in_their_order() {
        for size in 1..=17 {
            let rounds: Vec<Vec<Round>> = (0..size).map(|rank| rounds(rank, size)).collect();
            let mut next = vec![0; size];
            let mut held: Vec<Vec<usize>> = (0..size).map(|rank| vec![rank]).collect();
            // Messages by sender and receiver, in their order.
            let mut sent = std::collections::BTreeMap::<(usize, usize), Vec<Vec<usize>>>::new();
            let mut is_sent = vec![false; size];
            let mut moved = true;
            while moved {
                moved = false;
                for (rank, rounds) in rounds.iter().enumerate() {
                    let Some(round) = rounds.get(next[rank]) else {
                        continue;
                    };
                    if !is_sent[rank] {
                        is_sent[rank] = true;
                        for &to in &round.to {
                            let waiting = sent.entry((rank, to)).or_default();
                            waiting.push(held[rank].clone());
                        }
                    }
                    let waiting = sent.entry((round.from, rank)).or_default();
                    if waiting.is_empty() {
                        continue;
                    }
                    let came = waiting.remove(0);
                    held[rank] = match round.is_later {
                        true => [&held[rank][..], &came].concat(),
                        false => [&came[..], &held[rank]].concat(),
                    };
                    (next[rank], is_sent[rank], moved) = (next[rank] + 1, false, true);
                }
            }
            let all: Vec<usize> = (0..size).collect();
            assert!(held.iter().all(|held| *held == all), "{size}: {held:?}");
            assert!(
                sent.values().all(Vec::is_empty),
                "{size}: more was sent than taken"
            );
            assert!(
                rounds
                    .iter()
                    .all(|rounds| rounds.len() <= size.ilog2() as usize + 1)
            );
        }
    }
}
