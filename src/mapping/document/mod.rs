//! Mapping files as written: the YAML tree decoded, one to one, every fault collected. What names
//! and texts mean is for `mapping::check`.

pub mod decode;
mod extract;
mod fields;
mod responses;
mod rule;
mod target;
mod when;

use decode::{Anything, Decode, Each, Fields, Named, Reader, Text, WithNode};
pub use extract::{Case, LongVariable, Variable};
pub use responses::ResponseEntry;
pub use rule::{Rule, Step};
pub use target::{ApiKey, Auth, Basic, Retry, Target};
pub use when::{Clause, Test, When};

use crate::mapping::yaml::Node;

/// A whole mapping file.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Of the format: 1.
    pub version: Option<Anything>,
    /// For people.
    pub description: Option<Text>,
    /// External systems, by name.
    pub targets: Option<Named<WithNode<Target>>>,
    /// Variables that all rules share.
    pub extract: Option<Named<Variable>>,
    /// Tried in order. A rule that cannot be read does not hide the faults of the others.
    pub rules: Vec<Option<Rule>>,
}

impl Decode for Mapping {
    fn decode(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let keys = ["version", "description", "targets", "extract", "rules"];
        let mut fields = Fields::of(node, "a mapping file", &keys, reader)?;
        fields.ignore_extensions();
        fields.correct(reader);
        let mapping = Self {
            version: fields.required("version", reader),
            description: fields.optional("description", reader),
            targets: fields.required("targets", reader).map(|all| targets(node, all, reader)),
            extract: fields.optional("extract", reader),
            rules: fields
                .required("rules", reader)
                .map(|each| rules(each, reader))
                .unwrap_or_default(),
        };
        fields.finish(reader);
        Some(mapping)
    }
}

fn targets<T>(file: &Node, named: Named<T>, reader: &mut Reader<'_>) -> Named<T> {
    let entries = file.as_mapping().unwrap_or_default();
    let written = entries.iter().find(|entry| entry.key.text == "targets");
    if let Some(entry) = written.filter(|_| named.0.is_empty()) {
        let help = "write e.g. `targets: { hss: { url: https://hss.example/api } }`";
        reader.error("empty-list", entry.value.span, "there are no targets", help);
    }
    named
}

fn rules(each: Each<Rule>, reader: &mut Reader<'_>) -> Vec<Option<Rule>> {
    if each.members.is_empty() {
        let help = "write e.g. `- { name: all, event: \"*\", ignore: not ours }`";
        reader.error("empty-list", each.span, "there are no rules", help);
    }
    each.members
}
