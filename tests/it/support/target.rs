//! A fake external system: records every request exactly, and answers, or misbehaves, by a script.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::http::{self, Headers};
use super::reply::{After, Reply};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub method: String,
    /// Path and query, not decoded.
    pub uri: String,
    /// In order, names as they were written.
    pub headers: Headers,
    pub body: Vec<u8>,
    /// Which connection it came on, from 0.
    pub connection: usize,
    /// When it had come whole.
    pub at: Instant,
}

impl Recorded {
    pub fn path(&self) -> &str {
        self.uri.split('?').next().unwrap_or_default()
    }

    /// What follows `?`.
    pub fn query(&self) -> Option<&str> {
        self.uri.split_once('?').map(|(_, query)| query)
    }

    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        http::header(&self.headers, name)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, which must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|fault| panic!("not JSON ({fault}): {}", self.text()))
    }
}

/// `POST /prov {"imsi":…}`
impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.method, self.uri, self.text())
    }
}

type Script = Arc<dyn Fn(&Recorded) -> Reply + Send + Sync>;

/// A server on a port of its own; ends, with all its connections, when dropped.
pub struct Target {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Reply>,
    by_path: HashMap<String, Script>,
    otherwise: Option<Script>,
    requests: Vec<Recorded>,
    /// What came and was no request.
    faults: Vec<String>,
    connections: usize,
    /// Those that are open, by their number.
    streams: HashMap<usize, TcpStream>,
    ending: bool,
}

impl Target {
    /// Answers 200 with `{}` until it is told otherwise.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        let listener = Some(thread::spawn(move || accept(&listener, &accepting)));
        Self { address, shared, listener }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers everything that has no other answer.
    pub fn always(&self, reply: Reply) {
        self.otherwise(move |_| reply.clone());
    }

    /// Asks `script` for everything that has no other answer.
    pub fn otherwise(&self, script: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) {
        self.shared.lock().otherwise = Some(Arc::new(script));
    }

    /// Asks `script` for requests to that path, whatever their query.
    pub fn on(&self, path: &str, script: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) {
        self.shared.lock().by_path.insert(path.to_owned(), Arc::new(script));
    }

    /// Answers one request, whatever it is; several stand in a queue, and all go first.
    pub fn next(&self, reply: Reply) {
        self.shared.lock().queue.push_back(reply);
    }

    /// All requests so far, in the order in which they had come whole.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.lock().requests.clone()
    }

    /// How many connections have been made.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// What came and was no request.
    pub fn faults(&self) -> Vec<String> {
        self.shared.lock().faults.clone()
    }

    /// All requests, as soon as there are `count`; fails at the deadline with those that came.
    pub fn wait_for(&self, count: usize, deadline: Duration) -> Vec<Recorded> {
        let end = Instant::now() + deadline;
        let mut state = self.shared.lock();
        while state.requests.len() < count {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let came: Vec<String> = state.requests.iter().map(Recorded::to_string).collect();
                panic!("{count} requests expected, came: {came:#?}, faults: {:?}", state.faults);
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
        state.requests.clone()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.ending = true;
            for stream in state.streams.values() {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        self.shared.changed.notify_all();
        // `accept` has no other way of being woken.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that failed while it held the lock must still be able to end.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request down, and finds its answer.
    fn take(&self, request: Recorded) -> Reply {
        let mut state = self.lock();
        state.requests.push(request.clone());
        self.changed.notify_all();
        if let Some(reply) = state.queue.pop_front() {
            return reply;
        }
        let script = state.by_path.get(request.path()).or(state.otherwise.as_ref()).cloned();
        // A script may take its time, or ask the target.
        drop(state);
        script.map_or_else(Reply::ok, |script| script(&request))
    }

    /// Waits until the target ends, `until` is over, or `released` holds; whether it goes on.
    fn pause(&self, until: Option<Duration>, released: impl Fn() -> bool) -> bool {
        const GLANCE: Duration = Duration::from_millis(5);
        let end = until.map(|until| Instant::now() + until);
        let mut state = self.lock();
        while !state.ending && !released() {
            let left = end.map_or(GLANCE, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            state = self.changed.wait_timeout(state, left.min(GLANCE)).unwrap().0;
        }
        !state.ending
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        let Ok(stream) = stream else { break };
        let mut state = shared.lock();
        if state.ending {
            break;
        }
        let connection = state.connections;
        state.connections += 1;
        state.streams.insert(connection, stream.try_clone().unwrap());
        drop(state);
        let shared = Arc::clone(shared);
        threads.push(thread::spawn(move || {
            let after = serve(&stream, connection, &shared);
            shared.lock().streams.remove(&connection);
            if after == After::Close {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }));
    }
    for thread in threads {
        let _ = thread.join();
    }
}

/// One connection, request by request, until one side has had enough.
fn serve(stream: &TcpStream, connection: usize, shared: &Shared) -> After {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    loop {
        let request = match read_request(&mut reader, connection) {
            Ok(Some(request)) => request,
            Ok(None) => return After::Close,
            Err(fault) => {
                shared.lock().faults.push(fault.to_string());
                return After::Close;
            }
        };
        let reply = shared.take(request);
        match play(stream, &reply, shared) {
            Ok(After::KeepOpen) => {}
            Ok(after) => return after,
            Err(_) => return After::Close,
        }
    }
}

fn read_request(
    reader: &mut BufReader<&TcpStream>,
    connection: usize,
) -> std::io::Result<Option<Recorded>> {
    let Some(head) = http::read_head(reader)? else { return Ok(None) };
    let body = http::read_body(reader, &head.headers, false)?;
    let mut words = head.first_line.splitn(3, ' ').map(str::to_owned);
    Ok(Some(Recorded {
        method: words.next().unwrap_or_default(),
        uri: words.next().unwrap_or_default(),
        headers: head.headers,
        body,
        connection,
        at: Instant::now(),
    }))
}

/// Does what the script says; an error means that the client went away.
fn play(mut stream: &TcpStream, reply: &Reply, shared: &Shared) -> std::io::Result<After> {
    match reply {
        Reply::Answer(answer) => {
            stream.write_all(&answer.bytes())?;
            Ok(answer.after())
        }
        Reply::Held(gate, then) => {
            if !shared.pause(None, || gate.is_open()) {
                return Ok(After::Close);
            }
            play(stream, then, shared)
        }
        Reply::Hang => {
            shared.pause(None, || false);
            Ok(After::Close)
        }
        Reply::CloseUnanswered => Ok(After::Close),
        Reply::CloseAfterHead(answer) => {
            stream.write_all(&answer.head())?;
            Ok(After::Close)
        }
        Reply::CloseInBody(answer) => {
            stream.write_all(&answer.head())?;
            stream.write_all(&answer.body[..answer.body.len() / 2])?;
            Ok(After::Close)
        }
        Reply::Garbage => {
            stream.write_all(b"\x16\x03\x01 this is not HTTP\r\n\r\n\0\xff\xfe")?;
            Ok(After::Close)
        }
        Reply::Drip { answer, every } => {
            for byte in answer.bytes() {
                stream.write_all(&[byte])?;
                if !shared.pause(Some(*every), || false) {
                    return Ok(After::Close);
                }
            }
            Ok(answer.after())
        }
        Reply::Reset => {
            // A socket that is closed without a shutdown and lingers for no time sends RST, not FIN.
            socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
            Ok(After::Reset)
        }
    }
}
