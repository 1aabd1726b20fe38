//! Everything secret that the process knows: what mappings and settings hold, and what log-ins have
//! fetched. The log, the answers to NSPS and the engine ask the same one.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::mask::{self, LONGEST_SECRET, Mask, Secrets};
use super::spans::{self, Span};

/// Texts that are kept of what one learner learned; older ones are forgotten first. A target's
/// answer to an event that began before several renewals can still be about a token of that time.
const MOST_TEXTS: usize = 64;

/// The same in bytes. Each costs some time whenever something new is learned.
const MOST_BYTES: usize = 32 * 1024;

/// Knows every secret. What it was once told to hold it hides as long as the process runs.
#[derive(Default)]
pub struct Vault {
    known: ArcSwap<Known>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By learner; 0 has what learners left that are gone.
    learned: BTreeMap<u64, Recent>,
    learners: u64,
}

/// The last texts that somebody learned, the latest at the end.
#[derive(Default)]
struct Recent(VecDeque<String>);

/// All secrets that are known at a moment.
#[derive(Clone, Default)]
pub struct Known {
    held: Arc<Secrets>,
    learned: Arc<Secrets>,
}

/// How many there are, and not one of them.
impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known();
        write!(f, "Vault({:?}, {:?})", known.held, known.learned)
    }
}

/// Somebody who fetches secrets, and whose latest ones are therefore kept apart from those of
/// others.
#[derive(Debug)]
pub struct Learner {
    vault: Arc<Vault>,
    id: u64,
}

impl Vault {
    /// One that hides these from the beginning.
    pub fn holding(held: Arc<Secrets>) -> Self {
        let known = ArcSwap::from_pointee(Known { held, ..Known::default() });
        Self { known, ..Self::default() }
    }

    /// Hides these from now on.
    pub fn hold(&self, secrets: &Secrets) {
        // The lock keeps two that hold something from losing what the other one has.
        let _state = self.state();
        let known = self.known();
        let held = Arc::new(known.held.merge(secrets));
        self.known.store(Arc::new(Known { held, ..Known::clone(&known) }));
    }

    /// What is secret now.
    pub fn known(&self) -> Arc<Known> {
        self.known.load_full()
    }

    /// A new learner, who has learned nothing yet.
    pub fn learner(self: &Arc<Self>) -> Learner {
        let mut state = self.state();
        state.learners += 1;
        Learner { vault: Arc::clone(self), id: state.learners }
    }

    fn learn(&self, id: u64, texts: impl IntoIterator<Item = String>) {
        let mut state = self.state();
        if state.learned.entry(id).or_default().extend(texts) {
            self.renew(&state);
        }
    }

    /// What a learner leaves stays hidden for a while: records of it may not be written yet.
    fn retire(&self, id: u64) {
        let mut state = self.state();
        let Some(Recent(texts)) = state.learned.remove(&id) else { return };
        state.learned.entry(0).or_default().extend(texts);
        self.renew(&state);
    }

    fn renew(&self, state: &State) {
        let texts = state.learned.values().flat_map(|recent| recent.0.iter().cloned());
        let learned = Arc::new(Secrets::new(texts));
        self.known.store(Arc::new(Known { learned, ..Known::clone(&self.known()) }));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mask for Vault {
    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.known().mask(text) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(masked) => Cow::Owned(masked),
        }
    }
}

impl Mask for Known {
    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.masked(text)
    }
}

impl Known {
    /// As [`Secrets::mask_whole`].
    pub fn mask_whole<'t>(&self, text: &'t str) -> Cow<'t, str> {
        mask::mask_whole(text, &[&self.held, &self.learned], |text| self.masked(text))
    }

    /// As [`Secrets::mask_field`].
    pub fn mask_field<'t>(&self, text: &'t str) -> Cow<'t, str> {
        mask::mask_field(text, &[&self.held, &self.learned], |text| self.masked(text))
    }

    fn masked<'t>(&self, text: &'t str) -> Cow<'t, str> {
        spans::replace(Cow::Borrowed(text), text.len(), self.spans(text)).0
    }

    pub(super) fn spans(&self, text: &str) -> Vec<Span> {
        let mut spans = self.held.spans(text);
        spans.append(&mut self.learned.spans(text));
        spans
    }
}

