//! [`Predictor`]: a run on a device, which is opened again where it failed.

use crate::error::{Error, Result};
use crate::run::{Prediction, TextReader, TrainedRun};
use crate::train::Session;

/// Opens the run's model on the device.
pub(super) type Open = Box<dyn FnMut() -> Result<Session> + Send>;

/// A run, ready to answer.
pub(super) struct Predictor {
    pub run: TrainedRun,
    pub reader: TextReader,
    pub open: Open,
    pub batch_size: usize,
    /// None where the device failed.
    pub session: Option<Session>,
}

impl Predictor {
    /// Opens the device, unless it is open.
    pub fn make_ready(&mut self) -> Result<()> {
        let session = self.take_session()?;
        self.session = Some(session);
        Ok(())
    }

    /// What the run says of each text, whatever the others are.
    pub fn predict(&mut self, texts: &[&str]) -> Result<Vec<Prediction>> {
        let mut session = self.take_session()?;
        let said = self
            .run
            .predict_with(&mut session, &mut self.reader, texts, self.batch_size);
        if !said.as_ref().is_err_and(is_of_the_device) {
            self.session = Some(session);
        }
        said
    }

    fn take_session(&mut self) -> Result<Session> {
        match self.session.take() {
            Some(session) => Ok(session),
            None => (self.open)(),
        }
    }
}

/// Whether a device in its state may answer the next text no better.
fn is_of_the_device(error: &Error) -> bool {
    !matches!(error, Error::Data(_) | Error::Limit { .. })
}
