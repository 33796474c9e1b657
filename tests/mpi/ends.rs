//! How a job ends where a rank cannot go on, and where the user asks it to.

use crate::launch::{alone, errors, mpirun, on_ranks, outcome};
use crate::program::Workplace;

const TRAIN: &str =
    "train dropout --limit-train 40 --limit-test 20 --epochs 1 --shards 2 --out run";

#[test]
fn a_rank_that_fails_before_it_begins_ends_the_job() {
    let place = Workplace::new();
    for (ranks, at) in [
        ([TRAIN, "train dropout --data none.csv --out run"], 1),
        (["train dropout --data none.csv --out run", TRAIN], 0),
    ] {
        let outcome = outcome(&mut mpirun(&place, &ranks.map(|line| (1, line))));
        assert_eq!(outcome.code, 1, "{outcome:#?}");
        let errors = errors(&outcome);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].contains("none.csv"), "{errors:?}");
        assert_eq!(errors[0].contains("rank 1 on "), at == 1, "{errors:?}");
    }
}

#[test]
fn a_rank_that_cannot_write_ends_the_job() {
    let place = Workplace::new();
    place.write("file", "no folder");
    let outcome = on_ranks(&place, 2, &TRAIN.replace("run", "file/run"));
    assert_eq!(
        (outcome.code, errors(&outcome).len()),
        (2, 1),
        "{outcome:#?}"
    );
    assert!(
        errors(&outcome)[0].contains("file/run is no folder"),
        "{outcome:#?}"
    );
}

#[test]
fn a_loss_that_is_not_finite_ends_all_ranks_with_one_message() {
    let place = Workplace::new();
    let line = format!("{TRAIN} --optimiser sgd --learning-rate 1e38");
    let expected = alone(&place, &line.replace("run", "alone"));
    let outcome = on_ranks(&place, 2, &line);
    assert_eq!((outcome.code, expected.code), (1, 1), "{outcome:#?}");
    assert_eq!(errors(&outcome), errors(&expected));
    assert!(!outcome.stderr.contains("Go on with"), "{}", outcome.stderr);
}

#[test]
fn time_that_is_over_ends_all_ranks() {
    let place = Workplace::new();
    let line = "train dropout --limit-train 400 --epochs 200 --shards 2 --max-time 1s --out run";
    let outcome = on_ranks(&place, 2, line);
    assert_eq!(outcome.code, 124, "{outcome:#?}");
    assert_eq!(
        errors(&outcome),
        ["error: --max-time: 1s are over; --resume goes on with the run"]
    );
}
