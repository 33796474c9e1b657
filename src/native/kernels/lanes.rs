//! Sums along a row, in sixteen lanes: lane l adds numbers l, l + 16 …, and the lanes are added in pairs at the end. The lanes
//! are the same for every width of vectors, so the order of a sum is too.

const LANES: usize = 16;

/// Σ term(n) over n below `count`, each term added by `add(sum, n)`.
#[inline(always)]
pub(super) fn sum(count: usize, add: impl Fn(f32, usize) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let whole = count - count % LANES;
    for first in (0..whole).step_by(LANES) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum = add(*sum, first + lane);
        }
    }
    for n in whole..count {
        sums[n - whole] = add(sums[n - whole], n);
    }
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}
