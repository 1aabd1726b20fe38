//! What no engine can do without: reads an event, forwards its bytes, answers with those that come
//! back. With the server library, the HTTP client and the threads of the connector, for
//! `benches/compare` to subtract: what an event costs beyond this is the engine's.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpResponse, HttpServer};
use nsps_connector::egress::client::Network;
use nsps_connector::engine::transport::{Connect, Request, Transport};
use nsps_connector::mapping::{self, env::Environment};

/// As the connector has it.
#[cfg(not(feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Where to: the first target of a mapping, as the connector reaches it.
struct Forwarder {
    transport: Arc<dyn Transport>,
    url: Arc<str>,
}

/// `forward ADDRESS MAPPING TARGET_URL`; without them, as `cargo bench` runs it, there is nothing to do.
fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, mapping, target] = arguments.as_slice() else { return Ok(()) };
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    let workers = std::thread::available_parallelism()?.get();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    runtime.block_on(async {
        let forwarder = Data::new(forwarder(mapping, target)?);
        let app = move || {
            let limit = PayloadConfig::new(4 << 20);
            App::new().app_data(forwarder.clone()).app_data(limit).default_service(web::to(forward))
        };
        let server = HttpServer::new(app)
            .workers(workers)
            .keep_alive(Duration::from_secs(75))
            .tcp_nodelay(true)
            .bind(address)?;
        runtime.spawn(server.run()).await?
    })
}

fn forwarder(mapping: &str, target: &str) -> io::Result<Forwarder> {
    let text = std::fs::read_to_string(mapping)?;
    let variables = |name: &str| match name {
        "TARGET_URL" => Some(target.to_owned()),
        _ => Some("a-token-that-is-not-sent".to_owned()),
    };
    let no_files = |_: &str| Err("none".to_owned());
    let env = Environment::new(&variables, &no_files, false);
    let program = mapping::load_text("bench.yaml", &text, env).program;
    let program = program.ok_or_else(|| io::Error::other("the mapping has mistakes"))?;
    let target = &program.mappings[0].targets[0];
    let transport = Network::new().connect(target).map_err(io::Error::other)?;
    Ok(Forwarder { transport, url: format!("{}/", target.url).into() })
}

async fn forward(body: Bytes, forwarder: Data<Forwarder>) -> HttpResponse {
    let request = Request {
        method: "POST".into(),
        url: forwarder.url.clone(),
        headers: vec![("content-type".into(), "application/json".into())],
        body,
        timeout: Duration::from_secs(10),
    };
    let Ok(answer) = forwarder.transport.send(&request).await else {
        return HttpResponse::BadGateway().finish();
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    HttpResponse::build(status).content_type("application/json").body(answer.body)
}
