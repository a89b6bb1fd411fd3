//! Random numbers that depend on the seed alone.

/// A random number generator (SplitMix64) that gives the same numbers on every machine and with every version.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// A generator whose numbers depend on `seed` alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 where `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// One of `these`; `None` where the slice is empty.
    pub fn one_of<'a, T>(&mut self, these: &'a [T]) -> Option<&'a T> {
        let index = usize::try_from(self.below(these.len() as u64)).unwrap_or_default();
        these.get(index)
    }
}
