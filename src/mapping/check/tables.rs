//! `tables`: look-up tables that a file names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::diagnostic::Span;
use super::super::document::Mapping as Document;
use super::super::env::Secrecy;
use super::super::names::did_you_mean;
use super::super::yaml::{Kind, Node};
use super::Checker;
use crate::expr::Table;

/// A table by its name.
pub(super) struct NamedTable {
    /// `None` for one that has a mistake.
    table: Option<Arc<Table>>,
    span: Span,
    used: bool,
}

impl Checker<'_, '_> {
    /// Reads every table of the file; its variables are declared already.
    pub(super) fn tables(&mut self, document: &Document) {
        for (key, value) in document.tables.iter().flat_map(|named| &named.0) {
            self.variable_name(&key.text, key.span);
            if self.scopes.sees(&key.text) {
                let message = format!("`{}` is a variable already", key.text);
                self.error("duplicate-name", key.span, message, "give the table another name");
            }
            let table = value.as_ref().and_then(|value| self.table(&value.0)).map(Arc::new);
            let named = NamedTable { table, span: key.span, used: false };
            self.tables.insert(key.text.as_str().into(), named);
        }
    }

    /// A table that `map`, `in_table` or `lookup` names.
    pub(super) fn named_table(&mut self, name: &str, span: Span) -> Option<Arc<Table>> {
        if let Some(named) = self.tables.get_mut(name) {
            named.used = true;
            return named.table.clone();
        }
        let help = match did_you_mean(name, self.table_names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.scopes.nameless => {
                "a test has no tables: write the values, as a list".to_owned()
            }
            None => format!("define it: `tables: {{ {name}: {{ from: to }} }}`"),
        };
        self.error("unknown-table", span, format!("there is no table `{name}`"), &help);
        None
    }

    pub(super) fn has_table(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }

    pub(super) fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(|name| &**name)
    }

    /// A mapping of keys to values that do not depend on the event.
    pub(super) fn table(&mut self, node: &Node) -> Option<Table> {
        let Kind::Mapping(entries) = &node.kind else {
            let message = format!("expected a look-up table, found {}", node.type_name());
            let help = "write e.g. `{ O: active, S: suspended }`";
            self.error("wrong-type", node.span, message, help);
            return None;
        };
        if entries.is_empty() {
            let help = "write e.g. `{ O: active, S: suspended }`";
            self.error("empty-list", node.span, "this look-up table is empty", help);
        }
        let table: Vec<_> = entries
            .iter()
            .map(|entry| {
                let shape = self.shape(&entry.value, Secrecy::Plain)?;
                let Some(value) = shape.as_constant() else {
                    let message = "a value of a look-up table cannot be computed";
                    let help = "use `cases` for values that depend on the event";
                    self.error("not-constant", entry.value.span, message, help);
                    return None;
                };
                Some((entry.key.text.as_str().into(), value.clone()))
            })
            .collect();
        table.into_iter().collect()
    }

    /// Forgets which tables are used, until [`Checker::end_noting_tables`].
    pub(super) fn begin_noting_tables(&mut self) -> Vec<bool> {
        self.tables.values_mut().map(|named| std::mem::take(&mut named.used)).collect()
    }

    /// The tables that were used since then, with all that is in them.
    pub(super) fn end_noting_tables(&mut self, before: Vec<bool>) -> String {
        let mut used: Vec<(&str, &Arc<Table>)> = Vec::new();
        for ((name, named), before) in self.tables.iter_mut().zip(before) {
            if let Some(table) = named.table.as_ref().filter(|_| named.used) {
                used.push((name, table));
            }
            named.used |= before;
        }
        let text = |(name, table): (&str, &Arc<Table>)| {
            let sorted: BTreeMap<_, _> = table.iter().collect();
            format!("{name} {sorted:?}\n")
        };
        used.into_iter().map(text).collect()
    }

    /// Warns of tables that nothing looks into.
    pub(super) fn unused_tables(&mut self) {
        // What could not be read may be what needs a table.
        if self.report.has_errors_in(self.source) {
            return;
        }
        let unused = self.tables.iter().filter(|(_, named)| !named.used);
        let unused: Vec<_> = unused.map(|(name, named)| (name.clone(), named.span)).collect();
        for (name, span) in unused {
            let message = format!("the table `{name}` is not used");
            self.warning("unused-table", span, message, "use it, or leave it out");
        }
    }
}
