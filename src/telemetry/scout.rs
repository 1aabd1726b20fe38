//! A quick look at a text: can one of many needles be in it at all? Nearly every text that is logged
//! has nothing to hide, and a look costs a small part of a search.

/// Bytes that are looked at together.
const BLOCK: usize = 3;

/// No more bytes of a needle's beginning than these are known.
const WIDEST: usize = 8;

/// Bits of a block's hash: enough for some hundred needles.
const BITS: u32 = 14;

/// Set in a step: some needle begins with this block.
const BEGINS: u8 = 0x80;

/// Knows the beginnings of needles of 3 bytes or more, as Wu and Manber do: for each block of bytes
/// how far a window that ends with it can be moved on without missing a needle.
#[derive(Debug, Clone)]
pub(super) struct Scout {
    /// By the hash of a block.
    steps: Box<[u8]>,
    /// Bytes of each needle that are known: as many as the shortest has.
    window: usize,
}

impl Scout {
    pub fn new<'n>(needles: impl Iterator<Item = &'n str> + Clone) -> Self {
        let shortest = needles.clone().map(str::len).min().unwrap_or(WIDEST);
        let window = shortest.clamp(BLOCK, WIDEST);
        let farthest = u8::try_from(window - BLOCK + 1).unwrap_or(1);
        let mut steps = vec![farthest; 1 << BITS].into_boxed_slice();
        for needle in needles {
            let known = &needle.as_bytes()[..window.min(needle.len())];
            for (rest, block) in (0..farthest).rev().zip(known.windows(BLOCK)) {
                let step = &mut steps[hash(block)];
                *step = *step & BEGINS | (*step & !BEGINS).min(rest);
            }
            if let Some(block) = known.get(..BLOCK) {
                steps[hash(block)] |= BEGINS;
            }
        }
        Self { steps, window }
    }

    /// Whether `is_here` says so of the text from any of the places where a needle may begin; it is
    /// asked of all where one does, and of few others.
    pub fn any(&self, text: &[u8], is_here: impl Fn(&[u8]) -> bool) -> bool {
        let mut at = 0;
        while let Some(window) = text.get(at..at + self.window) {
            let last = self.steps[hash(&window[self.window - BLOCK..])];
            let step = usize::from(last & !BEGINS);
            if step > 0 {
                at += step;
                continue;
            }
            let begins = self.steps[hash(&window[..BLOCK])] & BEGINS > 0;
            if begins && is_here(&text[at..]) {
                return true;
            }
            at += 1;
        }
        false
    }
}

/// Of the first 3 bytes.
fn hash(block: &[u8]) -> usize {
    let &[first, second, third, ..] = block else { return 0 };
    let block = u32::from_le_bytes([first, second, third, 0]);
    (block.wrapping_mul(0x9e37_79b1) >> (u32::BITS - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn found(needles: &[&str], text: &str) -> bool {
        let scout = Scout::new(needles.iter().copied());
        scout.any(text.as_bytes(), |here| {
            needles.iter().any(|needle| here.starts_with(needle.as_bytes()))
        })
    }

    #[test]
    fn a_needle_is_found_wherever_it_stands() {
        let needles = ["abc", "first-secret", "äöü"];
        for text in ["abc", "ababc", "xxabc", "abcxx", "a first-secret", "äöü", "xäöü"] {
            assert!(found(&needles, text), "{text}");
        }
        for text in ["", "ab", "abd", "first-secre", "öü"] {
            assert!(!found(&needles, text), "{text}");
        }
        assert!(!found(&[], "any text"));
    }

    #[test]
    fn few_places_are_looked_at_where_no_needle_is() {
        let scout = Scout::new(["first-secret", "second-secret"].into_iter());
        let asked = Cell::new(0);
        let text = "https://hss.example.com/wtl/hlr/v1/subscribers?first=second".repeat(10);
        assert!(!scout.any(text.as_bytes(), |_| {
            asked.set(asked.get() + 1);
            false
        }));
        assert!(asked.get() < 20, "{}", asked.get());
    }

    proptest::proptest! {
        #[test]
        fn no_needle_is_missed(
            needles in proptest::collection::vec("[ab.é]{3,12}", 0..6), text in "[ab.é]{0,40}"
        ) {
            let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
            let is_there = needles.iter().any(|needle| text.contains(needle));
            proptest::prop_assert_eq!(found(&needles, &text), is_there);
        }
    }
}
