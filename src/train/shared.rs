//! What the sessions of several ranks do together: add up the shards of a step, share batches, and see that they agree.

use sha2::{Digest, Sha256};

use super::results::StepResult;
use super::session::Session;
use super::shard_message::Touched;
use super::shard_sum::ShardTree;
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::plan::names;

/// Steps from one comparison of all ranks' parameters to the next.
pub(super) const COMPARED: u64 = 100;

impl Session {
    /// The tree of all shards of the batch, from this rank's part of it.
    pub(super) fn of_all_ranks(&self, batch: &Batch, tree: ShardTree) -> Result<ShardTree> {
        let Some(ranks) = &self.ranks else {
            return Ok(tree);
        };
        let layout = &self.layout;
        let width = self.model.embedding().width;
        let touched = Touched::of(batch, width, layout.embedding_len(), layout.len());
        ranks.combine(
            tree,
            |tree, bytes| touched.pack(tree, bytes),
            |bytes| touched.unpack(bytes),
            ShardTree::append,
        )
    }

    /// Which of the batches 0, 1, 2 … this rank evaluates, as a part of so many.
    pub(super) fn part(&self) -> (usize, usize) {
        match &self.ranks {
            None => (0, 1),
            Some(ranks) => (ranks.rank(), ranks.size()),
        }
    }

    /// What all ranks say of their batches, from what this one says of its own, in the order of the batches.
    pub(super) fn results_of_all(
        &self,
        own: Vec<(StepResult, Vec<f32>)>,
    ) -> Result<Vec<(StepResult, Vec<f32>)>> {
        let Some(ranks) = &self.ranks else {
            return Ok(own);
        };
        let all = ranks.gather(&pack(&own))?;
        let mut all = all
            .iter()
            .map(|bytes| Ok(unpack(bytes)?.into_iter()))
            .collect::<Result<Vec<_>>>()?;
        let mut results = Vec::new();
        // A batch of each rank after the other; the last ranks may have one less.
        for rank in (0..all.len()).cycle() {
            match all[rank].next() {
                Some(result) => results.push(result),
                None => break,
            }
        }
        Ok(results)
    }

    /// Fails where a rank does not hold the same parameters after the same steps.
    pub(super) fn compare_ranks(&self) -> Result<()> {
        let Some(ranks) = &self.ranks else {
            return Ok(());
        };
        let parameters = self.values(names::PARAMETERS, self.layout.len())?;
        let mut hash = Sha256::new();
        hash.update(bytemuck::cast_slice::<f32, u8>(&parameters));
        hash.update(self.step.to_le_bytes());
        hash.update(self.sequence.to_le_bytes());
        let hash = hash.finalize();
        let (adapter, host) = (self.device.report(), ranks.host());
        let name = format!("{} ({}) on {host}", adapter.name, adapter.driver);
        let all = ranks.gather(&[&hash[..], name.as_bytes()].concat())?;
        let name = |bytes: &[u8]| {
            let name = bytes.get(hash.len()..).unwrap_or_default();
            String::from_utf8_lossy(name).into_owned()
        };
        let Some((first, others)) = all.split_first() else {
            return Ok(());
        };
        let differs = |other: &&Vec<u8>| other.get(..hash.len()) != first.get(..hash.len());
        match others.iter().position(|other| differs(&other)) {
            None => Ok(()),
            Some(place) => Err(Error::Ranks(format!(
                "after step {} rank {} with {} has other parameters than rank 0 with {}; take adapters that are alike, or \
                 the processor with `AdapterChoice::name` cpu, which is the same everywhere",
                self.step,
                place + 1,
                name(&others[place]),
                name(first)
            ))),
        }
    }
}

/// Loss, right predictions and reviews of a batch, and how many numbers follow for it.
type Head = [u32; 4];

fn pack(results: &[(StepResult, Vec<f32>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (result, values) in results {
        let head: Head = [
            result.loss.to_bits(),
            result.right,
            result.reviews as u32,
            values.len() as u32,
        ];
        bytes.extend(bytemuck::bytes_of(&head));
        bytes.extend(bytemuck::cast_slice(values));
    }
    bytes
}

fn unpack(mut bytes: &[u8]) -> Result<Vec<(StepResult, Vec<f32>)>> {
    let strange = || Error::Internal {
        place: "results of another rank",
        problem: "they have another form than was expected".to_string(),
    };
    let mut results = Vec::new();
    while !bytes.is_empty() {
        let (head, rest) = bytes
            .split_at_checked(size_of::<Head>())
            .ok_or_else(strange)?;
        let [loss, right, reviews, values]: Head = bytemuck::pod_read_unaligned(head);
        let length = size_of::<f32>() * values as usize;
        let (values, rest) = rest.split_at_checked(length).ok_or_else(strange)?;
        bytes = rest;
        let result = StepResult {
            sequence: 0,
            loss: f32::from_bits(loss),
            right,
            reviews: reviews as usize,
            gradient_norm: None,
            layer_norms: Vec::new(),
        };
        results.push((result, bytemuck::pod_collect_to_vec(values)));
    }
    Ok(results)
}
