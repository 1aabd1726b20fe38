//! What the log says of an exchange.

use std::sync::Arc;
use std::time::Duration;

use super::Exchange;
use crate::engine::transport::{Request, Response, TransportError};
use crate::fields;
use crate::telemetry::log::{Fields, milliseconds};

impl Exchange<'_> {
    /// One record for each exchange.
    pub(super) fn record(
        &self,
        method: &Arc<str>,
        url: &str,
        result: &Result<Response, TransportError>,
        took: Duration,
        attempt: u32,
    ) {
        let mut fields = self.place_in_mapping();
        // A log-in may carry in its query what is no secret anywhere else.
        let is_login = self.step.run.login.is_some();
        let shown = if is_login { url.split('?').next().unwrap_or_default() } else { url };
        fields.extend(fields! {
            "method" => &**method,
            "url" => shown,
        });
        fields.push(match result {
            Ok(response) => ("status", response.status.into()),
            Err(error) => ("error", error.message.as_str().into()),
        });
        fields.extend(fields! { "duration_ms" => milliseconds(took), "try" => attempt });
        let log = &self.step.run.log;
        match result {
            Ok(_) => log.info("engine", "exchange", fields),
            Err(_) => log.warning("engine", "exchange failed", fields),
        }
    }

    pub(super) fn record_bodies(&self, sent: &Request, response: Option<&Response>, attempt: u32) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut fields = self.place_in_mapping();
        fields.push(("sent", text(&sent.body).into()));
        if let Some(response) = response {
            fields.push(("received", text(&response.body).into()));
        }
        fields.push(("try", attempt.into()));
        self.step.run.log.debug("engine", "exchange bodies", fields);
    }

    /// What every record says of where in the mapping it belongs.
    pub(super) fn place_in_mapping(&self) -> Fields {
        let mut fields = fields! {
            "mapping" => &*self.step.mapping.file,
            "rule" => &*self.step.rule.name,
            "step" => &**self.label,
        };
        if let Some(index) = self.index {
            fields.push(("index", index.into()));
        }
        if self.call.repeat.is_some() {
            fields.push(("poll", self.poll.into()));
        }
        fields.push(("target", (&*self.target.name).into()));
        fields
    }
}
