//! The scripts for clouds, with stand-ins for the clouds' commands.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::ROOT;
use crate::support::command::Ran;
use crate::support::scratch::{Scratch, repository_file};

/// Stands in for `gcloud`, `aws` and `docker`: notes how it was called, keeps a secret that it gets, and answers as if
/// nothing were there until it was made. One line of `made` is one thing.
const STAND_IN: &str = r#"#!/bin/bash
name=$(basename "$0")
echo "$name $*" >>calls
case "$*" in
  *"run services describe"*) echo https://connector.example ;;
  *"describe-secret"*--query*) echo arn:aws:secretsmanager:us-east-1:1:secret:token ;;
  *"get-caller-identity"*) echo 000000000000 ;;
  *"list-services"*) if grep -q service made; then echo arn:aws:apprunner:us-east-1:1:service/x; else echo None; fi ;;
  *"repositories describe"* | *describe-repositories*) grep -q repository made ;;
  *"secrets describe"* | *describe-secret*) grep -q token made ;;
  *"service-accounts describe"*) grep -q account made ;;
  *get-role*) grep -q role made ;;
  *"repositories create"* | *create-repository*) echo repository >>made ;;
  *"secrets create"* | *create-secret*) cat >secret && echo token >>made ;;
  *"service-accounts create"*) echo account >>made ;;
  *create-role*) echo role >>made ;;
  *create-service*) echo service >>made ;;
  *"docker login"* | *"--password-stdin"*) cat >/dev/null ;;
  *get-login-password*) echo password-of-the-registry ;;
esac
"#;

/// A script of `deploy/`, and a folder where the stand-ins are and write.
struct Cloud {
    script: &'static str,
    scratch: Scratch,
}

