//! What helps where the device lacks memory or time: it knows bytes and seconds, batches are known from here on.

use crate::error::{DeviceFault, Error};

/// The error, with a smaller batch as the remedy where that helps.
pub(super) fn with_remedy(mut error: Error) -> Error {
    match &mut error {
        Error::Limit { remedy, .. } => {
            remedy.get_or_insert_with(|| "choose a smaller `batch_size`".to_owned());
        }
        Error::Device { fault, problem } => match fault {
            DeviceFault::OutOfMemory => problem.push_str("; choose a smaller `batch_size`"),
            DeviceFault::TimedOut => {
                problem.push_str("; a smaller `batch_size` makes a step shorter");
            }
            DeviceFault::Lost | DeviceFault::Empty | DeviceFault::Refused => {}
        },
        _ => {}
    }
    error
}
