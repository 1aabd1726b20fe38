//! What the connector is deployed with: the Dockerfile, the files for each platform, and the scripts.

mod scripts;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use boon::{Compiler, Schemas};
use serde_json::Value;

use crate::support::command::run;
use crate::support::scratch::{Scratch, repository_file};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A tool that `./test` installs, run in the repository: what it printed, and whether it was content.
fn tool(name: &str, arguments: &[&str]) -> (bool, String) {
    let path = Path::new(ROOT).join(".tools/deployment/bin").join(name);
    let ran = Command::new(&path).args(arguments).current_dir(ROOT).output();
    let output = ran.unwrap_or_else(|fault| {
        panic!("{}: {fault}; ./test installs it", path.display());
    });
    let printed = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(printed).unwrap())
}

/// Every shell script of the repository that people run.
fn shell_scripts() -> Vec<String> {
    let deploy = fs::read_dir(Path::new(ROOT).join("deploy")).unwrap();
    let names = deploy.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let scripts = names.filter(|name| name.ends_with(".sh")).map(|name| format!("deploy/{name}"));
    let others = ["test", ".ci/run", "benches/compare/run", "benches/instructions"];
    scripts.chain(others.map(str::to_owned)).collect()
}

#[test]
fn the_dockerfile_has_no_lint() {
    assert_eq!(tool("hadolint", &["Dockerfile"]), (true, String::new()));
}

#[test]
fn the_shell_scripts_have_no_lint() {
    let scripts = shell_scripts();
    assert!(scripts.len() > 4, "{scripts:?}");
    let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
    assert_eq!(
        tool("shellcheck", &[&["--external-sources"], &scripts[..]].concat()),
        (true, String::new())
    );
}

/// A schema that the installed check-jsonschema carries.
fn carried_schema(name: &str) -> Value {
    let library = Path::new(ROOT).join(".tools/deployment/lib");
    let python = fs::read_dir(&library).expect("./test installs it").next().unwrap().unwrap();
    let file = format!("site-packages/check_jsonschema/builtin_schemas/vendor/{name}.json");
    serde_json::from_str(&fs::read_to_string(python.path().join(file)).unwrap()).unwrap()
}

fn judged(schema: &str, text: &str) -> Result<(), String> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let url = format!("file:///{schema}.json");
    let mut carried = carried_schema(schema);
    // It is not an address, and boon wants one.
    carried.as_object_mut().unwrap().remove("$id");
    compiler.add_resource(&url, carried).unwrap();
    let index = compiler.compile(&url, &mut schemas).unwrap_or_else(|fault| panic!("{fault:#}"));
    let document: Value = serde_yaml::from_str(text).expect("YAML");
    schemas.validate(&document, index).map_err(|fault| format!("{fault:#}"))
}

#[test]
fn files_are_what_their_platforms_take() {
    for (file, schema, mistake) in [
        ("deploy/compose.yaml", "compose-spec", ("read_only:", "readonly:")),
        ("deploy/stack.yaml", "compose-spec", ("failure_action: rollback", "failure_action: [x]")),
        ("deploy/cloud-build.yaml", "cloudbuild", ("id: build", "id: [x]")),
    ] {
        let text = repository_file(file);
        assert_eq!(judged(schema, &text), Ok(()), "{file}");
        let wrong = text.replace(mistake.0, mistake.1);
        assert_ne!(wrong, text, "{file}");
        assert!(judged(schema, &wrong).is_err(), "{file} with {}", mistake.1);
    }
}

fn yaml(file: &str) -> Value {
    serde_yaml::from_str(&repository_file(file)).expect("YAML")
}

#[test]
fn every_secret_and_config_that_a_service_wants_is_declared() {
    for file in ["deploy/compose.yaml", "deploy/stack.yaml"] {
        let document = yaml(file);
        let service = &document["services"]["connector"];
        assert!(service["secrets"].is_array(), "{file}");
        for kind in ["secrets", "configs"] {
            for wanted in service[kind].as_array().into_iter().flatten() {
                let name = wanted.as_str().or_else(|| wanted["source"].as_str()).unwrap();
                assert!(document[kind][name].is_object(), "{file}: {kind}: {name}");
            }
        }
    }
}

