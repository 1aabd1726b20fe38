//! `limits` and `breaker` of a target.

use std::ops::RangeInclusive;

use super::super::document::decode::Scalar;
use super::super::document::{
    Breaker as WrittenBreaker, BreakerSetting, Limits as Written, Target as WrittenTarget,
};
use super::super::env::Secrecy;
use super::super::yaml::Kind;
use super::Checker;
use crate::program::{Breaker, Limits, Rate};

impl Checker<'_, '_> {
    pub(super) fn limits(&mut self, written: Option<&Written>) -> Option<Limits> {
        let Some(written) = written else { return Some(Limits::default()) };
        let keys = [written.concurrency.is_some(), written.rate.is_some()];
        if written.unreadable.is_empty() && keys == [false, false] {
            let help = "write e.g. `limits: { concurrency: 32, rate: 100/s }`, or leave it out";
            self.error("missing-key", written.span, "`limits` limits nothing", help);
            return None;
        }
        let concurrency = written.concurrency.as_ref().map(|scalar| {
            let help = "leave it out where there is no limit";
            self.count("concurrency", scalar, Limits::CONCURRENCY, help)
        });
        let rate = written.rate.as_ref().map(|scalar| self.rate(scalar));
        Some(Limits {
            concurrency: concurrency.map_or(Some(None), |count| count.map(Some))?,
            rate: rate.map_or(Some(None), |rate| rate.map(Some))?,
        })
    }

    fn rate(&mut self, scalar: &Scalar) -> Option<Rate> {
        let written = match &scalar.0.kind {
            Kind::String(text) => match self.env.substitute(text, Secrecy::Plain) {
                Ok(substituted) if substituted.stand_in => "1/s".to_owned(),
                Ok(substituted) => substituted.text(),
                Err(faults) => {
                    self.env_faults(&scalar.0, 0, faults);
                    return None;
                }
            },
            _ => String::new(),
        };
        let rate = Rate::parse(&written);
        if rate.is_none() {
            let most = Rate::COUNT.end();
            let message =
                format!("a rate is a whole number from 1 to {most}, in a second or a minute");
            self.error("bad-rate", scalar.0.span, message, "write e.g. `100/s`, or `600/m`");
        }
        rate
    }

    pub(super) fn breaker(&mut self, written: Option<&BreakerSetting>) -> Option<Option<Breaker>> {
        let default = Breaker::default();
        match written {
            None => Some(Some(default)),
            Some(BreakerSetting::Off) => Some(None),
            Some(BreakerSetting::On(WrittenBreaker { failures, open_for, .. })) => {
                let help = "write `breaker: off` where there is to be none";
                let failures = match failures {
                    None => Some(default.failures),
                    Some(scalar) => self.count("failures", scalar, Breaker::FAILURES, help),
                };
                let open_for = self.or_default(open_for.as_deref(), default.open_for);
                Some(Some(Breaker { failures: failures?, open_for: open_for? }))
            }
        }
    }

    /// Warns of tries that the breaker never lets happen.
    pub(super) fn useless_attempts(
        &mut self,
        written: &WrittenTarget,
        breaker: Option<Option<Breaker>>,
    ) {
        let attempts = written.retry.as_ref().and_then(|retry| retry.attempts.as_ref());
        let (Some(scalar), Some(Some(Breaker { failures, .. }))) = (attempts, breaker) else {
            return;
        };
        let Kind::Number(number) = &scalar.0.kind else { return };
        if number.to_string().parse::<u32>().is_ok_and(|number| number > failures) {
            let message = format!(
                "after {failures} failures in a row the breaker opens, and nothing is sent again"
            );
            let help =
                "try less often, or set `breaker: { failures: … }` to more, or `breaker: off`";
            self.warning("useless-attempts", scalar.0.span, message, help);
        }
    }

    fn count(
        &mut self,
        key: &str,
        scalar: &Scalar,
        range: RangeInclusive<u32>,
        help: &str,
    ) -> Option<u32> {
        let number = self.number(scalar)?.filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = range.into_inner();
            let message = format!("`{key}` is a whole number from {least} to {most}");
            self.error("bad-number", scalar.0.span, message, help);
        }
        number
    }
}
