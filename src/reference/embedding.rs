//! Rows taken from a table, and the gradient that comes back to them.

/// Takes row `ids[p]` of `table` for every p.
///
/// # Shapes
/// `table` `[rows, width]`, `ids` `[P]`; returns `[P, width]`.
pub fn gather(table: &[f64], ids: &[u32], width: usize) -> Vec<f64> {
    let mut out = Vec::with_capacity(ids.len() * width);
    for &id in ids {
        let start = id as usize * width;
        out.extend_from_slice(&table[start..start + width]);
    }
    out
}

/// Gradient of [`gather`]: adds row p of `d_out` to row `ids[p]`, every other row is 0.
///
/// # Shapes
/// `d_out` `[P, width]`, `ids` `[P]`; returns `[rows, width]`.
pub fn gather_gradient(d_out: &[f64], ids: &[u32], rows: usize, width: usize) -> Vec<f64> {
    let mut d_table = vec![0.0; rows * width];
    for (p, &id) in ids.iter().enumerate() {
        for j in 0..width {
            d_table[id as usize * width + j] += d_out[p * width + j];
        }
    }
    d_table
}

/// Sums rows of `values` run by run.
///
/// The rows `rows[starts[r]..starts[r + 1]]` are summed into row `targets[r]` of `out`, which they
/// overwrite; rows of `out` that are no target stay as they are.
///
/// # Shapes
/// `values` and `out` `[.., width]`, `starts` `[runs + 1]`, `targets` `[runs]`, as in
/// [`crate::batch::Runs`].
///
/// # Examples
/// ```
/// use gatefold::reference::embedding::segment_sums;
///
/// // Rows 0 and 2 belong to target 2, row 1 to target 0.
/// let mut sums = [-1.0; 3];
/// segment_sums(&[1.0, 10.0, 100.0], 1, &[0, 1, 3], &[1, 0, 2], &[0, 2], &mut sums);
/// assert_eq!(sums, [10.0, -1.0, 101.0]);
/// ```
pub fn segment_sums(
    values: &[f64],
    width: usize,
    starts: &[u32],
    rows: &[u32],
    targets: &[u32],
    out: &mut [f64],
) {
    for (r, &target) in targets.iter().enumerate() {
        let run = &rows[starts[r] as usize..starts[r + 1] as usize];
        for j in 0..width {
            out[target as usize * width + j] = run
                .iter()
                .map(|&row| values[row as usize * width + j])
                .sum();
        }
    }
}

/// Writes row u of `values` to row `unique[u]` of an otherwise zero table: the dense gradient.
///
/// # Shapes
/// `values` `[U, width]`, `unique` `[U]` without repetition; returns `[rows, width]`.
pub fn scatter_rows(values: &[f64], unique: &[u32], rows: usize, width: usize) -> Vec<f64> {
    let mut table = vec![0.0; rows * width];
    for (u, &id) in unique.iter().enumerate() {
        let start = id as usize * width;
        table[start..start + width].copy_from_slice(&values[u * width..(u + 1) * width]);
    }
    table
}
