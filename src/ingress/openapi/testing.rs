//! Holds real answers against an OpenAPI document, down to the last member and header.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

/// What HTTP itself has in answers, and no document speaks of.
const OF_HTTP: [&str; 5] =
    ["connection", "content-length", "content-type", "date", "transfer-encoding"];

/// An answer, as it came.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    pub method: &'a str,
    /// A query may follow it.
    pub path: &'a str,
    pub status: u16,
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

/// What a document says of answers.
pub struct Contract {
    document: Value,
    /// By place, from when they are first asked for.
    compiled: Mutex<HashMap<String, (Schemas, SchemaIndex)>>,
}

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contract")
    }
}

impl Contract {
    pub fn of(document: Value) -> Self {
        Self { document, compiled: Mutex::default() }
    }

    /// Where the document describes the answer, such as `/components/responses/Invalid`; or in what
    /// the answer is none that it describes.
    pub fn judge(&self, heard: &Heard<'_>) -> Result<String, String> {
        let place = self.place(heard)?;
        let response = &self.document.pointer(&place).ok_or_else(|| format!("no {place}"))?;
        self.judge_headers(response, heard).map_err(|fault| format!("{place}: {fault}"))?;
        self.judge_body(&place, response, heard).map_err(|fault| format!("{place}: {fault}"))?;
        Ok(place)
    }

    fn place(&self, heard: &Heard<'_>) -> Result<String, String> {
        let status = heard.status;
        let path = heard.path.split('?').next().unwrap_or_default();
        let method = heard.method.to_lowercase();
        let item = self.document["paths"].get(path);
        let Some(operation) = item.and_then(|item| item.get(&method)) else {
            // Of what no operation is for, two components speak.
            let (expected, name) =
                if item.is_some() { (405, "OtherMethod") } else { (404, "UnknownPath") };
            let fits = status == expected;
            return if fits { Ok(component(name)) } else { Err(format!("{path}: {status}")) };
        };
        let exact = status.to_string();
        let class = format!("{}XX", status / 100);
        let known = [exact, class]
            .into_iter()
            .find(|status| operation["responses"].get(status).is_some())
            .ok_or_else(|| format!("{method} {path}: no status {status}"))?;
        let of_operation = format!(
            "/paths/{}/{method}/responses/{known}",
            path.replace('~', "~0").replace('/', "~1")
        );
        match operation["responses"][&known].get("$ref").and_then(Value::as_str) {
            Some(reference) => Ok(reference.trim_start_matches('#').to_owned()),
            None => Ok(of_operation),
        }
    }

    fn judge_headers(&self, response: &Value, heard: &Heard<'_>) -> Result<(), String> {
        let none = json!({});
        let described = response.get("headers").unwrap_or(&none).as_object();
        let described = described.ok_or("`headers` is no object")?;
        for (name, reference) in described {
            let pointer = reference["$ref"].as_str().unwrap_or_default().trim_start_matches('#');
            let header = self.document.pointer(pointer).ok_or_else(|| format!("no {pointer}"))?;
            let values: Vec<&str> = heard
                .headers
                .iter()
                .filter(|(given, _)| given.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
                .collect();
            match *values {
                [] if header["required"] == json!(true) => return Err(format!("without {name}")),
                [] => {}
                [value] => {
                    let number = value.parse::<u64>().map(Value::from);
                    let read = match header["schema"]["type"].as_str() {
                        Some("integer") => number.unwrap_or_else(|_| value.into()),
                        _ => value.into(),
                    };
                    let schema = format!("{pointer}/schema");
                    self.validate(&schema, &read).map_err(|fault| format!("{name}: {fault}"))?;
                }
                _ => return Err(format!("{name} more than once")),
            }
        }
        let is_known = |given: &str| {
            OF_HTTP.contains(&given)
                || described.keys().any(|name| name.eq_ignore_ascii_case(given))
        };
        let stray = heard.headers.iter().find(|(given, _)| !is_known(&given.to_lowercase()));
        stray.map_or(Ok(()), |(name, _)| Err(format!("the header {name} is not described")))
    }

    fn judge_body(&self, place: &str, response: &Value, heard: &Heard<'_>) -> Result<(), String> {
        let mut types =
            heard.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let kind = types.next().map(|(_, value)| value.as_str());
        let of_ours =
            heard.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-request-id"));
        let is_head = heard.method == "HEAD";
        if is_head || !of_ours || !response["content"].is_object() {
            // actix's own answers have no type; ours to HEAD has that of what GET gives.
            let expected = (is_head && of_ours).then_some("application/json");
            return match (heard.body.is_empty(), kind == expected) {
                (true, true) => Ok(()),
                (true, false) => Err(format!("its type is {kind:?}")),
                (false, _) => Err("it has a body".to_owned()),
            };
        }
        if kind != Some("application/json") {
            return Err(format!("its type is {kind:?}"));
        }
        let body = serde_json::from_slice(heard.body).map_err(|fault| fault.to_string())?;
        self.validate(&format!("{place}/content/application~1json/schema"), &body)
    }

    /// Holds a value against the schema at that place of the document.
    pub fn validate(&self, schema: &str, value: &Value) -> Result<(), String> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let (schemas, index) = compiled.entry(schema.to_owned()).or_insert_with(|| {
            let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
            compiler.enable_format_assertions();
            compiler.add_resource("file:///openapi.json", self.document.clone()).unwrap();
            let index = compiler.compile(&format!("file:///openapi.json#{schema}"), &mut schemas);
            (schemas, index.unwrap_or_else(|fault| panic!("{schema}: {fault:#}")))
        });
        schemas.validate(value, *index).map_err(|fault| format!("{fault:#}\n{value}"))
    }
}

fn component(name: &str) -> String {
    format!("/components/responses/{name}")
}
