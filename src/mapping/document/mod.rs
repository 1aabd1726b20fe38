//! Mapping files as written: the YAML tree decoded, one to one, every fault collected. What names
//! and texts mean is for `mapping::check`.

pub mod decode;
mod extract;
mod responses;
mod rule;
mod target;
mod when;

use decode::{Anything, Decode, Fields, Named, Reader, Text, WithNode};
pub use extract::{Case, LongVariable, Variable};
pub use responses::ResponseEntry;
pub use rule::{Rule, Step};
pub use target::{ApiKey, Auth, Basic, Retry, Target};
pub use when::{Clause, Test, When};

use crate::mapping::diagnostic::Span;
use crate::mapping::yaml::Node;

/// A whole mapping file.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub span: Span,
    /// Of the format: 1.
    pub version: Option<Anything>,
    /// For people.
    pub description: Option<Text>,
    /// External systems, by name.
    pub targets: Option<Named<WithNode<Target>>>,
    /// Variables that all rules share.
    pub extract: Option<Named<Variable>>,
    /// Look-up tables, by name.
    pub tables: Option<Named<Anything>>,
    /// Tried in order. A rule that cannot be read does not hide the faults of the others.
    pub rules: Vec<Option<Rule>>,
}

impl Decode for Mapping {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut fields = Fields::of(node, "a mapping file", reader)?;
        fields.ignore_extensions();
        let mapping = Self {
            span: fields.span(),
            version: fields.required("version", reader),
            description: fields.optional("description", reader),
            targets: fields.required("targets", reader),
            extract: fields.optional("extract", reader),
            tables: fields.optional("tables", reader),
            rules: fields.required("rules", reader).map(|Each(rules)| rules).unwrap_or_default(),
        };
        fields.finish(reader);
        Some(mapping)
    }
}

/// A list whose members are read each for itself.
struct Each<T>(Vec<Option<T>>);

impl<T: Decode> Decode for Each<T> {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(members) = node.as_sequence() else {
            reader.wrong_type(node, "a list");
            return None;
        };
        Some(Self(members.iter().map(|member| T::decode(member, reader)).collect()))
    }
}
