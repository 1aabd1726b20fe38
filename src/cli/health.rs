//! `health`: for a container's `HEALTHCHECK`, where there may be no other HTTP client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::Exit;
use super::call;
use super::output::{complain, complain_of, say};
use crate::settings::{Environment, ServeArgs, Settings};

/// The longest that the answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// Address that the connector listens at [env: LISTEN] [default: 0.0.0.0:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,

    /// Port that the connector listens at [env: PORT] [default: 8080]
    #[arg(long, value_name = "PORT")]
    port: Option<String>,

    /// File of its certificate, if it serves HTTPS. The file is not read, and the certificate that is shown
    /// is not judged: the question is whether it answers [env: TLS_CERT]
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
}

pub(super) fn run(arguments: &HealthArgs) -> Exit {
    let arguments = ServeArgs {
        listen: arguments.listen.clone(),
        port: arguments.port.clone(),
        tls_cert: arguments.tls_cert.clone(),
        ..ServeArgs::default()
    };
    let listen = Environment::read(Path::new("."))
        .map_err(|fault| vec![fault])
        .and_then(|environment| Settings::read_listen(&arguments, |name| environment.get(name)));
    let url = match listen {
        Ok((listen, secure)) => {
            format!("{}://{}", if secure { "https" } else { "http" }, reachable(listen))
        }
        Err(faults) => {
            complain_of(&faults);
            return Exit::Unable;
        }
    };
    match call::get(&url, "/health", PATIENCE) {
        Ok(response) if response.status == 200 => {
            say("healthy");
            Exit::Success
        }
        Ok(response) => {
            complain(format_args!("nsps-connector: {url}/health answered {}", response.status));
            Exit::Found
        }
        Err(error) => {
            complain(format_args!("nsps-connector: {url}: {error}"));
            Exit::Found
        }
    }
}

/// An address that is listened at on all interfaces is reached through the loopback one.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
