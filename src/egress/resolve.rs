//! Which addresses names may lead to: not to link-local ones and the metadata services of clouds,
//! whoever is in charge of a name, unless a mapping writes such an address out.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;
use url::{Host, Url};

use crate::program::Route;

/// Gives the addresses of a name; it may block.
pub type LookUp = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// Addresses that a mapping writes out.
#[derive(Debug, Clone, Default)]
pub(super) struct Named(Arc<[IpAddr]>);

impl Named {
    /// Those of a target at `own`.
    pub(super) fn of(route: &Route, own: &str) -> Self {
        let hosts = Url::parse(own).map(|own| route.hosts(&own)).unwrap_or_default();
        Self(hosts.iter().filter_map(address).map(plain).collect())
    }

    /// Whether requests may go there.
    fn may_reach(&self, address: IpAddr) -> bool {
        let address = plain(address);
        !is_confined(address) || self.0.contains(&address)
    }

    /// Why a URL with an address in it leads nowhere, if so.
    pub(super) fn refusal(&self, url: &Url) -> Option<Refused> {
        let address = address(&url.host()?)?;
        (!self.may_reach(address)).then_some(Refused(address))
    }
}

/// An address that no request goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused(IpAddr);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is a link-local address or that of a cloud's metadata service; if it is meant, name it \
             in `allow_hosts`",
            self.0
        )
    }
}

impl std::error::Error for Refused {}

/// A name that nobody knows an address of; why not is nothing that operators could do anything about.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("name does not resolve")]
struct Unknown;

/// Looks names up, and leaves out addresses that they may not lead to.
#[derive(Clone)]
pub(super) struct Resolver {
    pub named: Named,
    /// The system's way unless told.
    pub look_up: Option<LookUp>,
}

type Fault = Box<dyn Error + Send + Sync>;

impl Resolver {
    async fn addresses(self, name: &str) -> Result<vec::IntoIter<SocketAddr>, Fault> {
        let found: io::Result<Vec<IpAddr>> = match self.look_up {
            Some(look_up) => look_up(name),
            None => {
                let found = tokio::net::lookup_host((name, 0)).await;
                found.map(|found| found.map(|it| it.ip()).collect())
            }
        };
        let found = found.map_err(|_| Unknown)?;
        let (good, bad): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|address| self.named.may_reach(*address));
        match bad.first() {
            Some(bad) if good.is_empty() => Err(Refused(*bad).into()),
            _ => {
                let good = good.into_iter().map(|ip| SocketAddr::new(ip, 0));
                Ok(good.collect::<Vec<_>>().into_iter())
            }
        }
    }
}

/// As hyper wants it.
impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Fault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolver = self.clone();
        Box::pin(async move { resolver.addresses(name.as_str()).await })
    }
}

/// As reqwest wants it.
impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = resolver.addresses(name.as_str()).await?;
            Ok(Box::new(found) as reqwest::dns::Addrs)
        })
    }
}

/// The address that a host is, if it is no name.
fn address<S>(host: &Host<S>) -> Option<IpAddr> {
    match host {
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        Host::Domain(_) => None,
    }
}

/// The IPv4 address in an IPv6 one that stands for it, or the address itself.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let embedded = |at: usize| {
        let octets = v6.octets();
        let part = octets.get(at..at + 4).and_then(|part| <[u8; 4]>::try_from(part).ok());
        part.map(Ipv4Addr::from)
    };
    let v4 = match v6.segments() {
        // Unspecified and loopback.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // IPv4-compatible and IPv4-mapped (RFC 4291, section 2.5.5), and translated (RFC 6052; RFC
        // 8215 for local use, in any of its prefixes of 96 bits).
        [0, 0, 0, 0, 0, 0 | 0xffff, _, _]
        | [0x64, 0xff9b, 0, 0, 0, 0, _, _]
        | [0x64, 0xff9b, 1, ..] => embedded(12),
        // 6to4 (RFC 3056).
        [0x2002, ..] => embedded(2),
        _ => None,
    };
    v4.map_or(address, IpAddr::V4)
}

/// Whether an address is one that names may not lead to.
fn is_confined(address: IpAddr) -> bool {
    /// Metadata services of clouds that are not link-local.
    const METADATA: [Ipv6Addr; 2] = [
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    ];
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local() || METADATA.contains(&address),
    }
}

#[cfg(test)]
mod tests;
