//! What steps left behind, read back while later ones run.

use super::pending_step::PendingStep;
use super::remedy::with_remedy;
use super::session::Session;
use crate::error::{DeviceFault, Error, Result};
use crate::plan::{RECORD_BYTES, RECORDS, StepContext, Storage, names, record_bytes};

/// Steps that the host may be ahead of the device. Bounds the memory of uploads on their way, and stays
/// below the ring of records, so that none is overwritten before it is read.
const AHEAD: usize = 8;

/// What a step left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct StepResult {
    /// The step, of training and evaluation alike, counted from 0.
    pub sequence: u64,
    /// Mean loss of the batch.
    pub loss: f32,
    /// Reviews classified rightly.
    pub right: u32,
    /// Reviews in the batch.
    pub reviews: usize,
    /// Norm of all gradients together, before any clipping: of a training step, if it was
    /// [measured](crate::plan::Gradients::measure_norm).
    pub gradient_norm: Option<f32>,
    /// Norms of the gradients of each of [`Session::trainable_layers`], before any clipping: of a training step, if
    /// they were [measured](crate::plan::Gradients::measure_layer_norms), else none.
    pub layer_norms: Vec<f32>,
}

impl Session {
    /// Results of the steps that are done, in order. Waits only where the host is too far ahead.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if a loss or gradient is not a finite number, with the step and the parameter;
    /// [`Error::Device`] if the device reported a fault, does not answer in time, or a step came back without
    /// its end marker.
    pub fn results(&mut self) -> Result<Vec<StepResult>> {
        let mut results = Vec::new();
        while let Some((readback, _)) = self.coming.front() {
            let running = self.unread.len()
                + self
                    .coming
                    .iter()
                    .map(|(_, steps)| steps.len())
                    .sum::<usize>();
            let bytes = match readback.try_take(&self.device).map_err(with_remedy)? {
                Some(bytes) => bytes,
                None if running >= AHEAD => readback.wait(&self.device).map_err(with_remedy)?,
                None => break,
            };
            if let Some((_, steps)) = self.coming.pop_front() {
                self.parse(&bytes, &steps, &mut results)?;
            }
        }
        if self.coming.is_empty() && !self.unread.is_empty() {
            self.start_readback()?;
        }
        Ok(results)
    }

    /// Results of all steps submitted so far, waited for.
    ///
    /// # Errors
    /// As [`Session::results`].
    pub fn drain(&mut self) -> Result<Vec<StepResult>> {
        let mut results = Vec::new();
        if !self.unread.is_empty() {
            self.start_readback()?;
        }
        while let Some((readback, steps)) = self.coming.pop_front() {
            let bytes = readback.wait(&self.device).map_err(with_remedy)?;
            self.parse(&bytes, &steps, &mut results)?;
        }
        Ok(results)
    }

    fn start_readback(&mut self) -> Result<()> {
        let bytes = if self.gradients.measure_layer_norms {
            record_bytes(self.layout.trainable_names().count())
        } else {
            RECORD_BYTES
        };
        let readback = self.device.read_later(names::RECORDS, bytes)?;
        self.coming
            .push_back((readback, std::mem::take(&mut self.unread)));
        Ok(())
    }

    fn parse(
        &self,
        bytes: &[u8],
        steps: &[PendingStep],
        results: &mut Vec<StepResult>,
    ) -> Result<()> {
        let (records, norms) = bytes.split_at(RECORDS as usize * 16);
        // The norms of all gradients come first, then the norms of each layer's.
        let records: Vec<[u32; 4]> = bytemuck::pod_collect_to_vec(records);
        let norms: Vec<f32> = bytemuck::pod_collect_to_vec(norms);
        for step in steps {
            let context = step.context;
            let place = (context.sequence % RECORDS) as usize;
            let [marker, loss, right, fault] = records[place];
            if marker != context.marker() {
                return Err(Error::device(
                    DeviceFault::Empty,
                    format!(
                        "step {} came back empty: the driver dropped its work without an error; a smaller \
                         `batch_size` makes a step shorter",
                        context.step
                    ),
                ));
            }
            let loss = f32::from_bits(loss);
            self.check_finite(context, loss, fault)?;
            results.push(StepResult {
                sequence: context.sequence,
                loss,
                right,
                reviews: step.reviews,
                gradient_norm: context
                    .optimiser
                    .filter(|_| context.gradients.measure_norm)
                    .map(|_| norms[place]),
                layer_norms: match context.optimiser {
                    Some(_) if context.gradients.measure_layer_norms => norms
                        .chunks_exact(RECORDS as usize)
                        .skip(1)
                        .map(|norms| norms[place])
                        .collect(),
                    _ => Vec::new(),
                },
            });
        }
        Ok(())
    }

    fn check_finite(&self, context: StepContext, loss: f32, fault: u32) -> Result<()> {
        let what = if !loss.is_finite() {
            "the loss".to_string()
        } else {
            match fault {
                0 => return Ok(()),
                1 => "the norm of the gradients".to_string(),
                // Optimisers count in vec4, from 2.
                _ => {
                    let place = 4 * (fault as usize - 2);
                    format!("the gradient of {}", self.layout.trained_name_at(place))
                }
            }
        };
        Err(Error::NotFinite {
            step: context.step,
            what,
            learning_rate: self.learning_rate(),
            half_layers: self.half_layers(),
        })
    }

    /// Names of the layers that keep halves.
    fn half_layers(&self) -> Vec<String> {
        let layers = self.model.layers().iter();
        let recurrent = layers.filter(|layer| {
            self.limits.storage == Storage::F16 && layer.kind.recurrence().is_some()
        });
        recurrent.map(|layer| layer.name.clone()).collect()
    }
}
