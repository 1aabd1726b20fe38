//! From a record to lines on the output: the channel, the log's thread, and when it writes.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use slog::{Drain, KV, OwnedKV, OwnedKVList};

use super::mask::IdentifierMode;
use super::record::Entry;
use super::vault::Vault;

/// Records that wait for the log's thread; further ones are dropped.
const CHANNEL: usize = 8192;

/// Bytes of messages and text fields that wait for the log's thread; further ones are dropped.
const WAITING_BYTES: usize = 64 * 1024 * 1024;

/// A record with fewer bytes of text than this isn't counted: its place in the channel is.
const LARGE: usize = 4 * 1024;

/// Bytes of finished lines that are written even though more records are waiting.
const BATCH: usize = 64 * 1024;

/// How long the log's thread lets records gather once it has written all there were. It spares those who
/// record something from waking it, and it from waking who reads the log, for each event anew.
const REST: Duration = Duration::from_millis(4);

/// How long the end of the process waits for an output that doesn't take the last lines.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the callers and the thread of a log share.
pub(super) struct Shared {
    pub identifiers: IdentifierMode,
    pub vault: Arc<Vault>,
    /// Records sent and not yet taken. Never more than there are, because a record is counted
    /// after it was sent: the thread that takes the last one sees 0 or less, and flushes. Less
    /// than there are it may be for a moment, and then a flush comes too early.
    queued: AtomicIsize,
    /// Bytes of large records that are waiting.
    waiting: AtomicUsize,
    dropped: AtomicU64,
}

