//! Random numbers that a seed repeats: PCG-XSH-RR 64/32 (O'Neill 2014).

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;

/// A generator; the same seed gives the same numbers on every machine.
#[derive(Clone, Debug)]
pub(super) struct Rng {
    state: u64,
    stream: u64,
}

impl Rng {
    pub(super) const fn new(seed: u64) -> Self {
        Self::with_stream(seed, 0)
    }

    /// Generators of different streams have nothing to do with each other.
    pub(super) const fn with_stream(seed: u64, stream: u64) -> Self {
        let mut rng = Self {
            state: 0,
            stream: (stream << 1) | 1,
        };
        rng.next();
        rng.state = rng.state.wrapping_add(seed);
        rng.next();
        rng
    }

    const fn next(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(MULTIPLIER).wrapping_add(self.stream);
        let shifted = (((old >> 18) ^ old) >> 27) as u32;
        shifted.rotate_right((old >> 59) as u32)
    }

    /// A number in `from..to`; `from` where that is empty.
    pub(super) const fn between(&mut self, from: u64, to: u64) -> u64 {
        let word = (self.next() as u64) << 32 | self.next() as u64;
        if to <= from {
            return from;
        }
        from + word % (to - from)
    }

    /// True `per_mille` times in a thousand.
    pub(super) const fn chance(&mut self, per_mille: u64) -> bool {
        self.between(0, 1_000) < per_mille
    }

    /// One of them.
    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.between(0, of.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_another_differs() {
        let draw = |seed, stream| {
            let mut rng = Rng::with_stream(seed, stream);
            [(); 8].map(|()| rng.between(0, 1_000_000))
        };
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(2, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
    }

    #[test]
    fn numbers_keep_their_bounds_and_reach_them() {
        let mut rng = Rng::new(7);
        let drawn: Vec<_> = (0..1_000).map(|_| rng.between(3, 6)).collect();
        assert_eq!(drawn.iter().min(), Some(&3));
        assert_eq!(drawn.iter().max(), Some(&5));
        assert_eq!(rng.between(9, 9), 9);
    }
}
