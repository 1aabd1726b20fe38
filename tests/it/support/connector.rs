//! The connector as a process of its own, from its start to its exit code.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nsps_connector::ingress::{EVENT_PATHS, openapi};
use rustix::process::{Pid, kill_process};
use serde_json::Value;

pub use rustix::process::Signal;

use super::SOON;
use super::client::{self, Answer};
use super::contract::{Contract, Heard};
use super::lines::Lines;
use super::scratch::Scratch;

/// The token that a connector under test accepts, unless a test sets another.
pub const TOKEN: &str = "test-token-of-nsps";

/// How a connector is to be started.
#[derive(Debug)]
pub struct Setup {
    program: PathBuf,
    directory: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
}

/// A running connector, or one that has ended; killed when dropped. Each of its answers that a test
/// gets is held against its OpenAPI document first.
#[derive(Debug)]
pub struct Connector {
    pid: Pid,
    address: Option<SocketAddr>,
    stdout: Lines,
    stderr: Lines,
    exit: Arc<(Mutex<Option<ExitStatus>>, Condvar)>,
    threads: Vec<JoinHandle<()>>,
    /// None if it is another program in the connector's place.
    event_paths: Option<Vec<String>>,
    contract: OnceLock<Contract>,
}

impl Setup {
    /// `serve` in that directory, on any free port, with [`TOKEN`], everything logged, and no
    /// delay before it ends. Nothing of the test's own environment is passed on.
    pub fn new(scratch: &Scratch) -> Self {
        Self::command(scratch, &["serve"])
            .env("API_TOKEN", TOKEN)
            .env("LISTEN", "127.0.0.1:0")
            .env("ADMIN_LISTEN", "off")
            .env("STORE", "memory")
            .env("LOG_LEVEL", "debug")
            .env("LOG_IDENTIFIERS", "full")
            .env("SHUTDOWN_DELAY", "0s")
    }

    /// Another command than `serve`, with no variable but those that a test sets.
    pub fn command(scratch: &Scratch, arguments: &[&str]) -> Self {
        Self {
            program: PathBuf::from(env!("CARGO_BIN_EXE_nsps-connector")),
            directory: scratch.path().to_owned(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            variables: Vec::new(),
        }
    }

    /// Another program in the connector's place, with arguments that go before `serve`.
    pub fn program(mut self, program: &str, arguments: &[&str]) -> Self {
        self.program = PathBuf::from(program);
        self.arguments.splice(0..0, arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// The last value of a name counts; an empty one is as good as none.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a name is set to.
    pub fn value_of(&self, name: &str) -> &str {
        let value = self.variables.iter().rev().find(|(set, _)| set == name);
        value.map_or_else(|| panic!("{name} is not set"), |(_, value)| value)
    }

    /// One more argument, after `serve`.
    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts it, and waits until it accepts events.
    pub fn start(self) -> Connector {
        let mut connector = self.spawn();
        let address = connector.stdout.wait(SOON, listening_address);
        connector.address = address;
        assert!(address.is_some(), "it never said where it listens\n{}", connector.transcript());
        connector
    }

    /// Starts it at an address that nobody else has, and waits until it can be reached there: for a
    /// connector whose log does not say where it listens.
    pub fn start_unheard(self) -> Connector {
        let address = own_address();
        let mut connector = self.env("LISTEN", &address.to_string()).spawn();
        connector.address = Some(address);
        let end = Instant::now() + SOON;
        while TcpStream::connect(address).is_err() {
            let gone = connector.ended_within(Duration::from_millis(2)).is_some();
            let given_up = gone || Instant::now() > end;
            assert!(!given_up, "nobody at {address}\n{}", connector.transcript());
        }
        connector
    }

    /// Starts it, and waits for nothing: for a connector that is not expected to get far.
    pub fn spawn(self) -> Connector {
        let set = self.variables.iter().rev().find(|(name, _)| name == "EVENT_PATHS");
        let event_paths = match set {
            Some((_, paths)) => paths.split(',').map(str::to_owned).collect(),
            None => EVENT_PATHS.map(str::to_owned).into(),
        };
        let is_connector = self.program == Path::new(env!("CARGO_BIN_EXE_nsps-connector"));
        let event_paths = is_connector.then_some(event_paths);
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.directory)
            .env_clear()
            .envs(self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|fault| panic!("cannot start {}: {fault}", self.program.display()));

        let (stdout, stderr) = (Lines::default(), Lines::default());
        let mut threads = vec![
            stdout.collect(child.stdout.take().unwrap()),
            stderr.collect(child.stderr.take().unwrap()),
        ];
        let pid = Pid::from_child(&child);
        let exit = Arc::new((Mutex::new(None), Condvar::new()));
        let told = Arc::clone(&exit);
        threads.push(thread::spawn(move || {
            let status = child.wait().unwrap();
            *told.0.lock().unwrap() = Some(status);
            told.1.notify_all();
        }));
        let contract = OnceLock::new();
        Connector { pid, address: None, stdout, stderr, exit, threads, event_paths, contract }
    }
}

impl Connector {
    /// Where it accepts events.
    pub fn address(&self) -> SocketAddr {
        self.address.expect("only a connector that was started has an address")
    }

    /// By which a command can send it a signal.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Posts an event as NSPS does: with the token and as JSON, unless `headers` say otherwise.
    pub fn post_event(
        &self,
        path: &str,
        body: impl AsRef<[u8]>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let token = format!("Bearer {TOKEN}");
        let mut all = headers.to_vec();
        for (name, value) in [("authorization", &*token), ("content-type", "application/json")] {
            if !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
                all.push((name, value));
            }
        }
        self.send("POST", path, &all, body.as_ref())
    }

    /// Asks for a page that needs no token.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// Sends any request, with no header that is not in `headers` but `host`, `content-length` and
    /// `connection`.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let answer = client::send(self.address(), method, path, headers, body);
        if let Err(fault) = self.described(method, path, &answer) {
            panic!("{method} {path} is not answered as the document says: {fault}");
        }
        answer
    }

