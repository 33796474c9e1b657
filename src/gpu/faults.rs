//! [`Faults`]: what went wrong on a device, and what kind of fault it was.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wgpu::PollError;

use crate::error::{DeviceFault, Error};

/// What the device reported from another thread.
#[derive(Clone, Default)]
pub(super) struct Faults(Arc<Mutex<Option<(DeviceFault, String)>>>);

impl Faults {
    /// Keeps the first fault: later ones follow from it. But a lost device refuses what it is asked for before
    /// it says that it is lost.
    pub(super) fn put(&self, fault: DeviceFault, problem: String) {
        let mut kept = lock(&self.0);
        match &*kept {
            Some((DeviceFault::Refused, _)) if fault == DeviceFault::Lost => {}
            Some(_) => return,
            None => {}
        }
        *kept = Some((fault, problem));
    }

    pub(super) fn get(&self) -> Option<(DeviceFault, String)> {
        lock(&self.0).clone()
    }
}

/// What was written before another thread panicked is whole: it is replaced at once.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a wait of at most `limit` came to that did not end well.
pub(super) fn unanswered(error: &PollError, limit: Duration) -> Error {
    match error {
        PollError::Timeout => Error::device(
            DeviceFault::TimedOut,
            format!(
                "no answer within {} s; the driver may have dropped the work",
                limit.as_secs()
            ),
        ),
        error => Error::device(DeviceFault::Refused, error.to_string()),
    }
}

/// Which fault an error stands for that no error scope took.
pub(super) fn fault_of(error: &wgpu::Error) -> DeviceFault {
    match error {
        wgpu::Error::OutOfMemory { .. } => DeviceFault::OutOfMemory,
        wgpu::Error::Validation { .. } | wgpu::Error::Internal { .. } => DeviceFault::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_device_is_not_taken_for_a_refusal() {
        let faults = Faults::default();
        for fault in [
            DeviceFault::Refused,
            DeviceFault::Lost,
            DeviceFault::Refused,
        ] {
            faults.put(fault, format!("{fault:?}"));
        }
        assert_eq!(faults.get(), Some((DeviceFault::Lost, "Lost".to_string())));
    }

    #[test]
    fn a_wait_past_its_limit_is_told_with_the_limit() {
        let error = unanswered(&PollError::Timeout, Duration::from_secs(120));
        assert!(error.is_recoverable());
        assert!(
            error.to_string().contains("no answer within 120 s"),
            "{error}"
        );
    }

    #[test]
    fn memory_may_be_there_again_but_nonsense_stays_nonsense() {
        let source = || std::io::Error::other("driver").into();
        let description = String::new();
        let memory = wgpu::Error::OutOfMemory { source: source() };
        assert_eq!(fault_of(&memory), DeviceFault::OutOfMemory);
        let refused = wgpu::Error::Validation {
            source: source(),
            description,
        };
        assert_eq!(fault_of(&refused), DeviceFault::Refused);
        let recoverable = |fault| Error::device(fault, "").is_recoverable();
        assert!(recoverable(DeviceFault::OutOfMemory) && recoverable(DeviceFault::Lost));
        assert!(recoverable(DeviceFault::TimedOut) && recoverable(DeviceFault::Empty));
        assert!(!recoverable(DeviceFault::Refused) && !Error::Interrupted.is_recoverable());
    }
}
