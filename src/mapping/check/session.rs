//! Log-ins: what their steps save, where that is known as `session.NAME`, and the small program that
//! they are.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::super::diagnostic::Span;
use super::super::document::decode::{Decode, Each, Reader, Text};
use super::super::document::{
    Auth as WrittenAuth, Mapping as Document, Session as Written, Step as WrittenStep,
};
use super::super::env::Secrecy;
use super::super::names::did_you_mean;
use super::super::yaml::{Kind, Node};
use super::Checker;
use super::names::Scopes;
use super::steps::saved_by;
use super::usage::Usage;
use crate::expr::body::Shape;
use crate::expr::condition::Condition;
use crate::expr::extract::Variable;
use crate::expr::template::TemplateFault;
use crate::expr::{Root, SavedId};
use crate::program::{Action, Keepsake, Login, Mapping, Rule};

/// Whose session can be named where the checker is reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Whose {
    /// No request is made here.
    #[default]
    Nobody,
    /// Of the target in this position.
    Target(usize),
    /// Of a target that has a mistake: whatever is named is not a second one.
    Unknown,
}

/// What the session of one target has.
#[derive(Default)]
pub(super) struct SessionNames {
    /// In the order of their places.
    names: Vec<SessionName>,
    places: HashMap<Box<str>, usize>,
}

struct SessionName {
    name: Box<str>,
    span: Span,
    used: bool,
}

/// What a session of `oauth2` has: members of the answer of the token endpoint (RFC 6749, section
/// 5.1).
pub(super) const OF_OAUTH: [&str; 3] = ["access_token", "refresh_token", "expires_in"];

/// What there is to know of all sessions before anything is compiled.
#[derive(Default)]
pub(super) struct Sessions {
    /// By position of the target; `None` for one without a log-in.
    of_targets: Vec<Option<SessionNames>>,
    /// Targets with what of their sessions a request uses as its address.
    addresses: HashSet<(usize, Box<str>)>,
}

impl Sessions {
    pub(super) fn of(document: &Document) -> Self {
        let targets = document.targets.iter().flat_map(|named| &named.0);
        let of_targets = targets.map(|(_, written)| {
            let auth = written.as_ref()?.value.auth.as_ref()?;
            SessionNames::of(auth)
        });
        Self { of_targets: of_targets.collect(), addresses: addresses(document) }
    }

    fn names(&mut self, target: usize) -> Option<&mut SessionNames> {
        self.of_targets.get_mut(target)?.as_mut()
    }

    /// Whether a target has a log-in.
    pub(super) fn has(&self, target: usize) -> bool {
        self.of_targets.get(target).is_some_and(Option::is_some)
    }
}

impl SessionNames {
    /// What a target's log-in saves; `None` if it has none.
    fn of(auth: &WrittenAuth) -> Option<Self> {
        let mut session = Self::default();
        match auth {
            WrittenAuth::Session(_) => {
                for (key, _) in login_steps(auth).into_iter().flat_map(saved_by) {
                    session.add(&key.text, key.span, false);
                }
            }
            WrittenAuth::Oauth2(oauth) => {
                OF_OAUTH.iter().for_each(|name| session.add(name, oauth.span, true));
            }
            WrittenAuth::Basic(_) | WrittenAuth::Bearer(_) | WrittenAuth::ApiKey(_) => return None,
        }
        Some(session)
    }

    fn add(&mut self, name: &str, span: Span, used: bool) {
        if self.places.contains_key(name) {
            return;
        }
        self.places.insert(name.into(), self.names.len());
        self.names.push(SessionName { name: name.into(), span, used });
    }

    /// The place of a value, which is used from now on.
    fn use_of(&mut self, name: &str) -> Option<SavedId> {
        let place = *self.places.get(name)?;
        self.names.get_mut(place)?.used = true;
        Some(SavedId(place))
    }
}

/// All steps of a log-in.
fn login_steps(auth: &WrittenAuth) -> Vec<&WrittenStep> {
    let WrittenAuth::Session(session) = auth else { return Vec::new() };
    let refresh = session.refresh.iter().flat_map(|each| &each.members);
    session.login.members.iter().chain(refresh).flatten().collect()
}

