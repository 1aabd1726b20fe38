//! The Helm chart, checked by Helm's own library and the schemas of Kubernetes.

use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_chart_renders_what_kubernetes_takes_and_refuses_mistaken_values() {
    let python = Path::new(ROOT).join(".tools/helm/bin/python");
    let mut tests = Command::new(&python);
    tests.current_dir(ROOT).arg("tests/helm/chart_test.py").env("PYTHONDONTWRITEBYTECODE", "1");
    let output = tests.output().unwrap_or_else(|error| {
        panic!("{}: {error}; ./test installs it", python.display());
    });
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}
