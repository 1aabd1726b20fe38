//! One function per kind of value: text to a typed value, or what is wrong and what would be right.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use super::LogIdentifiers;
use crate::program::Rate;
use crate::telemetry::log::Level;
use crate::units;

/// What is wrong with a value, and what a right one looks like.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub problem: String,
    pub expected: &'static str,
}

pub(super) type Read<T> = Result<T, Problem>;

/// More threads than that are a mistake, and would fail long after the settings were read.
const MOST_WORKERS: usize = 1024;

/// Longer waits than that are a mistake: NSPS redelivers within minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// `address:port`; without an address, all of IPv4.
pub(super) fn address(text: &str) -> Read<SocketAddr> {
    const EXPECTED: &str = "an IP address and a port, such as 0.0.0.0:8080, [::1]:8080 or :8080";
    let full = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    full.parse().map_err(|_| {
        let problem = if !text.contains(':') {
            "it has no port"
        } else if text.contains(|c: char| c.is_ascii_alphabetic()) && !text.contains('[') {
            "names of hosts are not looked up"
        } else {
            "it is not an address with a port"
        };
        wrong(problem, EXPECTED)
    })
}

/// A port on all IPv4 addresses.
pub(super) fn port(text: &str) -> Read<SocketAddr> {
    let port: u16 = text
        .parse()
        .map_err(|_| wrong("it is not a port number", "a number from 0 to 65535, such as 8080"))?;
    Ok(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))
}

/// Any path; whether it can be read is seen when mappings are loaded.
pub(super) fn directory(text: &str) -> Read<PathBuf> {
    if text.contains('\0') {
        return Err(wrong("it has a null character", "the path of a directory"));
    }
    Ok(PathBuf::from(text))
}

/// Comma-separated URL paths, normalised, each different.
pub(super) fn event_paths(text: &str) -> Read<Vec<String>> {
    let mut seen = HashSet::new();
    text.split(',')
        .map(|part| {
            let path = event_path(part.trim())?;
            if seen.insert(path.clone()) {
                Ok(path)
            } else {
                Err(wrong(format!("`{path}` is there twice"), PATHS))
            }
        })
        .collect()
}

const PATHS: &str = "different paths, comma-separated, each from `/`, such as /,/api/events";

