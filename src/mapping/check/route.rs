//! `tls`, `proxy` and `allow_hosts` to the way to a target.

use std::net::Ipv6Addr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::super::document::decode::Text;
use super::super::document::{Auth as WrittenAuth, Target as Written};
use super::super::env::Secrecy;
use super::Checker;
use crate::program::route::{AllowedHost, Proxy, Route, Trust};

impl Checker<'_, '_> {
    /// The way to a target; `url` is the target's own, if that could be read.
    pub(super) fn route(&mut self, written: &Written, url: Option<&str>) -> Option<Route> {
        let tls = match &written.tls {
            Some(tls) => self.tls(tls),
            None => Some((Trust::System, None)),
        };
        self.warn_of_useless_tls(written, url);
        let proxy = written.proxy.as_ref().map(|text| self.proxy(text));
        let hosts = written.allow_hosts.iter().flat_map(|each| each.members.iter().flatten());
        let allowed: Vec<Option<AllowedHost>> = hosts.map(|text| self.allowed_host(text)).collect();
        self.addresses_by_proxy(written, url, &allowed);
        let (trust, identity) = tls?;
        let files = written.tls.as_ref().map(|tls| self.files(tls)).unwrap_or_default();
        let proxy = proxy.map_or(Some(None), |proxy| proxy.map(Some))?;
        let allowed = allowed.into_iter().collect::<Option<_>>()?;
        Some(Route { trust, identity, proxy: proxy.map(Arc::new), allowed, files })
    }

    /// It is used for a token endpoint, too, and by an environment with another URL.
    fn warn_of_useless_tls(&mut self, written: &Written, url: Option<&str>) {
        let (Some(tls), Some(url)) = (&written.tls, url) else { return };
        let has_endpoint = matches!(written.auth, Some(WrittenAuth::Oauth2(_)));
        let is_plain = Url::parse(url).is_ok_and(|url| url.scheme() == "http");
        let is_given = written.url.as_ref().is_some_and(|text| text.as_str().contains("${"));
        if is_plain && !has_endpoint && !is_given {
            let message = "this target is called without TLS: its URL begins with `http://`";
            self.warning("useless-tls", tls.span, message, "write `https://`, or leave `tls` out");
        }
    }

    /// The client cannot verify such an address behind a tunnel.
    fn addresses_by_proxy(
        &mut self,
        written: &Written,
        url: Option<&str>,
        allowed: &[Option<AllowedHost>],
    ) {
        let (Some(text), Some(Ok(url))) = (&written.proxy, url.map(Url::parse)) else { return };
        let of_list = allowed.iter().flatten().any(|it| matches!(it.host, Host::Ipv6(_)));
        if url.scheme() == "https" && (matches!(url.host(), Some(Host::Ipv6(_))) || of_list) {
            let message = "`https` goes to no IPv6 address by a proxy";
            let help = "name the host by its name, or leave `proxy` out";
            self.error("bad-proxy", text.span(), message, help);
        }
    }

    fn proxy(&mut self, text: &Text) -> Option<Proxy> {
        let substituted = self.substituted(text, Secrecy::Plain)?;
        if substituted.stand_in {
            let url = Url::parse("http://unset.invalid").ok()?;
            return Some(Proxy { url, credentials: None });
        }
        let written = substituted.text();
        let fault = match Url::parse(written.trim()) {
            _ if written.contains("{{") => {
                Some(("a proxy is not a template: it is the same for every event", "write it out"))
            }
            Ok(url) => proxy_fault(&url),
            Err(_) => Some(("a proxy is named by a URL", "write e.g. `http://proxy.example:3128`")),
        };
        if let Some((message, help)) = fault {
            self.error("bad-proxy", text.span(), message, help);
            return None;
        }
        let mut url = Url::parse(written.trim()).ok()?;
        let credentials = self.credentials_of(&url, text)?;
        // Neither fails for a URL with a host.
        let _ = (url.set_username(""), url.set_password(None));
        Some(Proxy { url, credentials })
    }

