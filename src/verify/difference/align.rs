//! Which member of one sequence stands beside which of another, in bounded time.

use std::cell::Cell;
use std::collections::HashMap;

/// The score of two members that are the same; any other is lower, and 0 never stands together.
pub(super) const SAME: u32 = 100_000;

/// Most pairs of members that are weighed against each other at once. What is longer is cut at
/// members that are there once on each side, and else goes pairwise in order.
const MOST_AT_ONCE: usize = 1 << 18;

/// What weighing may cost in all, for one request.
const FUEL: usize = 1 << 22;

/// One place: a member of each side, or of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub expected: Option<usize>,
    pub sent: Option<usize>,
}

impl Place {
    fn both(expected: usize, sent: usize) -> Self {
        Self { expected: Some(expected), sent: Some(sent) }
    }

    fn expected(index: usize) -> Self {
        Self { expected: Some(index), sent: None }
    }

    fn sent(index: usize) -> Self {
        Self { expected: None, sent: Some(index) }
    }
}

/// What is left to weigh with.
#[derive(Debug)]
pub(super) struct Fuel(Cell<usize>);

impl Default for Fuel {
    fn default() -> Self {
        Self(Cell::new(FUEL))
    }
}

impl Fuel {
    /// False if there is not as much; then none is left.
    pub(super) fn spend(&self, amount: usize) -> bool {
        let left = self.0.get().checked_sub(amount);
        self.0.set(left.unwrap_or_default());
        left.is_some()
    }
}

/// How two sequences are weighed.
pub(super) struct Scale<'s> {
    /// How well a member of the expected goes with one of the sent, up to [`SAME`].
    pub score: &'s dyn Fn(usize, usize) -> u32,
    /// What tells members apart at first sight, where there is such a thing.
    pub marks: Option<(&'s [u64], &'s [u64])>,
    pub fuel: &'s Fuel,
}

/// Both sequences in order, those together that go together best.
pub(super) fn align(expected: usize, sent: usize, scale: &Scale<'_>) -> Vec<Place> {
    let mut places = Vec::with_capacity(expected.max(sent));
    let whole = Gap { expected: (0, expected), sent: (0, sent) };
    let (begin, middle, end) = whole.trim(scale);
    places.extend(begin);
    if middle.pairs() <= MOST_AT_ONCE {
        middle.weigh(scale, &mut places);
    } else {
        for gap in middle.split(scale) {
            let (begin, gap, end) = gap.trim(scale);
            places.extend(begin);
            if gap.pairs() <= MOST_AT_ONCE {
                gap.weigh(scale, &mut places);
            } else {
                gap.in_order(scale, &mut places);
            }
            places.extend(end);
        }
    }
    places.extend(end);
    places
}

/// A stretch of each side; ends are behind the last member.
#[derive(Debug, Clone, Copy)]
struct Gap {
    expected: (usize, usize),
    sent: (usize, usize),
}

impl Gap {
    fn pairs(&self) -> usize {
        let (rows, columns) = self.size();
        rows.saturating_mul(columns)
    }

    fn size(&self) -> (usize, usize) {
        (self.expected.1 - self.expected.0, self.sent.1 - self.sent.0)
    }

    /// Without what is the same at both ends.
    fn trim(mut self, scale: &Scale<'_>) -> (Vec<Place>, Self, Vec<Place>) {
        let (mut begin, mut end) = (Vec::new(), Vec::new());
        let is_left = |gap: &Self| gap.pairs() > 0;
        while is_left(&self) && (scale.score)(self.expected.0, self.sent.0) == SAME {
            begin.push(Place::both(self.expected.0, self.sent.0));
            self.expected.0 += 1;
            self.sent.0 += 1;
        }
        while is_left(&self) && (scale.score)(self.expected.1 - 1, self.sent.1 - 1) == SAME {
            self.expected.1 -= 1;
            self.sent.1 -= 1;
            end.push(Place::both(self.expected.1, self.sent.1));
        }
        end.reverse();
        (begin, self, end)
    }