impl Recent {
    /// Whether there was anything new among them. The latest of them all stays, however large it is.
    fn extend(&mut self, texts: impl IntoIterator<Item = String>) -> bool {
        let mut is_new = false;
        for text in texts {
            // What follows a beginning of this length is masked with it.
            let end = spans::boundary(&text, LONGEST_SECRET + char::MAX.len_utf8());
            let text = text[..end].to_owned();
            match self.0.iter().position(|known| *known == text) {
                Some(at) => drop(self.0.remove(at)),
                None => is_new = true,
            }
            self.0.push_back(text);
        }
        let mut bytes: usize = self.0.iter().map(String::len).sum();
        while self.0.len() > MOST_TEXTS || (bytes > MOST_BYTES && self.0.len() > 1) {
            bytes -= self.0.pop_front().map_or(0, |oldest| oldest.len());
        }
        is_new
    }
}

impl Learner {
    /// Hides these from now on. Texts of fewer than 8 bytes are not looked for, as with all secrets.
    pub fn learn(&self, texts: impl IntoIterator<Item = String>) {
        self.vault.learn(self.id, texts);
    }
}

impl Drop for Learner {
    fn drop(&mut self) {
        self.vault.retire(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(texts: &[&str]) -> Secrets {
        Secrets::new(texts.iter().map(|text| (*text).to_owned()))
    }

    fn learn(learner: &Learner, texts: &[&str]) {
        learner.learn(texts.iter().map(|text| (*text).to_owned()));
    }

    #[test]
    fn what_is_held_and_what_is_learned_are_hidden_together() {
        let vault = Arc::new(Vault::default());
        vault.hold(&secrets(&["first-secret"]));
        let learner = vault.learner();
        learn(&learner, &["token-of-march", "short"]);
        vault.hold(&secrets(&["second-secret"]));
        let text = "first-secret second-secret token-of-march short";
        assert_eq!(vault.mask(text), "*** *** *** short");
        learn(&learner, &["secret token"]);
        assert_eq!(vault.mask("first-secret token"), "***", "what overlaps is one");
    }

    #[test]
    fn nothing_is_left_of_a_secret_that_overlaps_one_known_from_elsewhere() {
        let vault = Arc::new(Vault::default());
        vault.hold(&secrets(&["password", "4711"]));
        let learner = vault.learner();
        learn(&learner, &["password1234", "word1234-of-march", "0815"]);
        for (text, shown) in [
            ("password1234", "***"),
            ("password1234-of-march", "***"),
            ("4711 0815", "*** ***"),
            ("sid=0815", "sid=***"),
        ] {
            assert_eq!(vault.known().mask_field(text), shown);
        }
        assert_eq!(vault.known().mask_whole("password1234"), "***");
        assert_eq!(vault.known().mask_whole("0815"), "***");
    }

    #[test]
    fn each_learner_has_its_own_latest_texts() {
        let vault = Arc::new(Vault::default());
        let (quiet, busy) = (vault.learner(), vault.learner());
        learn(&quiet, &["a token for ever"]);
        let token = |number: usize| format!("token number {number:03}");
        for number in 0..100 {
            busy.learn([token(number), token(0)]);
        }
        let is_hidden = |text: &str| vault.mask(text) == "***";
        assert!(is_hidden("a token for ever"));
        assert!(is_hidden(&token(0)), "what is met again is not old");
        assert!(is_hidden(&token(99)) && is_hidden(&token(100 - MOST_TEXTS + 1)));
        assert!(!is_hidden(&token(100 - MOST_TEXTS)));
    }

    #[test]
    fn however_much_is_learned_what_is_kept_has_an_end() {
        let vault = Arc::new(Vault::default());
        let learner = vault.learner();
        let long = |first: char| format!("{first}{}", "-".repeat(1 << 20));
        learner.learn(('a'..='z').map(long));
        let kept: usize =
            vault.state().learned.values().flat_map(|recent| &recent.0).map(String::len).sum();
        assert!(kept <= MOST_BYTES, "{kept}");
        assert_eq!(vault.mask(&format!("<{}>", long('z'))), "<***");
    }

    #[test]
    fn what_a_learner_leaves_stays_hidden_until_others_have_left_more() {
        let vault = Arc::new(Vault::default());
        let leave = |texts: &[&str]| learn(&vault.learner(), texts);
        leave(&["token-of-march"]);
        assert_eq!(vault.mask("token-of-march"), "***");
        (0..MOST_TEXTS).for_each(|number| leave(&[&format!("token number {number}")]));
        assert_eq!(vault.mask("token-of-march"), "token-of-march");
        assert_eq!(vault.state().learned.len(), 1);
    }

    #[test]
    fn secrets_are_not_shown_by_debug() {
        let vault = Arc::new(Vault::default());
        vault.hold(&secrets(&["first-secret"]));
        assert_eq!(format!("{vault:?}"), "Vault(Secrets(1), Secrets(0))");
    }
}
