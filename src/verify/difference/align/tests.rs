//! Sequences of letters, long ones too.

use super::*;

fn marks(text: &str) -> Vec<u64> {
    text.chars().map(u64::from).collect()
}

/// Each place as `ab`; `-` where a side has nothing.
fn aligned(expected: &str, sent: &str, other: u32) -> String {
    let (e, s) = (marks(expected), marks(sent));
    let score = |row: usize, column: usize| if e[row] == s[column] { SAME } else { other };
    let fuel = Fuel::default();
    let scale = Scale { score: &score, marks: Some((&e, &s)), fuel: &fuel };
    let letter = |text: &str, at: Option<usize>| at.map_or('-', |at| text.chars().nth(at).unwrap());
    let place = |place: &Place| {
        format!("{}{} ", letter(expected, place.expected), letter(sent, place.sent))
    };
    align(e.len(), s.len(), &scale).iter().map(place).collect::<String>().trim().to_owned()
}

#[test]
fn what_is_the_same_stands_together_and_the_rest_in_order() {
    for (expected, sent, shown) in [
        ("", "", ""),
        ("ab", "", "a- b-"),
        ("", "ab", "-a -b"),
        ("abc", "abc", "aa bb cc"),
        ("abc", "ac", "aa b- cc"),
        ("ac", "abc", "aa -b cc"),
        ("abcd", "axcd", "aa bx cc dd"),
        ("abcd", "bcde", "a- bb cc dd -e"),
        ("aaa", "aa", "aa aa a-"),
        ("xaby", "xbay", "xx a- bb -a yy"),
    ] {
        assert_eq!(aligned(expected, sent, 1), shown, "{expected} {sent}");
    }
    assert_eq!(aligned("abcd", "axcd", 0), "aa b- -x cc dd", "a score of 0 keeps them apart");
}

#[test]
fn the_best_partner_wins_over_the_first() {
    let score = |row: usize, column: usize| [[2, 2], [2, 50], [90, 1]][row][column];
    let fuel = Fuel::default();
    let scale = Scale { score: &score, marks: None, fuel: &fuel };
    let places = align(3, 2, &scale);
    assert_eq!(places, [Place::expected(0), Place::expected(1), Place::both(2, 0), Place::sent(1)]);
}

/// That every member stands in exactly one place, in order; and how many are with their like.
fn check(e: &[u64], s: &[u64], fuel: &Fuel) -> usize {
    let score = |row: usize, column: usize| if e[row] == s[column] { SAME } else { 1 };
    let places = align(e.len(), s.len(), &Scale { score: &score, marks: Some((e, s)), fuel });
    let expected: Vec<usize> = places.iter().filter_map(|place| place.expected).collect();
    let sent: Vec<usize> = places.iter().filter_map(|place| place.sent).collect();
    assert!(expected.into_iter().eq(0..e.len()) && sent.into_iter().eq(0..s.len()));
    let same = |place: &&Place| place.expected.map(|at| e[at]) == place.sent.map(|at| s[at]);
    places.iter().filter(same).count()
}

#[test]
fn long_sequences_are_aligned_at_what_is_unique() {
    let e: Vec<u64> = (0..50_000).map(|at| if at % 5 == 0 { 0 } else { at }).collect();
    let mut s = e.clone();
    for at in (1_000..45_000).step_by(1_000).rev() {
        s.remove(at);
        s.insert(at + 500, 1_000_000);
    }
    assert!(check(&e, &s, &Fuel::default()) >= e.len() - 200);
}

#[test]
fn what_nothing_tells_apart_goes_in_order_without_weighing_all() {
    let e: Vec<u64> = (0..100_000).map(|at| at % 7).collect();
    let s: Vec<u64> = (0..100_000).map(|at| at % 5).collect();
    let fuel = Fuel::default();
    check(&e, &s, &fuel);
    // Gaps that could each be weighed, and too many of them.
    let unique = |at: u64| if at.is_multiple_of(400) { at + 10 } else { 0 };
    let e: Vec<u64> = (0..40_000).map(|at| unique(at).max(at % 7)).collect();
    let s: Vec<u64> = (0..40_000).map(|at| unique(at).max(at % 5)).collect();
    assert!(check(&e, &s, &fuel) >= 100, "the unique ones are found");
    assert!(!fuel.spend(MOST_AT_ONCE), "the fuel is used up, and the rest went in order");
}

#[test]
fn a_longest_rise_is_found() {
    let pairs = |columns: &[usize]| columns.iter().copied().enumerate().collect::<Vec<_>>();
    for (columns, rise) in [
        (&[][..], &[][..]),
        (&[3, 1, 2], &[1, 2]),
        (&[0, 1, 2], &[0, 1, 2]),
        (&[2, 1, 0], &[0]),
        (&[5, 0, 6, 1, 7, 2, 3], &[0, 1, 2, 3]),
    ] {
        let found: Vec<_> =
            longest_rise(&pairs(columns)).iter().map(|(_, column)| *column).collect();
        assert_eq!(found, rise, "{columns:?}");
    }
}

proptest::proptest! {
    #[test]
    fn every_member_has_its_place_in_order(e in "[a-e]{0,30}", s in "[a-e]{0,30}") {
        let same = check(&marks(&e), &marks(&s), &Fuel::default());
        proptest::prop_assert_eq!(e == s, same == e.len() && same == s.len());
    }
}