/// Without empty segments: what is left is compared with request paths as it is, so all that a
/// client would have to encode, or would resolve itself, is refused.
fn event_path(text: &str) -> Read<String> {
    if text.is_empty() {
        return Err(wrong("a path is empty", PATHS));
    }
    if !text.starts_with('/') {
        return Err(wrong(format!("`{text}` does not begin with `/`"), PATHS));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+;=:@/".contains(c);
    if let Some(other) = text.chars().find(|c| !allowed(*c)) {
        return Err(wrong(format!("`{text}` has {other:?}, which no path here may have"), PATHS));
    }
    let segments: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.iter().any(|segment| matches!(*segment, "." | "..")) {
        return Err(wrong(format!("`{text}` has a segment `.` or `..`"), PATHS));
    }
    Ok(format!("/{}", segments.join("/")))
}

/// A duration that may be zero.
pub(super) fn pause(text: &str) -> Read<Duration> {
    const EXPECTED: &str = "a duration up to 1h, such as 25s, 1m30s or 250ms";
    let duration = units::duration(text).map_err(|fault| wrong(fault.to_string(), EXPECTED))?;
    if duration > LONGEST_WAIT {
        return Err(wrong("it is too long", EXPECTED));
    }
    Ok(duration)
}

/// A duration of more than zero.
pub(super) fn wait(text: &str) -> Read<Duration> {
    let duration = pause(text)?;
    if duration.is_zero() {
        return Err(wrong("no event can be processed in no time", "a duration such as 25s"));
    }
    Ok(duration)
}

/// `true` or `false`.
pub(super) fn truth(text: &str) -> Read<bool> {
    text.parse().map_err(|_| wrong("it is neither", "`true` or `false`"))
}

/// A size of more than zero, in bytes.
pub(super) fn size(text: &str) -> Read<usize> {
    const EXPECTED: &str = "a size such as 4MiB, 500kB or 65536";
    let size = units::size(text).map_err(|fault| wrong(fault.to_string(), EXPECTED))?;
    match usize::try_from(size) {
        Ok(0) => Err(wrong("nothing fits into no bytes", EXPECTED)),
        Ok(size) => Ok(size),
        Err(_) => Err(wrong("it is more than this machine can address", EXPECTED)),
    }
}

/// A whole number of at least one, that a semaphore can count to.
pub(super) fn count(text: &str) -> Read<usize> {
    match text.parse::<u32>() {
        Ok(count @ 1..=1_000_000) => Ok(count as usize),
        _ => Err(wrong("it is out of range", "a whole number from 1 to 1000000")),
    }
}

/// Events a second, or a rate as mappings write it; or `off`.
pub(super) fn rate(text: &str) -> Read<Option<Rate>> {
    const EXPECTED: &str = "events a second, a whole number from 1 to 1000000, such as 100 or 100/s; \
                            or a minute, such as 30/m; or `off`";
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let whole = text.bytes().all(|byte| byte.is_ascii_digit());
    let rate = if whole { Rate::parse(&format!("{text}/s")) } else { Rate::parse(text) };
    rate.map(Some).ok_or_else(|| wrong("it is no rate", EXPECTED))
}

/// A number of threads, or `cores`.
pub(super) fn workers(text: &str) -> Read<usize> {
    if text.eq_ignore_ascii_case("cores") {
        return Ok(available_parallelism().map_or(1, NonZeroUsize::get));
    }
    match text.parse::<usize>() {
        Ok(count @ 1..=MOST_WORKERS) => Ok(count),
        _ => Err(wrong("it is out of range", "a whole number from 1 to 1024, or `cores`")),
    }
}

pub(super) fn level(text: &str) -> Read<Level> {
    match text.to_ascii_lowercase().as_str() {
        "error" => Ok(Level::Error),
        "warning" => Ok(Level::Warning),
        "info" => Ok(Level::Info),
        "debug" => Ok(Level::Debug),
        _ => Err(wrong("there is no such level", "`error`, `warning`, `info` or `debug`")),
    }
}

pub(super) fn identifiers(text: &str) -> Read<LogIdentifiers> {
    match text.to_ascii_lowercase().as_str() {
        "full" => Ok(LogIdentifiers::Full),
        "masked" => Ok(LogIdentifiers::Masked),
        "off" => Ok(LogIdentifiers::Off),
        _ => Err(wrong("there is no such way", "`full`, `masked` or `off`")),
    }
}

fn wrong(problem: impl Into<String>, expected: &'static str) -> Problem {
    Problem { problem: problem.into(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem<T: std::fmt::Debug>(read: Read<T>) -> String {
        read.expect_err("must be refused").problem
    }

    #[test]
    fn addresses_may_leave_out_the_host_but_not_the_port() {
        for (text, read) in [
            ("0.0.0.0:8080", "0.0.0.0:8080"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("[::1]:80", "[::1]:80"),
            (":8080", "0.0.0.0:8080"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), read, "{text}");
        }
        for (text, reason) in [
            ("8080", "it has no port"),
            ("127.0.0.1", "it has no port"),
            ("localhost:80", "names of hosts are not looked up"),
            (":http", "names of hosts are not looked up"),
            ("127.0.0.1:70000", "it is not an address with a port"),
            ("[::1:80", "it is not an address with a port"),
            (":", "it is not an address with a port"),
        ] {
            assert_eq!(problem(address(text)), reason, "{text}");
        }
    }

    #[test]
    fn a_port_is_a_number() {
        assert_eq!(port("80").unwrap().to_string(), "0.0.0.0:80");
        for text in ["-1", "65536", "http", "80 "] {
            assert_eq!(problem(port(text)), "it is not a port number", "{text}");
        }
    }

    #[test]
    fn event_paths_are_normalised() {
        for (text, paths) in [
            ("/", &["/"][..]),
            ("/,/process-event,/api/events", &["/", "/process-event", "/api/events"]),
            (" /a/ , //b//c ", &["/a", "/b/c"]),
        ] {
            assert_eq!(event_paths(text).unwrap(), paths, "{text}");
        }
    }

    #[test]
    fn event_paths_that_no_request_could_have_are_refused() {
        for (text, reason) in [
            ("", "a path is empty"),
            ("/,,/x", "a path is empty"),
            ("x", "`x` does not begin with `/`"),
            ("/a,/a/", "`/a` is there twice"),
            ("/,//", "`/` is there twice"),
            ("/a?b", "`/a?b` has '?', which no path here may have"),
            ("/{tail}", "`/{tail}` has '{', which no path here may have"),
            ("/a%20b", "`/a%20b` has '%', which no path here may have"),
            ("/a b", "`/a b` has ' ', which no path here may have"),
            ("/é", "`/é` has 'é', which no path here may have"),
            ("/a/../b", "`/a/../b` has a segment `.` or `..`"),
        ] {
            assert_eq!(problem(event_paths(text)), reason, "{text}");
        }
    }

    #[test]
    fn a_deadline_is_more_than_zero_and_a_pause_need_not_be() {
        assert_eq!(wait("25s").unwrap(), Duration::from_secs(25));
        assert_eq!(problem(wait("0s")), "no event can be processed in no time");
        assert_eq!(pause("0").unwrap(), Duration::ZERO);
        assert_eq!(problem(pause("2h")), "it is too long");
        assert_eq!(problem(pause("5")), "`5` has no unit; add one, e.g. `5s`");
    }

    #[test]
    fn sizes_and_counts_are_more_than_zero() {
        assert_eq!(size("4MiB").unwrap(), 4 << 20);
        assert_eq!(problem(size("0")), "nothing fits into no bytes");
        assert_eq!(count("1024").unwrap(), 1024);
        for text in ["0", "-1", "1.5", "1000001", "many"] {
            assert_eq!(problem(count(text)), "it is out of range", "{text}");
        }
    }

    #[test]
    fn a_rate_is_a_whole_number_in_a_second_or_in_a_minute() {
        for (text, read) in [
            ("1", "1/s"),
            ("100", "100/s"),
            ("100/s", "100/s"),
            (" 600 / m ", "600/m"),
            ("1000000", "1000000/s"),
        ] {
            assert_eq!(rate(text).unwrap().unwrap().to_string(), read, "{text}");
        }
        assert_eq!(rate("off").unwrap(), None);
        for text in
            ["0", "0/s", "0.5", "0.5/s", "-1", "+1", "1000001", "100/h", "100/", "/s", "all"]
        {
            assert_eq!(problem(rate(text)), "it is no rate", "{text}");
        }
    }

    #[test]
    fn workers_are_a_number_or_as_many_as_cores() {
        assert!(workers("cores").unwrap() >= 1);
        assert_eq!(workers("3").unwrap(), 3);
        for text in ["0", "1025", "auto"] {
            assert_eq!(problem(workers(text)), "it is out of range", "{text}");
        }
    }

    #[test]
    fn levels_and_identifiers_are_words_in_any_case() {
        assert_eq!(level("INFO").unwrap(), Level::Info);
        assert_eq!(problem(level("trace")), "there is no such level");
        assert_eq!(identifiers("Off").unwrap(), LogIdentifiers::Off);
        assert_eq!(problem(identifiers("no")), "there is no such way");
    }
}
