//! [`ServeOptions`]: where to answer, and how much at once.

use std::net::{Ipv4Addr, SocketAddr};

use crate::error::{Error, Result};
use crate::train::check_batch_size;

/// Where to answer, and how much at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeOptions {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Texts of a batch, at most.
    pub batch_size: usize,
    /// Texts of a request, at most.
    pub max_texts: usize,
    /// Bytes of a request's body, at most.
    pub max_bytes: usize,
    /// Texts that may wait for the device. A request that would make them more is refused, unless none waits.
    pub max_waiting: usize,
}

impl Default for ServeOptions {
    fn default() -> ServeOptions {
        ServeOptions {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            batch_size: 32,
            max_texts: 256,
            max_bytes: 1 << 20,
            max_waiting: 1024,
        }
    }
}

impl ServeOptions {
    /// Checks that something can be answered.
    ///
    /// # Errors
    /// [`Error::Argument`] for the first number that is 0.
    pub fn check(&self) -> Result<()> {
        check_batch_size(self.batch_size)?;
        let numbers = [
            ("ServeOptions::max_texts", self.max_texts),
            ("ServeOptions::max_bytes", self.max_bytes),
            ("ServeOptions::max_waiting", self.max_waiting),
        ];
        match numbers.into_iter().find(|(_, number)| *number == 0) {
            Some((name, _)) => Err(Error::argument(
                name,
                "give 1 or more, or nothing can be answered",
            )),
            None => Ok(()),
        }
    }
}
