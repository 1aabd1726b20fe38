//! What the log says of an exchange.

use std::time::Duration;

use super::Exchange;
use crate::engine::transport::{Request, Response, TransportError};
use crate::fields;
use crate::telemetry::log::{Fields, Level, milliseconds};

/// As many fields as a record of an exchange has. They are pushed one by one into room for all,
/// because there is such a record for every request.
const MOST_FIELDS: usize = 11;

impl Exchange<'_> {
    /// One record for each exchange.
    pub(super) fn record(
        &self,
        sent: &Request,
        result: &Result<Response, TransportError>,
        took: Duration,
        attempt: u32,
    ) {
        let log = &self.step.run.log;
        let level = if result.is_ok() { Level::Info } else { Level::Warning };
        if !log.is_enabled(level) {
            return;
        }
        let mut fields = self.place_in_mapping();
        // A log-in may carry in its query what is no secret anywhere else.
        let is_login = self.step.run.login.is_some();
        let shown = match sent.url.split_once('?') {
            Some((path, _)) if is_login => path.into(),
            _ => (&sent.url).into(),
        };
        fields.push(("method", (&sent.method).into()));
        fields.push(("url", shown));
        fields.push(match result {
            Ok(response) => ("status", response.status.into()),
            Err(error) => ("error", error.message.as_str().into()),
        });
        fields.push(("duration_ms", milliseconds(took).into()));
        fields.push(("try", attempt.into()));
        match result {
            Ok(_) => log.info("engine", "exchange", fields),
            Err(_) => log.warning("engine", "exchange failed", fields),
        }
    }

    pub(super) fn record_bodies(&self, sent: &Request, response: Option<&Response>, attempt: u32) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut fields = self.place_in_mapping();
        fields.extend(fields! { "sent" => text(&sent.body) });
        if let Some(response) = response {
            fields.push(("received", text(&response.body).into()));
        }
        fields.push(("try", attempt.into()));
        self.step.run.log.debug("engine", "exchange bodies", fields);
    }

    /// What every record says of where in the mapping it belongs.
    pub(super) fn place_in_mapping(&self) -> Fields {
        let mut fields = Fields::with_capacity(MOST_FIELDS);
        fields.push(("mapping", (&self.step.mapping.file).into()));
        fields.push(("rule", (&self.step.rule.name).into()));
        fields.push(("step", self.label.into()));
        if let Some(index) = self.index {
            fields.push(("index", index.into()));
        }
        if self.call.repeat.is_some() {
            fields.push(("poll", self.poll.into()));
        }
        fields.push(("target", (&self.target.name).into()));
        fields
    }
}
