//! HTTPS by the connector itself: versions, HTTP/2, certificates that change, and the end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use reqwest::tls::Version;
use reqwest::{Certificate, Client, ClientBuilder};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::certificates::{Authority, Issued, expired};
use crate::support::command::run;
use crate::support::connector::{Connector, Setup, Signal, TOKEN};
use crate::support::reply::{Gate, Reply};
use crate::support::samples::{event, posting};
use crate::support::scratch::Scratch;
use crate::support::target::Target;
use crate::support::tls_front::der;
use crate::support::{SOON, wait_until};

/// A connector behind TLS, with what it stands on.
struct Stage {
    scratch: Scratch,
    target: Target,
    authority: Authority,
    issued: Issued,
    connector: Connector,
    runtime: Runtime,
}

fn put(scratch: &Scratch, issued: &Issued) {
    scratch.write("tls.pem", &issued.certificate);
    scratch.write("tls-key.pem", &issued.key);
}

fn setup(scratch: &Scratch, target: &Target) -> Setup {
    scratch.mapping("a.yaml", &posting(target, "/a", "v1"));
    Setup::new(scratch).env("TLS_CERT", "tls.pem").env("TLS_KEY", "tls-key.pem")
}

impl Stage {
    fn set(adapt: impl FnOnce(Setup) -> Setup) -> Self {
        let authority = Authority::new("ours");
        let issued = authority.server("localhost");
        Self::showing(authority, issued, adapt)
    }

    fn showing(authority: Authority, issued: Issued, adapt: impl FnOnce(Setup) -> Setup) -> Self {
        let (scratch, target) = (Scratch::new(), Target::start());
        put(&scratch, &issued);
        let connector = adapt(setup(&scratch, &target)).start();
        let runtime = Runtime::new().unwrap();
        Self { scratch, target, authority, issued, connector, runtime }
    }

    fn client(&self, adapt: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Client {
        let authority = Certificate::from_pem(self.authority.pem.as_bytes()).unwrap();
        let builder = Client::builder().tls_certs_only([authority]).no_proxy().timeout(SOON);
        adapt(builder.resolve("localhost", self.connector.address())).build().unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.connector.address().port())
    }

    fn get(&self, client: &Client, path: &str) -> reqwest::Result<(reqwest::Version, u16, Value)> {
        self.runtime.block_on(async {
            let answer = client.get(self.url(path)).send().await?;
            let (version, status) = (answer.version(), answer.status().as_u16());
            let body = serde_json::from_str(&answer.text().await?).unwrap();
            Ok((version, status, body))
        })
    }

    /// An event on its way.
    fn post(&self, client: &Client, id: &str) -> tokio::task::JoinHandle<u16> {
        let request = client.post(self.url("/")).bearer_auth(TOKEN).body(event(id));
        let sent = async { request.send().await.unwrap().status().as_u16() };
        self.runtime.spawn(sent)
    }

    fn ready(&self) -> Value {
        self.get(&self.client(|builder| builder), "/ready").unwrap().2
    }

    /// Sends SIGHUP, and waits until the attempt is over; returns what `/ready` tells.
    fn reload(&self) -> Value {
        let before = self.ready();
        self.connector.signal(Signal::HUP);
        wait_until("the reload ends", || {
            let now = self.ready();
            (now["last_reload"]["at"] != before["last_reload"]["at"]).then_some(now)
        })
    }

    /// A connection that is open, over which nothing was said.
    fn open(&self) -> StreamOwned<ClientConnection, TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let mut session = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut socket = TcpStream::connect(self.connector.address()).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        while session.is_handshaking() {
            session.complete_io(&mut socket).unwrap();
        }
        StreamOwned::new(session, socket)
    }

    fn shown(&self) -> Vec<u8> {
        self.open().conn.peer_certificates().unwrap()[0].to_vec()
    }
}

