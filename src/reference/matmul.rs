//! The three matrix products, and the sum over rows that a bias's gradient is.

/// C = A·B, plus `bias` on every row where one is given.
///
/// # Shapes
/// `a` `[m, k]`, `b` `[k, n]`, `bias` `[n]`; returns `[m, n]`.
///
/// # Examples
/// ```
/// use gatefold::reference::matmul::a_b;
///
/// let row_times_column = a_b(&[1.0, 2.0], &[3.0, 4.0], Some(&[0.5]), 1, 1, 2);
/// assert_eq!(row_times_column, [11.5]);
/// ```
pub fn a_b(a: &[f64], b: &[f64], bias: Option<&[f64]>, m: usize, n: usize, k: usize) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for i in 0..m {
        for j in 0..n {
            let sum: f64 = (0..k).map(|l| a[i * k + l] * b[l * n + j]).sum();
            c[i * n + j] = sum + bias.map_or(0.0, |bias| bias[j]);
        }
    }
    c
}

/// C = Aᵀ·B.
///
/// # Shapes
/// `a` `[k, m]`, `b` `[k, n]`; returns `[m, n]`.
pub fn at_b(a: &[f64], b: &[f64], m: usize, n: usize, k: usize) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for i in 0..m {
        for j in 0..n {
            c[i * n + j] = (0..k).map(|l| a[l * m + i] * b[l * n + j]).sum();
        }
    }
    c
}

/// C = A·Bᵀ.
///
/// # Shapes
/// `a` `[m, k]`, `b` `[n, k]`; returns `[m, n]`.
pub fn a_bt(a: &[f64], b: &[f64], m: usize, n: usize, k: usize) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for i in 0..m {
        for j in 0..n {
            c[i * n + j] = (0..k).map(|l| a[i * k + l] * b[j * k + l]).sum();
        }
    }
    c
}

/// Sum over the rows of `a`: the gradient of a bias.
///
/// # Shapes
/// `a` `[rows, n]`; returns `[n]`.
pub fn column_sums(a: &[f64], n: usize) -> Vec<f64> {
    (0..n).map(|j| a.iter().skip(j).step_by(n).sum()).collect()
}