    /// User name and password in a URL; the outer `None` was reported.
    fn credentials_of(&mut self, url: &Url, text: &Text) -> Option<Option<(String, String)>> {
        if url.username().is_empty() && url.password().is_none() {
            return Some(None);
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let encoded = url.password().unwrap_or_default();
        let (username, password) = (decoded(url.username()), decoded(encoded));
        if username.contains(':') {
            let help = "RFC 7617 has no way to send it: choose another user name";
            self.error("bad-credential", text.span(), "a user name cannot hold `:`", help);
            return None;
        }
        // A token may be all that there is.
        let (secret, encoded) = match password.is_empty() {
            true => (&username, url.username()),
            false => (&password, encoded),
        };
        self.warn_of_short(secret, text);
        self.env.hide(encoded);
        self.env.hide(secret.clone());
        self.env.hide(STANDARD.encode(format!("{username}:{password}")));
        Some(Some((username, password)))
    }

    fn allowed_host(&mut self, text: &Text) -> Option<AllowedHost> {
        let substituted = self.substituted(text, Secrecy::Plain)?;
        let is_stand_in = substituted.stand_in;
        let written = substituted.text();
        match allowed(written.trim()) {
            Ok(host) => Some(host),
            Err(_) if is_stand_in => {
                Some(AllowedHost { host: Host::Domain("unset.invalid".to_owned()), port: None })
            }
            Err((message, help)) => {
                // A value of the environment is not repeated.
                let is_given = text.as_str().contains("${");
                let help =
                    if is_given { "look at what the environment gives".to_owned() } else { help };
                self.error("bad-host", text.span(), message, &help);
                None
            }
        }
    }
}

fn proxy_fault(url: &Url) -> Option<(&'static str, &'static str)> {
    match url.scheme() {
        "http" => {}
        "https" => {
            return Some((
                "a proxy is reached by `http://`",
                "write `http://…`: what goes through it to an `https` target is encrypted all the same",
            ));
        }
        scheme if scheme.starts_with("socks") => {
            return Some((
                "this is a SOCKS proxy",
                "name an HTTP proxy, such as `http://proxy.example:3128`",
            ));
        }
        _ => {
            let help = "write e.g. `http://proxy.example:3128`";
            return Some(("a proxy's URL begins with `http://`", help));
        }
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        let help = "write host and port alone, e.g. `http://proxy.example:3128`";
        return Some(("a proxy's URL ends with its host and port", help));
    }
    None
}

/// A host with or without a port; or what is wrong, and what to write instead.
fn allowed(written: &str) -> Result<AllowedHost, (&'static str, String)> {
    let example =
        || "write a host, or a host with a port, such as `node-1.example:8443`".to_owned();
    if written.contains("{{") {
        let help = "name the hosts themselves: no event and no answer adds another one";
        return Err(("a host is not a template", help.to_owned()));
    }
    if let Some((_, rest)) = written.split_once("://") {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority.rsplit('@').next().unwrap_or_default();
        return Err(("this is a URL, and not a host", format!("write `{authority}`")));
    }
    if written.contains('*') {
        let help = "write each host by itself";
        return Err(("there are no patterns of hosts", help.to_owned()));
    }
    if written.parse::<Ipv6Addr>().is_ok() {
        return Err(("an IPv6 address stands in brackets", format!("write `[{written}]`")));
    }
    if written.contains('/') {
        return Err(("this is a host with a path, or a network", example()));
    }
    if written.contains(['@', '?', '#', '\\']) || written.contains(char::is_whitespace) {
        return Err(("this is not a host", example()));
    }
    let (host, port) = match written.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (written, None),
    };
    let port = match port.map(str::parse::<u16>) {
        None => None,
        Some(Ok(port)) if port > 0 => Some(port),
        Some(_) => {
            let help = "ports are numbers from 1 to 65535".to_owned();
            return Err(("this host has a port that there is not", help));
        }
    };
    match Host::parse(host) {
        Ok(host) => Ok(AllowedHost { host, port }),
        Err(_) => Err(("this is not a host", example())),
    }
}

#[cfg(test)]
mod tests;
