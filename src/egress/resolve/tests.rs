//! Names that lead where no request should go.

use std::net::TcpListener;

use super::*;
use crate::egress::client::Network;
use crate::egress::testing::{get, target};
use crate::engine::transport::{Connect as _, TransportFault};
use crate::program::Target;
use crate::program::route::AllowedHost;

/// Every way to write 169.254.169.254, and the other addresses that are confined.
const CONFINED: [&str; 15] = [
    "169.254.169.254",
    "169.254.0.0",
    "169.254.255.255",
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::169.254.169.254",
    "64:ff9b:1:7:8::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "fe80::1",
    "febf:ffff::1",
    "fd00:ec2::254",
    "fd00:ec2:0:0:0:0:0:254",
    "fd20:ce::254",
    "::ffff:a9fe:1",
];

const OPEN: [&str; 14] = [
    "127.0.0.1",
    "10.0.0.7",
    "100.64.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "192.168.0.1",
    "::1",
    "::ffff:10.0.0.7",
    "64:ff9b::10.0.0.7",
    "2002:a00:7::1",
    "fec0::1",
    "fd00:ec2::253",
    "fd00::1",
    "2001:db8::a9fe:a9fe",
];

fn parse(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn link_local_addresses_and_those_of_metadata_services_are_confined_in_every_form() {
    let nobody = Named::default();
    for text in CONFINED {
        assert!(!nobody.may_reach(parse(text)), "{text}");
    }
    for text in OPEN {
        assert!(nobody.may_reach(parse(text)), "{text}");
    }
}

#[test]
fn an_address_that_the_mapping_writes_out_is_open_in_every_form() {
    for own in ["http://169.254.169.254", "http://0xA9FEA9FE/", "http://[::ffff:169.254.169.254]"] {
        let named = Named::of(&Route::default(), own);
        assert!(named.may_reach(parse("169.254.169.254")), "{own}");
        assert!(named.may_reach(parse("64:ff9b::169.254.169.254")), "{own}");
        assert!(!named.may_reach(parse("169.254.169.253")), "{own}");
    }
}

#[test]
fn a_url_with_such_an_address_in_it_is_refused_however_it_is_written() {
    let nobody = Named::of(&Route::default(), "http://hss.test");
    for url in [
        "http://169.254.169.254/latest",
        "http://2852039166/",
        "http://0xa9.0xfe.0xa9.0xfe/",
        "http://0251.0376.0251.0376/",
        "http://169.254.43518/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[fe80::1]:8080/",
    ] {
        assert!(nobody.refusal(&Url::parse(url).unwrap()).is_some(), "{url}");
    }
    for url in ["http://10.0.0.7/", "http://hss.test/", "http://[::1]/"] {
        assert_eq!(nobody.refusal(&Url::parse(url).unwrap()), None, "{url}");
    }
}

/// A network where each name has these addresses.
fn network(addresses: &'static [&'static str]) -> Network {
    let look_up = |_: &str| Ok(addresses.iter().map(|text| parse(text)).collect());
    Network::new().with_look_up(Arc::new(look_up))
}

async fn is_asked(network: &Network, target: &Target, url: &str) -> (TransportFault, String) {
    let transport = network.connect(target).unwrap();
    let error = transport.send(&get(url)).await.expect_err("must fail");
    (error.fault, error.message)
}

#[tokio::test]
async fn a_name_that_leads_to_such_an_address_is_unreachable() {
    let url = "http://metadata.test/";
    let (fault, message) =
        is_asked(&network(&["169.254.169.254", "fe80::1"]), &target(url), url).await;
    assert_eq!(fault, TransportFault::Unreachable);
    let expected = "cannot connect to metadata.test:80: 169.254.169.254 is a link-local address or that \
                    of a cloud's metadata service; if it is meant, name it in `allow_hosts`";
    assert_eq!(message, expected);
}

#[tokio::test]
async fn the_other_addresses_of_a_name_are_used() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("http://hss.test:{port}/");
    let network = network(&["169.254.169.254", "127.0.0.1"]);
    let (_, message) = is_asked(&network, &target(&url), &url).await;
    assert_eq!(message, format!("cannot connect to hss.test:{port}: connection refused"));
}

#[tokio::test]
async fn a_name_of_a_proxy_leads_nowhere_else() {
    let mut target = target("http://hss.test/");
    let url = Url::parse("http://proxy.test:3128").unwrap();
    let proxy = crate::program::route::Proxy { url, credentials: None };
    target.route.proxy = Some(Arc::new(proxy));
    let (_, message) = is_asked(&network(&["169.254.169.254"]), &target, "http://hss.test/").await;
    let begin = "cannot connect to the proxy proxy.test:3128: 169.254.169.254 is a link-local";
    assert!(message.starts_with(begin), "{message}");
}

#[tokio::test]
async fn an_address_in_a_url_is_looked_at_before_anything_is_sent() {
    let target = target("http://hss.test/");
    let url = "http://169.254.169.254:9/?key=secret";
    let (fault, message) = is_asked(&Network::new(), &target, url).await;
    assert_eq!(fault, TransportFault::Unsendable);
    assert!(message.contains("169.254.169.254 is a link-local"), "{message}");
}

#[test]
fn an_address_in_the_list_of_hosts_is_open() {
    let host = Host::parse("169.254.169.254").unwrap();
    let allowed = Arc::new([AllowedHost { host, port: Some(9) }]);
    let named = Named::of(&Route { allowed, ..Route::default() }, "http://hss.test/");
    assert_eq!(named.refusal(&Url::parse("http://169.254.169.254:9/").unwrap()), None);
    assert!(named.refusal(&Url::parse("http://169.254.169.253:9/").unwrap()).is_some());
}
