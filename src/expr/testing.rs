//! Support of this folder's tests: variables and an event, and texts compiled against them.

use std::cell::OnceCell;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Table;
use super::body::{Member, Shape};
use super::condition::{Condition, Finding};
use super::effort::Effort;
use super::extract::Variable;
use super::template::{Names, Piece, Place, Template, TemplateFault, Unescaped};
use super::{Builtin, Fault, Reading, Root, Scope, VariableId};
use crate::document::Document;
use crate::mapping::diagnostic::Style;
use crate::mapping::env::{Environment, Secrecy};
use crate::mapping::load_text;
use crate::program::{Act, Action, Call, Mapping, Rule, Step};

/// What names stand for in a test.
pub struct World {
    variables: Vec<Variable>,
    rule: Condition,
    response: Condition,
    values: Vec<OnceCell<Result<Option<Value>, Fault>>>,
    event: Value,
    document: Document,
    answer: Option<Answer>,
    effort: Effort,
}

struct Answer {
    status: Value,
    headers: Value,
    body: Option<Value>,
    text: Value,
}

/// The environment of tests: all is set but `UNSET`, and some of it is hostile.
fn variable(name: &str) -> Option<String> {
    match name {
        "UNSET" => None,
        "BRACES" => Some("{{secret}}${UNSET}".to_owned()),
        "QUOTE" => Some("\"}, {\"a\": \"/../?#".to_owned()),
        name => Some(format!("env-{name}")),
    }
}

fn no_file(_: &str) -> Result<String, String> {
    Err("there are no files".to_owned())
}

/// The mapping of a text that must load without an error; a warning is no matter.
#[track_caller]
pub fn mapping(text: &str) -> Mapping {
    let environment = Environment::new(&variable, &no_file, false);
    let loaded = load_text("test.yaml", text, environment);
    match loaded.program {
        Some(mut program) => program.mappings.remove(0),
        None => panic!("{}\n{text}", loaded.report.render(Style::Plain)),
    }
}

/// A YAML text in a block below a key.
fn below(key: &str, text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}\n")).collect();
    format!("{key}:\n{}", lines.concat())
}

impl World {
    /// Variables as a mapping's `extract` defines them, over an event.
    #[track_caller]
    pub fn new(extract: &str, event: Value) -> Self {
        Self::with_conditions(extract, "{}", "{ status: 200 }", event)
    }

    /// The same, with less that may be computed.
    pub fn with_effort(mut self, values: usize) -> Self {
        self.effort = Effort::of(values);
        self
    }

    /// A variable for each member of the event, all optional, null kept.
    #[track_caller]
    pub fn of(event: Value) -> Self {
        Self::new(&each_member(&event), event)
    }

    /// The same, and a condition over them.
    #[track_caller]
    pub fn when(when: &str, event: Value) -> Self {
        Self::with_conditions(&each_member(&event), when, "{ status: 200 }", event)
    }

    #[track_caller]
    pub fn with_conditions(extract: &str, when: &str, response: &str, event: Value) -> Self {
        let extract = if extract.trim().is_empty() { "{}" } else { extract };
        let text = format!(
            "version: 1\ntargets: {{ t: {{ url: http://t.test }} }}\n{}rules:\n- name: r\n  event: x\n  \
             when: {when}\n  steps: [{{ request: GET /, responses: [{{ when: {response}, then: ok }}] }}]\n",
            below("extract", extract),
        );
        let Mapping { variables, mut rules, .. } = mapping(&text);
        let Rule { when: rule, action: Action::Steps(mut steps), .. } = rules.remove(0) else {
            panic!("a rule with steps was written");
        };
        let Step { act: Act::Call(call), .. } = steps.remove(0) else {
            panic!("a step with a request was written");
        };
        let Call { mut responses, .. } = *call;
        let values = variables.iter().map(|_| OnceCell::new()).collect();
        let response = responses.remove(0).when;
        let (document, effort) = (Document::of(&event), Effort::new());
        Self { variables, rule, response, values, event, document, answer: None, effort }
    }

    /// With an answer to read.
    pub fn answered(mut self, status: u16, headers: Value, text: &str) -> Self {
        let body = serde_json::from_str(text).ok();
        self.answer = Some(Answer { status: json!(status), headers, body, text: json!(text) });
        self
    }

    /// Whether the rule's condition holds.
    pub fn holds(&self) -> Result<bool, Fault> {
        self.rule.holds(self)
    }