/// Docker takes any signal for a stop where none is named, and with `unless-stopped` even then.
#[test]
fn a_connector_that_was_reloaded_is_started_again_after_a_crash_and_a_reboot() {
    let document = yaml("deploy/compose.yaml");
    let service = &document["services"]["connector"];
    assert_eq!(service["restart"], "always");
    assert_eq!(service["stop_signal"], "SIGTERM");
    let dockerfile = repository_file("Dockerfile");
    let image = dockerfile.split("FROM scratch").nth(1).expect("the stage of the image");
    assert!(image.lines().any(|line| line == "STOPSIGNAL SIGTERM"));
}

#[test]
fn a_stack_names_its_version_since_older_dockers_refuse_it_otherwise() {
    assert_eq!(yaml("deploy/stack.yaml")["version"], "3.8");
}

#[test]
fn secrets_that_the_pages_have_in_files_are_neither_committed_nor_sent_to_a_builder() {
    let secrets =
        ["wtl-token.txt", "api-token.txt", "deploy/connector.env", "deploy/secrets/api-token"];
    let ignored = lines("git", &[&["check-ignore", "--no-index", "--"], &secrets[..]].concat());
    assert_eq!(ignored, BTreeSet::from(secrets.map(str::to_owned)));
    assert!(repository_file(".gcloudignore").lines().any(|line| line == "#!include:.gitignore"));
    let sent = repository_file(".dockerignore");
    for pattern in ["*token*.txt", "deploy", "**/secrets", "**/.env"] {
        assert!(sent.lines().any(|line| line == pattern), "{pattern}");
    }
}

/// `40s` as a number.
fn seconds(text: &str) -> u64 {
    text.trim_matches('"').strip_suffix('s').unwrap_or_else(|| panic!("{text}")).parse().unwrap()
}

/// The rest of the line or word after `key`, which is there once.
fn after<'t>(text: &'t str, key: &str) -> &'t str {
    let mut found = text.split(key).skip(1);
    let rest = found.next().unwrap_or_else(|| panic!("{key}"));
    assert!(found.next().is_none(), "{key} is there twice");
    rest.split(['\n', '|', ' ', ',']).next().unwrap()
}

/// A default of `serve`, as its help tells it.
fn default_of(variable: &str) -> String {
    let help = run(Path::new(ROOT), &["serve", "--help"], &[]).stdout;
    let rest = help.split(&format!("[env: {variable}] [default: ")).nth(1);
    rest.and_then(|rest| rest.split(']').next()).expect(variable).to_owned()
}

#[test]
fn what_stops_the_connector_waits_until_nothing_is_in_flight() {
    for file in ["deploy/compose.yaml", "deploy/stack.yaml"] {
        let document = yaml(file);
        let service = &document["services"]["connector"];
        let setting = |name: &str| seconds(service["environment"][name].as_str().expect(name));
        let wait = seconds(service["stop_grace_period"].as_str().unwrap());
        assert!(setting("EVENT_DEADLINE") <= setting("SHUTDOWN_GRACE"), "{file}");
        assert!(setting("SHUTDOWN_DELAY") + setting("SHUTDOWN_GRACE") < wait, "{file}");
    }

    let unit = repository_file("deploy/systemd/nsps-connector.service");
    let needed = ["SHUTDOWN_DELAY", "SHUTDOWN_GRACE"].map(|name| seconds(&default_of(name)));
    assert!(needed.iter().sum::<u64>() < seconds(after(&unit, "TimeoutStopSec=")));

    let cloud_run = repository_file("deploy/cloud-run.sh");
    let setting = |name: &str| seconds(after(&cloud_run, &format!("|{name}=")).trim_matches('\''));
    assert!(setting("EVENT_DEADLINE") <= setting("SHUTDOWN_GRACE"));
    // Cloud Run kills what has not ended then.
    assert!(setting("SHUTDOWN_DELAY") + setting("SHUTDOWN_GRACE") < 10);
}

