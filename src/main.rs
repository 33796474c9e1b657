//! gatefold
fn main() {}
