//! Picks each setting's text from flag, variable or default, and keeps every fault on the way.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::tls::{NamedFile, TlsFiles};
use super::values::{self, Read};
use super::{
    EVENT_DEADLINE, LISTEN, MAX_BODY, MAX_IN_FLIGHT_BYTES, PORT, SHUTDOWN_GRACE, ServeArgs,
    SettingFault, TokenSource, token_warnings,
};

/// A setting's names and its default, which is read as if it had been given.
#[derive(Debug)]
pub(super) struct Setting {
    pub flag: &'static str,
    pub variable: &'static str,
    pub default: &'static str,
}

impl Setting {
    pub(super) const fn new(
        flag: &'static str,
        variable: &'static str,
        default: &'static str,
    ) -> Self {
        Self { flag, variable, default }
    }
}

/// A text, and the flag or variable that it came from.
struct Given {
    name: &'static str,
    text: String,
}

impl Given {
    fn into_file(self) -> NamedFile {
        NamedFile { setting: self.name, path: self.text }
    }
}

/// Collects faults and warnings while settings are read one by one.
pub(super) struct Reader<'e> {
    env: &'e dyn Fn(&str) -> Option<String>,
    faults: Vec<SettingFault>,
    warnings: Vec<String>,
}

impl<'e> Reader<'e> {
    pub(super) fn new(env: &'e dyn Fn(&str) -> Option<String>) -> Self {
        Self { env, faults: Vec::new(), warnings: Vec::new() }
    }

    /// Faults and warnings, in the order in which settings were read.
    pub(super) fn finish(self) -> (Vec<SettingFault>, Vec<String>) {
        (self.faults, self.warnings)
    }

    /// The setting's value, or its default; `None` if there is a fault.
    pub(super) fn value<T>(
        &mut self,
        setting: &Setting,
        flag: &Option<String>,
        parse: fn(&str) -> Read<T>,
    ) -> Option<T> {
        let given = self
            .given(setting.flag, setting.variable, flag.as_deref())
            .unwrap_or_else(|| Given { name: setting.variable, text: setting.default.to_owned() });
        self.parse(&given, parse)
    }

    /// The most explicit of four: a flag wins over a variable, an address over a port.
    pub(super) fn listen(&mut self, args: &ServeArgs) -> Option<SocketAddr> {
        let flag = |flag: &Option<String>, name| {
            flag.as_ref().map(|text| Given { name, text: text.clone() })
        };
        if let Some(given) = flag(&args.listen, LISTEN.flag) {
            return self.parse(&given, values::address);
        }
        if let Some(given) = flag(&args.port, PORT.flag) {
            return self.parse(&given, values::port);
        }
        if let Some(given) = self.variable(LISTEN.variable) {
            return self.parse(&given, values::address);
        }
        if let Some(given) = self.variable(PORT.variable) {
            return self.parse(&given, values::port);
        }
        self.value(&LISTEN, &None, values::address)
    }

    /// Where tokens come from; they are read once, so that what is wrong with them is told with
    /// everything else.
    pub(super) fn tokens(&mut self, args: &ServeArgs) -> Option<TokenSource> {
        let text = args.api_token.as_ref().map(|token| token.expose());
        let text = self.given("--api-token", "API_TOKEN", text);
        let file = self.given("--api-token-file", "API_TOKEN_FILE", args.api_token_file.as_deref());
        let source = match (text, file) {
            (Some(text), None) => {
                TokenSource::Given { setting: text.name.to_owned(), text: text.text }
            }
            (None, Some(file)) => {
                TokenSource::File { setting: file.name.to_owned(), path: PathBuf::from(file.text) }
            }
            (Some(text), Some(file)) => {
                self.token_fault(text.name, format!("{} is set as well", file.name));
                return None;
            }
            (None, None) => {
                self.token_fault("API_TOKEN", "it is not set".to_owned());
                return None;
            }
        };
        match source.load() {
            Ok(tokens) => self.warnings.extend(token_warnings(&tokens)),
            Err(fault) => self.faults.push(fault),
        }
        Some(source)
    }

