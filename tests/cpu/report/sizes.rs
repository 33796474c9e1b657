//! Figures of other sizes and formats than the usual ones.

use std::fs;

use gatefold::report::{self, FigureFormat, FigureOptions, loss_figure};

use super::svg::{circles, decoded, number};
use super::{learning, names_in};

#[test]
fn a_figure_of_another_size_is_laid_out_anew() {
    let folder = tempfile::tempdir().unwrap();
    let options = FigureOptions {
        formats: vec![FigureFormat::Png, FigureFormat::Svg, FigureFormat::Pdf],
        inches: (8.0, 4.5),
        dpi: 150,
    };
    let paths = report::write_run_figures(folder.path(), &learning(), None, &options).unwrap();
    assert_eq!(paths.len(), 6);
    let picture = decoded(&fs::read(folder.path().join("loss.png")).unwrap());
    assert_eq!(picture.dimensions(), (1200, 675));
    let svg = fs::read_to_string(folder.path().join("loss.svg")).unwrap();
    assert!(svg.starts_with("<svg width=\"8in\" height=\"4.5in\""));
    // The last epoch's dot is near the right edge, at 800 pixels, and the letters are as large as ever.
    let dot = circles(&svg)[4];
    assert!((7000.0..8000.0).contains(&dot.0), "{dot:?}");
    let usual = loss_figure(&learning(), None).to_svg().unwrap();
    let size_of = |svg: &str| {
        let line = svg.lines().find(|line| line.starts_with("<text"));
        number(line.unwrap(), "font-size")
    };
    assert_eq!(size_of(&svg), size_of(&usual));
    let pdf = fs::read(folder.path().join("loss.pdf")).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("/MediaBox [0 0 576 324]"), "8 × 4.5 inches");
}

#[test]
fn sizes_that_no_one_could_read_are_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let usual = FigureOptions::default();
    for (options, words) in [
        (
            FigureOptions {
                formats: Vec::new(),
                ..usual.clone()
            },
            "png, svg and pdf",
        ),
        (
            FigureOptions {
                dpi: 49,
                ..usual.clone()
            },
            "from 50 to 1200",
        ),
        (
            FigureOptions {
                inches: (1.9, 3.0),
                ..usual.clone()
            },
            "from 2 to 30 inches",
        ),
        (
            FigureOptions {
                inches: (f64::NAN, 3.0),
                ..usual.clone()
            },
            "from 2 to 30 inches",
        ),
        (
            FigureOptions {
                inches: (10.0, 8.0),
                dpi: 600,
                ..usual.clone()
            },
            "6000 × 4800 pixels",
        ),
    ] {
        let refused = report::write_run_figures(folder.path(), &learning(), None, &options);
        let words_told = refused.unwrap_err().to_string();
        assert!(words_told.contains(words), "{words_told}");
    }
    assert_eq!(names_in(folder.path()), Vec::<String>::new());
    // Without pixels there is no such limit.
    let options = FigureOptions {
        formats: vec![FigureFormat::Pdf],
        inches: (10.0, 8.0),
        dpi: 600,
    };
    report::write_run_figures(folder.path(), &learning(), None, &options).unwrap();
    assert_eq!(names_in(folder.path()), ["accuracy.pdf", "loss.pdf"]);
}