/// Targets with the values of their sessions that steps go to, those of log-ins among them.
fn addresses(document: &Document) -> HashSet<(usize, Box<str>)> {
    let targets = || document.targets.iter().flat_map(|named| &named.0).enumerate();
    let position = |target: Option<&Text>| match target {
        Some(name) => targets().find(|(_, (key, _))| key.text == name.as_str()).map(|(at, _)| at),
        None => Some(0),
    };
    let rules = document.rules().iter().flatten();
    let steps = rules.flat_map(|rule| rule.steps.iter().flat_map(|each| &each.members)).flatten();
    let requests = steps.flat_map(|step| {
        let undo = step.undo.as_ref();
        let of_undo =
            undo.map(|undo| (undo.target.as_ref().or(step.target.as_ref()), undo.request.as_ref()));
        [Some((step.target.as_ref(), step.request.as_ref())), of_undo]
    });
    let of_rules = requests.flatten().filter_map(|(target, request)| {
        let name = address(request?)?.strip_prefix("session.")?;
        Some((position(target)?, name))
    });
    let of_logins = targets().flat_map(|(at, (_, target))| {
        let auth = target.as_ref().and_then(|target| target.value.auth.as_ref());
        let steps = auth.map(login_steps).unwrap_or_default().into_iter();
        let names = steps.filter_map(|step| address(step.request.as_ref()?));
        names.map(move |name| (at, name.strip_prefix("session.").unwrap_or(name)))
    });
    of_rules.chain(of_logins).map(|(at, name)| (at, Box::from(name))).collect()
}

/// The saved value that a request goes to, as far as the text tells: `x` of `GET {{x}}`.
fn address(request: &Text) -> Option<&str> {
    let (_, address) = request.as_str().split_once(' ')?;
    Some(address.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim())
}

impl Checker<'_, '_> {
    /// What `session.NAME` stands for, and how many parts of the dotted name say so.
    pub(super) fn session_value(&mut self, names: &[&str]) -> Result<(Root, usize), TemplateFault> {
        let fault = |code, message: String, help: String| {
            Err(TemplateFault { code, message, help: Some(help), range: None })
        };
        let target = match self.scopes.session {
            Whose::Target(target) => target,
            Whose::Unknown => return Ok((Root::Session(SavedId(0)), 2)),
            Whose::Nobody if self.scopes.login.is_some() => {
                let message = "there is no session yet: this log-in begins it".to_owned();
                let help = "what an earlier step of it saved has its own name, without `session.`";
                return fault("session-elsewhere", message, help.to_owned());
            }
            Whose::Nobody => {
                let message = "`session` exists only where a request is made".to_owned();
                let help = "use it in the request of a step (path, `query`, `headers`, body) and in \
                            `responses`, or under `headers` and `query` of the target's `session`";
                return fault("session-elsewhere", message, help.to_owned());
            }
        };
        self.usage.varies = true;
        let name = self.targets.get(target).cloned().unwrap_or_default();
        let look = self.may_look_around();
        let Some(session) = self.sessions.names(target) else {
            let message = format!("the target `{name}` has no log-in that a session begins with");
            let help = "give it `auth: { session: { login: […] } }`, whose steps save the value, or \
                        `auth: { oauth2: … }`";
            return fault("no-session", message, help.to_owned());
        };
        let Some(wanted) = names.get(1) else {
            let first = session.names.first().map_or("NAME", |first| &*first.name);
            let help = format!("write `session.NAME`, e.g. `session.{first}`");
            return fault("unknown-session-value", "`session` alone is no value".to_owned(), help);
        };
        if let Some(place) = session.use_of(wanted) {
            self.usage.of_session.insert(place);
            return Ok((Root::Session(place), 2));
        }
        let known = || session.names.iter().map(|known| &*known.name);
        let help = match did_you_mean(wanted, known().filter(|_| look)) {
            Some(near) => format!("did you mean `session.{near}`?"),
            None if session.names.is_empty() => {
                format!("let a step of the log-in save it: `save: {{ {wanted}: $.… }}`")
            }
            None => {
                let known: Vec<&str> = known().take(10).collect();
                format!("it saves: {}", known.join(", "))
            }
        };
        let message = format!("the log-in of `{name}` saves no `{wanted}`");
        fault("unknown-session-value", message, help)
    }

