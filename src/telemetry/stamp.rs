//! When a record was made, as RFC 3339 has it.

use std::cell::RefCell;

use jiff::Timestamp;

/// Bytes of a time between the years 0 and 9999, and where its microseconds are in it.
const LENGTH: usize = 27;
const MICROSECONDS: std::ops::Range<usize> = 20..26;

/// The last second that was written, and how.
struct Second {
    number: i64,
    text: String,
}

thread_local! {
    static LAST: RefCell<Second> =
        const { RefCell::new(Second { number: i64::MIN, text: String::new() }) };
}

/// Gives `use_it` the time as `2025-03-12T16:47:30.443939Z`. Of times within one second all but the
/// microseconds is formatted once.
pub(super) fn with<T>(time: Timestamp, use_it: impl FnOnce(&str) -> T) -> T {
    // Before 1970 seconds are counted backwards.
    if time < Timestamp::UNIX_EPOCH {
        return use_it(&format!("{time:.6}"));
    }
    LAST.with_borrow_mut(|last| {
        let number = time.as_second();
        if last.number == number && last.text.len() == LENGTH {
            write_digits(&mut last.text, time.subsec_nanosecond().unsigned_abs() / 1_000);
        } else {
            *last = Second { number, text: format!("{time:.6}") };
        }
        use_it(&last.text)
    })
}

fn write_digits(text: &mut String, microseconds: u32) {
    let mut digits = [b'0'; 6];
    let mut rest = microseconds;
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    text.replace_range(MICROSECONDS, std::str::from_utf8(&digits).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_as_it_does_without_its_neighbours() {
        let end = i64::from(i32::MAX) * 1_000_000_000;
        for nanoseconds in [
            0,
            1,
            999,
            1_000,
            999_999_999,
            1_000_000_000,
            1_000_120_000,
            1_741_798_050_443_939_999,
            1_741_798_050_000_000_000,
            1_741_798_050_000_001_000,
            end,
            -1,
            -999_999_999,
            -1_500_000_000,
        ] {
            let time = Timestamp::from_nanosecond(nanoseconds.into()).unwrap();
            for _ in 0..2 {
                with(time, |text| assert_eq!(text, format!("{time:.6}")));
            }
        }
        for time in [Timestamp::MAX, Timestamp::MIN] {
            with(time, |text| assert_eq!(text, format!("{time:.6}")));
        }
    }
}