#[test]
fn settings_that_files_name_exist() {
    let help = run(Path::new(ROOT), &["serve", "--help"], &[]).stdout;
    let unit = repository_file("deploy/systemd/nsps-connector.service");
    let mut names: Vec<String> = unit
        .lines()
        .filter_map(|line| line.strip_prefix("Environment=")?.split_once('='))
        .map(|(name, _)| name.to_owned())
        .collect();
    for file in ["deploy/compose.yaml", "deploy/stack.yaml"] {
        let document = yaml(file);
        let environment = document["services"]["connector"]["environment"].as_object().unwrap();
        names.extend(environment.keys().cloned());
    }
    let dockerfile = repository_file("Dockerfile");
    let image = dockerfile.split("FROM scratch").nth(1).expect("the stage of the image");
    names.extend(
        image
            .lines()
            .filter_map(|line| Some(line.strip_prefix("ENV ")?.split_once('=')?.0.to_owned())),
    );

    // What the example mapping wants.
    names.retain(|name| name != "WTL_API_URL");
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(help.contains(&format!("[env: {name}]")), "{name}");
    }
}

/// What a command in the repository prints.
fn lines(program: &str, arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(program).args(arguments).current_dir(ROOT).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_builder_is_sent_all_that_the_dockerfile_copies_and_no_more_than_it_needs() {
    let sent = lines("deploy/prove-image.sh", &["--context"]);
    let dockerfile = repository_file("Dockerfile");
    let copies = dockerfile.lines().filter_map(|line| line.strip_prefix("COPY "));
    let copies = copies.filter(|words| !words.starts_with("--from=") && !words.starts_with('$'));
    let sources: Vec<&str> =
        copies.flat_map(|words| words.rsplit_once(' ').expect("a target").0.split(' ')).collect();
    assert!(sources.contains(&"src") && sources.contains(&"Cargo.lock"), "{sources:?}");
    for source in sources {
        let files = lines("git", &["ls-files", "--", source]);
        assert!(!files.is_empty(), "the Dockerfile copies {source}, which is not there");
        for file in files {
            assert!(sent.contains(&file), ".dockerignore keeps {file} from the builder");
        }
    }
    for file in ["tests/it/main.rs", "docs/operations.md", "mappings/wtl-hss.test.yaml", "test"] {
        assert!(!sent.contains(file), "{file} is of no use there");
    }
}

#[test]
fn the_image_is_built_with_a_rust_that_the_crate_allows() {
    let manifest = repository_file("Cargo.toml");
    let least = after(&manifest, "rust-version = ").trim_matches('"');
    let dockerfile = repository_file("Dockerfile");
    let used = after(&dockerfile, "FROM rust:").split('-').next().unwrap();
    let numbers = |version: &str| -> Vec<u32> {
        version.split('.').map(|part| part.parse().unwrap()).collect()
    };
    assert!(numbers(used) >= numbers(least), "{used} is older than {least}");
}

#[test]
fn the_image_has_a_stand_in_for_every_bench() {
    let dockerfile = repository_file("Dockerfile");
    let manifest = repository_file("Cargo.toml");
    let benches: Vec<&str> =
        manifest.split("[[bench]]").skip(1).map(|bench| after(bench, "name = ")).collect();
    assert!(benches.len() > 2, "{benches:?}");
    for bench in benches {
        let stand_in = format!("benches/{}.rs", bench.trim_matches('"'));
        assert!(dockerfile.contains(&stand_in), "{stand_in}");
    }
}

/// The unit, with a command that is there: `systemd-analyze` looks.
fn unit(scratch: &Scratch) -> PathBuf {
    let text = repository_file("deploy/systemd/nsps-connector.service");
    let binary = env!("CARGO_BIN_EXE_nsps-connector");
    let there = text.replace("/usr/local/bin/nsps-connector", binary);
    assert_ne!(there, text);
    scratch.write("nsps-connector.service", &there)
}

#[test]
fn the_unit_is_what_systemd_takes_and_may_do_little() {
    let scratch = Scratch::new();
    let unit = unit(&scratch);
    // Exposure in tenths, from 0 to 100; what is not confined at all has 96.
    let limit = ["security", "--offline=true", "--no-pager", "--threshold=15"];
    for arguments in [&["verify", "--man=no"][..], &limit] {
        let ran = Command::new("systemd-analyze").args(arguments).arg(&unit).output();
        let output = ran.expect("systemd-analyze; ./test installs it");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("nsps-connector.service:"), "{stderr}");
    }
}
