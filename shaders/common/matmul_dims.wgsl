// Sizes, strides and offsets of a matrix product, in numbers. An element of A lies at
// a_offset + z·a_batch + term·a_term + m·a_row + k·a_column, of B at b_offset + z·b_batch + term·b_term + k·b_row +
// n·b_column, of C at c_offset + z·c_batch + split·c_split + m·c_row + n. A stride may wrap around, to step backwards.

struct MatmulDims {
    m: u32, n: u32, k: u32, terms: u32,
    a_offset: u32, a_row: u32, a_column: u32, a_batch: u32,
    a_term: u32, b_offset: u32, b_row: u32, b_column: u32,
    b_batch: u32, b_term: u32, c_offset: u32, c_row: u32,
    c_batch: u32, has_bias: u32, chunk: u32, splits: u32,
    c_split: u32, sums_split: u32, pad0: u32, pad1: u32,
}