    /// What HTTPS is served with; the outer `None` is a fault. Files are read once, as with tokens.
    pub(super) fn tls(&mut self, args: &ServeArgs) -> Option<Option<TlsFiles>> {
        let files = TlsFiles::of(self.certificate(args), self.key(args));
        let read = files.and_then(|files| match &files {
            Some(named) => named.load().map(|_| files),
            None => Ok(None),
        });
        read.map_err(|fault| self.faults.push(fault)).ok()
    }

    /// Whether HTTPS is served.
    pub(super) fn has_tls(&self, args: &ServeArgs) -> bool {
        self.certificate(args).is_some()
    }

    fn certificate(&self, args: &ServeArgs) -> Option<NamedFile> {
        self.given("--tls-cert", "TLS_CERT", args.tls_cert.as_deref()).map(Given::into_file)
    }

    fn key(&self, args: &ServeArgs) -> Option<NamedFile> {
        self.given("--tls-key", "TLS_KEY", args.tls_key.as_deref()).map(Given::into_file)
    }

    /// A body as large as allowed must find room, else it would be refused for ever as if the
    /// connector were busy.
    pub(super) fn check_room(
        &mut self,
        args: &ServeArgs,
        max_body: Option<usize>,
        room: Option<usize>,
    ) {
        let (Some(max_body), Some(room)) = (max_body, room) else { return };
        if room < max_body {
            let body = self.name_of(&MAX_BODY, &args.max_body);
            self.faults.push(SettingFault {
                setting: self.name_of(&MAX_IN_FLIGHT_BYTES, &args.max_in_flight_bytes).to_owned(),
                value: Some(format!("{room} bytes")),
                problem: format!("a body of {body} ({max_body} bytes) would never find room"),
                expected: format!("at least {body}"),
            });
        }
    }

    /// Events that take their whole deadline are cut off by a shorter grace.
    pub(super) fn check_grace(
        &mut self,
        args: &ServeArgs,
        deadline: Option<Duration>,
        grace: Option<Duration>,
    ) {
        let (Some(deadline), Some(grace)) = (deadline, grace) else { return };
        if grace < deadline {
            self.warnings.push(format!(
                "{} ({grace:?}) is shorter than {} ({deadline:?}): a shutdown may cut off events \
                 that would still have finished",
                self.name_of(&SHUTDOWN_GRACE, &args.shutdown_grace),
                self.name_of(&EVENT_DEADLINE, &args.event_deadline),
            ));
        }
    }

    fn parse<T>(&mut self, given: &Given, parse: fn(&str) -> Read<T>) -> Option<T> {
        match parse(given.text.trim()) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.faults.push(SettingFault {
                    setting: given.name.to_owned(),
                    value: Some(given.text.clone()),
                    problem: wrong.problem,
                    expected: wrong.expected.to_owned(),
                });
                None
            }
        }
    }

    fn given(
        &self,
        flag: &'static str,
        variable: &'static str,
        value: Option<&str>,
    ) -> Option<Given> {
        match value {
            Some(text) => Some(Given { name: flag, text: text.to_owned() }),
            None => self.variable(variable),
        }
    }

    fn variable(&self, name: &'static str) -> Option<Given> {
        let text = (self.env)(name).filter(|text| !text.is_empty())?;
        Some(Given { name, text })
    }

    fn token_fault(&mut self, setting: &str, problem: String) {
        self.faults.push(SettingFault {
            setting: setting.to_owned(),
            value: None,
            problem,
            expected: "either API_TOKEN with one or several tokens, comma-separated, or \
                       API_TOKEN_FILE with the path of a file that has them"
                .to_owned(),
        });
    }

    fn name_of(&self, setting: &Setting, flag: &Option<String>) -> &'static str {
        if flag.is_some() { setting.flag } else { setting.variable }
    }
}
