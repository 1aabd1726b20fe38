//! Commands as a real shell takes them apart.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::command;
use crate::mapping::diagnostic::is_printable;
use crate::verify::explain::account::{Content, Sent};

fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Sent {
    let header = |(name, value): &(&str, &str)| ((*name).into(), (*value).to_owned());
    Sent {
        method: method.into(),
        url: url.to_owned(),
        headers: headers.iter().map(header).collect(),
        body: Content { text: body.to_owned(), ..Content::default() },
        route: Vec::new(),
    }
}

/// What a shell hands to curl: its arguments, and what it reads if it is told to.
#[derive(Debug, PartialEq, Eq)]
struct Handed {
    arguments: Vec<String>,
    input: Option<Vec<u8>>,
}

/// A `curl` that prints its arguments, each with a zero byte behind it, and then what it reads.
const FAKE: &str = "#!/bin/sh
input=
for argument; do
  printf '%s\\0' \"$argument\"
  [ \"$argument\" = @- ] && input=yes
done
printf '\\0'
[ -z \"$input\" ] || exec cat
";

fn shells() -> Vec<&'static str> {
    ["/bin/sh", "/bin/dash", "/bin/bash"]
        .into_iter()
        .filter(|path| Path::new(path).exists())
        .collect()
}

#[track_caller]
fn handed(shell: &str, script: &str) -> Handed {
    let scratch = tempfile::tempdir().unwrap();
    let fake = scratch.path().join("curl");
    std::fs::write(&fake, FAKE).unwrap();
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&fake, permissions).unwrap();
    let path = format!("{}:/usr/bin:/bin", scratch.path().display());
    // As if pasted: by the standard input, where no argument is too long.
    let mut child = Command::new(shell)
        .env_clear()
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = script.to_owned();
    let writing = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success(), "{script}");
    let end = output.stdout.windows(2).position(|two| two == b"\0\0").unwrap();
    let arguments = output.stdout[..end].split(|byte| *byte == 0);
    let arguments: Vec<String> =
        arguments.map(|one| String::from_utf8(one.to_vec()).unwrap()).collect();
    let input = arguments.iter().any(|one| one == "@-").then(|| output.stdout[end + 2..].to_vec());
    Handed { arguments, input }
}

/// What a shell must hand on for a request with that body: by the command line if that is short and
/// harmless, else by the standard input.
#[track_caller]
fn carries(shell: &str, header: &str, body: &str) {
    let request = request("POST", "http://h.test/a?b=c&d=***", &[("x-a", header)], body);
    let script = command(&request).join("\n");
    assert!(script.chars().all(|c| c == '\n' || is_printable(c)), "{script:?}");
    let Handed { arguments, input } = handed(shell, &script);
    assert_eq!(arguments[..4], ["-i", "-X", "POST", "http://h.test/a?b=c&d=***"]);
    let written = if header.is_empty() { "x-a;".to_owned() } else { format!("x-a: {header}") };
    assert_eq!(arguments[4..6], ["-H".to_owned(), written]);
    match input {
        Some(input) => {
            assert_eq!(arguments[6..], ["--data-binary", "@-"]);
            assert_eq!(input, body.as_bytes(), "{shell}: {script}");
        }
        None if body.is_empty() => assert_eq!(arguments[6..], ["-H", "content-length: 0"]),
        None => assert_eq!(arguments[6..], ["--data-raw", body]),
    }
}

#[test]
fn every_shell_hands_on_what_is_in_a_request() {
    let every: String = (1..0x180).filter_map(char::from_u32).collect();
    let every_in_a_header: String = every.chars().filter(|c| !c.is_control()).collect();
    for shell in shells() {
        for (header, body) in [
            ("plain", r#"{"a":"b c"}"#),
            ("it's", "it's '' ''' \\' \\"),
            ("$HOME `id` \\ \"q\" !x *", "$HOME $(id) `id` \\n \"q\" !x * ~ # & ; | < >"),
            ("", ""),
            ("a\tb", "a\tb"),
            ("\u{202e}abc", "\u{202e}abc\u{9b}31m\u{feff}"),
            ("-x", "-x"),
            ("@x", "@/etc/passwd"),
            ("%s%d%%", "%s %d %% \\033 \u{1b}[31m100%"),
            ("x", "-%\u{1b}!'\\"),
            ("x", "line\nline\r\n\n"),
            ("x", "\n"),
            ("x", "\0a\0"),
            ("x", "\u{1b}7 \u{1b}\u{33}"),
            ("снег ☃ 🚀", "снег ☃ 🚀"),
            (&every_in_a_header, &every),
        ] {
            carries(shell, header, body);
        }
    }
}

#[test]
fn a_body_that_is_longer_than_a_command_line_is_piped() {
    for shell in shells() {
        for length in [99_999, 100_001, 500_000] {
            carries(shell, "x", &"ab'%\\".repeat(length / 5));
        }
    }
}

#[test]
fn methods_and_urls_are_said_as_curl_takes_them() {
    for (method, url, body, first) in [
        ("GET", "http://h/a", "", "curl -i http://h/a"),
        ("GET", "http://h/a", "x", "curl -i -X GET http://h/a"),
        ("HEAD", "http://h/a?b=1", "", "curl -i --head 'http://h/a?b=1'"),
        ("DELETE", "http://h/a(b)", "", "curl -i -X DELETE 'http://h/a(b)'"),
    ] {
        let lines = command(&request(method, url, &[], body));
        assert_eq!(lines[0].trim_end_matches(" \\"), first);
        assert_eq!(lines.len(), 1 + usize::from(!body.is_empty()));
    }
    let lines = command(&request("PUT", "http://[::1]/a{b}", &[], ""));
    assert_eq!(lines[1..], ["  --globoff \\", "  -H 'content-length: 0'"]);
}

#[test]
fn a_body_that_is_left_out_is_spoken_of() {
    let mut request = request("POST", "http://h/a", &[], "");
    request.body.left_out = Some(9_000_000);
    let lines = command(&request);
    assert_eq!(lines[0], "# its body, of 9000000 bytes, is left out");
    assert_eq!(handed("/bin/sh", &lines.join("\n")).arguments[0], "-i");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]

    #[test]
    fn whatever_is_in_a_request_comes_through(header in "\\PC{0,20}", body in "(?s).{0,60}") {
        // A header value has no blanks around it.
        carries("/bin/sh", header.trim(), &body);
    }
}
