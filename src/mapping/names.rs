//! Names as people mistype them: the nearest valid one.

/// The candidate that `word` was most likely meant to be, if any is near enough.
///
/// Near enough is a Damerau-Levenshtein distance (letters changed, left out, added, or swapped with
/// their neighbour) of a third of the longer word's length, and at least 1. Case and the choice
/// between `-` and `_` cost nothing. Of equally near candidates the first one wins.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let folded = fold(word);
    let length = folded.chars().count();
    candidates
        .into_iter()
        .take(MOST_CANDIDATES)
        .filter(|candidate| *candidate != word)
        .filter_map(|candidate| {
            let folded_candidate = fold(candidate);
            let longest = length.max(folded_candidate.chars().count());
            let distance = strsim::damerau_levenshtein(&folded, &folded_candidate);
            (distance <= (longest / 3).max(1) && distance < length).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Nobody has more names than this; each costs a comparison.
const MOST_CANDIDATES: usize = 5_000;

/// Longer words are no names; the distance costs the product of both lengths.
const LONGEST: usize = 64;

fn fold(word: &str) -> String {
    word.chars().take(LONGEST).flat_map(char::to_lowercase).map(separator).collect()
}

fn separator(c: char) -> char {
    if c == '-' { '_' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_name_that_was_meant() {
        let names = ["imsi", "msisdn", "bill_status", "targets", "for_each", "when"];
        for (word, expected) in [
            ("imis", Some("imsi")),
            ("ismi", Some("imsi")),
            ("msidn", Some("msisdn")),
            ("bill-status", Some("bill_status")),
            ("billstatus", Some("bill_status")),
            ("Targets", Some("targets")),
            ("target", Some("targets")),
            ("foreach", Some("for_each")),
            ("wehn", Some("when")),
            ("imsi", None),
            ("x", None),
            ("", None),
            ("subscriber", None),
        ] {
            assert_eq!(did_you_mean(word, names), expected, "{word}");
        }
    }

    #[test]
    fn the_first_of_equally_near_names_wins() {
        assert_eq!(did_you_mean("cat", ["bat", "hat"]), Some("bat"));
    }

    #[test]
    fn a_hostile_word_costs_little() {
        let word = "a".repeat(1_000_000);
        assert_eq!(did_you_mean(&word, ["imsi"]), None);
    }
}
