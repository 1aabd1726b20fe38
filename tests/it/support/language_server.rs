//! yaml-language-server, which most editors ask about YAML, asked as an editor asks it: by the
//! Language Server Protocol (version 3.17) on its standard input and output. `./test` installs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use url::Url;

/// Where `./test` puts the server.
const PROGRAM: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/.tools/editor/node_modules/yaml-language-server/bin/yaml-language-server"
);

/// What keeps it from asking anything else.
const NO_NETWORK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/editor/no-network.js");

/// Longer than any answer takes, its start included; shorter than a test may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// Where the author is in a text.
pub const CURSOR: char = '¦';

/// A running server; killed when dropped.
pub struct LanguageServer {
    process: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
    /// Notifications that nobody asked for yet.
    told: Vec<Value>,
    requests: u64,
    opened: u64,
}

/// A text that is open in the editor, and the place where its author is.
#[derive(Debug)]
pub struct Document {
    uri: String,
    pub text: String,
    cursor: usize,
    /// What the editor underlines.
    pub marks: Vec<Mark>,
}

/// What the editor underlines: the line, from 1, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub line: u64,
    pub message: String,
}

/// What the editor proposes.
#[derive(Debug)]
pub struct Proposal {
    pub label: String,
    pub documentation: String,
    /// The document after it was chosen and nothing was typed over.
    pub result: String,
}

impl LanguageServer {
    /// It looks for schemas nowhere but where a file says.
    pub fn start() -> Self {
        assert!(
            Path::new(PROGRAM).exists(),
            "{PROGRAM} is missing; run `./test` once: it installs it"
        );
        let mut process = Command::new("node")
            .args(["--require", NO_NETWORK, PROGRAM, "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let messages = listen(process.stdout.take().unwrap());
        let mut server =
            Self { process, stdin, messages, told: Vec::new(), requests: 0, opened: 0 };
        let root = uri_of(Path::new(env!("CARGO_MANIFEST_DIR")));
        let completion = json!({ "completionItem": { "snippetSupport": true } });
        let capabilities = json!({
            "workspace": { "configuration": true },
            "textDocument": { "completion": completion, "hover": { "contentFormat": ["markdown"] } },
        });
        let asked = json!({ "processId": null, "rootUri": root, "capabilities": capabilities });
        server.request("initialize", asked);
        server.notify("initialized", json!({}));
        server.notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": { "yaml": settings() } }),
        );
        server
    }

    /// Opens a text that has a [`CURSOR`], as a new file in a folder of the repository.
    pub fn open(&mut self, folder: &str, text: &str) -> Document {
        self.opened += 1;
        let file = format!("{folder}/in-the-editor-{}.yaml", self.opened);
        let uri = uri_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        let cursor = text.find(CURSOR).unwrap_or_else(|| panic!("no cursor in {text}"));
        let text = text.replacen(CURSOR, "", 1);
        let item = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": item }));
        let marks = self.marks(&uri);
        Document { uri, text, cursor, marks }
    }

    /// What is proposed where the author is.
    pub fn proposals(&mut self, document: &Document) -> Vec<Proposal> {
        let answer = self.request("textDocument/completion", document.place());
        let items = if answer.is_array() { &answer } else { &answer["items"] };
        let items = items.as_array().unwrap_or_else(|| panic!("no proposals: {answer}"));
        items.iter().map(|item| document.proposal(item)).collect()
    }

    /// What is shown over the place where the author is.
    pub fn hover(&mut self, document: &Document) -> String {
        let answer = self.request("textDocument/hover", document.place());
        answer["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    fn marks(&mut self, uri: &str) -> Vec<Mark> {
        let about = |told: &Value| {
            let named = told["params"]["uri"] == uri;
            named && told["method"] == "textDocument/publishDiagnostics"
        };
        let told = self.wait_for("what is wrong", about);
        let found = told["params"]["diagnostics"].as_array().unwrap();
        let mark = |found: &Value| Mark {
            line: found["range"]["start"]["line"].as_u64().unwrap() + 1,
            message: found["message"].as_str().unwrap().to_owned(),
        };
        found.iter().map(mark).collect()
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let mut answer = self.wait_for(method, |told| told["id"] == id && told["method"].is_null());
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].take()
    }

    fn send(&mut self, message: Value) {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.stdin.flush().unwrap();
    }

    /// The first message of that kind. What the server asks meanwhile is answered.
    fn wait_for(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.told.iter().position(&wanted) {
                return self.told.remove(at);
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(left) {
                Ok(asked) if asked["id"].is_number() && asked["method"].is_string() => {
                    let result = answer_to(&asked);
                    self.send(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result }));
                }
                Ok(told) => self.told.push(told),
                Err(RecvTimeoutError::Timeout) => panic!("in vain: {what}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the server ended before: {what}"),
            }
        }
    }
}

