//! A batch's shards: the rows that a part of the work takes.

use super::pad::{Batch, Scratch};

impl Batch {
    /// The rows b with b mod `of` = `shard`, as long as the whole batch; `None` where there is none.
    ///
    /// # Examples
    /// ```
    /// use gatefold::batch::Batch;
    /// use gatefold::data::Review;
    ///
    /// let reviews = [vec![5], vec![6, 7], vec![8]].map(|ids| Review { ids: ids.into(), label: 0 });
    /// let batch = Batch::new(&reviews.iter().collect::<Vec<_>>());
    /// let first = batch.shard(0, 2).ok_or("no rows")?;
    /// assert_eq!(first.to_string(), "[[5 0]\n [8 0]]");
    /// assert!(batch.shard(3, 4).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shard(&self, shard: usize, of: usize) -> Option<Batch> {
        let rows: Vec<usize> = (shard..self.size).step_by(of.max(1)).collect();
        if rows.is_empty() {
            return None;
        }
        let timesteps = self.ids.chunks(self.size);
        let ids: Vec<u32> = timesteps
            .flat_map(|timestep| rows.iter().filter_map(|&row| timestep.get(row).copied()))
            .collect();
        let of_rows = |values: &[f32]| -> Vec<f32> {
            let rows = rows.iter();
            rows.filter_map(|&row| values.get(row).copied()).collect()
        };
        let lengths = rows
            .iter()
            .filter_map(|&row| self.lengths.get(row).copied());
        Some(Batch {
            length: self.length,
            size: rows.len(),
            lengths: lengths.collect(),
            labels: of_rows(&self.labels),
            weights: of_rows(&self.weights),
            tokens: Scratch::default().tokens(&ids),
            ids,
        })
    }
}
