//! What `tls`, `proxy` and `allow_hosts` come to.

use std::collections::HashMap;

use super::*;
use crate::certificate::testing::{Authority, expired};
use crate::mapping::diagnostic::Style;
use crate::mapping::env::Environment;
use crate::mapping::load::Loaded;
use crate::mapping::load_text;
use crate::program::route::Identity;
use crate::program::{Auth, Target};

const NOW: &str = "2026-01-31T12:00:00Z";

fn mapping(target: &str) -> String {
    format!(
        "version: 1\ntargets:\n  hss: {{ url: 'https://hss.test/api', {target} }}\nrules:\n  \
         - {{ name: r, event: '*', ignore: x }}\n"
    )
}

fn loaded(target: &str, files: &HashMap<&str, String>, in_test: bool) -> Loaded {
    let read = |path: &str| files.get(path).cloned().ok_or_else(|| "gone".to_owned());
    let variables =
        |name: &str| (name == "PROXY").then(|| "http://u:pa%20ss-word@p.test".to_owned());
    let env = match in_test {
        true => Environment::of_test(&variables, &read),
        false => Environment::new(&variables, &read, false),
    };
    load_text("a.yaml", &mapping(target), env.at(NOW.parse().unwrap()))
}

fn target_of(loaded: Loaded) -> Arc<Target> {
    let found: Vec<String> =
        loaded.report.sorted().iter().map(|it| it.message().into_owned()).collect();
    let program = loaded.program.unwrap_or_else(|| panic!("{found:?}"));
    Arc::clone(&program.mappings[0].targets[0])
}

fn checked(target: &str) -> Arc<Target> {
    target_of(loaded(target, &HashMap::new(), false))
}

/// Files of an authority, a client and its key.
fn files() -> HashMap<&'static str, String> {
    let authority = Authority::new("one");
    let client = authority.client("nsps");
    HashMap::from([("ca", authority.pem), ("cert", client.certificate), ("key", client.key)])
}

const ALL: &str = "tls: { ca_file: ca, cert_file: cert, key_file: key }";

fn pem(target: &Target) -> &str {
    target.route.identity.as_deref().map_or("", |Identity { pem }| pem)
}

#[test]
fn files_become_certificates_and_the_key_a_secret() {
    let files = files();
    let loaded = loaded(ALL, &files, false);
    let secrets = Arc::clone(&loaded.program.as_ref().unwrap().secrets);
    assert!(!secrets.mask(&files["key"]).contains("KEY"), "the key is masked");
    assert_eq!(
        secrets.mask(&files["cert"]),
        files["cert"],
        "a certificate is for everybody to see"
    );
    let target = target_of(loaded);
    assert!(matches!(&target.route.trust, Trust::Only(authorities) if authorities.len() == 1));
    assert_eq!(pem(&target).matches("-----BEGIN").count(), 2);
}

#[test]
fn what_stands_in_the_files_is_part_of_the_definition() {
    let (one, mut other) = (files(), files());
    let fingerprint =
        |files: &HashMap<&'static str, String>| target_of(loaded(ALL, files, false)).fingerprint;
    assert_eq!(fingerprint(&one), fingerprint(&one.clone()));
    assert_ne!(fingerprint(&one), fingerprint(&other));
    other.insert("cert", one["cert"].clone());
    other.insert("key", one["key"].clone());
    assert_ne!(fingerprint(&one), fingerprint(&other), "another authority is another target");
    other.insert("ca", one["ca"].clone());
    assert_eq!(fingerprint(&one), fingerprint(&other));
}

#[test]
fn a_key_that_stands_where_its_path_should_is_not_told() {
    const KEY: &str =
        "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2Vw\\n-----END PRIVATE KEY-----\\n";
    let assertion = "auth: { oauth2: { token_url: 'https://a.test', client_id: a, grant: jwt_bearer, assertion: \
                     { algorithm: ES256, issuer: a, key_file: KEY } } }";
    for keys in ["tls: { cert_file: a, key_file: KEY }", "tls: { ca_file: KEY }", assertion] {
        let written = keys.replace("KEY", &format!("\"{KEY}\""));
        let report = loaded(&written, &files(), false).report;
        let told = report.render(Style::Plain);
        assert!(told.contains("_file` is where a file is, and not what stands in it"), "{told}");
        assert!(!told.contains("MC4C"), "{told}");
    }
}

#[test]
fn tests_of_mappings_need_no_certificates() {
    let target = target_of(loaded(ALL, &HashMap::new(), true));
    assert!(target.route.identity.is_none());
}

#[test]
fn an_expired_certificate_is_told_and_used() {
    let authority = Authority::with("one", expired);
    let client = authority.issues(&["nsps"], expired);
    let files =
        HashMap::from([("ca", authority.pem), ("cert", client.certificate), ("key", client.key)]);
    let loaded = loaded(ALL, &files, false);
    let told: Vec<String> =
        loaded.report.sorted().iter().map(|it| it.message().into_owned()).collect();
    let expected = ["ca", "cert"]
        .map(|file| format!("a certificate in the file `{file}` expired on 2021-01-01T00:00:00Z"));
    assert_eq!(told, expected);
    assert!(pem(&target_of(loaded)).contains("KEY"));
}

