//! You should see a line a review: the most likely class with its probability, then the probability of every class.
//!
//! A trained run at work, on reviews of its own file, one a line. Reviews are read as the run's training read them, so
//! the numbers are those of `gatefold predict RUN`:
//! `cargo run --release --example probabilities -- RUN < reviews.txt`

use gatefold::Error;
use gatefold::run::TrainedRun;

fn main() -> gatefold::Result<()> {
    let folder = std::env::args().nth(1);
    let folder = folder.ok_or_else(|| Error::Data("which run? give its folder".to_string()))?;
    let run = TrainedRun::open(&folder)?;

    let lines = std::io::stdin().lines();
    let texts: Vec<String> = lines
        .collect::<Result<_, _>>()
        .map_err(Error::io("standard input"))?;
    for prediction in run.predict(&texts)? {
        let classes = run.classes.iter().zip(&prediction.probabilities);
        let all: Vec<String> = classes
            .map(|(class, probability)| format!("{class} {probability:.4}"))
            .collect();
        println!(
            "{} {:.4} ({})",
            prediction.class,
            prediction.probability,
            all.join(", ")
        );
    }
    Ok(())
}
