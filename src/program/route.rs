//! The way to a target: whom to trust on it, who we are, by which proxy, and where else answers may
//! lead.

use std::fmt;
use std::sync::Arc;

use url::{Host, Url};

/// The way to a target.
#[derive(Debug, Clone, Default)]
pub struct Route {
    pub trust: Trust,
    /// Who we are, where a target wants to know it by TLS.
    pub identity: Option<Arc<Identity>>,
    pub proxy: Option<Arc<Proxy>>,
    /// Where a saved URL may lead besides the target itself.
    pub allowed: Arc<[AllowedHost]>,
    pub files: Files,
}

/// Where the certificates and the key were read from.
#[derive(Debug, Clone, Default)]
pub struct Files {
    pub authorities: Option<Arc<str>>,
    pub certificate: Option<Arc<str>>,
    pub key: Option<Arc<str>>,
}

/// Whose certificates a target's own may be issued by.
#[derive(Debug, Clone, Default)]
pub enum Trust {
    /// Those that the system trusts.
    #[default]
    System,
    /// These alone; each is an X.509 certificate in DER form.
    Only(Arc<[Vec<u8>]>),
    /// Those that the system trusts, and these.
    SystemAnd(Arc<[Vec<u8>]>),
    /// Anyone's: to see whether somebody answers, and to tell them nothing. No mapping can say so.
    Anyone,
}

/// A client certificate and its key.
pub struct Identity {
    /// In PEM form: our certificate, those of its issuers, the private key. It is a secret.
    pub pem: Box<str>,
}

/// Nothing of the key.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

/// A proxy for HTTP, which tunnels to `https` targets (RFC 9110, section 9.3.6).
pub struct Proxy {
    /// `http://host:port`, without credentials.
    pub url: Url,
    /// User name and password, decoded. They are secrets.
    pub credentials: Option<(String, String)>,
}

/// Nothing of the credentials.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.place())
    }
}

impl Proxy {
    /// Host and port.
    pub fn place(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or(80);
        format!("{}:{port}", self.url.host_str().unwrap_or_default())
    }
}

/// A host that a saved URL may lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    /// As URLs are normalized (WHATWG URL, section 3.5).
    pub host: Host,
    /// The usual port of the URL's scheme where there is none.
    pub port: Option<u16>,
}

impl AllowedHost {
    fn fits(&self, url: &Url) -> bool {
        let usual = match url.scheme() {
            "https" => 443,
            _ => 80,
        };
        url.host().is_some_and(|host| host.to_owned() == self.host)
            && url.port_or_known_default() == Some(self.port.unwrap_or(usual))
    }
}

impl Route {
    /// Whether a request of a target at `own` may go to `url`: to the origin of the target itself,
    /// or to a host that its mapping names. Never from `https` to `http`, never with a user of its own.
    pub fn leads_to(&self, url: &Url, own: &Url) -> bool {
        let user = |url: &Url| (url.username().to_owned(), url.password().map(str::to_owned));
        if user(url) != user(own) {
            return false;
        }
        // A `blob:` URL has the origin of the one within it.
        let is_http = matches!(url.scheme(), "http" | "https");
        let is_as_safe = url.scheme() == "https" || own.scheme() == url.scheme();
        is_http
            && is_as_safe
            && (url.origin() == own.origin() || self.allowed.iter().any(|it| it.fits(url)))
    }

    /// The way to the token endpoint at `url` of a target at `own`. At another host it is rather a
    /// public one, whose certificate is not issued by the target's own authority.
    pub fn of_token_endpoint(&self, own: &str, url: &str) -> Self {
        let host = |url: &str| Url::parse(url).ok()?.host().map(|host| host.to_owned());
        let trust = match &self.trust {
            Trust::Only(authorities) if host(own) != host(url) => {
                Trust::SystemAnd(Arc::clone(authorities))
            }
            trust => trust.clone(),
        };
        Self { trust, allowed: Arc::default(), ..self.clone() }
    }

    /// Hosts that the mapping itself names for a target at `own`.
    pub fn hosts(&self, own: &Url) -> Vec<Host> {
        let of_urls = [Some(own), self.proxy.as_deref().map(|proxy| &proxy.url)];
        let of_urls = of_urls.into_iter().flatten().filter_map(Url::host).map(|it| it.to_owned());
        of_urls.chain(self.allowed.iter().map(|allowed| allowed.host.clone())).collect()
    }
}

#[cfg(test)]
mod tests;
