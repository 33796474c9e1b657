//! [`SessionState`]: what a session holds after a step, taken from the device and put back on one.

use super::remedy::with_remedy;
use super::session::Session;
use crate::device::Readback;
use crate::error::{Error, Result};
use crate::plan::{RECORD_BYTES, Slot, names};

/// Parameters, the optimiser's slots and counters: with them, another session of the same model goes on as this one would.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionState {
    /// The parameters, in the model's order.
    pub parameters: Vec<Vec<f32>>,
    /// What the optimiser keeps from step to step, in the order of its [slots](crate::plan::Optimiser::slots).
    pub slots: Vec<SlotState>,
    /// Optimiser steps taken.
    pub step: u64,
    /// Steps run, of training and evaluation alike.
    pub sequence: u64,
}

/// One of the things that an optimiser keeps from step to step.
#[derive(Debug, Clone, PartialEq)]
pub struct SlotState {
    /// The name of its [slot](crate::plan::Slot).
    pub name: String,
    /// A tensor for each parameter.
    pub tensors: Vec<Vec<f32>>,
}

impl Session {
    /// The state after all steps submitted so far, waited for. Results of these steps stay to be taken.
    ///
    /// # Errors
    /// [`Error::NotFinite`] names a tensor in which a number is not finite; else as [`Session::results`].
    pub fn state(&self) -> Result<SessionState> {
        let bytes = 4 * self.layout.len() as u64;
        // All are on their way before the first is waited for.
        let parameters = self.device.read_later(names::PARAMETERS, bytes)?;
        let slots: Vec<(Slot, Readback)> = self
            .slots()
            .iter()
            .map(|slot| Ok((*slot, self.device.read_later(slot.name, bytes)?)))
            .collect::<Result<_>>()?;
        Ok(SessionState {
            parameters: self.finite(&parameters, "")?,
            slots: slots
                .iter()
                .map(|(slot, readback)| {
                    Ok(SlotState {
                        name: slot.name.to_string(),
                        tensors: self.finite(readback, &format!("the {} of ", slot.title))?,
                    })
                })
                .collect::<Result<_>>()?,
            step: self.step,
            sequence: self.sequence,
        })
    }

    /// What the optimiser keeps from step to step; nothing where there is none.
    fn slots(&self) -> &'static [Slot] {
        self.optimiser.map_or(&[], |optimiser| optimiser.slots())
    }

    fn finite(&self, readback: &Readback, what: &str) -> Result<Vec<Vec<f32>>> {
        let values: Vec<f32> =
            bytemuck::pod_collect_to_vec(&readback.wait(&self.device).map_err(with_remedy)?);
        let tensors = self.layout.unpack(&values)?;
        for (parameter, tensor) in self.model.parameters().iter().zip(&tensors) {
            if !tensor.iter().all(|value| value.is_finite()) {
                return Err(Error::NotFinite {
                    step: self.step,
                    what: format!("{what}{}", parameter.name),
                    learning_rate: self.learning_rate(),
                    half_layers: Vec::new(), // parameters are f32
                });
            }
        }
        Ok(tensors)
    }

    /// Puts a state on the device. Results that have not been taken are dropped.
    ///
    /// # Errors
    /// [`Error::Shape`] if a tensor is not the model's, or the state is another optimiser's; else as [`Session::results`].
    pub fn restore(&mut self, state: &SessionState) -> Result<()> {
        let slots = self.slots().iter().map(|slot| slot.name);
        let found = state.slots.iter().map(|slot| slot.name.as_str());
        if !slots.clone().eq(found.clone()) {
            return Err(Error::Shape {
                tensor: "state of the optimiser".to_string(),
                expected: format!("{:?}", slots.collect::<Vec<_>>()),
                found: format!("{:?}", found.collect::<Vec<_>>()),
            });
        }
        let slots = state.slots.iter().zip(slots);
        let slots = slots.map(|(slot, name)| (name, &slot.tensors));
        for (name, tensors) in [(names::PARAMETERS, &state.parameters)]
            .into_iter()
            .chain(slots)
        {
            let packed = self.layout.pack(tensors)?;
            self.device.write(name, bytemuck::cast_slice(&packed))?;
        }
        // Markers of steps that were undone must not vouch for those that take their place.
        self.device
            .write(names::RECORDS, &[0; RECORD_BYTES as usize])?;
        self.device.write(names::NOT_FINITE, &[0; 16])?;
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
        self.device.free_buffers();
        self.device = self.device.reopen()?;
        self.on_device = 0;
        self.reserve(self.reserved)
    }
}
