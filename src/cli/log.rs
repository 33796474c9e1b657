//! Log records on standard error, above a bar that stands there.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;

use super::progress::above_bars;

/// Sends log records to standard error: what `RUST_LOG` asks for, else what `-v` does.
pub fn start(verbose: u8) {
    let filter = match verbose {
        // wgpu complains of drivers that work, and its failures come back as errors.
        0 => "warn,wgpu_core=off,wgpu_hal=off,naga=off",
        1 => "info,wgpu_core=warn,wgpu_hal=warn,naga=warn",
        2 => "debug,wgpu_core=info,wgpu_hal=info,naga=info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| AboveBars)
        .with_ansi(io::stderr().is_terminal() && !no_color)
        .without_time()
        .init();
}

/// Standard error. A record comes as one write.
struct AboveBars;

impl Write for AboveBars {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        above_bars(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
