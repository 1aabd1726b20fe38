//! Both clients say the same to a target, byte for byte.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use url::Url;

use crate::egress::address::{Address, Origin};
use crate::egress::client::Network;
use crate::egress::testing::{at_home, target};
use crate::engine::transport::{Connect as _, Request, Transport};

/// A target that shows the bytes of each request.
struct Mirror {
    runtime: Runtime,
    port: u16,
    seen: RefCell<mpsc::UnboundedReceiver<Vec<u8>>>,
}

impl Mirror {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (show, seen) = mpsc::unbounded_channel();
        runtime.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let show = show.clone();
                tokio::spawn(async move {
                    let (mut text, mut part) = (Vec::new(), [0; 4096]);
                    // Every request of this test ends so.
                    while !text.ends_with(b"the end") && !text.ends_with(b"\r\n\r\n") {
                        match stream.read(&mut part).await {
                            Ok(read) if read > 0 => text.extend_from_slice(&part[..read]),
                            _ => return,
                        }
                    }
                    show.send(text).unwrap();
                    let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                    stream.write_all(answer).await.unwrap();
                });
            }
        });
        Self { runtime, port, seen: RefCell::new(seen) }
    }

    fn reached_by(&self, network: Network) -> Arc<dyn Transport> {
        let target = target(&format!("http://hss.test:{}", self.port));
        at_home(network).connect(&target).unwrap()
    }

    /// What a request looks like, if it is sent.
    fn sees(&self, transport: &Arc<dyn Transport>, request: Request) -> Result<String, String> {
        let sent = self.runtime.block_on(transport.send(&request));
        sent.map_err(|error| error.message)?;
        let seen = self.seen.borrow_mut().try_recv().expect("the target saw the request");
        Ok(String::from_utf8_lossy(&seen).into_owned())
    }
}

fn requests() -> impl Strategy<Value = Request> {
    let name = prop_oneof![
        Just("content-type"),
        Just("accept"),
        Just("user-agent"),
        Just("host"),
        Just("authorization"),
        Just("x-b3-traceid"),
        Just("x-odd"),
    ];
    let header = (name, "[ -~é]{0,8}");
    let body = prop_oneof![Just(""), Just("{}the end")];
    let method = prop_oneof![Just("GET"), Just("POST"), Just("PUT"), Just("DELETE"), Just("X-Y")];
    let headers = proptest::collection::vec(header, 0..6);
    (method, urls(), headers, body).prop_map(|(method, url, headers, body)| Request {
        method: method.into(),
        url: url.into(),
        headers: headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        body: Bytes::from_static(body.as_bytes()),
        timeout: Duration::from_secs(20),
    })
}

/// `PORT` stands for that of the target.
fn urls() -> impl Strategy<Value = String> {
    let origin = prop_oneof![
        8 => Just("http://hss.test:PORT"),
        1 => Just("http://user:p%40ss@hss.test:PORT"),
        1 => Just("http://user@HSS.test:PORT"),
        1 => Just("HTTP://hss.test:PORT"),
    ];
    let part = prop_oneof![
        4 => "[a-zA-Z0-9._~!$&()*+,;=:@-]{1,6}",
        2 => "[ -~]{1,4}",
        1 => Just("%2e".to_owned()),
        1 => Just("..".to_owned()),
        1 => Just("é\t".to_owned()),
        1 => "%[0-9a-fA-F]{2}",
    ];
    let joint = prop_oneof![4 => Just("/"), 1 => Just("?"), 1 => Just("//"), 1 => Just("'"), 1 => Just("#")];
    let rest = proptest::collection::vec((joint, part), 0..5);
    (origin, rest).prop_map(|(origin, rest)| {
        let rest: String = rest.into_iter().map(|(joint, part)| format!("{joint}{part}")).collect();
        let begun = rest.is_empty() || rest.starts_with(['/', '?', '#']);
        format!("{origin}{}{rest}", if begun { "" } else { "/" })
    })
}

#[test]
fn a_target_sees_the_same_bytes_whichever_client_sends_them() {
    let mirror = Mirror::new();
    let direct = mirror.reached_by(Network::new());
    let usual = mirror.reached_by(Network::new().by_reqwest());
    proptest!(|(request in requests())| {
        let url = request.url.replace("PORT", &mirror.port.to_string());
        let request = Request { url: url.into(), ..request };
        let (direct, usual) = (mirror.sees(&direct, request.clone()), mirror.sees(&usual, request));
        prop_assert_eq!(direct, usual);
    });
}

/// The way that every URL can go: the WHATWG's parser, and what it wrote.
fn by_the_book(url: &str) -> Option<String> {
    let mut read = Url::parse(url).ok()?;
    read.set_fragment(None);
    Some(read.into())
}

proptest! {
    #[test]
    fn what_is_left_alone_is_what_the_parser_leaves_alone(url in urls()) {
        let url = url.replace("PORT", "8080");
        for own in ["http://hss.test:8080", "http://hss.test:8080/a/b", "http://HSS.test:8080?"] {
            let origin = Origin::of(own).unwrap();
            if let Some(address) = origin.address(&url) {
                prop_assert_eq!(Some(address.uri.to_string()), by_the_book(&url));
                let slow = Address::read(Url::parse(&url).unwrap()).unwrap();
                prop_assert_eq!(&address.uri, &slow.uri);
                prop_assert_eq!(address.place(), slow.place());
            }
        }
    }
}

#[test]
fn a_usual_url_takes_the_short_way_and_an_odd_one_does_not() {
    let origin = Origin::of("https://hss.test/base").unwrap();
    for (url, is_short) in [
        ("https://hss.test", true),
        ("https://hss.test/a/b-c/%20x?y=%7B1%7D&z", true),
        ("https://hss.test/%2B4930/.a/x", false),
        ("https://hss.test/%2B4930/a.b/%25", true),
        ("https://hss.test/a/../b", false),
        ("https://hss.test/a/%2e%2e/b", false),
        ("https://hss.test/.well-known/x", false),
        ("https://hss.test?x", false),
        ("https://hss.test/a b", false),
        ("https://hss.test/a#b", false),
        ("https://hss.test/a\\b", false),
        ("https://hss.test/é", false),
        ("https://hss.test:443/a", false),
        ("https://hss.test.evil.test/a", false),
        ("https://hss.test@evil.test/a", false),
        ("http://hss.test/a", false),
    ] {
        assert_eq!(origin.address(url).is_some(), is_short, "{url}");
    }
    assert_eq!(origin.address("https://hss.test/a").unwrap().place(), "hss.test:443");
    for own in ["http://user@hss.test/", "ftp://hss.test/", "hss.test", "http://", "http://a b/"] {
        assert!(Origin::of(own).is_none(), "{own}");
    }
}

#[test]
fn a_name_is_the_same_however_often_it_is_read() {
    let mirror = Mirror::new();
    let transport = mirror.reached_by(Network::new());
    let names: Vec<Arc<str>> = (0..200).map(|at| Arc::from(format!("x-name-{at}"))).collect();
    for (at, name) in names.iter().enumerate().chain(names.iter().enumerate()) {
        let request = Request {
            method: "GET".into(),
            url: format!("http://hss.test:{}/", mirror.port).into(),
            headers: vec![(Arc::clone(name), "v".into())],
            body: Bytes::new(),
            timeout: Duration::from_secs(20),
        };
        let seen = mirror.sees(&transport, request).unwrap();
        assert!(seen.contains(&format!("\r\nx-name-{at}: v\r\n")), "{seen}");
    }
}
