//! `health`: whether a connector answers, as an exit code.

use std::net::TcpListener;

use crate::support::command::{Ran, run};
use crate::support::connector::{Connector, Setup};
use crate::support::reply::Reply;
use crate::support::samples::posting;
use crate::support::scratch::Scratch;
use crate::support::target::Target;

fn health(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    run(Scratch::new().path(), &[&["health"], arguments].concat(), variables)
}

fn serving(listen: &str) -> Connector {
    let (scratch, target) = (Scratch::new(), Target::start());
    scratch.mapping("a.yaml", &posting(&target, "/a", "v1"));
    Setup::new(&scratch).env("LISTEN", listen).start()
}

#[test]
fn a_running_connector_is_healthy() {
    let connector = serving("127.0.0.1:0");
    let address = connector.address().to_string();
    for (arguments, variables) in
        [(&[][..], &[("LISTEN", &*address)][..]), (&["--listen", &address], &[("LISTEN", ":1")])]
    {
        let ran = health(arguments, variables);
        let told = (ran.code, &*ran.stdout, &*ran.stderr);
        assert_eq!(told, (Some(0), "healthy\n", ""), "{arguments:?}");
    }
}

#[test]
fn one_that_listens_everywhere_is_reached_through_the_loopback() {
    let connector = serving("0.0.0.0:0");
    let port = connector.address().port().to_string();
    for variables in [
        vec![("LISTEN", format!("0.0.0.0:{port}"))],
        vec![("LISTEN", format!(":{port}"))],
        vec![("PORT", port.clone())],
        // No proxy stands between a connector and itself.
        vec![("PORT", port.clone()), ("HTTP_PROXY", "http://127.0.0.1:1".to_owned())],
    ] {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
        let ran = health(&[], &variables);
        assert_eq!(ran.code, Some(0), "{variables:?}: {}", ran.stderr);
    }
    assert_eq!(health(&["--port", &port], &[]).code, Some(0));
}

#[test]
fn the_settings_of_the_connector_need_not_be_good_nor_complete() {
    let connector = serving("127.0.0.1:0");
    let address = connector.address().to_string();
    let variables = [("LISTEN", &*address), ("LOG_LEVEL", "loud"), ("MAPPINGS", "nowhere")];
    assert_eq!(health(&[], &variables).code, Some(0));
}

#[test]
fn nothing_there_is_1_and_says_where() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let ran = health(&[], &[("LISTEN", &address)]);
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""));
    let told = format!("nsps-connector: http://{address}: cannot connect");
    assert!(ran.stderr.starts_with(&told), "{}", ran.stderr);
}

#[test]
fn another_answer_is_1_and_is_told() {
    let target = Target::start();
    let address = target.address().to_string();
    for (reply, told) in [
        (Reply::status(500), "/health answered 500"),
        (Reply::status(404), "/health answered 404"),
        (Reply::redirect("http://127.0.0.1:1/"), "/health answered 302"),
        (Reply::Garbage, "http://"),
        (Reply::CloseUnanswered, "http://"),
    ] {
        target.always(reply);
        let ran = health(&[], &[("LISTEN", &address)]);
        assert_eq!((ran.code, &*ran.stdout), (Some(1), ""));
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
}

#[test]
fn a_mistaken_address_is_2() {
    let ran = health(&[], &[("LISTEN", "localhost:80")]);
    assert_eq!((ran.code, &*ran.stdout), (Some(2), ""));
    let told = "nsps-connector: LISTEN is \"localhost:80\": names of hosts are not looked up";
    assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
}