#[test]
fn tls_of_two_versions_is_spoken_and_http_of_two_versions_above_each() {
    let stage = Stage::set(|setup| setup);
    for version in [Version::TLS_1_2, Version::TLS_1_3] {
        for (http1, spoken) in
            [(false, reqwest::Version::HTTP_2), (true, reqwest::Version::HTTP_11)]
        {
            let client = stage.client(|builder| {
                let builder = builder.tls_version_min(version).tls_version_max(version);
                if http1 { builder.http1_only() } else { builder }
            });
            let answer = stage.get(&client, "/health").unwrap();
            assert_eq!((answer.0, answer.1), (spoken, 200), "{version:?}");
            let post = stage.post(&client, "one");
            assert_eq!(stage.runtime.block_on(post).unwrap(), 200);
        }
    }
    let listening = stage.connector.wait_for_log(|record| record["message"] == "listening", SOON);
    let address = stage.connector.address();
    assert_eq!(listening["url"], json!(format!("https://{address}")));
}

#[test]
fn an_older_version_is_refused() {
    let stage = Stage::set(|setup| setup);
    // A greeting that knows TLS 1.1 and no later one (RFC 4346, section 7.4.1.2).
    let mut greeting = vec![22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2];
    greeting.extend([7; 32]);
    greeting.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    let mut socket = TcpStream::connect(stage.connector.address()).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket.write_all(&greeting).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    // A fatal alert: `handshake_failure` or `protocol_version`, and nothing after it.
    let [21, _, _, _, _, 2, 40 | 70] = answer[..] else { panic!("{answer:?}") };
}

#[test]
fn a_hundred_events_run_at_once_and_all_are_answered_when_the_connector_ends() {
    let mut stage = Stage::set(|setup| setup.env("SHUTDOWN_DELAY", "100ms"));
    let client = stage.client(|builder| builder);
    stage.get(&client, "/health").unwrap();
    let gate = Gate::new();
    stage.target.always(Reply::ok().held_by(&gate));
    let posts: Vec<_> = (0..100).map(|id| stage.post(&client, &id.to_string())).collect();
    stage.target.wait_for(100, SOON);
    stage.connector.signal(Signal::TERM);
    wait_until("the listener closes", || TcpStream::connect(stage.connector.address()).err());
    gate.open();
    for post in posts {
        assert_eq!(stage.runtime.block_on(post).unwrap(), 200);
    }
    let status = stage.connector.wait_exit(SOON);
    assert_eq!(status.code(), Some(0), "{}", stage.connector.transcript());
}

#[test]
fn a_reload_shows_another_certificate_and_a_bad_one_changes_nothing() {
    let stage = Stage::set(|setup| setup);
    let mut old = stage.open();
    assert_eq!(stage.shown(), der(&stage.issued));

    let [next, other] = ["localhost"; 2].map(|name| stage.authority.server(name));
    put(&stage.scratch, &next);
    assert_eq!(stage.reload()["last_reload"]["ok"], true);
    assert_eq!(stage.shown(), der(&next));

    stage.scratch.write("tls.pem", &other.certificate);
    let ready = stage.reload();
    assert_eq!(ready["last_reload"]["ok"], false);
    let errors = ready["last_reload"]["errors"].to_string();
    let expected = "does not belong to the first certificate of the certificate file";
    assert!(errors.contains("TLS_KEY is") && errors.contains(expected), "{errors}");
    assert_eq!(stage.shown(), der(&next));
    stage.connector.wait_for_log(
        |record| {
            record["level"] == "error"
                && record["message"].as_str().is_some_and(|message| message.contains(expected))
        },
        SOON,
    );

    let request = b"GET /health HTTP/1.1\r\nhost: c\r\nconnection: close\r\n\r\n";
    old.write_all(request).unwrap();
    let mut answer = String::new();
    old.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "what is open goes on: {answer}");

    let transcript = stage.connector.transcript();
    for issued in [&stage.issued, &next, &other] {
        assert!(!transcript.contains(issued.key.lines().nth(1).unwrap()), "a key is told");
    }
}

#[test]
fn how_long_a_certificate_is_valid_is_told_and_one_that_is_not_is_warned_of() {
    let stage = Stage::set(|setup| setup);
    let record = stage.connector.wait_for_log(|record| record["logger"] == "tls", SOON);
    assert_eq!(record["level"], "info");
    for field in ["valid_from", "valid_until"] {
        assert!(record[field].is_string(), "{record}");
    }

    let authority = Authority::new("ours");
    let issued = authority.issues(&["localhost"], expired);
    let stage = Stage::showing(authority, issued, |setup| setup);
    let record = stage.connector.wait_for_log(|record| record["logger"] == "tls", SOON);
    assert_eq!(record["level"], "warning");
    let message = "the certificate of HTTPS (TLS_CERT) expired on 2021-01-01T00:00:00Z";
    assert_eq!(record["message"], message);
}

