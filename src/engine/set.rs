//! A program with what its targets need at run time, swapped as a whole on reload.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::bulkhead::Bulkhead;
use super::gate::Gate;
use super::session::{Jar, Keeper};
use super::transport::{Connect, Transport, TransportError};
use crate::program::{Index, Program, Target};
use crate::telemetry::vault::{Learner, Vault};

/// What serves events from one reload to the next.
pub struct Set {
    pub program: Arc<Program>,
    /// Counts the sets of this process, from 1.
    pub generation: u64,
    /// Knows what must never be shown; the same for all sets of this process.
    pub(super) vault: Arc<Vault>,
    pub(super) index: Index,
    /// By position of the mapping, then of its target.
    links: Vec<Vec<Arc<Link>>>,
    /// Those that differ.
    targets: usize,
}

/// What stands between a target and the wire. Shared by all targets of the same definition, and kept
/// across reloads that leave the definition as it is.
pub struct Link {
    fingerprint: [u8; 32],
    pub(super) transport: Arc<dyn Transport>,
    pub(super) gate: Arc<Gate>,
    pub(super) bulkhead: Arc<Bulkhead>,
    /// Where the target wants sessions: it outlives a reload as the connections do.
    pub(super) keeper: Option<Arc<Keeper>>,
    /// Cookies where there are no sessions, and who hides them.
    pub(super) cookies: Option<(Jar, Learner)>,
}

impl Set {
    /// Connects every target that `previous` did not already have.
    pub fn assemble(
        program: Program,
        previous: Option<&Set>,
        connect: &dyn Connect,
    ) -> Result<Self, TransportError> {
        let vault = previous.map(|set| Arc::clone(&set.vault)).unwrap_or_default();
        // Before anything can use them.
        vault.hold(&program.secrets);
        Self::with(Arc::new(program), previous, vault, connect)
    }

    /// The same program as after a start: nothing behind it knows of anything that happened.
    pub fn anew(&self, connect: &dyn Connect) -> Result<Self, TransportError> {
        let vault = Vault::holding(Arc::clone(&self.program.secrets));
        Self::with(Arc::clone(&self.program), None, Arc::new(vault), connect)
    }

    /// The first set of a process, whose secrets others than the engine have to know, too.
    pub fn first(
        program: Program,
        vault: Arc<Vault>,
        connect: &dyn Connect,
    ) -> Result<Self, TransportError> {
        vault.hold(&program.secrets);
        Self::with(Arc::new(program), None, vault, connect)
    }

    fn with(
        program: Arc<Program>,
        previous: Option<&Set>,
        vault: Arc<Vault>,
        connect: &dyn Connect,
    ) -> Result<Self, TransportError> {
        let mut known: HashMap<[u8; 32], Arc<Link>> = previous
            .iter()
            .flat_map(|set| set.links.iter().flatten())
            .map(|link| (link.fingerprint, link.clone()))
            .collect();
        let mut links = Vec::with_capacity(program.mappings.len());
        for mapping in &program.mappings {
            let targets = mapping.targets.iter();
            let of_mapping: Result<Vec<_>, _> =
                targets.map(|target| link(target, &mut known, &vault, connect)).collect();
            links.push(of_mapping?);
        }
        let generation = previous.map_or(1, |set| set.generation + 1);
        let targets: HashSet<_> = links.iter().flatten().map(|link| link.fingerprint).collect();
        let targets = targets.len();
        let index = Index::of(&program.mappings);
        Ok(Self { program, generation, vault, index, links, targets })
    }

    /// Targets of which no two have the same definition.
    pub(super) fn targets(&self) -> usize {
        self.targets
    }

    /// The links of a mapping's targets.
    pub(super) fn links(&self, mapping: usize) -> &[Arc<Link>] {
        self.links.get(mapping).map(Vec::as_slice).unwrap_or_default()
    }
}

fn link(
    target: &Target,
    known: &mut HashMap<[u8; 32], Arc<Link>>,
    vault: &Arc<Vault>,
    connect: &dyn Connect,
) -> Result<Arc<Link>, TransportError> {
    if let Some(link) = known.get(&target.fingerprint) {
        return Ok(link.clone());
    }
    let fingerprint = target.fingerprint;
    let transport = connect.connect(target)?;
    let (gate, bulkhead) = (Arc::new(Gate::of(target)), Arc::new(Bulkhead::default()));
    let login = target.auth.login().map(|login| {
        let targets = login.mapping.targets.iter();
        // The target itself, without its credentials, or somebody else who gives them.
        let links = targets.map(|other| {
            let (transport, gate) = match other.fingerprint == fingerprint {
                true => (Arc::clone(&transport), Arc::clone(&gate)),
                false => (connect.connect(other)?, Arc::new(Gate::of(other))),
            };
            let (fingerprint, keeper, cookies) = (other.fingerprint, None, None);
            let bulkhead = Arc::clone(&bulkhead);
            Ok(Arc::new(Link { fingerprint, transport, gate, bulkhead, keeper, cookies }))
        });
        links.collect::<Result<Vec<_>, TransportError>>()
    });
    let keeper = login.transpose()?.map(|links| Arc::new(Keeper::new(links, vault)));
    let with_cookies = target.cookies && keeper.is_none();
    let cookies = with_cookies.then(|| (Jar::default(), vault.learner()));
    let link = Arc::new(Link { fingerprint, transport, gate, bulkhead, keeper, cookies });
    known.insert(fingerprint, link.clone());
    Ok(link)
}
