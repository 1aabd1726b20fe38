//! A request as a command for a POSIX shell: it can be pasted whatever is in it.

use crate::mapping::diagnostic::is_printable;
use crate::verify::explain::account::Sent;

/// Longest argument that is given to a command, in bytes: Linux refuses one of 128 KiB.
const LONGEST_ARGUMENT: usize = 100_000;

/// The command, in lines.
pub(super) fn command(request: &Sent) -> Vec<String> {
    let body = request.body.text.as_str();
    let mut lines = vec![format!("curl -i{} {}", method(request), word(&request.url))];
    // Brackets and braces in a URL would make several of it.
    if request.url.contains(['[', ']', '{', '}']) {
        lines.push("  --globoff".to_owned());
    }
    for (option, value) in &request.route {
        lines.push(format!("  {option} {}", word(value)));
    }
    for (name, value) in &request.headers {
        // `name:` would take the header away.
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        lines.push(format!("  -H {}", word(&header)));
    }
    if body.is_empty() && expects_body(&request.method) {
        lines.push("  -H 'content-length: 0'".to_owned());
    }
    let piped = !is_plain(body) || body.len() > LONGEST_ARGUMENT;
    match body {
        "" => {}
        _ if piped => lines.push("  --data-binary @-".to_owned()),
        body => lines.push(format!("  --data-raw {}", quoted(body))),
    }
    let last = lines.len() - 1;
    for line in &mut lines[..last] {
        line.push_str(" \\");
    }
    if piped {
        lines[0] = format!("printf {} | {}", format_of(body), lines[0]);
    }
    if let Some(length) = request.body.left_out {
        lines.insert(0, format!("# its body, of {length} bytes, is left out"));
    }
    lines
}

/// How to say the method; curl sends GET by itself, and reads no body of an answer to `--head`.
fn method(request: &Sent) -> String {
    let without_body = request.body.text.is_empty();
    match &*request.method {
        "GET" if without_body => String::new(),
        "HEAD" if without_body => " --head".to_owned(),
        method => format!(" -X {}", word(method)),
    }
}

/// Methods whose requests tell a length even if there is no body (RFC 9110, section 8.6).
fn expects_body(method: &str) -> bool {
    matches!(method, "POST" | "PUT" | "PATCH")
}

/// A word of a shell's command line.
fn word(text: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,+@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(bare) {
        return text.to_owned();
    }
    match is_plain(text) {
        true => quoted(text),
        // Nothing that is given as a word ends with a line break, which this would lose.
        false => format!("\"$(printf {})\"", format_of(text)),
    }
}

/// Whether a terminal shows it as it is.
fn is_plain(text: &str) -> bool {
    text.chars().all(is_printable)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A format of `printf` that prints the text, whatever is in it (POSIX, "File Format Notation").
fn format_of(text: &str) -> String {
    let mut format = String::with_capacity(text.len() + 2);
    for (at, c) in text.char_indices() {
        let mut bytes = [0; 4];
        match c {
            '\n' => format.push_str(r"\n"),
            '\\' => format.push_str(r"\\"),
            '%' => format.push_str("%%"),
            '\'' => format.push_str(r"'\''"),
            // An option at the beginning; an interactive shell's own history anywhere.
            '-' if at == 0 => format.push_str(r"\055"),
            '!' => format.push_str(r"\041"),
            c if is_printable(c) => format.push(c),
            c => c
                .encode_utf8(&mut bytes)
                .bytes()
                .for_each(|byte| format.push_str(&format!("\\{byte:03o}"))),
        }
    }
    format!("'{format}'")
}

#[cfg(test)]
mod tests;
