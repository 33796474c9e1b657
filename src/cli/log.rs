//! Log records on standard error, above a bar that stands there.

use std::io::{self, Write};

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::option_names::with_options;
use super::progress::above_bars;
use super::{bench, screen};

/// Sends log records to standard error: what `RUST_LOG` asks for, else what `-v` does, where another process is not the one to
/// tell; and spans to a time line.
pub fn start(verbose: u8, is_silent: bool, timeline: Option<bench::Timeline>) {
    let filter = match verbose {
        _ if is_silent => "off",
        // wgpu complains of drivers that work, and its failures come back as errors.
        0 => "warn,wgpu_core=off,wgpu_hal=off,naga=off",
        1 => "info,wgpu_core=warn,wgpu_hal=warn,naga=warn",
        2 => "debug,wgpu_core=info,wgpu_hal=info,naga=info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let log = tracing_subscriber::fmt::layer()
        .with_writer(|| AboveBars)
        .with_ansi(screen::coloured(&io::stderr()))
        .without_time()
        .with_target(verbose > 0)
        .with_filter(filter);
    let timeline = timeline.map(|timeline| timeline.with_filter(bench::OwnSpans));
    tracing_subscriber::registry()
        .with(log)
        .with(timeline)
        .init();
}

/// Standard error. A record comes as one write, and names options where the library names fields.
struct AboveBars;

impl Write for AboveBars {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let record = with_options(&String::from_utf8_lossy(bytes));
        above_bars(|| io::stderr().write_all(record.as_bytes()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
