//! What probes ask: is the process alive, and can it process events.

use serde_json::json;

use super::Readiness;
use super::answer::Answer;
use crate::telemetry::mask::Mask;

/// `GET /health`: says only that the process serves; nothing behind it is asked.
pub(super) fn health() -> Answer {
    Answer::json(200, &json!({ "status": "Healthy", "version": env!("CARGO_PKG_VERSION") }))
}

/// `GET /ready`. A failed reload does not make it unready: the mappings from before serve on.
pub(super) fn ready(state: &Readiness, draining: bool, mask: &dyn Mask) -> Answer {
    let missing = match (draining, state) {
        (true, _) => Some("shutting down".to_owned()),
        (false, Readiness { ready: true, .. }) => None,
        (false, state) => Some(state.missing.clone().unwrap_or_else(|| "not loaded".to_owned())),
    };
    let errors: Vec<_> = state.last_reload.errors.iter().map(|text| mask.mask(text)).collect();
    let mut body = json!({
        "status": if missing.is_none() { "Ready" } else { "Not ready" },
        "generation": state.generation,
        "hash": state.hash,
        "last_reload": {
            "ok": state.last_reload.ok,
            "at": state.last_reload.at.to_string(),
            "errors": errors,
        },
    });
    let Some(missing) = missing else { return Answer::json(200, &body) };
    body["missing"] = mask.mask(&missing).into();
    Answer::json(503, &body)
}
