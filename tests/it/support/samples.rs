//! Small mappings and events, for tests that are about something else.

use super::target::Target;

/// An event of that id, as small as an event may be.
pub fn event(id: &str) -> String {
    format!(r#"{{"event_id":"{id}","data":{{"event_type":"SIM/Updated","variables":{{"x":1}}}}}}"#)
}

/// A mapping with one rule for every event: one `POST` to `path`, with the event's id and, in the
/// body and in a header, a version of the mapping.
pub fn posting(target: &Target, path: &str, version: &str) -> String {
    mapping(&target.url(), "", path, version)
}

/// The same, with a bearer token.
pub fn posting_with_token(target: &Target, token: &str, path: &str, version: &str) -> String {
    let auth = format!("    auth: {{ bearer: {{ token: \"{token}\" }} }}\n");
    mapping(&target.url(), &auth, path, version)
}

fn mapping(url: &str, more: &str, path: &str, version: &str) -> String {
    format!(
        "version: 1
targets:
  system:
    url: {url}
{more}rules:
  - name: all
    event: '*'
    steps:
      - name: tell
        request: POST {path}
        headers: {{ x-version: {version} }}
        json: {{ event: '{{{{event_id}}}}', version: {version} }}
"
    )
}

/// A mapping with a mistake in line 2, column 1.
pub const MISTAKEN: &str = "version: 1
nonsense: true
targets: {}
rules: [{ name: all, event: '*', ignore: all }]
";
