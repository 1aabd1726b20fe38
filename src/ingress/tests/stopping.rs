//! Draining and stopping.

use super::*;

const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: c\r\n\r\n";
const READY: &str = "GET /ready HTTP/1.1\r\nhost: c\r\n\r\n";

#[tokio::test]
async fn while_draining_events_are_processed_and_connections_close() {
    let setup = start();
    setup.server.drain();
    let ready = setup.answer_to(READY).await;
    assert_eq!((ready.status, ready.text("missing")), (503, "shutting down"));
    let answer = setup.answer_to_event("succeed").await;
    assert_eq!((answer.status, answer.closes()), (200, true));
    assert_eq!(setup.answer_to(HEALTH).await.status, 200);
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_a_stop() {
    let setup = start();
    let mut idle = setup.client().await;
    idle.asks(HEALTH).await;
    let mut silent = setup.client().await;
    // actix looks once a second whether its connections are gone.
    let soon = Duration::from_secs(5);
    assert_eq!(timeout(soon, setup.server.stop(LONG)).await, Ok(0));
    assert_eq!(idle.hears_the_end().await, "");
    assert_eq!(silent.hears_the_end().await, "");
}

#[tokio::test]
async fn a_stop_waits_for_the_answer_of_what_runs() {
    let setup = start();
    let (service, address) = (Arc::clone(&setup.service), setup.server.address());
    let mut client = setup.client().await;
    client.sends(&event("hang")).await;
    setup.has_begun(1).await;
    let stopping = tokio::spawn(setup.server.stop(LONG));
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(LONG, refused).await.expect("the listener must close");
    service.released.send_replace(true);
    let answer = client.hears().await;
    assert_eq!((answer.status, answer.closes()), (200, true));
    assert_eq!(stopping.await.unwrap(), 0);
}

#[tokio::test]
async fn a_stop_gives_up_after_its_grace_period_and_says_what_was_left() {
    let setup = start();
    let mut client = setup.client().await;
    client.sends(&event("hang")).await;
    setup.has_begun(1).await;
    let stop = setup.server.stop(Duration::from_millis(300));
    assert_eq!(timeout(LONG / 2, stop).await, Ok(1));
    let answer = client.hears().await;
    assert_eq!((answer.status, answer.text("type")), (503, "CONNECTION_ERROR"));
}

#[tokio::test]
async fn a_stop_waits_for_a_run_whose_client_is_gone() {
    let setup = start();
    let service = Arc::clone(&setup.service);
    let mut client = setup.client().await;
    client.sends(&event("hang")).await;
    setup.has_begun(1).await;
    drop(client);
    let mut stopping = tokio::spawn(setup.server.stop(LONG));
    timeout(Duration::from_millis(300), &mut stopping).await.expect_err("still runs");
    service.released.send_replace(true);
    assert_eq!(stopping.await.unwrap(), 0);
    assert_eq!(*service.ended.borrow(), 1);
}

#[tokio::test]
async fn a_stop_waits_for_a_run_whose_client_reset_the_connection() {
    let setup = start();
    let service = Arc::clone(&setup.service);
    let mut client = setup.client().await;
    client.sends(&event("hang")).await;
    setup.has_begun(1).await;
    let socket = socket2::SockRef::from(client.stream.get_ref());
    socket.set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let mut stopping = tokio::spawn(setup.server.stop(LONG));
    timeout(Duration::from_millis(300), &mut stopping).await.expect_err("still runs");
    service.released.send_replace(true);
    assert_eq!(stopping.await.unwrap(), 0);
    assert_eq!(*service.ended.borrow(), 1);
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let setup = start();
    let taken = Config { listen: setup.server.address(), ..config() };
    assert!(serve(taken, parts(tokio::runtime::Handle::current())).is_err());
}

#[test]
fn a_server_can_be_started_outside_of_its_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = serve(config(), parts(runtime.handle().clone())).unwrap();
    runtime.block_on(async {
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let mut client = Client { stream: BufReader::new(stream) };
        assert_eq!(client.asks(HEALTH).await.status, 200);
        drop(client);
        assert_eq!(timeout(LONG, server.stop(LONG)).await, Ok(0));
    });
}
