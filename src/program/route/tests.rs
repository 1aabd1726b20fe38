//! Where requests may go.

use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn route(allowed: &[(&str, Option<u16>)]) -> Route {
    let allowed = allowed
        .iter()
        .map(|(host, port)| AllowedHost { host: Host::parse(host).unwrap(), port: *port });
    Route { allowed: allowed.collect(), ..Route::default() }
}

#[test]
fn requests_go_to_the_target_and_to_hosts_that_are_named() {
    let route = route(&[
        ("other.test", None),
        ("ports.test", Some(8443)),
        ("10.0.0.7", Some(80)),
        ("[2001:db8::1]", None),
    ]);
    for (own, to, may) in [
        ("https://hss.test/api", "https://hss.test/elsewhere?a=b", true),
        ("https://hss.test/api", "https://HSS.test:443/", true),
        ("https://hss.test", "https://hss.test:8443/", false),
        ("https://hss.test", "http://hss.test/", false),
        ("https://hss.test", "http://hss.test:443/", false),
        ("http://hss.test", "https://hss.test/", false),
        ("https://hss.test", "https://hss.test.other.test/", false),
        ("https://hss.test", "https://nobody@hss.test/", false),
        ("https://hss.test", "https://hss.test@other.test/", false),
        ("https://hss.test", "https://other.test/x", true),
        ("https://hss.test", "https://Other.TEST/x", true),
        ("https://hss.test", "https://other.test:443/x", true),
        ("https://hss.test", "https://other.test:80/x", false),
        ("https://hss.test", "https://other.test:8443/x", false),
        ("https://hss.test", "https://sub.other.test/", false),
        ("https://hss.test", "https://other.test./", false),
        ("https://hss.test", "http://other.test/x", false),
        ("http://hss.test", "http://other.test/x", true),
        ("http://hss.test", "https://other.test/x", true),
        ("http://hss.test", "http://other.test:443/x", false),
        ("https://hss.test", "https://ports.test:8443/x", true),
        ("https://hss.test", "https://ports.test/x", false),
        ("https://hss.test", "http://ports.test:8443/x", false),
        ("http://hss.test", "http://ports.test:8443/x", true),
        ("http://hss.test", "http://10.0.0.7/", true),
        ("http://hss.test", "http://0x0a.7/", true),
        ("http://hss.test", "http://10.0.0.8/", false),
        ("http://hss.test", "http://[2001:db8:0::1]/", true),
        ("http://hss.test", "ftp://other.test:80/", false),
        ("http://hss.test", "file:///etc/passwd", false),
        ("http://hss.test", "blob:http://hss.test/x", false),
        ("http://hss.test", "data:text/plain,x", false),
    ] {
        assert_eq!(route.leads_to(&url(to), &url(own)), may, "{own} to {to}");
    }
}

#[test]
fn hosts_that_are_named_are_those_of_the_target_its_proxy_and_the_list() {
    let proxy = Proxy { url: url("http://169.254.1.1:3128"), credentials: None };
    let route = Route {
        proxy: Some(Arc::new(proxy)),
        ..route(&[("other.test", None), ("[fe80::1]", None)])
    };
    let named: Vec<String> =
        route.hosts(&url("http://hss.test/")).iter().map(ToString::to_string).collect();
    assert_eq!(named, ["hss.test", "169.254.1.1", "other.test", "[fe80::1]"]);
}

#[test]
fn secrets_do_not_show() {
    let credentials = Some(("nsps".to_owned(), "secret".to_owned()));
    let proxy = Proxy { url: url("http://proxy.test:3128"), credentials };
    assert_eq!(format!("{proxy:?}"), "Proxy(proxy.test:3128)");
    let identity = Identity { pem: "secret".into() };
    assert_eq!(format!("{identity:?}"), "Identity");
}
