//! Tests of tests: small mappings, test files about them, and what comes of it.

mod answers;
mod faults;
mod hostile;
mod keys;
mod plans;
mod pressure;
mod repeated;
mod sessions;
mod speed;
mod wire;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::report::{FileReport, Report};
use super::{Plan, TestFile, run};
use crate::mapping::diagnostic::Style;

/// Files that exist nowhere else.
#[derive(Default, Clone)]
pub struct Folder(HashMap<PathBuf, Vec<u8>>);

impl Folder {
    pub fn with(mut self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.0.insert(PathBuf::from(name), text.as_ref().to_vec());
        self
    }

    pub fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| "there is no such file".to_owned())
    }

    /// Runs `hss.test.yaml`.
    pub fn run(&self) -> FileReport {
        let read = |path: &Path| self.read(path);
        TestFile::read(Path::new("hss.test.yaml"), &read).run(&read, None)
    }

    pub fn run_plan(&self, plan: &Plan) -> Report {
        run(plan, &|path: &Path| self.read(path))
    }
}

/// The smallest event of that type and IMSI.
pub const EVENT: &str = r#"{"event_id":"e-1","data":{"event_type":"SIM/Updated","variables":{}},"pb_data":{"sim_info":{"imsi":"001010000020349"},"plan":"gold","numbers":["1","2"],"note":null}}"#;

/// A mapping with a bit of everything.
pub const MAPPING: &str = r#"
version: 1
targets:
  hss:
    url: ${HSS_URL:-http://hss.test/api}
    auth: { bearer: { token: "${HSS_TOKEN:-token-of-tests}" } }
    timeout: 5s
    retry: { attempts: 3, backoff: 1s }
    responses:
      - when: { $.result: false }
        then: fail
        message: "refused: {{body.error}}"
  crm: { url: http://crm.test }
extract:
  imsi: { path: $.pb_data.sim_info.imsi, optional: true }
  plan: { path: $.pb_data.plan, optional: true }
  numbers: { path: $.pb_data.numbers, optional: true }
  size: { path: $.pb_data.size, as: integer, optional: true }
rules:
  - { name: no-imsi, event: SIM/*, when: { imsi: { empty: true } }, ignore: no IMSI }
  - name: update
    event: SIM/Updated
    extract: { short: { from: imsi, capture: '\d{3}$', optional: true } }
    steps:
      - name: put
        target: hss
        request: PUT /sims/{{imsi}}
        query: { force: true, n: "{{numbers}}" }
        headers: { X-Plan: "{{plan}}" }
        json: { imsi: "{{imsi}}", plan: "{{plan}}", size: "{{size}}" }
        save: { id: { path: $.id, optional: true } }
  - name: delete
    event: SIM/Deleted
    steps:
      - { target: hss, request: "DELETE /sims/{{imsi}}" }
      - { target: crm, request: POST /gone, form: { imsi: "{{imsi}}", n: "{{numbers}}" } }
  - name: create
    event: SIM/Created
    steps:
      - { target: hss, request: POST /sims, xml: "<sim><imsi>{{imsi}}</imsi></sim>" }
      - { target: crm, request: POST /new, text: "new {{imsi}}" }
"#;

/// Runs cases, written as flow mappings one a line, on that mapping.
#[track_caller]
pub fn cases(cases: &[&str]) -> FileReport {
    of_mapping(MAPPING, cases)
}

#[track_caller]
pub fn of_mapping(mapping: &str, cases: &[&str]) -> FileReport {
    let listed: String = cases
        .iter()
        .enumerate()
        .map(|(at, case)| format!("  - {{ name: case {}, {case} }}\n", at + 1))
        .collect();
    of_file(mapping, &format!("mapping: hss.yaml\ncases:\n{listed}"))
}

#[track_caller]
pub fn of_file(mapping: &str, test: &str) -> FileReport {
    let folder = Folder::default().with("hss.yaml", mapping).with("event.json", EVENT);
    folder.with("hss.test.yaml", test).run()
}

/// What is wrong with the only case; empty if it passes.
#[track_caller]
pub fn case(text: &str) -> Vec<String> {
    failures(&cases(&[text]), 0)
}

/// What is wrong with a case, by its position from 0.
#[track_caller]
pub fn failures(report: &FileReport, case: usize) -> Vec<String> {
    assert!(!report.mistakes.has_errors(), "{}", report.mistakes.render(Style::Plain));
    report.cases[case].failures.iter().map(ToString::to_string).collect()
}

/// The mistakes in a test file: code and message of each.
pub fn mistakes(report: &FileReport) -> Vec<String> {
    let sorted = report.mistakes.sorted();
    sorted.iter().map(|it| format!("{}: {}", it.code, it.message())).collect()
}