impl Shared {
    pub fn new(identifiers: IdentifierMode, vault: Arc<Vault>) -> Self {
        Self {
            identifiers,
            vault,
            queued: AtomicIsize::new(0),
            waiting: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Whether there is room for a record of that many bytes of text. If not, it has to be dropped.
    /// In both cases [`Shared::release`] follows. A record alone may have any size.
    fn reserve(&self, bytes: usize) -> bool {
        if bytes < LARGE {
            return true;
        }
        let before = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        before == 0 || before + bytes <= WAITING_BYTES
    }

    /// That record has gone.
    pub fn release(&self, bytes: usize) {
        if bytes >= LARGE {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    fn lose(&self, records: u64) {
        self.dropped.fetch_add(records, Ordering::Relaxed);
    }
}

/// What the log's thread is sent.
enum Message {
    Record(Box<Entry>),
    /// Nothing more is written.
    End,
}

/// Where callers put their records.
pub(super) struct Sink {
    sender: SyncSender<Message>,
    shared: Arc<Shared>,
}

/// Ends the log when dropped: what was recorded until then is written, what is recorded later is
/// dropped. An output that blocks is given up after 5 seconds.
#[must_use = "the log ends when its guard is dropped"]
pub struct LogGuard(Option<Ending>);

impl Drop for LogGuard {
    fn drop(&mut self) {
        let Some(ending) = self.0.take() else {
            return;
        };
        let (done, finished) = mpsc::channel();
        // Dropping it waits for the log's thread. If no thread can be had, it waits here.
        let waiting = thread::Builder::new().name("log-end".to_owned()).spawn(move || {
            drop(ending);
            let _ = done.send(());
        });
        if waiting.is_ok() {
            let _ = finished.recv_timeout(PATIENCE);
        }
    }
}

/// Ends the log's thread when dropped, and waits for it.
struct Ending {
    sender: SyncSender<Message>,
    writer: Option<JoinHandle<()>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.sender.send(Message::End);
        // What it panicked with was an output's, and nobody is left to be told.
        let _ = self.writer.take().map(JoinHandle::join);
    }
}

impl Sink {
    /// # Panics
    ///
    /// If the operating system has no thread to give.
    #[expect(clippy::expect_used, reason = "nothing can be told without a log")]
    pub fn new(output: Box<dyn Write + Send>, shared: Arc<Shared>) -> (Self, LogGuard) {
        let (sender, records) = mpsc::sync_channel(CHANNEL);
        let writer = Writer::new(output, Arc::clone(&shared));
        let writer = thread::Builder::new().name("log".to_owned()).spawn(|| writer.run(records));
        let writer = Some(writer.expect("a thread for the log"));
        (Self { sender: sender.clone(), shared }, LogGuard(Some(Ending { sender, writer })))
    }

    /// Moves the record to the log's thread: nothing of it is formatted on the way.
    pub fn send(&self, entry: Entry) {
        if !self.shared.reserve(entry.text_bytes()) {
            return self.shared.lose(1);
        }
        match self.sender.try_send(Message::Record(Box::new(entry))) {
            Ok(()) => {
                self.shared.queued.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => self.shared.lose(1),
        }
    }
}

/// The log's thread: formats what it is given, and writes when nothing more is waiting.
struct Writer {
    lines: Lines,
    shared: Arc<Shared>,
}

struct Lines {
    output: Box<dyn Write + Send>,
    /// Whole lines, so that nothing else on the same output comes to stand within one.
    finished: Vec<u8>,
    count: u64,
    /// slog wants to be told what else a logger says in each record.
    nothing_more: OwnedKVList,
}

impl Writer {
    fn new(output: Box<dyn Write + Send>, shared: Arc<Shared>) -> Self {
        let nothing_more = OwnedKV(()).into();
        let lines = Lines { output, finished: Vec::with_capacity(BATCH), count: 0, nothing_more };
        Self { lines, shared }
    }

    #[expect(clippy::needless_pass_by_value, reason = "with the thread the channel ends")]
    fn run(mut self, records: Receiver<Message>) {
        while let Ok(Message::Record(entry)) = records.recv() {
            self.write(&*entry);
        }
        // A record that was sent after the end has kept it from seeing that nothing more would come.
        self.shared.lose(self.lines.write());
        self.shared.lose(records.try_iter().count() as u64);
    }

    fn write(&mut self, entry: &impl KV) {
        if !self.lines.format(entry) {
            self.shared.lose(1);
        }
        let is_idle = self.shared.queued.fetch_sub(1, Ordering::Relaxed) <= 1;
        if is_idle || self.lines.finished.len() >= BATCH {
            self.shared.lose(self.lines.write());
        }
        if is_idle {
            rest();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "nobody but the log waits on the log's own thread")]
fn rest() {
    thread::sleep(REST);
}

impl Lines {
    /// A record that cannot be formatted leaves nothing behind, and the log goes on.
    fn format(&mut self, entry: &impl KV) -> bool {
        let start = self.finished.len();
        let header = slog::record_static!(slog::Level::Info, "");
        let format = || {
            let empty = format_args!("");
            let record = slog::Record::new(&header, &empty, slog::BorrowedKV(entry));
            slog_json::Json::new(&mut self.finished).build().log(&record, &self.nothing_more)
        };
        let is_formatted = matches!(catch_unwind(AssertUnwindSafe(format)), Ok(Ok(())));
        if is_formatted {
            self.count += 1;
        } else {
            self.finished.truncate(start);
        }
        is_formatted
    }

    /// How many lines could not be written; nobody is left to be told more.
    fn write(&mut self) -> u64 {
        let written = self.output.write_all(&self.finished).and_then(|()| self.output.flush());
        self.finished.clear();
        self.finished.shrink_to(4 * BATCH);
        let count = std::mem::take(&mut self.count);
        if written.is_ok() { 0 } else { count }
    }
}

#[cfg(test)]
mod tests {
    use super::super::log::Level;
    use super::super::testing::Output;
    use super::*;
    use crate::fields;

    fn started(output: &Output) -> (super::super::log::Log, LogGuard) {
        output.start(Level::Info, IdentifierMode::Masked)
    }

    #[test]
    fn a_record_is_written_while_the_log_goes_on() {
        let output = Output::default();
        let (log, _guard) = started(&output);
        for lines in 1..=3 {
            log.info("test", "promptly", fields! {});
            output.expect_lines(lines);
        }
    }

    #[test]
    fn a_burst_is_written_in_batches_and_in_order() {
        let output = Output::default();
        let (log, guard) = started(&output);
        let gate = output.gate.lock().unwrap();
        for number in 0..5000 {
            log.info("test", "burst", fields! { "number" => number });
        }
        drop(gate);
        drop(guard);
        let numbers: Vec<u64> =
            output.records().iter().map(|record| record["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (0..5000).collect::<Vec<u64>>());
        assert!(output.write_count() < 100, "{} writes", output.write_count());
        assert_eq!(log.dropped(), 0);
    }

    #[test]
    fn a_record_that_comes_too_late_takes_no_other_with_it() {
        let output = Output::default();
        let shared = Arc::new(Shared::new(IdentifierMode::Masked, Arc::default()));
        // This record, and one that another thread has sent behind the end.
        shared.queued.fetch_add(2, Ordering::Relaxed);
        let writer = Writer::new(Box::new(output.clone()), Arc::clone(&shared));
        let (sender, records) = mpsc::sync_channel(2);
        sender.send(Message::Record(Box::new(entry(&shared)))).unwrap();
        sender.send(Message::End).unwrap();
        writer.run(records);
        assert_eq!(output.records().len(), 1);
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted_and_nobody_waits() {
        let output = Output::default();
        let (log, guard) = started(&output);
        let gate = output.gate.lock().unwrap();
        for _ in 0..CHANNEL + 2000 {
            log.info("test", "overload", fields! {});
        }
        let dropped = log.dropped();
        assert!(dropped >= 1, "{dropped}");
        drop(gate);
        drop(guard);
        let written = output.records().len() as u64;
        assert_eq!(written + log.dropped(), CHANNEL as u64 + 2000);
    }

    #[test]
    fn large_records_that_wait_are_bounded_by_their_bytes() {
        let output = Output::default();
        let (log, guard) = started(&output);
        let gate = output.gate.lock().unwrap();
        let megabyte = "x".repeat(1 << 20);
        log.info("test", "keeps the log busy", fields! {});
        for _ in 0..80 {
            log.info("test", "large", fields! { "body" => megabyte.as_str() });
        }
        assert!((10..=20).contains(&log.dropped()), "{}", log.dropped());
        drop(gate);
        output.expect_lines(60);
        log.info("test", "large", fields! { "body" => megabyte.as_str() });
        drop(guard);
        assert_eq!(output.records().len() as u64 + log.dropped(), 82);
    }

    #[test]
    fn an_output_that_fails_costs_its_records_and_nothing_else() {
        let output = Output { fails: true, ..Output::default() };
        let (log, guard) = started(&output);
        log.info("test", "lost", fields! {});
        drop(guard);
        assert_eq!(log.dropped(), 1);
        log.info("test", "after the end", fields! {});
        assert_eq!(log.dropped(), 2);
    }

    #[test]
    fn a_record_that_cannot_be_formatted_leaves_no_trace_in_the_output() {
        struct Unspeakable;
        impl slog::KV for Unspeakable {
            fn serialize(
                &self,
                _: &slog::Record<'_>,
                out: &mut dyn slog::Serializer,
            ) -> slog::Result {
                out.emit_str("half", "a record")?;
                panic!("cannot go on");
            }
        }
        let output = Output::default();
        let shared = Arc::new(Shared::new(IdentifierMode::Masked, Arc::default()));
        let mut writer = Writer::new(Box::new(output.clone()), Arc::clone(&shared));
        writer.write(&Unspeakable);
        writer.write(&());
        assert_eq!((output.text().as_str(), shared.dropped()), ("{}\n", 1));
    }

    fn entry(shared: &Arc<Shared>) -> Entry {
        Entry {
            time: jiff::Timestamp::UNIX_EPOCH,
            level: Level::Info,
            logger: "test".into(),
            message: "late".into(),
            subject: None,
            fields: fields! {},
            shared: Arc::clone(shared),
        }
    }
}
