//! A download as it goes: a bar that moves with the bytes; where there is no terminal, a line at the start.

use anyhow::Result;
use gatefold::data::{Corpus, FetchEvent, RemoteFile};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::option_names::with_options;
use super::progress::shown;
use super::screen::{Output, grouped};

const BAR: &str =
    "{bytes} of {total_bytes} {wide_bar:.cyan/dim} {bytes_per_sec}, {eta_precise} left";
const BAR_WITHOUT_END: &str = "{bytes} {bytes_per_sec}";

/// Shows one download on standard error.
pub struct DownloadProgress {
    output: Output,
    start: String,
    bar: ProgressBar,
    started: bool,
}

impl DownloadProgress {
    /// Says nothing yet: the file may be there.
    pub fn new(output: Output, corpus: &Corpus, remote: &RemoteFile) -> Result<DownloadProgress> {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(ProgressStyle::with_template(BAR_WITHOUT_END)?);
        Ok(DownloadProgress {
            output,
            start: format!("{} from {}", corpus.title, remote.url()),
            bar: shown(output, bar),
            started: false,
        })
    }

    /// Shows what happened.
    pub fn event(&mut self, event: FetchEvent) {
        match event {
            FetchEvent::Progress { bytes, of } => self.move_to(bytes, of),
            FetchEvent::Waiting => self.tell("Waiting", "another gatefold is fetching it"),
            FetchEvent::Differs(sha256) => {
                let words = format!(
                    "the file that is there has SHA-256 {sha256}, not the one wanted; it is replaced \
                     once the right one is here"
                );
                self.tell("Note", &words);
            }
            FetchEvent::Retrying { problem, pause } => {
                let words = format!(
                    "{}; again in {} s",
                    with_options(&problem),
                    pause.as_secs_f64()
                );
                self.tell("Retrying", &words);
            }
        }
    }

    fn move_to(&mut self, bytes: u64, of: Option<u64>) {
        if !self.started {
            self.started = true;
            let size = of.map(|size| format!(", {} bytes", grouped(size as usize)));
            let have = match bytes {
                0 => String::new(),
                bytes => format!(", of which {} are here", grouped(bytes as usize)),
            };
            let start = format!("{}{}{have}", self.start, size.unwrap_or_default());
            self.tell("Fetching", &start);
            if of.is_some()
                && let Ok(style) = ProgressStyle::with_template(BAR)
            {
                self.bar.set_style(style.progress_chars("━╸─"));
            }
            self.bar.reset();
        }
        if let Some(size) = of {
            self.bar.set_length(size);
        }
        self.bar.set_position(bytes);
    }

    /// A line above the bar.
    fn tell(&self, label: &str, words: &str) {
        self.bar.suspend(|| self.output.field(label, words));
    }
}

impl Drop for DownloadProgress {
    /// A download that fails must not leave its bar behind.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