    /// The rule's condition, taken apart.
    pub fn take_apart<T>(&self, look: impl FnOnce(&dyn Scope, &Finding<'_>) -> T) -> T {
        look(self, &self.rule.take_apart(self))
    }

    /// Whether the condition of the `responses` entry holds.
    pub fn answer_holds(&self) -> Result<bool, Fault> {
        self.response.holds(self)
    }

    /// A variable as a request needs it.
    pub fn variable(&self, name: &str) -> Result<Option<Value>, Fault> {
        let id = self.find(name).unwrap_or_else(|| panic!("there is no variable `{name}`"));
        match self.get(Root::Variable(id))? {
            Some(value) => Ok(Some(value.clone())),
            None => self.absence(Root::Variable(id)).map_or(Ok(None), Err),
        }
    }

    fn find(&self, name: &str) -> Option<VariableId> {
        self.variables.iter().position(|variable| &*variable.name == name).map(VariableId)
    }

    /// A template whose `${NAME}` stands for `env-NAME`.
    pub fn try_template(
        &self,
        text: &str,
        unescaped: Unescaped,
    ) -> Result<Template, Vec<TemplateFault>> {
        Template::parse(text, unescaped, &mut WorldNames(self))
    }

    #[track_caller]
    pub fn template(&self, text: &str) -> Template {
        match self.try_template(text, Unescaped::Refused) {
            Ok(template) => template,
            Err(faults) => panic!("{text}: {faults:?}"),
        }
    }

    /// The value of a template, with its type.
    #[track_caller]
    pub fn value(&self, text: &str) -> Result<Option<Value>, Fault> {
        Ok(self.template(text).value(self)?.map(std::borrow::Cow::into_owned))
    }

    #[track_caller]
    pub fn text(&self, text: &str, place: Place) -> Result<String, Fault> {
        self.template(text).text(self, place)
    }

    /// A JSON value whose strings are templates.
    #[track_caller]
    pub fn shape(&self, value: &Value) -> Shape {
        match value {
            Value::String(text) => Shape::template(self.template(text)),
            Value::Array(members) => {
                Shape::array(members.iter().map(|member| self.shape(member)).collect())
            }
            Value::Object(members) => {
                let member =
                    |(name, value): (&String, &Value)| Member::new(name, self.shape(value));
                Shape::object(members.iter().map(member).collect())
            }
            constant => Shape::constant(constant.clone()),
        }
    }

    /// A JSON body, as it is sent.
    #[track_caller]
    pub fn body(&self, value: &Value) -> Result<String, Fault> {
        let json = self.shape(value).to_json(self)?;
        Ok(String::from_utf8(json).expect("JSON is UTF-8"))
    }
}

fn each_member(event: &Value) -> String {
    let names = event.as_object().into_iter().flatten().map(|(name, _)| name);
    names
        .map(|name| {
            format!("{name}: {{ path: \"$['{name}']\", optional: true, nullable: true }}\n")
        })
        .collect()
}

impl Scope for World {
    fn get(&self, root: Root) -> Result<Option<&Value>, Fault> {
        let answer = self.answer.as_ref();
        let id = match root {
            Root::Variable(id) => id,
            Root::Builtin(Builtin::Event) => return Ok(Some(&self.event)),
            Root::Builtin(Builtin::EventId) => return Ok(self.event.get("event_id")),
            Root::Builtin(Builtin::Status) => return Ok(answer.map(|answer| &answer.status)),
            Root::Builtin(Builtin::Headers) => return Ok(answer.map(|answer| &answer.headers)),
            Root::Builtin(Builtin::Body) => {
                return Ok(answer.and_then(|answer| answer.body.as_ref()));
            }
            Root::Builtin(Builtin::Text) => return Ok(answer.map(|answer| &answer.text)),
            _ => return Ok(None),
        };
        let evaluate = || {
            let value =
                self.variables[id.0].evaluate(&|| Some(Reading::Event(&self.document)), self)?;
            Ok(value.map(std::borrow::Cow::into_owned))
        };
        self.values[id.0].get_or_init(evaluate).as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    fn absence(&self, root: Root) -> Option<Fault> {
        match root {
            Root::Variable(id) => self.variables[id.0].required(),
            _ => None,
        }
    }

    fn document(&self) -> Option<Reading<'_>> {
        match &self.answer {
            Some(answer) => answer.body.as_ref().map(Reading::Tree),
            None => Some(Reading::Event(&self.document)),
        }
    }
    fn effort(&self) -> &Effort {
        &self.effort
    }

    fn uuid(&self) -> String {
        uuid::Uuid::nil().to_string()
    }
}

struct WorldNames<'w>(&'w World);

impl Names for WorldNames<'_> {
    fn resolve(&mut self, names: &[&str]) -> Result<(Root, usize), TemplateFault> {
        let name = names[0];
        if let Some(id) = self.0.find(name) {
            return Ok((Root::Variable(id), 1));
        }
        let known = Builtin::EVERYWHERE.iter().chain(&Builtin::OF_ANSWERS);
        match known.into_iter().find(|(known, _)| *known == name) {
            Some((_, builtin)) => Ok((Root::Builtin(*builtin), 1)),
            None => Err(TemplateFault {
                code: "undefined-name",
                message: format!("nothing defines `{name}`"),
                help: None,
                range: None,
            }),
        }
    }

    fn table(&mut self, name: &str) -> Option<Arc<Table>> {
        let table = [("O".into(), json!("open")), ("1".into(), json!(1))];
        (name == "table").then(|| Arc::new(table.into()))
    }

    fn environment(&mut self, text: &str, _: usize) -> Vec<Piece> {
        let mut environment = Environment::new(&variable, &no_file, false);
        let substituted = environment.substitute(text, Secrecy::Plain).map(|given| given.pieces);
        substituted.unwrap_or_else(|_| vec![Piece::Written(text.to_owned())])
    }
}
