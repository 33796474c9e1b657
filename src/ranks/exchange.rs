//! [`Exchange`]: how messages get from one process of a training to another.

use crate::error::Result;

/// What carries messages between the processes, called ranks, that train one model together.
///
/// [`Ranks`](super::Ranks) builds all else on it. Every rank makes the same calls in the same order.
pub trait Exchange: Send + Sync {
    /// The number of this process, counted from 0.
    fn rank(&self) -> usize;

    /// How many processes there are.
    fn size(&self) -> usize;

    /// The name of the machine that this process is on.
    fn host(&self) -> String;

    /// Sends `message` to each of `to`, and returns what the rank `from` sent here, where one is named. Messages from one
    /// rank to another arrive in their order. No rank may have to wait for another to receive before it can.
    ///
    /// # Errors
    /// [`Error::Ranks`](crate::Error::Ranks) where a message cannot be sent.
    fn swap(&self, message: &[u8], to: &[usize], from: Option<usize>) -> Result<Option<Vec<u8>>>;
}