#[test]
fn what_is_wrong_with_the_files_keeps_it_from_starting() {
    let authority = Authority::new("ours");
    let [one, other] = ["localhost"; 2].map(|name| authority.server(name));
    for (certificate, key, told) in [
        ("nowhere.pem", "tls-key.pem", "TLS_CERT is \"nowhere.pem\": the file cannot be read: "),
        ("tls.pem", "", "TLS_CERT is \"tls.pem\": it is of no use without TLS_KEY; expected both"),
        ("", "tls-key.pem", "TLS_KEY is \"tls-key.pem\": it is of no use without TLS_CERT"),
        ("tls-key.pem", "tls.pem", "TLS_CERT is \"tls-key.pem\": it holds a private key, and no"),
        ("tls.pem", "other.pem", "TLS_KEY is \"other.pem\": the key in it does not belong to"),
    ] {
        let (scratch, target) = (Scratch::new(), Target::start());
        put(&scratch, &one);
        scratch.write("other.pem", &other.key);
        let setup = setup(&scratch, &target).env("TLS_CERT", certificate).env("TLS_KEY", key);
        let mut connector = setup.env("RATE_LIMIT", "0.5").spawn();
        assert_eq!(connector.wait_exit(SOON).code(), Some(2));
        let stderr = connector.stderr().join("\n");
        for told in [told, "RATE_LIMIT is \"0.5\": it is no rate; expected events a second"] {
            assert!(stderr.contains(&format!("nsps-connector: {told}")), "{told}\n{stderr}");
        }
    }
}

#[test]
fn health_asks_by_https_and_does_not_judge_the_certificate() {
    let authority = Authority::new("ours");
    let issued = authority.issues(&["elsewhere.test"], expired);
    let stage = Stage::showing(authority, issued, |setup| setup);
    let listen = stage.connector.address().to_string();
    let directory = stage.scratch.path();
    let variables = [("LISTEN", &*listen), ("TLS_CERT", "nowhere.pem")];
    let ran = run(directory, &["health"], &variables);
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "healthy\n"), "{}", ran.stderr);
    let ran = run(directory, &["health", "--tls-cert=x.pem"], &variables[..1]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = run(directory, &["health"], &variables[..1]);
    assert_eq!(ran.code, Some(1), "it does not answer by HTTP");
}

#[test]
fn events_past_the_rate_are_told_when_to_come_back_and_strangers_do_not_use_it_up() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let connector = Setup::new(&scratch).env("RATE_LIMIT", "1/m").start();
    for _ in 0..3 {
        let stranger = connector.post_event("/", event("1"), &[("authorization", "Bearer x")]);
        assert_eq!(stranger.status, 401);
    }
    assert_eq!(connector.post_event("/", event("1"), &[]).status, 200);
    let refused = connector.post_event("/", event("2"), &[]);
    assert_eq!(refused.status, 429, "{}", refused.text());
    let body = refused.json();
    assert_eq!(body["type"], "RATE_LIMIT_ERROR");
    assert_eq!(body["error"], "more events came than 1/m, which is the limit (RATE_LIMIT)");
    let pause: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&pause), "{pause}");
    connector
        .wait_for_log(|record| record["outcome"] == "refused" && record["status"] == 429, SOON);
    assert_eq!(connector.get("/ready").status, 200, "probes do not count");
    assert_eq!(target.requests().len(), 1);
}

#[test]
fn at_a_fast_rate_a_second_s_worth_of_events_may_come_at_once() {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    let connector = Setup::new(&scratch).arg("--rate-limit=20").start();
    let statuses = thread::scope(|scope| {
        let post = |id: i32| connector.post_event("/", event(&id.to_string()), &[]).status;
        let posts: Vec<_> = (0..20).map(|id| scope.spawn(move || post(id))).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(statuses, [200; 20]);
    target.wait_for(20, Duration::ZERO);
}
