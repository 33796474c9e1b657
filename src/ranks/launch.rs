//! [`Launch`]: what the environment says of the launcher that started this process.

use crate::gpu::LocalRank;

/// A launcher's variables: how many processes it started, which of them this is, and the same for its machine.
struct Launcher {
    name: &'static str,
    size: &'static str,
    rank: &'static str,
    local_rank: &'static str,
    local_size: &'static str,
}

/// Those of a launcher within another come first.
const LAUNCHERS: [Launcher; 3] = [
    Launcher {
        name: "mpirun",
        size: "OMPI_COMM_WORLD_SIZE",
        rank: "OMPI_COMM_WORLD_RANK",
        local_rank: "OMPI_COMM_WORLD_LOCAL_RANK",
        local_size: "OMPI_COMM_WORLD_LOCAL_SIZE",
    },
    // MPICH, Intel MPI.
    Launcher {
        name: "mpiexec",
        size: "PMI_SIZE",
        rank: "PMI_RANK",
        local_rank: "MPI_LOCALRANKID",
        local_size: "MPI_LOCALNRANKS",
    },
    // Of the step, not of the job: a script of a job with many tasks is itself one process.
    Launcher {
        name: "srun",
        size: "SLURM_STEP_NUM_TASKS",
        rank: "SLURM_PROCID",
        local_rank: "SLURM_LOCALID",
        local_size: "SLURM_NTASKS_PER_NODE",
    },
];

/// How a launcher such as `mpirun` started this process as one of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The launcher.
    pub by: &'static str,
    /// The number of this process, counted from 0.
    pub rank: usize,
    /// How many it started, more than one.
    pub size: usize,
    /// The place of this process on its machine, where the launcher says it.
    pub local: Option<LocalRank>,
}

impl Launch {
    /// What the environment says; `None` of a process that was started alone.
    pub fn from_environment() -> Option<Launch> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Launch::of(&|name| std::env::var(name).ok(), processors)
    }

    fn of(variable: &dyn Fn(&str) -> Option<String>, processors: usize) -> Option<Launch> {
        let number = |name: &str| variable(name)?.parse::<usize>().ok();
        LAUNCHERS.iter().find_map(|launcher| {
            let size = number(launcher.size).filter(|size| *size > 1)?;
            let local = number(launcher.local_rank).zip(number(launcher.local_size));
            Some(Launch {
                by: launcher.name,
                rank: number(launcher.rank)?,
                size,
                local: local.map(|(index, of)| LocalRank {
                    index,
                    threads: LocalRank::share(processors, of),
                }),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<Launch> {
        let variable = |name: &str| {
            let mut found = variables.iter().filter(|(known, _)| *known == name);
            found.next().map(|(_, value)| value.to_string())
        };
        Launch::of(&variable, 8)
    }

    #[test]
    fn the_environment_tells_one_of_several_from_one_alone() {
        assert_eq!(of(&[]), None);
        assert_eq!(
            of(&[("OMPI_COMM_WORLD_SIZE", "1"), ("OMPI_COMM_WORLD_RANK", "0")]),
            None
        );
        // A script under sbatch has no step of several tasks.
        assert_eq!(of(&[("SLURM_NTASKS", "4"), ("SLURM_PROCID", "0")]), None);
        let second = of(&[
            ("OMPI_COMM_WORLD_SIZE", "4"),
            ("OMPI_COMM_WORLD_RANK", "3"),
            ("OMPI_COMM_WORLD_LOCAL_RANK", "1"),
            ("OMPI_COMM_WORLD_LOCAL_SIZE", "2"),
            ("SLURM_STEP_NUM_TASKS", "2"),
            ("SLURM_PROCID", "0"),
        ]);
        let local = LocalRank {
            index: 1,
            threads: 4,
        };
        assert_eq!(
            second,
            Some(Launch {
                by: "mpirun",
                rank: 3,
                size: 4,
                local: Some(local)
            })
        );
        let hydra = of(&[("PMI_SIZE", "2"), ("PMI_RANK", "1")]);
        assert_eq!(
            hydra.map(|launch| (launch.by, launch.rank, launch.local)),
            Some(("mpiexec", 1, None))
        );
        let step = of(&[("SLURM_STEP_NUM_TASKS", "3"), ("SLURM_PROCID", "2")]);
        assert_eq!(
            step.map(|launch| (launch.by, launch.rank, launch.size)),
            Some(("srun", 2, 3))
        );
    }
}
