//! The real server on a real socket, with a scripted service behind it.

mod connections;
mod described;
mod http2;
mod logging;
mod requests;
mod secure;
mod stopping;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::*;
use crate::clock::SystemClock;
use crate::engine::admit::{Admission, Limits};
use crate::engine::outcome::{Failure, FailureKind, RuleOutcome, RuleResult};
use crate::telemetry::log::Log;

/// Longer than anything here takes; reached only when something is wrong.
const LONG: Duration = Duration::from_secs(20);

/// A service that does what the event's type says, and counts what it began and ended.
pub(super) struct Scripted {
    begun: watch::Sender<usize>,
    ended: watch::Sender<usize>,
    released: watch::Sender<bool>,
    ready: AtomicBool,
}

impl Default for Scripted {
    fn default() -> Self {
        let ([begun, ended], released) =
            ([0; 2].map(watch::Sender::new), watch::Sender::new(false));
        Self { begun, ended, released, ready: AtomicBool::new(true) }
    }
}

impl Mask for Scripted {
    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        text.replace("hunter2hunter2", "***").into()
    }
}

impl Service for Scripted {
    fn process(&self, event: Event, _: Log) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        self.begun.send_modify(|count| *count += 1);
        assert_ne!(&*event.event_type, "panic at once", "as the script says");
        let (ended, mut released) = (self.ended.clone(), self.released.subscribe());
        Box::pin(async move {
            let result = match &*event.event_type {
                "succeed" => RuleResult::Succeeded,
                "ignore" => RuleResult::Ignored("not ours".to_owned()),
                "where" => {
                    let thread = std::thread::current();
                    RuleResult::Ignored(thread.name().unwrap_or_default().to_owned())
                }
                "fail" => RuleResult::Failed(unavailable()),
                "panic" => panic!("as the script says, hunter2hunter2"),
                "hang" => {
                    released.wait_for(|released| *released).await.unwrap();
                    RuleResult::Succeeded
                }
                _ => return Outcome::default(),
            };
            ended.send_modify(|count| *count += 1);
            let (mapping, rule) = ("hss.yaml".into(), "one".into());
            Outcome { rules: vec![RuleOutcome { mapping, rule, result, undone: Vec::new() }] }
        })
    }

    fn readiness(&self) -> Readiness {
        let ready = self.ready.load(Ordering::Relaxed);
        Readiness {
            ready,
            missing: (!ready).then(|| "no mappings".to_owned()),
            generation: 3,
            hash: "abc".to_owned(),
            last_reload: LastReload {
                ok: false,
                at: Timestamp::UNIX_EPOCH,
                errors: vec!["hunter2hunter2 is no URL".to_owned()],
            },
        }
    }
}

fn unavailable() -> Failure {
    let failure = Failure::new(FailureKind::Unavailable, "The HSS is down", "connection refused");
    Failure { target: Some("hss".into()), ..failure }
}

/// A server and what is behind it.
struct Setup {
    server: Server,
    service: Arc<Scripted>,
    admission: Arc<Admission>,
    tokens: Arc<Tokens>,
}

fn config() -> Config {
    Config { workers: 1, ..Config::new(([127, 0, 0, 1], 0).into()) }
}

fn impatient() -> Config {
    // actix's clock for the head moves in steps of half a second.
    let [head, body, idle] = [1000, 300, 1000].map(Duration::from_millis);
    Config { patience: Patience { head, body, idle }, ..config() }
}

fn start() -> Setup {
    start_with(config(), Limits { events: 10, bytes: 64 * 1024 * 1024 })
}

fn start_with(config: Config, limits: Limits) -> Setup {
    start_logging(config, limits, Log::discard())
}

fn start_logging(config: Config, limits: Limits, log: Log) -> Setup {
    start_all(config, Admission::new(limits), log, None)
}

fn start_all(
    config: Config,
    admission: Arc<Admission>,
    log: Log,
    certificate: Option<Arc<Shown>>,
) -> Setup {
    let (service, tokens) = (Arc::new(Scripted::default()), Tokens::new(["token"]));
    let parts = Parts {
        service: Arc::clone(&service) as Arc<dyn Service>,
        tokens: Arc::clone(&tokens),
        certificate,
        admission: Arc::clone(&admission),
        log,
        ..parts(tokio::runtime::Handle::current())
    };
    Setup { server: serve(config, parts).unwrap(), service, admission, tokens }
}

fn parts(runtime: tokio::runtime::Handle) -> Parts {
    Parts {
        service: Arc::new(Scripted::default()),
        tokens: Tokens::new(["token"]),
        certificate: None,
        admission: Admission::new(Limits { events: 1, bytes: 1 }),
        log: Log::discard(),
        clock: Arc::new(SystemClock::new()),
        runtime,
    }
}

impl Setup {
    async fn client(&self) -> Client {
        let stream = TcpStream::connect(self.server.address()).await.unwrap();
        Client { stream: BufReader::new(stream) }
    }

    async fn answer_to(&self, request: &str) -> Answered {
        self.client().await.asks(request).await
    }

    async fn answer_to_event(&self, event_type: &str) -> Answered {
        self.answer_to(&event(event_type)).await
    }

    async fn has_begun(&self, events: usize) {
        let mut begun = self.service.begun.subscribe();
        timeout(LONG, begun.wait_for(|count| *count >= events)).await.unwrap().unwrap();
    }

    fn release(&self) {
        self.service.released.send_replace(true);
    }
}

fn body(event_type: &str) -> String {
    json!({ "event_id": "e1", "data": { "event_type": event_type }, "pb_data": {} }).to_string()
}

fn event(event_type: &str) -> String {
    post("authorization: Bearer token\r\n", &body(event_type))
}

fn post(headers: &str, body: &str) -> String {
    let length = body.len();
    format!("POST / HTTP/1.1\r\nhost: c\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

/// One connection.
struct Client {
    stream: BufReader<TcpStream>,
}

struct Answered {
    status: u16,
    head: String,
    body: Value,
}

impl Answered {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn closes(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }
}

impl Client {
    async fn sends(&mut self, bytes: &str) {
        self.stream.get_mut().write_all(bytes.as_bytes()).await.unwrap();
    }

    async fn asks(&mut self, request: &str) -> Answered {
        self.sends(request).await;
        self.hears().await
    }

    async fn hears(&mut self) -> Answered {
        let head = self.hears_head().await;
        let length = head.to_lowercase();
        let length = length.split_once("content-length: ").unwrap().1.lines().next().unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        timeout(LONG, self.stream.read_exact(&mut body)).await.unwrap().unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answered { status, head, body: serde_json::from_slice(&body).unwrap() }
    }

    async fn hears_head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let line = timeout(LONG, self.stream.read_line(&mut head)).await.unwrap();
            assert_ne!(line.unwrap(), 0, "closed after {head:?}");
        }
        head
    }

    /// Sends one byte, and waits a little; false once the server has closed.
    async fn drips(&mut self) -> bool {
        let sent = self.stream.get_mut().write_all(b"x").await;
        let closed = timeout(Duration::from_millis(20), self.stream.read_u8()).await;
        sent.is_ok() && closed.is_err()
    }

    /// Waits until the server closes, and gives what came before that.
    async fn hears_the_end(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = timeout(LONG, self.stream.read_to_end(&mut rest)).await.expect("must be closed");
        String::from_utf8(rest).unwrap()
    }
}
