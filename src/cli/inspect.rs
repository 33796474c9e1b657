//! `gatefold data inspect`: counts, lengths, duplicates, padding, and a padded batch as an array.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use gatefold::batch::Side;
use gatefold::data::{Duplicate, Duplicates, Lengths};
use gatefold::report::{FigureFormat, PNG_SCALE, excerpt, length_histogram, write_atomically};
use gatefold::run::padding_words;

use super::args::InspectArgs;
use super::inspection::{
    BatchSettings, FirstBatch, Histogram, Inspection, PaddingShare, Part, Tokens,
};
use super::output_file;
use super::screen::{LABEL, Output, counted, field, grouped, print_json, result_columns, wrap};
use super::settings::DataSettings;
use super::tell_origin::load_told;
use super::usage::option;

/// Columns of the longest bar of the histogram.
const BAR: usize = 48;

/// Columns before a bar: the range, the count and a blank.
const BEFORE_BAR: usize = 23;

/// Reviews of the batch whose beginnings are shown.
const EXCERPTS: usize = 5;

/// Repeated reviews whose places are shown.
const PLACES: usize = 3;

/// Shows what the data looks like to a model.
pub fn run(args: &InspectArgs, quiet: bool) -> Result<()> {
    let settings = BatchSettings::new(&args.batch)?;
    let picture = args.histogram.as_deref().map(Picture::new).transpose()?;
    if let Some(path) = &args.histogram {
        output_file::check("--histogram", path, args.overwrite)?;
    }
    let data = DataSettings::new(&args.data)?;
    let output = Output {
        json: args.json,
        quiet,
    };
    let dataset = load_told(&data, &AtomicBool::new(false), output)?;
    let lengths = [&dataset.train, &dataset.test].map(|part| Lengths::of(part));
    let mut inspection = Inspection::new(&dataset, &lengths, &settings, args.seed)?;
    if let Some(picture) = picture {
        picture.write(&lengths, &dataset.name)?;
        inspection.histogram_file = Some(picture.path);
    }
    if args.json {
        return print_json(&inspection);
    }
    Ok(print(&mut io::stdout().lock(), &inspection, &settings)?)
}

/// Where the histogram goes, and in which form.
struct Picture<'a> {
    path: &'a Path,
    format: FigureFormat,
}

impl Picture<'_> {
    /// Refuses what cannot be written before anything is read.
    fn new(path: &Path) -> gatefold::Result<Picture<'_>> {
        let Some(format) = FigureFormat::of(path) else {
            let problem = format!(
                "{} ends in none of .png, .svg and .pdf; give a name that does",
                path.display()
            );
            return Err(option("--histogram", problem));
        };
        match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
                let problem = format!("{} is no folder; make it first", folder.display());
                Err(option("--histogram", problem))
            }
            _ => Ok(Picture { path, format }),
        }
    }

    fn write(&self, [train, test]: &[Lengths; 2], name: &str) -> gatefold::Result<()> {
        let figure = length_histogram(train, test, name);
        let bytes = match self.format {
            FigureFormat::Png => figure.to_png(PNG_SCALE)?,
            FigureFormat::Svg => figure.to_svg()?.into_bytes(),
            FigureFormat::Pdf => figure.to_pdf()?,
        };
        write_atomically(self.path, &bytes)
    }
}

fn print(out: &mut impl Write, found: &Inspection, settings: &BatchSettings) -> io::Result<()> {
    writeln!(out, "{}", field("Data", found.name))?;
    for note in found.notes {
        writeln!(out, "{}", field("Note", note))?;
    }
    let size = grouped(found.vocabulary_size);
    let ids = format!(
        "{size}, padding included; sha256 {}",
        found.vocabulary_sha256
    );
    writeln!(out, "{}", field("Ids", &ids))?;
    let second = match found.held_out {
        Some(_) => "Validated",
        None => "Test",
    };
    let held_out = found.held_out.iter().map(|part| ("Test", part));
    let parts = [("Training", &found.train), (second, &found.test)];
    for (label, part) in parts.into_iter().chain(held_out) {
        writeln!(out, "{}", field(label, &counts(part)))?;
        writeln!(out, "{}", field("", &lengths(&part.tokens)))?;
    }
    for (line, text) in repeats(&found.duplicates).iter().enumerate() {
        let label = if line == 0 { "Repeated" } else { "" };
        writeln!(out, "{}", field(label, text))?;
    }
    if let Some(text) = cut(&found.padding, found.train.reviews) {
        writeln!(out, "{}", field("Cut", &text))?;
    }
    writeln!(out, "{}", field("Padding", &padding(&found.padding)))?;
    if let Some(file) = found.histogram_file {
        writeln!(out, "{}", field("Picture", &file.display().to_string()))?;
    }

    writeln!(out, "\nLengths of the training reviews, in tokens")?;
    write!(out, "{}", bars(&found.train.histogram))?;

    let batch = &found.batch;
    let [rows, columns] = batch.shape;
    let order = match settings.bucket {
        true => "bucketed",
        false => "shuffled",
    };
    let title = format!(
        "First batch of the {order} epoch with seed {}, shape ({rows}, {columns})",
        batch.seed
    );
    writeln!(out, "\n{}", lines(&title))?;
    let words = padding_words(&settings.padding);
    if !words.is_empty() {
        writeln!(out, "{}", lines(&format!("({})", words.join(", "))))?;
    }
    writeln!(out, "{}", batch.array)?;
    let labels: Vec<String> = batch.labels.iter().map(u8::to_string).collect();
    writeln!(out, "{}", field("labels", &labels.join(" ")))?;
    let title = "Beginnings of its first reviews, as the model reads them";
    writeln!(out, "\n{}", lines(title))?;
    write!(out, "{}", beginnings(batch, found.classes))
}

