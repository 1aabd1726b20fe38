//! What a run came to: answers, times, and what the server used of the processor for them.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::Fault;

pub struct Report {
    /// In nanoseconds, to three digits.
    times: Histogram<u64>,
    /// All of them, inside the window and outside.
    pub answers: u64,
    began: Option<Mark>,
    ended: Option<Mark>,
}

#[derive(Clone, Copy)]
struct Mark {
    at: Duration,
    cpu: Duration,
    answers: u64,
}

impl Report {
    pub fn new() -> Result<Self, Fault> {
        let longest = Duration::from_secs(300).as_nanos() as u64;
        let times = Histogram::new_with_bounds(1, longest, 3)?;
        Ok(Self { times, answers: 0, began: None, ended: None })
    }

    pub fn has_begun(&self) -> bool {
        self.began.is_some()
    }

    pub fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    pub fn begin(&mut self, at: Duration, cpu: Duration) {
        self.began = Some(Mark { at, cpu, answers: self.answers });
    }

    pub fn end(&mut self, at: Duration, cpu: Duration) {
        self.ended = Some(Mark { at, cpu, answers: self.answers });
    }

    pub fn answered(&mut self, took: Duration, counts: bool) -> Result<(), Fault> {
        self.answers += 1;
        if counts {
            self.times.record(took.as_nanos() as u64)?;
        }
        Ok(())
    }

    /// As a JSON object: times in microseconds; `events` are those of the window, `answers` all.
    pub fn told(&self) -> Result<String, Fault> {
        let (Some(began), Some(ended)) = (self.began, self.ended) else {
            return Err("the run was over before it was measured".into());
        };
        let seconds = (ended.at - began.at).as_secs_f64();
        let cpu = (ended.cpu - began.cpu).as_secs_f64();
        let time = |quantile| self.times.value_at_quantile(quantile) as f64 / 1e3;
        Ok(format!(
            "{{\"answers\":{},\"events\":{},\"seconds\":{seconds},\"cpu_seconds\":{cpu},\
             \"p50\":{},\"p90\":{},\"p99\":{},\"p999\":{},\"max\":{}}}",
            self.answers,
            ended.answers - began.answers,
            time(0.5),
            time(0.9),
            time(0.99),
            time(0.999),
            self.times.max() as f64 / 1e3,
        ))
    }
}
