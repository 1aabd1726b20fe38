//! What the name of a key says about its value.

use crate::mapping::names::did_you_mean;

/// How much of what stands below a key may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Regime {
    /// Everything but the values of keys whose name says that they are secret.
    Names,
    /// Keys, references, and values of keys that are known to be harmless.
    Keys,
    /// References.
    Nothing,
}

/// What a key makes of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// How much may be shown of a list or a mapping.
    pub(super) below: Regime,
    /// Whether a scalar is hidden.
    pub(super) hides: bool,
}

/// Keys that begin what proves who we are, as [`fold`] makes them.
const AUTH: [&str; 4] = ["auth", "bearer", "apikey", "oauth2"];

/// How the names of secrets end.
const SECRET: [&str; 13] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "assertion",
    "authorization",
    "credential",
    "privatekey",
    "cookie",
    "signingkey",
];

/// Names of secrets that are worth recognizing when they are misspelt.
const OFTEN_MISSPELT: [&str; 6] =
    ["password", "token", "secret", "authorization", "client_secret", "refresh_token"];

/// Keys below `auth`, or below a variable that is called like a secret, whose value is none.
const HARMLESS: [&str; 39] = [
    "algorithm",
    "all",
    "as",
    "attempts",
    "audience",
    "backoff",
    "cafile",
    "certfile",
    "clientauth",
    "clientid",
    "connecttimeout",
    "expiresin",
    "first",
    "from",
    "grant",
    "header",
    "idletimeout",
    "intable",
    "issuer",
    "keyfile",
    "keyid",
    "maxbackoff",
    "name",
    "nullable",
    "optional",
    "path",
    "query",
    "request",
    "retry",
    "scope",
    "split",
    "subject",
    "target",
    "timeout",
    "tokenurl",
    "unsafe",
    "url",
    "user",
    "username",
];

/// What a key makes of its value where `around` holds.
pub(super) fn meaning(key: &str, around: Regime) -> Meaning {
    let name = fold(key);
    let is_auth = is_auth(&name);
    let (below, hides) = match around {
        Regime::Nothing => (Regime::Nothing, true),
        // Its steps are like those of a rule.
        Regime::Keys if name == "session" => (Regime::Names, true),
        // An assertion that is given as such is a secret; what one is made of is none.
        Regime::Keys if is_auth || ["basic", "assertion"].contains(&&*name) => (Regime::Keys, true),
        Regime::Keys if HARMLESS.contains(&&*name) => (Regime::Keys, false),
        Regime::Keys if is_secret(key) => (Regime::Nothing, true),
        Regime::Keys => (Regime::Keys, true),
        // It is also what a plan may be called.
        Regime::Names if name == "basic" => (Regime::Keys, false),
        Regime::Names if is_auth || is_secret(key) => (Regime::Keys, true),
        Regime::Names => (Regime::Names, false),
    };
    Meaning { below, hides }
}

/// Whether a key begins what proves who we are.
pub(super) fn is_auth(key: &str) -> bool {
    AUTH.contains(&&*fold(key))
}

/// Whether the next `value` behind a key may be that of an API key, wherever it has come to stand.
pub(super) fn has_secret_value(key: &str) -> bool {
    let name = fold(key);
    ["auth", "apikey", "header"].iter().any(|ending| name.ends_with(ending))
}

/// Whether no part of `auth` can follow a key, however much was lost before it.
pub(super) fn ends_targets(key: &str) -> bool {
    ["extract", "tables", "rules", "steps", "cases", "responses"].contains(&key)
}

/// Whether values under this name are secrets.
pub(super) fn is_secret(name: &str) -> bool {
    let folded = fold(name);
    let one = folded.strip_suffix('s').unwrap_or(&folded);
    if name.contains("{{") || one.is_empty() {
        return false;
    }
    let known = SECRET.iter().any(|ending| folded.ends_with(ending) || one.ends_with(ending));
    known || one == "pass" || (MISSPELT.contains(&name.len()) && is_misspelt(name))
}

/// How long names may be that are one of the others misspelt, in bytes.
const MISSPELT: std::ops::RangeInclusive<usize> = 4..=18;

fn is_misspelt(name: &str) -> bool {
    did_you_mean(name, OFTEN_MISSPELT).is_some()
}

/// A name as it is compared: `Client-Secret`, `client_secret` and `clientSecret` are one.
fn fold(name: &str) -> String {
    // Nobody's name is longer, and hostile ones are many.
    let letters = name.bytes().rev().filter(u8::is_ascii_alphanumeric).take(LONGEST);
    let mut folded: Vec<u8> = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    folded.reverse();
    String::from_utf8(folded).unwrap_or_default()
}

const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names_however_spelt() {
        for name in [
            "password",
            "Password",
            "PASSWORD",
            "passwords",
            "db_password",
            "pasword",
            "passwrod",
            "token",
            "tokens",
            "X-Auth-Token",
            "accessToken",
            "tokne",
            "client_secret",
            "client-secret",
            "clientSecret",
            "clinet_secret",
            "refresh_token",
            "assertion",
            "authorization",
            "Authorization",
            "authorisation",
            "X-API-Key",
            "apiKey",
            "API_KEY",
            "Cookie",
            "passphrase",
            "$.token",
            "wsse:Password",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn other_names_say_nothing_of_secrets() {
        for name in [
            "",
            "s",
            "timeout",
            "path",
            "value",
            "header",
            "headers",
            "request",
            "imsi",
            "status",
            "token_url",
            "username",
            "client_id",
            "expires_in",
            "select",
            "description",
            "version",
            "organization",
            "tables",
            "responses",
            "taken_at",
            "{{token}}",
            "key",
            "passed",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
