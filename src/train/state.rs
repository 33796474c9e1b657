//! [`SessionState`]: what a session holds after a step, taken from the device and put back on one.

use super::session::Session;
use crate::error::{Error, Result};
use crate::gpu::Readback;
use crate::plan::{RECORD_BYTES, names};

/// Parameters, moments and counters: with them, another session of the same model goes on as this one would.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionState {
    /// The parameters, in the model's order.
    pub parameters: Vec<Vec<f32>>,
    /// Adam's first moments, a tensor for each parameter.
    pub first_moments: Vec<Vec<f32>>,
    /// Adam's second moments, a tensor for each parameter.
    pub second_moments: Vec<Vec<f32>>,
    /// Optimiser steps taken.
    pub step: u64,
    /// Steps run, of training and evaluation alike.
    pub sequence: u64,
}

impl Session {
    /// The state after all steps submitted so far, waited for. Results of these steps stay to be taken.
    ///
    /// # Errors
    /// [`Error::NotFinite`] names a tensor in which a number is not finite; else as [`Session::results`].
    pub fn state(&self) -> Result<SessionState> {
        let bytes = 4 * self.layout.len() as u64;
        // All three are on their way before the first is waited for.
        let parameters = self.gpu.read_later(names::PARAMETERS, bytes)?;
        let first_moments = self.gpu.read_later(names::FIRST_MOMENTS, bytes)?;
        let second_moments = self.gpu.read_later(names::SECOND_MOMENTS, bytes)?;
        Ok(SessionState {
            parameters: self.finite(&parameters, "")?,
            first_moments: self.finite(&first_moments, "the first moment of ")?,
            second_moments: self.finite(&second_moments, "the second moment of ")?,
            step: self.step,
            sequence: self.sequence,
        })
    }

    fn finite(&self, readback: &Readback, what: &str) -> Result<Vec<Vec<f32>>> {
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(&readback.wait(&self.gpu)?);
        let tensors = self.layout.unpack(&values)?;
        for (parameter, tensor) in self.model.parameters().iter().zip(&tensors) {
            if !tensor.iter().all(|value| value.is_finite()) {
                return Err(Error::NotFinite {
                    step: self.step,
                    what: format!("{what}{}", parameter.name),
                    learning_rate: self.adam.learning_rate,
                });
            }
        }
        Ok(tensors)
    }

    /// Puts a state on the device. Results that have not been taken are dropped.
    ///
    /// # Errors
    /// [`Error::Shape`] if a tensor is not the model's; else as [`Session::results`].
    pub fn restore(&mut self, state: &SessionState) -> Result<()> {
        let buffers = [
            (names::PARAMETERS, &state.parameters),
            (names::FIRST_MOMENTS, &state.first_moments),
            (names::SECOND_MOMENTS, &state.second_moments),
        ];
        for (name, tensors) in buffers {
            let packed = self.layout.pack(tensors)?;
            self.gpu.write(name, bytemuck::cast_slice(&packed))?;
        }
        // Markers of steps that were undone must not vouch for those that take their place.
        self.gpu
            .write(names::RECORDS, &[0; RECORD_BYTES as usize])?;
        self.gpu.write(names::NOT_FINITE, &[0; 16])?;
        self.unread.clear();
        self.coming.clear();
        self.step = state.step;
        self.sequence = state.sequence;
        Ok(())
    }

    /// Opens the device anew after it failed, with memory for all that was reserved, and without any state:
    /// [`Session::restore`] is to follow.
    ///
    /// # Errors
    /// [`Error::Adapter`] if the adapter is gone; else as [`Session::new`].
    pub fn reopen(&mut self) -> Result<()> {
        self.unread.clear();
        self.coming.clear();
        self.gpu.free_buffers();
        self.gpu = self.gpu.reopen()?;
        self.on_device = 0;
        self.reserve(self.reserved)
    }
}
