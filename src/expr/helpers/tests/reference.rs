//! The table of helpers in the reference: every helper is there, and every example gives what it
//! says.

use serde_json::{Value, json};

use super::super::{OF_TEMPLATES, all};
use crate::expr::Builtin;
use crate::expr::testing::World;

const REFERENCE: &str = include_str!("../../../../docs/mapping-reference.md");

/// What the reference says that its examples mean.
const MEANINGS: &str = r#"`list` is `["a","b"]`, `plan` is `null`, and `none` is absent"#;

struct Example<'r> {
    helper: &'r str,
    template: &'r str,
    gives: &'r str,
}

/// What stands in one pair of backticks.
#[track_caller]
fn code(cell: &str) -> &str {
    let inner = cell.trim().strip_prefix('`').and_then(|cell| cell.strip_suffix('`'));
    inner.unwrap_or_else(|| panic!("{cell} is not one piece of code"))
}

fn examples() -> Vec<Example<'static>> {
    let (_, table) = REFERENCE.split_once("| helper | example | gives |").expect("the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [helper, template, gives, ..] = cells.as_slice() else { panic!("{row}") };
        Example { helper: code(helper), template: code(template), gives: code(gives) }
    })
    .collect()
}

#[test]
fn every_example_gives_what_the_reference_says() {
    assert!(REFERENCE.contains(MEANINGS));
    let world = World::new(
        "list: $.list\nplan: { path: $.plan, nullable: true }\nnone: { path: $.x, optional: true }",
        json!({"list": ["a", "b"], "plan": null}),
    );
    for Example { helper, template, gives } in examples() {
        assert!(template.contains(helper), "{template} shows no `{helper}`");
        let given = match world.value(template) {
            Ok(Some(Value::String(text))) => text,
            Ok(Some(value)) => value.to_string(),
            other => panic!("{template}: {other:?}"),
        };
        assert_eq!(given, gives, "{template}");
    }
}

#[test]
fn every_helper_is_in_the_reference() {
    let documented: Vec<&str> = examples().iter().map(|example| example.helper).collect();
    for helper in all().map(|helper| helper.name).chain(OF_TEMPLATES) {
        assert!(documented.contains(&helper), "{helper} is not documented");
    }
}

#[test]
fn every_built_in_name_is_in_the_reference() {
    let (_, chapter) = REFERENCE.split_once("### Built in").expect("the chapter");
    let rows = chapter.lines().skip_while(|line| !line.starts_with('|'));
    let first =
        rows.take_while(|line| line.starts_with('|')).filter_map(|row| row.split('|').nth(1));
    let documented: Vec<&str> = first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let tables = [&Builtin::EVERYWHERE[..], &Builtin::OF_MEMBERS, &Builtin::OF_ANSWERS];
    for (name, _) in tables.into_iter().flatten() {
        assert!(documented.contains(name), "{name} is not documented");
    }
}