    /// Whether a log-in saves something under that name, which could be named here.
    pub(super) fn is_of_session(&self, name: &str) -> bool {
        let Whose::Target(target) = self.scopes.session else { return false };
        let mut session = self.sessions.of_targets.get(target).into_iter().flatten();
        session.any(|session| session.places.contains_key(name))
    }

    /// Compiles a target's session; the targets of its steps are left to the caller.
    pub(super) fn session(&mut self, target: usize, written: &Written) -> Option<Login> {
        let outside = self.enter_login(target);
        let login = self.login_rule("login", &written.login);
        self.scopes.session = Whose::Target(target);
        let refresh = written.refresh.as_ref().map(|steps| self.login_rule("refresh", steps));
        let variables = self.leave_login(outside);

        self.scopes.session = Whose::Target(target);
        self.usage.of_session.clear();
        let expires_in = written.expires_in.as_ref().map(|life| self.life_time(&life.0));
        let of_life = std::mem::take(&mut self.usage.of_session);
        let headers = self.headers(written.headers.as_ref());
        let query = self.pairs(written.query.as_ref(), true);
        self.scopes.session = Whose::Nobody;

        let kept = self.keepsakes(target, &of_life);
        Some(Login {
            mapping: Mapping {
                file: Arc::clone(&self.file),
                description: None,
                targets: Vec::new(),
                variables: variables?,
                shared: 0..0,
                rules: Vec::new(),
            },
            login: login?,
            is_written: true,
            is_used_up: false,
            refresh: refresh.map_or(Some(None), |refresh| refresh.map(Some))?,
            kept,
            assertion: None,
            expires_in: expires_in.map_or(Some(None), |life| life.map(Some))?,
            headers: headers?,
            query: super::request::named(query?),
        })
    }

    fn login_rule(&mut self, name: &str, steps: &Each<WrittenStep>) -> Option<Rule> {
        if steps.members.is_empty() {
            let help = "write at least one, e.g. `- request: POST /login`";
            self.error("empty-list", steps.span, format!("`{name}` has no steps"), help);
            return None;
        }
        self.enter_steps(&steps.members);
        let compiled = self.steps(&steps.members);
        let saved = self.leave_login_steps();
        Some(Rule {
            at: self.at(steps.span),
            name: Arc::from(name),
            events: Vec::new(),
            when: Condition::always(),
            action: Action::Steps(compiled?),
            saved,
            variables: 0..0,
        })
    }

    /// Hides what stands in the request of a log-in under the name of a secret, and is written out.
    pub(super) fn hide_passwords(&mut self, step: &WrittenStep) {
        let fields = [&step.form, &step.query, &step.headers].into_iter().flatten();
        let fields = fields.flat_map(|named| &named.0);
        let fields =
            fields.filter_map(|(key, value)| Some((key.text.as_str(), &value.as_ref()?.0)));
        let mut open: Vec<(&str, &Node)> = fields.collect();
        open.extend(step.json.as_ref().map(|json| ("", &json.0)));
        while let Some((name, node)) = open.pop() {
            match &node.kind {
                Kind::String(text) if names_a_secret(name) && !text.contains("{{") => {
                    if let Ok(substituted) = self.env.substitute(text, Secrecy::Given) {
                        self.env.hide(substituted.text());
                    }
                }
                Kind::Sequence(members) => open.extend(members.iter().map(|node| (name, node))),
                Kind::Mapping(entries) => {
                    open.extend(entries.iter().map(|it| (it.key.text.as_str(), &it.value)));
                }
                _ => {}
            }
        }
    }

    /// `expires_in`: seconds, or a template that gives them.
    fn life_time(&mut self, node: &Node) -> Option<Shape> {
        let message = "this is not how long a session can last";
        self.span_of_time(node, message, "20m", "{{session.lifetime}}")
    }

