//! Handshakes with real servers: those that succeed, and what is told of the others.

use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::certificate::testing::{Authority, Issued, expired, for_clients, named, of_the_future};
use crate::egress::testing::{Server, Tls, ask_by, target};
use crate::engine::transport::{Response, TransportError, TransportFault};
use crate::program::Target;
use crate::program::route::Trust;

const VERSIONS: [&[&rustls::SupportedProtocolVersion]; 2] = [&[&TLS12], &[&TLS13]];
const PROTOCOLS: [&[&str]; 2] = [&["http/1.1"], &["h2", "http/1.1"]];

async fn ask(target: &Target) -> Result<Response, TransportError> {
    ask_by(super::network(), target).await
}

/// What is told of a target that cannot be reached.
async fn told(target: &Target) -> String {
    let error = ask(target).await.expect_err("must fail");
    assert_eq!(error.fault, TransportFault::Unreachable, "{}", error.message);
    assert!(!error.message.contains("secret"), "{}", error.message);
    let place = target.url.trim_start_matches("https://");
    let begin = format!("cannot connect to {place}: ");
    error.message.strip_prefix(&begin).unwrap_or_else(|| panic!("{}", error.message)).to_owned()
}

async fn answer(target: &Target) -> String {
    let answer = ask(target).await.unwrap();
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// What is told of a server that shows this certificate, where its authority is trusted.
async fn told_of(authority: &Authority, shows: &Issued) -> String {
    let server = Server::start(&Tls::showing(shows)).await;
    told(&server.target("hss.test").trusting(authority)).await
}

#[tokio::test]
async fn a_target_whose_authority_is_named_is_reached_by_whatever_it_speaks() {
    let authority = Authority::new("one");
    let issued = authority.server("hss.test");
    for (versions, version) in VERSIONS.into_iter().zip(["TLSv1_2", "TLSv1_3"]) {
        for (protocols, http) in PROTOCOLS.into_iter().zip(["HTTP/1.1", "HTTP/2"]) {
            let tls = Tls { versions, protocols, ..Tls::showing(&issued) };
            let server = Server::start(&tls).await;
            let answer = answer(&server.target("hss.test").trusting(&authority)).await;
            assert_eq!(answer, format!("{http} over {version}, no certificate"));
        }
    }
}

#[tokio::test]
async fn a_target_that_wants_to_know_who_calls_is_shown_our_certificate() {
    let (authority, clients) = (Authority::new("one"), Authority::new("clients"));
    let (issued, ours) = (authority.server("hss.test"), clients.client("nsps"));
    for (versions, version) in VERSIONS.into_iter().zip(["TLSv1_2", "TLSv1_3"]) {
        for (protocols, http) in PROTOCOLS.into_iter().zip(["HTTP/1.1", "HTTP/2"]) {
            let clients = Some(&clients);
            let tls = Tls { versions, protocols, clients, ..Tls::showing(&issued) };
            let server = Server::start(&tls).await;
            let target = server.target("hss.test").trusting(&authority).shown(&ours);
            assert_eq!(answer(&target).await, format!("{http} over {version}, a certificate"));
        }
    }
}

#[tokio::test]
async fn a_target_that_demands_a_client_certificate_or_refuses_ours_says_so() {
    let (authority, clients) = (Authority::new("one"), Authority::new("clients"));
    let issued = authority.server("hss.test");
    let (stranger, old) = (authority.client("nsps"), clients.issues(&["nsps"], expired));
    for versions in VERSIONS {
        for protocols in PROTOCOLS {
            let clients = Some(&clients);
            let tls = Tls { versions, protocols, clients, ..Tls::showing(&issued) };
            let server = Server::start(&tls).await;
            let target = || server.target("hss.test").trusting(&authority);
            let what = format!("{versions:?} {protocols:?}");

            let without = told(&target()).await;
            assert!(without.contains("it demands a client certificate"), "{what}: {without}");
            assert!(without.contains("cert_file"), "{what}: {without}");
            let strange = told(&target().shown(&stranger)).await;
            let begin = "it refuses our client certificate: ";
            assert!(strange.starts_with(begin), "{what}: {strange}");
            let expired = told(&target().shown(&old)).await;
            assert_eq!(expired, format!("{begin}it has expired, or is not valid yet"), "{what}");
        }
    }
}

#[tokio::test]
async fn whoever_issued_the_certificate_has_to_be_known() {
    let (authority, another) = (Authority::new("one"), Authority::new("another"));
    let issued = authority.server("hss.test");
    let server = Server::start(&Tls::showing(&issued)).await;
    let by_system = told(&server.target("hss.test")).await;
    assert_eq!(
        by_system,
        "its certificate is issued by nobody that the system trusts: name the certificate of the issuer \
         in `tls: { ca_file: … }`"
    );
    let by_file = told(&server.target("hss.test").trusting(&another)).await;
    assert!(by_file.starts_with("its certificate is issued by nobody in `ca_file`"), "{by_file}");
}

#[tokio::test]
async fn a_certificate_is_good_for_its_time_its_names_and_its_purpose_alone() {
    let authority = Authority::new("one");
    let many: Vec<String> = (0..400).map(|number| format!("n{number}.test")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (issued, expected) in [
        (
            authority.issues(&["hss.test"], expired),
            "its certificate expired on 2021-01-01T00:00:00Z",
        ),
        (
            authority.issues(&["hss.test"], of_the_future),
            "its certificate is not valid before 2500-01-01T00:00:00Z; is our clock right?",
        ),
        (
            authority.issues(&["other.test", "*.hss.test", "10.0.0.7"], |_| {}),
            "its certificate is for other.test, *.hss.test, 10.0.0.7, and not for hss.test",
        ),
        (
            authority.issues(&many, |_| {}),
            "its certificate is for n0.test, n1.test, n2.test, n3.test, n4.test and 395 more, and not \
             for hss.test",
        ),
        (
            authority.issues(&[], |_| {}),
            "its certificate is for no host at all (it has no subject alternative names), and not for \
             hss.test",
        ),
        (authority.issues(&["hss.test"], for_clients), "its certificate is not one for servers"),
    ] {
        assert_eq!(told_of(&authority, &issued).await, expected);
    }
}

#[tokio::test]
async fn an_authority_may_be_trusted_besides_those_of_the_system() {
    let (authority, another) = (Authority::new("one"), Authority::new("another"));
    let issued = authority.server("hss.test");
    let server = Server::start(&Tls::showing(&issued)).await;
    let trusting = server.target("hss.test").trusting_also(&authority);
    assert_eq!(ask(&trusting).await.unwrap().status, 200);
    let stranger = told(&server.target("hss.test").trusting_also(&another)).await;
    assert!(stranger.starts_with("its certificate is issued by nobody that"), "{stranger}");

    let of_client = authority.issues(&["hss.test"], for_clients);
    let server = Server::start(&Tls::showing(&of_client)).await;
    let told = told(&server.target("hss.test").trusting_also(&authority)).await;
    assert_eq!(told, "its certificate is not one for servers");
}

#[tokio::test]
async fn whoever_only_asks_whether_somebody_answers_takes_any_certificate() {
    let authority = Authority::new("one");
    let issued = authority.issues(&["other.test"], expired);
    for (versions, version) in VERSIONS.into_iter().zip(["TLSv1_2", "TLSv1_3"]) {
        let server = Server::start(&Tls { versions, ..Tls::showing(&issued) }).await;
        let mut target = server.target("hss.test");
        target.route.trust = Trust::Anyone;
        assert_eq!(answer(&target).await, format!("HTTP/2 over {version}, no certificate"));
    }
}

#[tokio::test]
async fn an_authority_is_no_server() {
    let authority = Authority::with("one", named("hss.test"));
    let itself = Issued { certificate: authority.pem.clone(), key: authority.key.clone() };
    let told = told_of(&authority, &itself).await;
    assert!(told.starts_with("its certificate is that of an authority (CA:TRUE)"), "{told}");
}

#[tokio::test]
async fn what_comes_instead_of_a_handshake_is_told() {
    for (bytes, expected) in [
        (
            // Alerts: handshake_failure, protocol_version, unrecognized_name.
            &[0x15, 3, 3, 0, 2, 2, 40][..],
            "it refuses the TLS handshake: it demands a client certificate (`tls: { cert_file: …, \
             key_file: … }`), or has no cipher in common with us",
        ),
        (
            &[0x15, 3, 1, 0, 2, 2, 70],
            "it has no version of TLS, or no cipher, in common with us: TLS 1.2 is the oldest",
        ),
        (&[0x15, 3, 3, 0, 2, 2, 112], "it serves no host of this name"),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "it does not speak TLS: perhaps its URL should begin with `http://`",
        ),
        (
            b"",
            "it closed the connection instead of answering the TLS handshake: does it speak TLS?",
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello).await.unwrap();
            stream.write_all(bytes).await.unwrap();
        });
        assert_eq!(told(&target(&format!("https://hss.test:{port}"))).await, expected);
    }
}
