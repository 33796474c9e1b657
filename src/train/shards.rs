//! Steps whose batch is cut into shards: gradients of one after the other, added in a fixed tree.
//!
//! With one process that is gradient accumulation. The bytes of the result depend on the number of shards alone, and not on
//! who computes which of them: [`Session::shard_sum`], [`ShardTree`] and [`Session::apply`] are the parts of
//! [`Session::train_sharded`], which shares the shards of a batch among the ranks that the session has joined.

use super::check::{check_batch, check_rate, check_shards};
use super::remedy::with_remedy;
use super::results::StepResult;
use super::session::Session;
use super::shard_sum::{ShardSum, ShardTree};
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::model::{LayerKind, Output};
use crate::plan::{DropoutMask, names, update_step};
use crate::random::philox4x32;

impl Session {
    /// Trains on a batch in `shards` parts, the rows b with b mod `shards` = s each, and returns the result of the whole
    /// step. Memory is needed for a part of the batch alone.
    ///
    /// Each rank of those that the session has [joined](Session::join) trains on its share of the parts of the same batch.
    ///
    /// # Errors
    /// [`Error::Argument`] for 0 shards, or as many as the ranks cannot share evenly; [`Error::Rank`] where another rank
    /// failed; else as [`Session::train`] and [`Session::results`].
    pub fn train_sharded(&mut self, batch: &Batch, shards: usize) -> Result<StepResult> {
        check_shards(shards, usize::MAX)?;
        let own = match &self.ranks {
            None => 0..shards,
            Some(ranks) => ranks.share(shards)?,
        };
        let sequence = self.sequence;
        let mut tree = ShardTree::starting_at(own.start);
        for shard in own {
            tree.push(self.shard_sum(batch, shard, shards)?);
        }
        let sum = self.of_all_ranks(batch, tree)?.finish();
        // As if all shards were run here: a snapshot does not show how many ranks there were.
        self.sequence = sequence + shards.min(batch.size) as u64;
        self.apply(batch, &sum.ok_or_else(empty)?)
    }

    /// Sums of loss and gradients over the rows of a shard of the next step's batch; `None` where the shard has none.
    /// Parameters stay as they are. Results of earlier steps must have been taken.
    ///
    /// Padding reaches as far as in the whole batch, and a dropout mask is that of the row's place there.
    ///
    /// # Errors
    /// As [`Session::train`] and [`Session::results`].
    pub fn shard_sum(
        &mut self,
        batch: &Batch,
        shard: usize,
        of: usize,
    ) -> Result<Option<ShardSum>> {
        check_rate(self.trained_by()?.learning_rate())?;
        check_batch(&self.model, batch)?;
        self.check_all_taken()?;
        let Some(part) = batch.shard(shard, of) else {
            return Ok(None);
        };
        let step = self.step + 1;
        let mut context = self.context(step, None);
        let masks = self.masks(batch, shard, of, step);
        if !masks.is_empty() {
            context.dropout = DropoutMask::Given;
        }
        let plan = self.training_plan(part.shape(), context)?;
        let uploads: Vec<(&str, &[u8])> = masks
            .iter()
            .map(|(name, mask)| (name.as_str(), bytemuck::cast_slice(mask)))
            .collect();
        self.submit(&plan, &part, context, &uploads)?;
        let result = self.only_result()?;
        let mut gradients = self.values(names::GRADIENTS, self.layout.len())?;
        // The kernels divide by the rows that they see.
        let rows = part.size as f32;
        gradients.iter_mut().for_each(|gradient| *gradient *= rows);
        Ok(Some(ShardSum {
            rows: part.size,
            loss: f64::from(result.loss) * part.size as f64,
            right: result.right,
            gradients,
        }))
    }

    /// Takes the optimiser's step by the sum over all rows of `batch`, and returns the result of the step.
    ///
    /// # Errors
    /// [`Error::Argument`] where the sum is over other rows; else as [`Session::train`] and [`Session::results`].
    pub fn apply(&mut self, batch: &Batch, sum: &ShardSum) -> Result<StepResult> {
        let optimiser = self.trained_by()?;
        self.check_all_taken()?;
        if sum.rows != batch.size || sum.gradients.len() != self.layout.len() {
            let problem = format!("sums over {} rows for a batch of {}", sum.rows, batch.size);
            return Err(Error::argument("sum", problem));
        }
        let rows = sum.rows as f32;
        let gradients: Vec<f32> = sum.gradients.iter().map(|sum| sum / rows).collect();
        self.device
            .write(names::GRADIENTS, bytemuck::cast_slice(&gradients))
            .map_err(with_remedy)?;
        let step = self.step + 1;
        let context = self.context(step, Some(optimiser));
        // What is uploaded with it nobody reads: the shortest batch that there is.
        let part = batch.shard(0, batch.size).ok_or_else(empty)?;
        let plan = update_step(
            &self.model,
            &self.layout,
            &self.limits,
            part.shape(),
            context,
        );
        let plan = plan.map_err(with_remedy)?;
        self.submit(&plan, &part, context, &[])?;
        self.step = step;
        self.on_device += 1;
        let update = self.only_result()?;
        Ok(StepResult {
            loss: (sum.loss / sum.rows as f64) as f32,
            right: sum.right,
            reviews: sum.rows,
            ..update
        })
    }