    /// Seconds, or a template that gives them; `message` says of what
    /// else there is that it does not.
    pub(super) fn span_of_time(
        &mut self,
        node: &Node,
        message: &str,
        example: &str,
        template: &str,
    ) -> Option<Shape> {
        match &node.kind {
            Kind::Number(number) if number.as_f64().is_some_and(|seconds| seconds > 0.0) => {
                Some(Shape::constant(node.to_json()))
            }
            Kind::String(text) if text.contains("{{") => self.shape(node, Secrecy::Plain),
            Kind::String(_) => {
                let mut reader = Reader { source: self.source, report: self.report };
                let text = Text::decode(node, &mut reader)?;
                let life = self.duration(&text)?;
                Some(Shape::constant(life.as_secs_f64().into()))
            }
            _ => {
                let help =
                    format!("write e.g. `{example}`, a number of seconds, or `\"{template}\"`");
                self.error("bad-duration", node.span, message, &help);
                None
            }
        }
    }

    fn keepsakes(&self, target: usize, of_life: &BTreeSet<SavedId>) -> HashMap<Arc<str>, Keepsake> {
        let Sessions { of_targets, addresses } = &self.sessions;
        let session = of_targets.get(target).into_iter().flatten();
        let names = session.flat_map(|session| &session.names);
        let keepsake = |(place, known): (SavedId, &SessionName)| {
            let is_address = addresses.contains(&(target, known.name.clone()));
            let is_secret = !of_life.contains(&place) && !is_address;
            (Arc::from(&*known.name), Keepsake { place, is_secret })
        };
        (0..).map(SavedId).zip(names).map(keepsake).collect()
    }

    /// Something that a log-in saved is used by a later step of it.
    pub(super) fn used_in_login(&mut self, name: &str) {
        let session = self.scopes.login.and_then(|target| self.sessions.names(target));
        session.and_then(|session| session.use_of(name));
    }

    /// Warns of log-ins that leave nothing behind.
    pub(super) fn useless_logins(&mut self, document: &Document) {
        let targets = document.targets.iter().flat_map(|named| &named.0).enumerate();
        let told = !self.failed;
        for (at, (_, written)) in targets.filter(|_| told) {
            let Some(written) = written.as_ref().map(|written| &written.value) else { continue };
            let Some(WrittenAuth::Session(session)) = &written.auth else { continue };
            let is_empty = self.sessions.names(at).is_some_and(|it| it.names.is_empty());
            if !is_empty || written.cookies.is_some_and(|flag| flag.0) {
                continue;
            }
            let message = "nothing is kept of this log-in: requests after it are like those before";
            let help = "let a step `save` what requests are to carry, or write `cookies: true` for \
                        the target if the log-in sets cookies";
            self.warning("useless-login", session.login.span, message, help);
        }
    }

    /// Warns of what log-ins save and nothing uses.
    pub(super) fn unused_session_values(&mut self) {
        if self.failed {
            return;
        }
        let names = self.sessions.of_targets.iter().flatten().flat_map(|session| &session.names);
        let unused: Vec<(Box<str>, Span)> =
            names.filter(|known| !known.used).map(|it| (it.name.clone(), it.span)).collect();
        for (name, span) in unused {
            let message = format!("`{name}` is saved by the log-in and not used");
            let help = format!("write `session.{name}` where it is needed, or leave it out");
            self.warning("unused-variable", span, message, &help);
        }
    }
}

/// Whether what is called that is likely to be a password or the like.
fn names_a_secret(name: &str) -> bool {
    const PARTS: [&str; 6] = ["pass", "pwd", "secret", "token", "credential", "key"];
    let name = name.to_ascii_lowercase();
    PARTS.iter().any(|part| name.contains(part))
}

/// What the checker knew before it began to read a log-in, in which nothing of that is known.
struct Outside {
    scopes: Scopes,
    usage: Usage,
    variables: Vec<Option<Variable>>,
}

impl Checker<'_, '_> {
    fn enter_login(&mut self, target: usize) -> Outside {
        let scopes = Scopes::of_login(target);
        Outside {
            scopes: std::mem::replace(&mut self.scopes, scopes),
            usage: std::mem::take(&mut self.usage),
            variables: std::mem::take(&mut self.variables),
        }
    }

    /// The variables of the log-in.
    fn leave_login(&mut self, outside: Outside) -> Option<Vec<Variable>> {
        self.usage();
        self.scopes = outside.scopes;
        self.usage = outside.usage;
        let variables = std::mem::replace(&mut self.variables, outside.variables);
        variables.into_iter().collect()
    }
}