    /// Where the connector's OpenAPI document describes an answer, nowhere if this is no connector;
    /// or in what it does not.
    pub fn described(&self, method: &str, path: &str, answer: &Answer) -> Result<String, String> {
        let Some(event_paths) = &self.event_paths else { return Ok(String::new()) };
        let contract = || Contract::of(openapi::document(event_paths));
        let contract = self.contract.get_or_init(contract);
        let Answer { status, headers, body } = answer;
        contract.judge(&Heard { method, path, status: *status, headers, body })
    }

    /// All log records so far.
    pub fn logs(&self) -> Vec<Value> {
        self.stdout.all().iter().filter_map(|line| record(line)).collect()
    }

    /// Lines of stdout that are no log records; a connector that serves has none.
    pub fn stray_lines(&self) -> Vec<String> {
        self.stdout.all().into_iter().filter(|line| record(line).is_none()).collect()
    }

    /// Lines of stderr so far.
    pub fn stderr(&self) -> Vec<String> {
        self.stderr.all()
    }

    /// The first record that fits, among those that came and those to come.
    pub fn wait_for_log(&self, fits: impl Fn(&Value) -> bool, deadline: Duration) -> Value {
        self.stdout
            .wait(deadline, |line| record(line).filter(|record| fits(record)))
            .unwrap_or_else(|| panic!("no such record\n{}", self.transcript()))
    }

    /// What `/ready` tells.
    pub fn ready(&self) -> Value {
        self.get("/ready").json()
    }

    /// The first line of stdout that `pick` makes something of.
    pub fn wait_for_line<T>(&self, pick: impl Fn(&str) -> Option<T>) -> T {
        self.stdout
            .wait(SOON, pick)
            .unwrap_or_else(|| panic!("no such line\n{}", self.transcript()))
    }

    /// Sends a signal; to one that has ended, none.
    pub fn signal(&self, signal: Signal) {
        let exit = self.exit.0.lock().unwrap();
        if exit.is_none() {
            let _ = kill_process(self.pid, signal);
        }
    }

    /// Waits until it has ended, and all that it wrote has been read.
    pub fn wait_exit(&mut self, deadline: Duration) -> ExitStatus {
        let status = self.ended_within(deadline);
        let status = status
            .unwrap_or_else(|| panic!("it still runs after {deadline:?}\n{}", self.transcript()));
        self.join();
        status
    }

    /// Everything that it wrote, for a failing test to show.
    pub fn transcript(&self) -> String {
        let stdout = self.stdout.all().join("\n");
        let stderr = self.stderr.all().join("\n");
        format!("--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }

    fn ended_within(&self, deadline: Duration) -> Option<ExitStatus> {
        let (exit, changed) = &*self.exit;
        let end = Instant::now() + deadline;
        let mut exit = exit.lock().unwrap();
        while exit.is_none() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            exit = changed.wait_timeout(exit, left).unwrap().0;
        }
        *exit
    }

    fn join(&mut self) {
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        self.join();
    }
}

/// An address that is free, and that nobody else takes.
pub fn own_address() -> SocketAddr {
    // All of 127.0.0.0/8 is this machine (on Linux), and a process id is one process's alone.
    let [_, a, b, c] = std::process::id().to_be_bytes();
    let free = TcpListener::bind((Ipv4Addr::new(127, a | 64, b, c), 0)).unwrap();
    free.local_addr().unwrap()
}

/// A line of the log; what is not one JSON object is none.
fn record(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(Value::is_object)
}

/// The address in the record that says where events are accepted.
pub fn listening_address(line: &str) -> Option<SocketAddr> {
    let record = record(line)?;
    let logger = record["logger"].as_str()?;
    if !matches!(logger, "ingress" | "app") {
        return None;
    }
    record["address"].as_str()?.parse().ok()
}
