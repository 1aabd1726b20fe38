//! A program with what its targets need at run time, swapped as a whole on reload.

use std::collections::HashMap;
use std::sync::Arc;

use super::transport::{Connect, Transport, TransportError};
use crate::program::{Program, Target};

/// What serves events from one reload to the next.
pub struct Set {
    pub program: Program,
    /// Counts the sets of this process, from 1.
    pub generation: u64,
    /// By position of the mapping, then of its target.
    links: Vec<Vec<Arc<Link>>>,
}

/// What stands between a target and the wire. Shared by all targets of the same definition, and kept
/// across reloads that leave the definition as it is.
pub struct Link {
    fingerprint: [u8; 32],
    pub(super) transport: Arc<dyn Transport>,
}

impl Set {
    /// Connects every target that `previous` did not already have.
    pub fn assemble(
        program: Program,
        previous: Option<&Set>,
        connect: &dyn Connect,
    ) -> Result<Self, TransportError> {
        let mut known: HashMap<[u8; 32], Arc<Link>> = previous
            .iter()
            .flat_map(|set| set.links.iter().flatten())
            .map(|link| (link.fingerprint, link.clone()))
            .collect();
        let mut links = Vec::with_capacity(program.mappings.len());
        for mapping in &program.mappings {
            let of_mapping: Result<Vec<_>, _> =
                mapping.targets.iter().map(|target| link(target, &mut known, connect)).collect();
            links.push(of_mapping?);
        }
        let generation = previous.map_or(1, |set| set.generation + 1);
        Ok(Self { program, generation, links })
    }

    /// The links of a mapping's targets.
    pub(super) fn links(&self, mapping: usize) -> &[Arc<Link>] {
        self.links.get(mapping).map(Vec::as_slice).unwrap_or_default()
    }
}

fn link(
    target: &Target,
    known: &mut HashMap<[u8; 32], Arc<Link>>,
    connect: &dyn Connect,
) -> Result<Arc<Link>, TransportError> {
    if let Some(link) = known.get(&target.fingerprint) {
        return Ok(link.clone());
    }
    let transport = connect.connect(target)?;
    let link = Arc::new(Link { fingerprint: target.fingerprint, transport });
    known.insert(target.fingerprint, link.clone());
    Ok(link)
}