#[test]
fn a_proxy_has_its_credentials_apart() {
    for (written, place, credentials) in [
        ("http://proxy.test:3128", "proxy.test:3128", None),
        ("' http://proxy.test '", "proxy.test:80", None),
        ("'http://[2001:db8::7]:8080/'", "[2001:db8::7]:8080", None),
        ("http://nsps@proxy.test", "proxy.test:80", Some(("nsps", ""))),
        ("'http://a%40b:c%3Ad%2F-0451@proxy.test'", "proxy.test:80", Some(("a@b", "c:d/-0451"))),
        ("'${PROXY}'", "p.test:80", Some(("u", "pa ss-word"))),
    ] {
        let target = checked(&format!("proxy: {written}"));
        let proxy = target.route.proxy.as_deref().unwrap();
        assert_eq!(proxy.place(), place);
        assert!(!proxy.url.as_str().contains('@'), "{}", proxy.url);
        let found = proxy.credentials.as_ref().map(|(one, other)| (one.as_str(), other.as_str()));
        assert_eq!(found, credentials, "{written}");
    }
}

#[test]
fn credentials_of_a_proxy_are_secrets_in_every_form() {
    let secrets =
        loaded("proxy: '${PROXY}'", &HashMap::new(), false).program.unwrap().secrets.clone();
    for text in ["pa ss-word", "pa%20ss-word", "dTpwYSBzcy13b3Jk"] {
        assert_eq!(secrets.mask(text), "***", "{text}");
    }
    assert_eq!(secrets.mask("http://p.test"), "http://p.test");
    let alone = loaded("proxy: 'http://token-of%2Bours@p.test'", &HashMap::new(), false);
    let secrets = &alone.program.unwrap().secrets;
    for text in ["token-of+ours", "token-of%2Bours"] {
        assert_eq!(secrets.mask(text), "***", "without a password the user is the secret");
    }
}

#[test]
fn hosts_are_read_in_all_their_forms() {
    for (written, expected) in [
        ("node-1.test", Ok(("node-1.test", None))),
        ("Node-1.TEST:8443", Ok(("node-1.test", Some(8443)))),
        ("10.0.0.7", Ok(("10.0.0.7", None))),
        ("10.0.0.7:80", Ok(("10.0.0.7", Some(80)))),
        ("[2001:db8::7]", Ok(("[2001:db8::7]", None))),
        ("[2001:DB8:0::7]:8443", Ok(("[2001:db8::7]", Some(8443)))),
        ("bücher.test", Ok(("xn--bcher-kva.test", None))),
        ("", Err("this is not a host")),
        (":80", Err("this is not a host")),
        ("a b", Err("this is not a host")),
        ("a@b", Err("this is not a host")),
        ("a?b", Err("this is not a host")),
        ("a\\b", Err("this is not a host")),
        ("[::1", Err("this is not a host")),
        ("[::1]x", Err("this host has a port that there is not")),
        ("1.2.3.4.5", Err("this is not a host")),
        ("a.test:65536", Err("this host has a port that there is not")),
        ("a.test:", Err("this host has a port that there is not")),
        ("a.test:-1", Err("this host has a port that there is not")),
        ("a.test/", Err("this is a host with a path, or a network")),
        ("http://a.test", Err("this is a URL, and not a host")),
        ("*", Err("there are no patterns of hosts")),
        ("::1", Err("an IPv6 address stands in brackets")),
    ] {
        let found = allowed(written);
        let found = match &found {
            Ok(host) => Ok((host.host.to_string(), host.port)),
            Err((message, _)) => Err(*message),
        };
        let expected = expected.map(|(host, port)| (host.to_owned(), port));
        assert_eq!(found, expected, "{written}");
    }
}

proptest::proptest! {
    #[test]
    fn a_host_that_is_taken_is_one_that_a_url_can_lead_to(text in "(\\PC{0,30}|[a-z0-9.:\\[\\]%@/\\\\-]{0,30})") {
        let Ok(AllowedHost { host, port }) = allowed(&text) else { return Ok(()) };
        let url = format!("https://{host}:{}/x", port.unwrap_or(8443));
        let url = Url::parse(&url).expect("a URL");
        proptest::prop_assert_eq!(url.host().map(|it| it.to_owned()), Some(host));
        proptest::prop_assert!(url.username().is_empty());
    }

    #[test]
    fn a_proxy_of_any_text_is_taken_or_refused(text in "(http://)?\\PC{0,30}") {
        let quoted = serde_json::Value::from(text).to_string().replace("${", "$${");
        loaded(&format!("proxy: {quoted}"), &HashMap::new(), false);
    }
}

#[test]
fn a_token_endpoint_and_a_log_in_go_the_same_way() {
    let files = files();
    let of_login = |auth: &str| {
        let keys =
            format!("{ALL}, proxy: 'http://proxy.test', allow_hosts: [node.test], auth: {auth}");
        let target = target_of(loaded(&keys, &files, false));
        let Auth::Login(login) = &target.auth else { panic!("{auth}") };
        let route = login.mapping.targets[0].route.clone();
        assert!(route.identity.is_some() && route.proxy.is_some(), "{auth}");
        route
    };
    let oauth = |url: &str| {
        of_login(&format!(
            "{{ oauth2: {{ token_url: '{url}', grant: client_credentials, client_id: nsps, \
             client_secret: open-sesame }} }}"
        ))
    };
    // A public endpoint has its certificate from somebody else.
    let elsewhere = oauth("https://sso.test/token");
    assert!(matches!(elsewhere.trust, Trust::SystemAnd(_)));
    assert!(elsewhere.allowed.is_empty());
    assert!(matches!(oauth("https://hss.test:8443/token").trust, Trust::Only(_)));
    let session = of_login(
        "{ session: { login: [{ request: POST /l, save: { t: $.t } }], headers: { T: '{{session.t}}' } } }",
    );
    assert!(matches!(session.trust, Trust::Only(_)));
    assert_eq!(session.allowed.len(), 1);
}
