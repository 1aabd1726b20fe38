//! Connections belong to the thread and the runtime on which they were opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::egress::client::Network;
use crate::egress::testing::{get, target};
use crate::engine::transport::{Connect as _, Transport};

/// A target on a runtime of its own that keeps connections open and counts them.
struct Keeper {
    _runtime: Runtime,
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Keeper {
    fn new() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&connections);
        runtime.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut seen = Vec::new();
                    while stream.read_buf(&mut seen).await.is_ok_and(|read| read > 0) {
                        if seen.ends_with(b"\r\n\r\n") {
                            seen.clear();
                            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                            stream.write_all(answer).await.unwrap();
                        }
                    }
                });
            }
        });
        Self { _runtime: runtime, url, connections }
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Network::new().connect(&target(&self.url)).unwrap()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn send(runtime: &Runtime, transport: &Arc<dyn Transport>, url: &str) {
    let answer = runtime.block_on(transport.send(&get(url))).unwrap();
    assert_eq!(&answer.body[..], b"ok");
}

#[test]
fn each_thread_has_connections_of_its_own() {
    let keeper = Keeper::new();
    let transport = keeper.transport();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let runtime = runtime();
                for _ in 0..5 {
                    send(&runtime, &transport, &keeper.url);
                }
                // Threads that live at the same time have clients of their own; this one's runtime
                // ends with it, and the others' go on.
            });
        }
    });
    assert_eq!(keeper.connections(), 3);
}

#[test]
fn a_runtime_that_ended_takes_its_connections_with_it_and_fails_nobody() {
    let keeper = Keeper::new();
    let transport = keeper.transport();
    for before in 0..3 {
        assert_eq!(keeper.connections(), before);
        let runtime = runtime();
        for _ in 0..3 {
            send(&runtime, &transport, &keeper.url);
        }
    }
    // Without any runtime left.
    drop(transport);
}

#[test]
fn a_runtime_that_ends_amid_an_exchange_leaves_the_others_alone() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let transport = Network::new().connect(&target(&url)).unwrap();
    let first = runtime();
    let begun = {
        let (transport, url) = (Arc::clone(&transport), url.clone());
        first.spawn(async move { transport.send(&get(&url)).await.is_ok() })
    };
    // The runtime runs until the exchange has got to the target.
    first.block_on(async {
        silent.set_nonblocking(true).unwrap();
        let silent = TcpListener::from_std(silent.try_clone().unwrap()).unwrap();
        let (mut stream, _) = silent.accept().await.unwrap();
        stream.read_u8().await.unwrap();
    });
    drop(first);
    assert!(runtime().block_on(begun).unwrap_err().is_cancelled());

    let second = runtime();
    let answer = second.block_on(async {
        let silent = TcpListener::from_std(silent).unwrap();
        let answer = async {
            let (mut stream, _) = silent.accept().await.unwrap();
            stream.read_u8().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            stream
        };
        let request = get(&url);
        let (answer, _stream) = tokio::join!(transport.send(&request), answer);
        answer
    });
    assert_eq!(&answer.unwrap().body[..], b"ok");
}

#[test]
fn many_requests_at_once_on_many_threads_are_all_answered() {
    let keeper = Keeper::new();
    let transport = keeper.transport();
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let requests = (0..200).map(|_| {
            let (transport, url) = (Arc::clone(&transport), keeper.url.clone());
            tokio::spawn(async move { transport.send(&get(&url)).await.unwrap().status })
        });
        for status in futures_util::future::join_all(requests).await {
            assert_eq!(status.unwrap(), 200);
        }
    });
}
