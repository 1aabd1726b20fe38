//! Short texts in one piece of memory, and which bytes they begin with.

use smallvec::SmallVec;

/// Texts by their numbers, in the order in which they came.
#[derive(Clone, Default)]
pub(super) struct Texts {
    all: String,
    /// As many as an event's identifiers usually are take no memory of their own.
    ends: SmallVec<[u32; 8]>,
}

impl Texts {
    /// With room for so many texts, and for so many bytes in all.
    pub(super) fn with_capacity(texts: usize, bytes: usize) -> Self {
        Self { all: String::with_capacity(bytes), ends: SmallVec::with_capacity(texts) }
    }

    /// With room for as much as there is in other ones.
    pub(super) fn with_capacity_of(other: &Self) -> Self {
        Self::with_capacity(other.len(), other.all.len())
    }

    pub(super) fn push(&mut self, text: &str) {
        self.all.push_str(text);
        // Nobody has so many that they come to 4 GiB.
        self.ends.push(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before).copied());
        self.all.get(start.unwrap_or_default() as usize..end as usize)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map_while(|number| self.get(number))
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Some of the 256 bytes.
#[derive(Clone, Copy, Default)]
pub(super) struct Bytes([u64; 4]);

impl Bytes {
    pub(super) fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] & (1 << (byte & 63)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_by_their_numbers() {
        let mut texts = Texts::default();
        assert_eq!((texts.len(), texts.get(0)), (0, None));
        for text in ["one", "", "zwölf"] {
            texts.push(text);
        }
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["one", "", "zwölf"]);
        assert_eq!((texts.get(1), texts.get(2), texts.get(3)), (Some(""), Some("zwölf"), None));
    }

    #[test]
    fn a_byte_is_there_once_it_was_added() {
        for added in 0..=u8::MAX {
            let mut bytes = Bytes::default();
            bytes.add(added);
            assert!((0..=u8::MAX).all(|byte| bytes.has(byte) == (byte == added)));
        }
    }
}
