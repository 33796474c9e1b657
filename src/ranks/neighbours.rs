//! Which ranks share a machine, and its processors.

use std::fs;

use crate::gpu::LocalRank;

/// What is told of a rank's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Neighbour {
    pub(super) host: String,
    /// The processors that it may use, as Linux lists them; empty on other systems.
    pub(super) processors: String,
    /// How many they are.
    pub(super) count: usize,
}

impl Neighbour {
    /// That of this process.
    pub(super) fn of_this(host: String) -> Neighbour {
        // Where the system does not say it, all ranks of a machine share its processors.
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mut lines = status.lines();
        let list = lines.find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        Neighbour {
            host,
            processors: list.unwrap_or_default().trim().to_string(),
            count: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    pub(super) fn pack(&self) -> Vec<u8> {
        format!("{}\n{}\n{}", self.count, self.processors, self.host).into_bytes()
    }

    /// What was packed; a processor of an unknown machine where it is anything else.
    pub(super) fn unpack(bytes: &[u8]) -> Neighbour {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.splitn(3, '\n');
        let count = lines.next().and_then(|count| count.parse().ok());
        Neighbour {
            count: count.unwrap_or(1),
            processors: lines.next().unwrap_or_default().to_string(),
            host: lines.next().unwrap_or_default().to_string(),
        }
    }
}

/// The place of `rank` among those of its machine. Ranks that a launcher has bound to processors of their own each take all
/// of theirs; those that may use the same ones share them.
pub(super) fn local_rank(all: &[Neighbour], rank: usize) -> LocalRank {
    let Some(own) = all.get(rank) else {
        return LocalRank::default();
    };
    let before = all.iter().take(rank);
    let sharing = all.iter().filter(|neighbour| *neighbour == own).count();
    LocalRank {
        index: before.filter(|other| other.host == own.host).count(),
        threads: LocalRank::share(own.count, sharing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbour(host: &str, processors: &str, count: usize) -> Neighbour {
        Neighbour {
            host: host.to_string(),
            processors: processors.to_string(),
            count,
        }
    }

    #[test]
    fn ranks_share_processors_unless_they_are_bound_to_their_own() {
        let free = neighbour("a", "0-7", 8);
        let bound = [neighbour("b", "0-3", 4), neighbour("b", "4-7", 4)];
        let all = [
            free.clone(),
            bound[0].clone(),
            free.clone(),
            bound[1].clone(),
            free,
        ];
        let of = |rank| {
            let local = local_rank(&all, rank);
            (local.index, local.threads)
        };
        assert_eq!(
            (0..5).map(of).collect::<Vec<_>>(),
            [(0, 2), (0, 4), (1, 2), (1, 4), (2, 2)]
        );
        // More ranks than processors: each computes with one thread.
        assert_eq!(local_rank(&vec![neighbour("a", "0", 1); 3], 2).threads, 1);
        let own = Neighbour::of_this("the host".to_string());
        assert_eq!(Neighbour::unpack(&own.pack()), own);
    }
}