/// A text in lines as wide as standard output.
fn lines(text: &str) -> String {
    wrap(text, result_columns()).join("\n")
}

fn counts(part: &Part) -> String {
    let classes: Vec<String> = part
        .classes
        .iter()
        .map(|class| format!("{} {}", grouped(class.reviews), class.name))
        .collect();
    let share = match part.classes[..] {
        // One share of two says all.
        [_, ref second] => format!(" ({:.1} %)", percent(second.reviews, part.reviews)),
        _ => String::new(),
    };
    let reviews = counted(part.reviews, "review");
    format!("{reviews}: {}{share}", classes.join(", "))
}

fn lengths(tokens: &Tokens) -> String {
    let Tokens {
        mean,
        median,
        p90,
        p99,
        longest,
    } = tokens;
    format!("tokens: mean {mean:.1}, median {median}, 90 % {p90}, 99 % {p99}, longest {longest}")
}

/// A line for each kind of repetition, and one about its numbers.
fn repeats(found: &Duplicates) -> Vec<String> {
    let kinds = [
        ("training reviews that repeat an earlier one", &found.train),
        ("test reviews that repeat an earlier one", &found.test),
        ("test reviews that repeat a training review", &found.between),
    ];
    let mut lines: Vec<String> = kinds
        .map(|(kind, duplicates)| repeats_of(kind, duplicates))
        .into();
    if kinds.iter().any(|(_, duplicates)| !duplicates.is_empty()) {
        lines.push("(reviews are numbered from 0, in the order of the data)".to_owned());
    }
    lines
}

fn repeats_of(kind: &str, duplicates: &[Duplicate]) -> String {
    let mut text = format!("{kind}: {}", grouped(duplicates.len()));
    let relabelled = duplicates.iter().filter(|found| found.relabelled).count();
    if relabelled > 0 {
        text.push_str(&format!(", {} with another label", grouped(relabelled)));
    }
    let places: Vec<String> = duplicates
        .iter()
        .take(PLACES)
        .map(|found| format!("{} as {}", found.again, found.first))
        .collect();
    if !places.is_empty() {
        let more = if duplicates.len() > PLACES {
            ", …"
        } else {
            ""
        };
        text.push_str(&format!("; {}{more}", places.join(", ")));
    }
    text
}

/// What is cut off, where a length is set.
fn cut(share: &PaddingShare, reviews: usize) -> Option<String> {
    let end = match share.truncate {
        Side::Before => "beginning",
        Side::After => "end",
    };
    Some(format!(
        "{} of the training reviews ({:.1} %) have more than {}; their {end} is cut off, {:.1} % of all \
         tokens",
        grouped(share.cut_reviews),
        percent(share.cut_reviews, reviews),
        counted(share.max_length?, "token"),
        percent(share.cut_tokens, share.cut_tokens + share.tokens),
    ))
}

fn padding(share: &PaddingShare) -> String {
    format!(
        "{:.1} % of the {} positions of a shuffled epoch in batches of {}; {:.1} % of {} with --bucket",
        100.0 * share.shuffled.padding,
        grouped(share.shuffled.positions),
        share.batch_size,
        100.0 * share.bucketed.padding,
        grouped(share.bucketed.positions),
    )
}

/// A bar for each bin, and one for the reviews that are longer still.
fn bars(histogram: &Histogram) -> String {
    let Histogram {
        width,
        counts,
        beyond,
    } = histogram;
    let range = |bin: usize| format!("{:>5} – {:<6}", bin * width, (bin + 1) * width - 1);
    let mut rows: Vec<(String, usize)> = counts
        .iter()
        .enumerate()
        .map(|(bin, &count)| (range(bin), count))
        .collect();
    if *beyond > 0 {
        rows.push((format!("{:>5} or more", counts.len() * width), *beyond));
    }
    let most = rows.iter().map(|row| row.1).max().unwrap_or(0).max(1);
    let longest = BAR.min(result_columns() - BEFORE_BAR);
    let bar = |(range, count): (String, usize)| {
        let bar = "█".repeat((count * longest).div_ceil(most));
        let row = format!("{range:14}{:>8} {bar}", grouped(count));
        row.trim_end().to_owned() + "\n"
    };
    rows.into_iter().map(bar).collect()
}

/// Labels and first words of a few reviews, a line each.
fn beginnings(batch: &FirstBatch, classes: &[String]) -> String {
    let reviews = batch.labels.iter().zip(&batch.texts).take(EXCERPTS);
    let line = |(label, text): (&u8, &String)| {
        let class = classes.get(usize::from(*label)).map_or("", String::as_str);
        let class = excerpt(class, LABEL - 1);
        let line = format!("{class:LABEL$}{}", excerpt(text, result_columns() - LABEL));
        line.trim_end().to_owned() + "\n"
    };
    reviews.map(line).collect()
}

/// What share of `all` that is, in per cent.
fn percent(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all.max(1) as f64
}