impl Cloud {
    fn new(script: &'static str) -> Self {
        let scratch = Scratch::new();
        for name in ["gcloud", "aws", "docker"] {
            let text =
                STAND_IN.replacen('\n', &format!("\ncd '{}'\n", scratch.path().display()), 1);
            let path = scratch.write(&format!("bin/{name}"), &text);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        scratch.write("made", "");
        scratch.write("calls", "");
        Self { script, scratch }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let path =
            format!("{}:/usr/local/bin:/usr/bin:/bin", self.scratch.path().join("bin").display());
        let output = Command::new(Path::new(ROOT).join("deploy").join(self.script))
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        output.into()
    }

    /// How the stand-ins were called since the last time that this was asked.
    fn calls(&self) -> String {
        let calls = self.scratch.read("calls");
        self.scratch.write("calls", "");
        calls
    }
}

const CLOUD_RUN: &[&str] = &[
    "my-project-1",
    "--tag",
    "build-1",
    "--env",
    "WTL_API_URL=https://hss.example/v1",
    "--env",
    "GREETING=it's a \"test\", 100%\\",
    "--secret",
    "WTL_API_TOKEN=wtl-token",
];

const APP_RUNNER: &[&str] = &[
    "nsps-hss",
    "--tag",
    "build-1",
    "--env",
    "WTL_API_URL=https://hss.example/v1",
    "--env",
    "GREETING=it's a \"test\", 100%\\",
    "--secret",
    "WTL_API_TOKEN=arn:aws:ssm:us-east-1:000000000000:parameter/wtl",
];

#[test]
fn a_dry_run_prints_the_commands_and_runs_none() {
    for (script, arguments) in [("cloud-run.sh", CLOUD_RUN), ("app-runner.sh", APP_RUNNER)] {
        let cloud = Cloud::new(script);
        let ran = cloud.run(&[arguments, &["--dry-run"]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(cloud.calls(), "", "{script}");

        let shown = format!("# What it asks\n{}\n# What it does\n{}", ran.stderr, ran.stdout);
        let golden = format!("tests/deployment/{}.txt", script.trim_end_matches(".sh"));
        if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
            fs::write(Path::new(ROOT).join(&golden), &shown).unwrap();
        }
        assert_eq!(shown, repository_file(&golden), "if {golden} is better so: UPDATE_GOLDEN=1");
    }
}

/// What a dry run prints for a command is what a shell would run: the words arrive as they were.
#[test]
fn what_a_dry_run_prints_is_what_a_run_does() {
    let cloud = Cloud::new("cloud-run.sh");
    let shown = cloud.run(&[CLOUD_RUN, &["--dry-run"]].concat()).stdout;
    let deploy = shown.lines().find(|line| line.starts_with("gcloud run deploy")).unwrap();
    let words = Command::new("bash").args(["-c", &format!("echo {deploy}")]).output().unwrap();
    assert_eq!(cloud.run(CLOUD_RUN).code, Some(0));
    let done = cloud.calls();
    let done = done.lines().find(|line| line.starts_with("gcloud run deploy")).unwrap();
    assert_eq!(String::from_utf8(words.stdout).unwrap().trim_end(), done);
}

#[test]
fn a_token_is_made_once_and_no_command_line_has_it() {
    for (script, arguments) in [("cloud-run.sh", CLOUD_RUN), ("app-runner.sh", APP_RUNNER)] {
        let cloud = Cloud::new(script);
        let first = cloud.run(arguments);
        assert_eq!(first.code, Some(0), "{script}: {}", first.stderr);
        let token = cloud.scratch.read("secret");
        assert_eq!(token.len(), 64, "{token}");
        assert!(token.chars().all(|digit| digit.is_ascii_hexdigit()), "{token}");
        let calls = cloud.calls();
        for shown in [&calls, &first.stdout, &first.stderr] {
            assert!(!shown.contains(&token) && !shown.contains("password-of-the-registry"));
        }

        let second = cloud.run(arguments);
        assert_eq!(second.code, Some(0), "{script}: {}", second.stderr);
        assert_eq!(cloud.scratch.read("secret"), token, "{script} made another");
        let again = cloud.calls();
        assert!(calls.contains(" create") && !again.contains(" create"), "{script}: {again}");
    }
}

#[test]
fn arguments_that_are_wrong_are_told_before_anything_is_done() {
    for (script, arguments, told) in [
        ("cloud-run.sh", &[][..], "which project?"),
        ("cloud-run.sh", &["x"], "'x' is not the id of a project"),
        ("cloud-run.sh", &["my-project-1", "other"], "only one of them, please"),
        ("cloud-run.sh", &["my-project-1", "--regoin", "x"], "there is no option --regoin"),
        ("cloud-run.sh", &["my-project-1", "--region"], "--region wants a value"),
        ("cloud-run.sh", &["my-project-1", "--mappings", "no/such"], "there is no folder no/such"),
        ("cloud-run.sh", &["my-project-1", "--env", "NAME"], "--env wants NAME=VALUE"),
        ("cloud-run.sh", &["my-project-1", "--env", "A=b|C=d"], "has a '|'"),
        ("cloud-run.sh", &["my-project-1", "--secret", "A=b,c"], "'A=b,c' is not NAME=SECRET"),
        ("app-runner.sh", &[], "which service?"),
        ("app-runner.sh", &["Upper"], "'Upper' is not a name"),
        ("app-runner.sh", &["nsps-hss", "--env", "A=b\nc"], "has a control character"),
        ("app-runner.sh", &["nsps-hss", "--secret", "A=plain"], "'A=plain' is not NAME=ARN"),
    ] {
        let cloud = Cloud::new(script);
        let ran = cloud.run(arguments);
        assert_eq!(ran.code, Some(2), "{script} {arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{script} {arguments:?}: {}", ran.stderr);
        assert_eq!(cloud.calls(), "", "{script} {arguments:?}");
    }
}

#[test]
fn help_tells_every_option_that_a_script_takes() {
    for script in ["cloud-run.sh", "app-runner.sh"] {
        let help = Cloud::new(script).run(&["--help"]).stdout;
        let text = repository_file(&format!("deploy/{script}"));
        let taken = text.split("read_options \"").nth(1).and_then(|rest| rest.split('"').next());
        let taken: Vec<&str> = taken.expect("its options").split(' ').collect();
        assert!(taken.len() > 4, "{taken:?}");
        for option in taken {
            assert!(help.contains(&format!("\n  --{option} ")), "{script} {option}: {help}");
        }
    }
}
