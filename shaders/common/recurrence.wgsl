// What the recurrences have in common.

// Bit of a slot that says that its token is masked.
const MASK = 0x80000000u;

// The timestep that a direction processes as its s-th: backward in time (direction 1) the last comes first.
fn timestep_of(s: u32, direction: u32, length: u32) -> u32 {
    return select(s, length - 1u - s, direction == 1u);
}
