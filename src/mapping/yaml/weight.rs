//! What anchors and aliases repeat, measured, so that a small file cannot become a large tree.

use super::node::{Entry, Kind, Node};

/// What a value costs to repeat.
pub(super) struct Weight {
    /// How many collections are inside each other.
    pub(super) height: usize,
    pub(super) nodes: usize,
    /// Of text.
    pub(super) bytes: usize,
}

impl Weight {
    pub(super) fn of(node: &Node) -> Self {
        let mut weight = Weight { height: 0, nodes: 1, bytes: 0 };
        match &node.kind {
            Kind::Sequence(members) => members.iter().for_each(|member| weight.add(member)),
            Kind::Mapping(entries) => {
                for Entry { key, value } in entries {
                    weight.bytes += key.text.len();
                    weight.add(value);
                }
            }
            Kind::String(text) => weight.bytes = text.len(),
            Kind::Number(number) => weight.bytes = number.as_str().len(),
            Kind::Null | Kind::Bool(_) => {}
        }
        weight.height += usize::from(node.notation.is_collection());
        weight
    }

    fn add(&mut self, child: &Node) {
        let child = Weight::of(child);
        self.height = self.height.max(child.height);
        self.nodes += child.nodes;
        self.bytes += child.bytes;
    }
}
