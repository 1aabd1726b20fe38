//! Certificates are read again on reload: connections that are made after it use the new ones.

use std::thread;

use super::{reload_in_vain, reload_well};
use crate::support::SOON;
use crate::support::certificates::{Authority, Issued};
use crate::support::connector::Setup;
use crate::support::reply::{Gate, Reply};
use crate::support::samples::event;
use crate::support::scratch::Scratch;
use crate::support::target::Target;
use crate::support::tls_front::{TlsFront, der};

/// Everything that is posted goes to that URL, with certificates from files.
fn mapping(url: &str) -> String {
    format!(
        "version: 1
targets:
  hss:
    url: {url}
    idle_timeout: 1m
    tls: {{ ca_file: ca.pem, cert_file: nsps.pem, key_file: nsps-key.pem }}
rules:
  - name: all
    event: '*'
    steps:
      - request: POST /sims
"
    )
}

fn put(scratch: &Scratch, issued: &Issued) {
    scratch.write("nsps.pem", &issued.certificate);
    scratch.write("nsps-key.pem", &issued.key);
}

#[test]
fn after_a_reload_new_certificates_are_shown_and_old_connections_end_in_peace() {
    let (scratch, target, authority) = (Scratch::new(), Target::start(), Authority::new("one"));
    let front = TlsFront::before(&target, &authority);
    let [march, april] = ["march", "april"].map(|name| authority.client(name));
    scratch.write("ca.pem", &authority.pem);
    put(&scratch, &march);
    scratch.mapping("hss.yaml", &mapping(&front.url()));
    // Each thread has connections of its own.
    let connector = Setup::new(&scratch).env("WORKERS", "1").start();
    let post = |id: &str| {
        let answer = connector.post_event("/", event(id), &[]);
        assert_eq!(answer.status, 200, "{}", answer.text());
    };

    post("1");
    reload_well(&connector);
    post("2");
    assert_eq!(front.shown(), [der(&march)], "what did not change keeps its connection");

    let gate = Gate::new();
    target.next(Reply::ok().held_by(&gate));
    thread::scope(|scope| {
        let in_flight = scope.spawn(|| post("3"));
        target.wait_for(3, SOON);
        put(&scratch, &april);
        reload_well(&connector);
        post("4");
        assert_eq!(front.shown(), [der(&march), der(&april)]);
        gate.open();
        in_flight.join().unwrap();
    });
    post("5");
    assert_eq!(front.shown().len(), 2, "the new connection is kept, too");

    // Half of a pair that is being replaced is no reason to stop.
    scratch.write("nsps.pem", &march.certificate);
    let ready = reload_in_vain(&connector);
    let errors = ready["last_reload"]["errors"].to_string();
    assert!(errors.contains("does not belong to the first certificate"), "{errors}");
    post("6");

    let transcript = connector.transcript();
    for secret in [&march.key, &april.key] {
        let line = secret.lines().nth(1).unwrap();
        assert!(!transcript.contains(line), "a key is told");
    }
}
