// The loss of a row with two classes, see binary_cross_entropy.

const EPSILON = 1e-7;

// What a row adds to the log-likelihood, its probability's gradient, and whether its prediction is right.
struct RowLoss { log_likelihood: f32, d_p: f32, right: u32 }

fn row_loss(probability: f32, y: f32, w: f32, batch: f32) -> RowLoss {
    let nan = is_nan(probability);
    let low = !nan && probability < EPSILON;
    let high = !nan && probability > 1.0 - EPSILON;
    let q = select(select(probability, EPSILON, low), 1.0 - EPSILON, high);
    return RowLoss(
        w * select(y * log(q) + (1.0 - y) * log(1.0 - q), probability, nan),
        select(w * ((q - y) / (q * (1.0 - q)) / batch), 0.0, low || high),
        select(0u, 1u, (probability > 0.5) == (y > 0.5)),
    );
}
