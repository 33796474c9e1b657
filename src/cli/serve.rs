//! `gatefold serve`: what a run says of texts, over HTTP.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use gatefold::Error;
use gatefold::serve::{ServeOptions, Server};

use super::args::ServerArgs;
use super::interrupt;
use super::screen::{Output, counted};
use super::test_data::{open_told, session_told};

/// How often it is looked whether to stop.
const INTERVAL: Duration = Duration::from_millis(50);

/// Answers requests until it is told to stop.
pub fn run(args: ServerArgs, quiet: bool) -> Result<()> {
    let output = Output { json: false, quiet };
    let options = ServeOptions {
        address: args.listen,
        batch_size: args.batch_size,
        max_texts: args.max_texts,
        max_bytes: args.max_bytes,
        max_waiting: args.max_waiting,
    };
    options.check()?;
    let run = open_told(&args.run, output)?;
    let reader = run.reader(args.vocab.as_deref())?;
    let words = "Finishing the requests under way; Ctrl-C again stops at once.";
    let stop = interrupt::install_telling(output, words)?;
    let (opened, device) = (run.clone(), args.device);
    let open = move || {
        session_told(&opened, &device, output).map_err(|error| {
            error.downcast().unwrap_or_else(|error| Error::Internal {
                place: "opening the device",
                problem: error.to_string(),
            })
        })
    };
    let server = Server::start(run, reader, open, &options)?;
    output.field("Serving", &server.url());
    if !args.listen.ip().is_loopback() {
        let note = "all who reach this address can ask; there is no password and no encryption";
        output.field("Note", note);
    }
    while !stop.load(Ordering::Relaxed) {
        if !server.is_running() {
            bail!("the server ended by itself; run it with -v to see why");
        }
        thread::sleep(INTERVAL);
    }
    let served = server.stop();
    let requests = counted(served.requests as usize, "request");
    let texts = counted(served.texts as usize, "text");
    output.say(&format!("{requests} answered, {texts}"));
    if served.refused > 0 {
        let refused = counted(served.refused as usize, "request");
        output.field("Note", &format!("{refused} refused: too many texts waited"));
    }
    Ok(())
}