    /// Every pair against every other: the order-keeping choice of the highest sum.
    fn weigh(&self, scale: &Scale<'_>, places: &mut Vec<Place>) {
        let (rows, columns) = self.size();
        if rows == 0 || columns == 0 || !scale.fuel.spend(rows * columns) {
            return self.in_order(scale, places);
        }
        let mut ways = vec![Way::Sent; rows * columns];
        // Sums of what lies behind, by column, with one more column for the end.
        let mut below = vec![0_u64; columns + 1];
        for row in (0..rows).rev() {
            let mut here = vec![0_u64; columns + 1];
            for column in (0..columns).rev() {
                let score = (scale.score)(self.expected.0 + row, self.sent.0 + column);
                let options = [
                    (below[column + 1] + u64::from(score), Way::Both),
                    (below[column], Way::Expected),
                    (here[column + 1], Way::Sent),
                ];
                let options = options.iter().skip(usize::from(score == 0));
                let best = options.rev().max_by_key(|(sum, _)| *sum);
                let (sum, way) = best.copied().unwrap_or((0, Way::Sent));
                here[column] = sum;
                ways[row * columns + column] = way;
            }
            below = here;
        }
        self.walk(&ways, places);
    }

    fn walk(&self, ways: &[Way], places: &mut Vec<Place>) {
        let (rows, columns) = self.size();
        let (mut row, mut column) = (0, 0);
        while row < rows || column < columns {
            let way = match (row < rows, column < columns) {
                (true, true) => ways[row * columns + column],
                (true, false) => Way::Expected,
                (false, _) => Way::Sent,
            };
            let (expected, sent) = (self.expected.0 + row, self.sent.0 + column);
            places.push(match way {
                Way::Both => Place::both(expected, sent),
                Way::Expected => Place::expected(expected),
                Way::Sent => Place::sent(sent),
            });
            row += usize::from(way != Way::Sent);
            column += usize::from(way != Way::Expected);
        }
    }

    /// The first beside the first, and so on.
    fn in_order(&self, scale: &Scale<'_>, places: &mut Vec<Place>) {
        let (rows, columns) = self.size();
        for at in 0..rows.max(columns) {
            let (expected, sent) = (self.expected.0 + at, self.sent.0 + at);
            if at < rows && at < columns && (scale.score)(expected, sent) > 0 {
                places.push(Place::both(expected, sent));
                continue;
            }
            places.extend((at < rows).then(|| Place::expected(expected)));
            places.extend((at < columns).then(|| Place::sent(sent)));
        }
    }

    /// The stretches between members that are there once on each side, each stretch with the
    /// member that ends it.
    fn split(self, scale: &Scale<'_>) -> Vec<Self> {
        let Some((expected, sent)) = scale.marks else { return vec![self] };
        let mut gaps = Vec::new();
        let mut begin = (self.expected.0, self.sent.0);
        for (row, column) in
            anchors(&expected[self.expected.0..self.expected.1], &sent[self.sent.0..self.sent.1])
        {
            let end = (self.expected.0 + row + 1, self.sent.0 + column + 1);
            gaps.push(Self { expected: (begin.0, end.0), sent: (begin.1, end.1) });
            begin = end;
        }
        gaps.push(Self { expected: (begin.0, self.expected.1), sent: (begin.1, self.sent.1) });
        gaps
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Both,
    Expected,
    Sent,
}

/// Marks that are there once on each side, the most of them that are in the same order on both
/// (the "patience" of Bram Cohen's diff).
fn anchors(expected: &[u64], sent: &[u64]) -> Vec<(usize, usize)> {
    let (expected, sent) = (once(expected), once(sent));
    let mut shared: Vec<(usize, usize)> =
        expected.iter().filter_map(|(mark, row)| Some(((*row)?, (*sent.get(mark)?)?))).collect();
    shared.sort_unstable();
    longest_rise(&shared)
}

/// Where each mark is, if it is there once.
fn once(marks: &[u64]) -> HashMap<u64, Option<usize>> {
    let mut places = HashMap::with_capacity(marks.len());
    for (at, mark) in marks.iter().enumerate() {
        places.entry(*mark).and_modify(|place| *place = None).or_insert(Some(at));
    }
    places
}

/// Of pairs in the order of their first, the longest part in the order of their second.
fn longest_rise(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // By length less one: the pair with the least second that ends a rise of that length.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, column)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *column);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let last = ends.last().copied();
    let mut rise: Vec<_> =
        std::iter::successors(last, |at| before[*at]).map(|at| pairs[at]).collect();
    rise.reverse();
    rise
}

#[cfg(test)]
mod tests;
