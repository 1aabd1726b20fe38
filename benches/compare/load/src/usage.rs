//! What processes have used of the processor, as `/proc` tells it.

use std::time::Duration;

use crate::Fault;

/// The processes to watch: the server, its workers, whatever they started.
pub struct Watched(Vec<u32>);

impl Watched {
    /// Their numbers, comma-separated.
    pub fn read(numbers: &str) -> Result<Self, Fault> {
        let numbers = numbers.split(',').filter(|number| !number.is_empty());
        Ok(Self(numbers.map(str::parse).collect::<Result<_, _>>()?))
    }

    /// User and system time of all their threads until now; to a tick, which is 10 ms as a rule.
    pub fn cpu(&self) -> Result<Duration, Fault> {
        let mut ticks = 0;
        for process in &self.0 {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))
                .map_err(|fault| format!("process {process} is gone: {fault}"))?;
            ticks += used(&stat).ok_or(format!("/proc/{process}/stat: {stat}"))?;
        }
        let each = Duration::from_secs(1) / u32::try_from(rustix::param::clock_ticks_per_second())?;
        Ok(each * u32::try_from(ticks)?)
    }
}

/// `utime` and `stime` of proc(5), the 14th and 15th field; the second may have blanks in it.
fn used(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 50 0 0 0 120 34 0 0 20 0 1 0 9 1 2 3";
        assert_eq!(used(stat), Some(154));
        assert_eq!(used("7 (a) S 1"), None);
    }
}
