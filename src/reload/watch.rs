//! `--watch`: a change in the directory of mappings asks for a reload.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::EventKind;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::clock::Clock;

/// How long it must be quiet after a change: several files are seldom written in one step.
const QUIET: Duration = Duration::from_millis(300);

/// How often that much quiet is waited for: files that change all the time end no wait otherwise.
const MOST_WAITS: usize = 10;

/// Watches a directory, and the place where it stands: the directory may be a symbolic link that is
/// moved to another one. Kubernetes swaps such a link inside of the directory.
pub struct Watch {
    directory: PathBuf,
    watcher: RecommendedWatcher,
    changes: mpsc::Receiver<()>,
    /// Something changed, and [`Self::changed`] has not resolved since.
    pending: bool,
}

impl Watch {
    /// Begins to watch; it fails if the directory cannot be watched.
    pub fn start(directory: &Path) -> Result<Self, String> {
        let directory = std::path::absolute(directory).map_err(|error| error.to_string())?;
        // One change is as good as many: what does not fit is not needed.
        let (changed, changes) = mpsc::channel(1);
        let of_interest = directory.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| concerns(&of_interest, &event)) {
                let _ = changed.try_send(());
            }
        });
        let watcher = watcher.map_err(|error| error.to_string())?;
        let mut watch = Self { directory, watcher, changes, pending: false };
        watch.attach()?;
        Ok(watch)
    }

    /// Resolves after something changed and it has been quiet since, or never quiet for long. A
    /// call that is given up is taken up by the next one: no change is lost.
    pub async fn changed(&mut self, clock: &dyn Clock) {
        if !self.pending && self.changes.recv().await.is_none() {
            // The watcher is gone for good: nothing will ever change.
            std::future::pending::<()>().await;
        }
        self.pending = true;
        for _ in 0..MOST_WAITS {
            clock.sleep(QUIET).await;
            if self.changes.try_recv().is_err() {
                break;
            }
        }
        self.pending = false;
        // The directory may be another one now. Where it is missing, the reload says so, and its
        // return is seen in the directory above.
        let _ = self.attach();
    }

    fn attach(&mut self) -> Result<(), String> {
        let _ = self.watcher.unwatch(&self.directory);
        if let Some(above) = self.directory.parent() {
            self.watcher
                .watch(above, RecursiveMode::NonRecursive)
                .map_err(|error| error.to_string())?;
        }
        self.watcher
            .watch(&self.directory, RecursiveMode::NonRecursive)
            .map_err(|error| error.to_string())
    }
}

/// Reading the files is an event too, and must not ask for reading them again.
fn concerns(directory: &Path, event: &notify::Event) -> bool {
    let changes = matches!(
        event.kind,
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Any
    );
    changes && event.paths.iter().any(|path| path.starts_with(directory))
}
