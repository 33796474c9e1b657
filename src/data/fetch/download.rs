//! A download: attempt after attempt, each going on where the one before ended, and the check at the end.

use std::path::Path;
use std::thread;
use std::time::Duration;

use super::FetchEvent;
use super::partial::Partial;
use super::request::{Client, Failure, FailureKind, Reply};
use crate::data::RemoteFile;
use crate::error::{Error, Result};

/// The pause before the second attempt; each further one waits twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A file whose size neither the user nor the server states is given up beyond this many bytes.
const LARGEST_UNSTATED: u64 = 1 << 30;

const CHUNK: usize = 1 << 16;

const ELSEWHERE: &str = "ask another server with `RemoteFile::at`, or get the archive in another way and \
                         give it with `Source::Path`";

/// A file on its way.
pub(super) struct Download<'a> {
    remote: &'a RemoteFile,
    partial: Partial,
    client: Client,
    /// Bytes that were there before the first attempt and are still.
    resumed_from: u64,
    /// Whether the bytes are of more than one reply, so that they may not fit together.
    pieced: bool,
}

/// What ends an attempt early.
enum Stop {
    Failure(Failure),
    /// A fault of this machine, which another attempt would meet again.
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failure(failure)
    }
}

impl<'a> Download<'a> {
    /// A download of `remote` that goes on from what an earlier one left beside `target`.
    pub(super) fn new(
        remote: &'a RemoteFile,
        target: &Path,
        timeout: Duration,
    ) -> Result<Download<'a>> {
        let partial = Partial::open(target, remote)?;
        let resumed_from = partial.length();
        Ok(Download {
            remote,
            partial,
            client: Client::new(timeout),
            resumed_from,
            pieced: resumed_from > 0,
        })
    }

    /// Bytes that are here.
    pub(super) fn bytes(&self) -> u64 {
        self.partial.length()
    }

    /// Those of them that an earlier call had left.
    pub(super) fn resumed_from(&self) -> u64 {
        self.resumed_from
    }

    /// Attempts until all bytes are here and are the right ones: one time, and `retries` more.
    pub(super) fn complete(
        &mut self,
        retries: u32,
        observe: &mut dyn FnMut(FetchEvent),
    ) -> Result<()> {
        let mut pause = FIRST_PAUSE;
        let mut left = retries;
        loop {
            let attempt = self.attempt(observe).and_then(|()| self.verify());
            let failure = match attempt {
                Ok(()) => return Ok(()),
                Err(Stop::Error(error)) => return Err(error),
                Err(Stop::Failure(failure)) => failure,
            };
            if failure.kind == FailureKind::Lasting {
                return Err(self.error(format!("{}; {ELSEWHERE}", failure.problem)));
            }
            if left == 0 {
                return Err(self.error(format!("{}; {}", failure.problem, self.kept())));
            }
            if failure.kind == FailureKind::Useless {
                self.discard()?;
            }
            observe(FetchEvent::Retrying {
                problem: failure.problem,
                pause,
            });
            thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
            left -= 1;
        }
    }

    /// Gives the file its name.
    pub(super) fn finish(self, target: &Path) -> Result<()> {
        self.partial.finish(target)
    }

    /// Asks for the bytes that are missing, and adds them.
    fn attempt(&mut self, observe: &mut dyn FnMut(FetchEvent)) -> Result<(), Stop> {
        let have = self.bytes();
        if have > 0 && self.remote.size() == Some(have) {
            return Ok(());
        }
        let url = self.remote.url();
        let mut reply = self.client.get(url, have, self.partial.version_at(url))?;
        let size = self.checked_size(&reply)?;
        if reply.start == 0 {
            self.partial.restart(self.remote, reply.version.take())?;
            self.resumed_from = 0;
        }
        self.pieced = reply.start > 0;
        let mut buffer = vec![0; CHUNK];
        loop {
            observe(FetchEvent::Progress {
                bytes: self.bytes(),
                of: size,
            });
            let count = reply.body.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            let most = size.unwrap_or(LARGEST_UNSTATED);
            if self.bytes() + count as u64 > most {
                self.discard()?;
                return Err(lasting(match size {
                    Some(_) => format!("sends more than the {most} bytes of the file"),
                    None => format!(
                        "sends more than {most} bytes without saying how many; state them with `RemoteFile::size`"
                    ),
                }));
            }
            self.partial.append(&buffer[..count])?;
        }
        match size {
            Some(size) if self.bytes() < size => Err(Stop::Failure(Failure::new(
                FailureKind::Passing,
                "the connection was cut",
            ))),
            _ => Ok(()),
        }
    }

    /// The whole file's size, which the server and the user may each state.
    fn checked_size(&self, reply: &Reply) -> Result<Option<u64>, Stop> {
        match (reply.size, self.remote.size()) {
            (Some(stated), Some(size)) if stated != size => Err(lasting(format!(
                "the file there has {stated} bytes where {size} are expected: it is another one"
            ))),
            (stated, size) => Ok(size.or(stated)),
        }
    }

    /// Fails unless the bytes are the right ones, and removes them if not.
    fn verify(&mut self) -> Result<(), Stop> {
        let found = self.partial.sha256()?;
        let expected = self.remote.sha256();
        if found == expected {
            return Ok(());
        }
        let pieced = self.pieced;
        self.discard()?;
        Err(match pieced {
            true => Stop::Failure(Failure::new(
                FailureKind::Passing,
                "the parts that came do not make up the file, which has changed in between",
            )),
            false => lasting(format!(
                "the file there has SHA-256 {found} where {expected} is expected: it is another one, \
                 or damaged"
            )),
        })
    }

    fn discard(&mut self) -> Result<()> {
        self.resumed_from = 0;
        self.partial.discard()
    }

    /// What becomes of the bytes that have come.
    fn kept(&self) -> String {
        match self.bytes() {
            0 => "try again later, or ask another server with `RemoteFile::at`".to_owned(),
            bytes => format!(
                "{bytes} bytes are kept, and the same command goes on from there; `RemoteFile::at` \
                 asks another server"
            ),
        }
    }

    fn error(&self, problem: String) -> Error {
        Error::Download {
            url: self.remote.url().to_owned(),
            problem,
        }
    }
}

fn lasting(problem: String) -> Stop {
    Stop::Failure(Failure::new(FailureKind::Lasting, problem))
}