impl Drop for LanguageServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn uri_of(path: &Path) -> String {
    Url::from_file_path(path).unwrap().into()
}

fn settings() -> Value {
    json!({ "validate": true, "completion": true, "hover": true, "schemaStore": { "enable": false } })
}

/// What an editor answers that has been set up like that.
fn answer_to(asked: &Value) -> Value {
    let items = asked["params"]["items"].as_array().into_iter().flatten();
    let setting = |item: &Value| if item["section"] == "yaml" { settings() } else { json!({}) };
    match asked["method"].as_str() {
        Some("workspace/configuration") => items.map(setting).collect(),
        _ => Value::Null,
    }
}

/// Every message of the server, from a thread that ends with it.
fn listen(stdout: ChildStdout) -> Receiver<Value> {
    let (sender, messages) = mpsc::channel();
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        while let Some(message) = message(&mut stdout) {
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    messages
}

fn message(stdout: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = None;
    loop {
        let mut header = String::new();
        if stdout.read_line(&mut header).ok()? == 0 {
            return None;
        }
        match header.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse::<usize>().ok();
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length?];
    stdout.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

impl Document {
    fn place(&self) -> Value {
        let before = &self.text[..self.cursor];
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        let position = json!({ "line": line, "character": column });
        json!({ "textDocument": { "uri": self.uri }, "position": position })
    }

    fn proposal(&self, item: &Value) -> Proposal {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let documentation = &item["documentation"];
        let edit = &item["textEdit"];
        let (range, inserted) = match edit.is_object() {
            true => (self.range(&edit["range"]), text(&edit["newText"])),
            false => (self.cursor..self.cursor, text(&item["insertText"])),
        };
        // The editor indents what it inserts like the line where that begins.
        let line = self.text[..range.start].rsplit('\n').next().unwrap_or_default();
        let indentation = &line[..line.len() - line.trim_start().len()];
        let inserted = typed(&inserted).replace('\n', &format!("\n{indentation}"));
        let mut result = self.text.clone();
        result.replace_range(range, &inserted);
        Proposal {
            label: text(&item["label"]),
            documentation: text(if documentation.is_object() {
                &documentation["value"]
            } else {
                documentation
            }),
            result,
        }
    }

    fn range(&self, range: &Value) -> std::ops::Range<usize> {
        self.offset(&range["start"])..self.offset(&range["end"])
    }

    fn offset(&self, position: &Value) -> usize {
        let (line, column) =
            (position["line"].as_u64().unwrap(), position["character"].as_u64().unwrap());
        let lines = self.text.split_inclusive('\n');
        let before: usize = lines.take(line.try_into().unwrap()).map(str::len).sum();
        let wanted: usize = column.try_into().unwrap();
        let line = self.text[before..].split('\n').next().unwrap_or_default();
        let mut units = 0;
        let within = line.char_indices().find(|(_, c)| {
            units += c.len_utf16();
            units > wanted
        });
        before + within.map_or(line.len(), |(at, _)| at)
    }
}

/// A snippet as it reads when nothing was typed over its places.
pub fn typed(snippet: &str) -> String {
    let mut text = String::new();
    let mut rest = snippet;
    while let Some(c) = rest.chars().next() {
        let digits =
            |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest = match c {
            '\\' if rest[1..].starts_with(['$', '}', '\\']) => {
                text.push_str(&rest[1..2]);
                &rest[2..]
            }
            '$' if rest[1..].starts_with('{') && digits(&rest[2..]) > 0 => {
                let after = &rest[2 + digits(&rest[2..])..];
                after.strip_prefix(':').unwrap_or(after)
            }
            '$' if digits(&rest[1..]) > 0 => &rest[1 + digits(&rest[1..])..],
            // Braces of the text are escaped.
            '}' => &rest[1..],
            c => {
                text.push(c);
                &rest[c.len_utf8()..]
            }
        };
    }
    text
}
