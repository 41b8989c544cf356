//! What callgrind wrote, read: one dump a scenario.
//!
//! Format: Valgrind manual, "Callgrind Format Specification". Strings are written whole
//! (`--compress-strings=no`), so that a called function is named on its own `cfn=` line.

/// Functions of the C library that take memory. libopus and every other C library use them, and so does
/// Rust's own allocator: what is counted here is all there is.
const ALLOCATORS: [&str; 6] = [
    "malloc",
    "calloc",
    "realloc",
    "posix_memalign",
    "aligned_alloc",
    "memalign",
];

/// The cost of the measured function in one dump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Instructions executed.
    pub instructions: u64,
    /// Calls of functions that take memory.
    pub allocations: u64,
}

impl Cost {
    /// Reads a dump; `None` if it has no total.
    pub fn parse(dump: &str) -> Option<Self> {
        let mut instructions = None;
        let mut allocations = 0;
        let mut callee = "";
        for line in dump.lines() {
            if let Some(name) = line.strip_prefix("cfn=") {
                callee = name;
            } else if let Some(calls) = line.strip_prefix("calls=") {
                if is_allocator(callee) {
                    let count = calls.split(' ').next().and_then(|n| n.parse::<u64>().ok());
                    allocations += count?;
                }
            } else if let Some(total) = line.strip_prefix("totals: ") {
                instructions = total.trim().parse().ok();
            }
        }
        Some(Self {
            instructions: instructions?,
            allocations,
        })
    }
}

/// Recursion levels are written as `name'2`.
fn is_allocator(function: &str) -> bool {
    let name = function.split('\'').next().unwrap_or(function);
    ALLOCATORS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "version: 1\nevents: Ir\n\nfl=a.rs\nfn=measured_frames\n12 300\ncfi=b.c\ncfn=malloc\ncalls=3 0\n13 40\n\
                        cfn=mallopt\ncalls=9 0\n14 1\ncfn=realloc'2\ncalls=2 0\n14 1\n\ntotals: 342\n";

    #[test]
    fn a_dump_gives_its_total_and_the_calls_that_take_memory() {
        let cost = Cost {
            instructions: 342,
            allocations: 5,
        };
        assert_eq!(Cost::parse(DUMP), Some(cost));
        assert_eq!(Cost::parse("events: Ir\nfn=x\n1 2\n"), None);
    }
}