    /// Evaluates a batch in `shards` parts, and returns the result over all of it.
    ///
    /// # Errors
    /// [`Error::Argument`] for 0 shards; else as [`Session::evaluate`] and [`Session::results`].
    pub fn evaluate_sharded(&mut self, batch: &Batch, shards: usize) -> Result<StepResult> {
        check_shards(shards, usize::MAX)?;
        self.check_all_taken()?;
        let mut tree = ShardTree::default();
        for shard in 0..shards {
            let sum = match batch.shard(shard, shards) {
                None => None,
                Some(part) => {
                    self.evaluate(&part)?;
                    let result = self.only_result()?;
                    Some(ShardSum {
                        rows: part.size,
                        loss: f64::from(result.loss) * part.size as f64,
                        right: result.right,
                        gradients: Vec::new(),
                    })
                }
            };
            tree.push(sum);
        }
        let sum = tree.finish().ok_or_else(empty)?;
        Ok(StepResult {
            sequence: self.sequence().saturating_sub(1),
            loss: (sum.loss / sum.rows as f64) as f32,
            right: sum.right,
            reviews: sum.rows,
            gradient_norm: None,
            layer_norms: Vec::new(),
        })
    }

    /// Fails where results of earlier steps are still to be taken: those of a shard would be mixed up with them.
    fn check_all_taken(&self) -> Result<()> {
        match self.unread.is_empty() && self.coming.is_empty() {
            true => Ok(()),
            false => Err(Error::argument(
                "shards",
                "results of earlier steps are still to be taken; call `Session::drain` first",
            )),
        }
    }

    /// The result of the one step that is on its way.
    fn only_result(&mut self) -> Result<StepResult> {
        self.drain()?.pop().ok_or(Error::Internal {
            place: "training in shards",
            problem: "a step gave no result".to_string(),
        })
    }

    /// The masks of all dropout layers for a shard, by the name of their buffer: rows of those that the kernel draws for
    /// the whole batch.
    fn masks(&self, batch: &Batch, shard: usize, of: usize, step: u64) -> Vec<(String, Vec<f32>)> {
        let layers = self.model.layers().iter().enumerate();
        let dropouts = layers.filter_map(|(index, layer)| match &layer.kind {
            LayerKind::Dropout(dropout) if dropout.rate > 0.0 => Some((index, layer, dropout.rate)),
            _ => None,
        });
        dropouts
            .map(|(index, layer, rate)| {
                let (timesteps, width) = match layer.output {
                    Output::Sequence { width } => (batch.length, width),
                    Output::Vector { width } => (1, width),
                };
                let mut draw = Draw::new(self.seed(), step, index as u32, rate);
                let rows = || (shard..batch.size).step_by(of);
                let mut mask = Vec::with_capacity(timesteps * rows().count() * width);
                for timestep in 0..timesteps {
                    for row in rows() {
                        let first = (timestep * batch.size + row) * width;
                        mask.extend((first..first + width).map(|element| draw.kept(element)));
                    }
                }
                (format!("{}.mask", layer.name), mask)
            })
            .collect()
    }
}

/// Words of a dropout mask, a block of four at a time.
struct Draw {
    key: [u32; 2],
    step: u64,
    layer: u32,
    rate: f32,
    block: Option<(u32, [u32; 4])>,
}

impl Draw {
    fn new(seed: u64, step: u64, layer: u32, rate: f32) -> Draw {
        Draw {
            key: [seed as u32, (seed >> 32) as u32],
            step,
            layer,
            rate,
            block: None,
        }
    }

    /// 1 where the element is kept, 0 where it is dropped: as the kernel `dropout` draws it.
    fn kept(&mut self, element: usize) -> f32 {
        let number = (element / 4) as u32;
        let words = match self.block {
            Some((block, words)) if block == number => words,
            _ => {
                let counter = [
                    number,
                    self.step as u32,
                    (self.step >> 32) as u32,
                    self.layer,
                ];
                let words = philox4x32(counter, self.key);
                self.block = Some((number, words));
                words
            }
        };
        let share = (words[element % 4] >> 8) as f32 * (-24f32).exp2();
        f32::from(u8::from(share >= self.rate))
    }
}

fn empty() -> Error {
    Error::argument("batch", "a batch holds at least 1 review")
}
