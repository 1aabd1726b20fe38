//! Cookies of one target (RFC 6265): kept as its answers set them, sent as its paths ask for them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie::Cookie;
use jiff::{SignedDuration, Timestamp};
use url::{Host, Url};

use crate::engine::transport::Response;

/// Most cookies of one target; older ones go first (RFC 6265, section 6.1).
const MOST: usize = 50;

/// Longest cookie that is kept, name and value, in bytes.
const LONGEST: usize = 4096;

/// Most bytes of all cookies of one target, names and values: hardly a server takes a longer header.
const LARGEST: usize = 16 << 10;

/// Cookies of one target and of the hosts that its mapping names. Each goes to those whose it is.
#[derive(Debug, Default)]
pub(in crate::engine) struct Jar(Mutex<Vec<Crumb>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Crumb {
    name: String,
    value: String,
    /// The host that set it, or the domain that it set it for.
    domain: String,
    /// Whether it is for that host alone.
    of_host: bool,
    path: String,
    secure: bool,
    /// Until the session ends where there is none.
    ends: Option<Timestamp>,
}

impl Jar {
    /// Takes what the answer to a request for `url` sets. If it sets something, this gives all
    /// values that are there now, which are secrets: older ones are as much in use as new ones.
    pub(in crate::engine) fn take(
        &self,
        url: &Url,
        response: &Response,
        now: Timestamp,
    ) -> Vec<String> {
        let set = response.headers.iter().filter(|(name, _)| *name == "set-cookie");
        let mut crumbs = self.crumbs();
        let mut any = false;
        for crumb in set.filter_map(|(_, text)| Crumb::read(text, url, now)) {
            crumbs.retain(|known| !known.is_replaced_by(&crumb));
            crumbs.push(crumb);
            any = true;
        }
        crumbs.retain(|crumb| !crumb.is_over(now));
        let mut bytes = 0;
        let fits = |crumb: &&Crumb| {
            bytes += crumb.bytes();
            bytes <= LARGEST
        };
        let kept = crumbs.iter().rev().take(MOST).take_while(fits).count();
        let surplus = crumbs.len() - kept;
        crumbs.drain(..surplus);
        match any {
            true => crumbs.iter().map(|crumb| crumb.value.clone()).collect(),
            false => Vec::new(),
        }
    }

    /// Names and values to send with a request for `url`, in order (RFC 6265, section 5.4): longer
    /// paths first, then as they came.
    pub(in crate::engine) fn for_request(
        &self,
        url: &Url,
        now: Timestamp,
    ) -> Vec<(String, String)> {
        let crumbs = self.crumbs();
        let mut sent: Vec<&Crumb> =
            crumbs.iter().filter(|crumb| crumb.fits(url) && !crumb.is_over(now)).collect();
        sent.sort_by_key(|crumb| std::cmp::Reverse(crumb.path.len()));
        sent.into_iter().map(|crumb| (crumb.name.clone(), crumb.value.clone())).collect()
    }

    /// Another one with the same cookies.
    pub(in crate::engine) fn copy(&self) -> Self {
        Self(Mutex::new(self.crumbs().clone()))
    }

    fn crumbs(&self) -> MutexGuard<'_, Vec<Crumb>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Crumb {
    /// A `Set-Cookie` as the target's answer to `url` may set it (RFC 6265, section 5.3).
    fn read(text: &str, url: &Url, now: Timestamp) -> Option<Self> {
        let cookie = Cookie::parse(text).ok()?;
        let (name, value) = (cookie.name(), cookie.value());
        let sound = name.len() + value.len() <= LONGEST
            && !name.is_empty()
            && !name.chars().chain(value.chars()).any(char::is_control);
        let domain = cookie.domain().unwrap_or_default().to_ascii_lowercase();
        let of_host = domain.is_empty();
        let domain = if of_host { url.host_str()?.to_owned() } else { domain };
        let is_ours = is_domain_of(&domain, url);
        let ends = match (cookie.max_age(), cookie.expires_datetime()) {
            // Of two ends this one counts, whenever the other is (RFC 6265, section 5.3).
            (Some(life), _) => {
                let life = SignedDuration::from_secs(life.whole_seconds());
                Some(now.saturating_add(life).unwrap_or(Timestamp::MAX))
            }
            (None, Some(ends)) => Timestamp::from_second(ends.unix_timestamp()).ok(),
            (None, None) => None,
        };
        let path = cookie.path().filter(|path| path.starts_with('/'));
        (sound && is_ours).then(|| Self {
            name: name.to_owned(),
            value: value.to_owned(),
            domain,
            of_host,
            path: path.unwrap_or_else(|| folder(url.path())).to_owned(),
            secure: cookie.secure().unwrap_or_default(),
            ends,
        })
    }

    fn is_replaced_by(&self, other: &Self) -> bool {
        (&self.name, &self.domain, &self.path) == (&other.name, &other.domain, &other.path)
    }

    fn bytes(&self) -> usize {
        self.name.len() + self.value.len()
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }

    /// Whether a request for `url` carries it.
    fn fits(&self, url: &Url) -> bool {
        let is_ours = match self.of_host {
            true => url.host_str() == Some(&*self.domain),
            false => is_domain_of(&self.domain, url),
        };
        let below = url.path().strip_prefix(&*self.path);
        let on_path = below.is_some_and(|rest| {
            rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/')
        });
        is_ours && on_path && (!self.secure || url.scheme() == "https")
    }
}

/// Whether a host belongs to a domain (RFC 6265, section 5.1.3).
fn is_domain_of(domain: &str, url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(host)) => {
            let before = host.strip_suffix(domain);
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        }
        Some(_) => url.host_str() == Some(domain),
        None => false,
    }
}

/// The path that a cookie is for where it does not say (RFC 6265, section 5.1.4).
fn folder(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(end) => &path[..end],
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn now() -> Timestamp {
        "2026-01-31T12:00:00Z".parse().unwrap()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn answer(cookies: &[&str]) -> Response {
        let headers = cookies.iter().map(|text| ("set-cookie", text));
        Response { status: 200, headers: headers.collect(), body: Bytes::new() }
    }

    /// What is sent to the second URL after the answer to the first one set these, so many seconds
    /// later.
    fn sent(cookies: &[&str], from: &str, to: &str, later: i64) -> String {
        let jar = Jar::default();
        jar.take(&url(from), &answer(cookies), now());
        let then = now() + SignedDuration::from_secs(later);
        let sent = jar.for_request(&url(to), then);
        sent.iter().map(|(name, value)| format!("{name}={value} ")).collect()
    }

    #[test]
    fn a_cookie_goes_where_it_belongs_as_long_as_it_lasts() {
        let (root, deep) = ("http://hss.test/", "http://hss.test/api/v1/sims");
        for (cookie, from, to, later, expected) in [
            ("a=1", root, deep, 1 << 30, "a=1 "),
            ("a=1", deep, deep, 0, "a=1 "),
            ("a=1", deep, "http://hss.test/api/v1", 0, "a=1 "),
            ("a=1", deep, "http://hss.test/api/v10", 0, ""),
            ("a=1", deep, root, 0, ""),
            ("a=1; Path=/api", root, deep, 0, "a=1 "),
            ("a=1; Path=/api/", root, deep, 0, "a=1 "),
            ("a=1; Path=/ap", root, deep, 0, ""),
            ("a=1; Path=api", root, deep, 0, "a=1 "),
            ("a=1; Secure", root, deep, 0, ""),
            ("a=1; Secure; HttpOnly", "https://hss.test/", "https://hss.test/x", 0, "a=1 "),
            ("a=1; Max-Age=60", root, deep, 59, "a=1 "),
            ("a=1; Max-Age=60", root, deep, 60, ""),
            ("a=1; Max-Age=0", root, deep, 0, ""),
            ("a=1; Max-Age=-1", root, deep, 0, ""),
            ("a=1; Max-Age=99999999999999999999", root, deep, 1 << 30, "a=1 "),
            ("a=1; Expires=Sat, 31 Jan 2026 12:00:10 GMT", root, deep, 9, "a=1 "),
            ("a=1; Expires=Sat, 31 Jan 2026 12:00:10 GMT", root, deep, 10, ""),
            ("a=1; Expires=Sat, 31-Jan-2026 12:00:10 GMT", root, deep, 10, ""),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", root, deep, 0, ""),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=5", root, deep, 0, "a=1 "),
            ("a=1; Expires=soon", root, deep, 0, "a=1 "),
            ("a=1; Domain=hss.test", root, deep, 0, "a=1 "),
            ("a=1; Domain=.Test", root, deep, 0, "a=1 "),
            ("a=1; Domain=ss.test", root, deep, 0, ""),
            ("a=1; Domain=other.test", root, deep, 0, ""),
            ("a=1", root, "http://hss.test:8443/", 0, "a=1 "),
            ("a=1", root, "http://node.hss.test/", 0, ""),
            ("a=1", root, "http://other.test/", 0, ""),
            ("a=1; Domain=hss.test", root, "http://node.hss.test/", 0, "a=1 "),
            ("a=1; Domain=hss.test", "http://node.hss.test/", root, 0, "a=1 "),
            ("a=1; Domain=hss.test", root, "http://other.test/", 0, ""),
            ("a=1; Domain=node.hss.test", "http://node.hss.test/", root, 0, ""),
            ("a=1; Domain=0.0.1", "http://127.0.0.1/", "http://127.0.0.1/", 0, ""),
            ("a=\"1 2\"", root, deep, 0, "a=\"1 2\" "),
            ("a=1\u{7}", root, deep, 0, ""),
            ("nonsense", root, deep, 0, ""),
            ("=1", root, deep, 0, ""),
            ("", root, deep, 0, ""),
        ] {
            assert_eq!(sent(&[cookie], from, to, later), expected, "{cookie} {from} {to} {later}");
        }
    }

    #[test]
    fn the_same_cookie_is_there_once_and_longer_paths_go_first() {
        let root = "http://hss.test/";
        let cookies = ["a=1", "b=1; Path=/api", "a=2", "c=1", "c=1; Max-Age=0"];
        assert_eq!(sent(&cookies, root, "http://hss.test/api", 0), "b=1 a=2 ");
        let cookies = ["a=1", "a=2; Path=/api", "a=3; Domain=hss.test", "a=4; Path=/api"];
        // A cookie is told by name, domain and path (RFC 6265, section 5.3).
        assert_eq!(sent(&cookies, root, "http://hss.test/api", 0), "a=4 a=3 ");
    }

    #[test]
    fn what_a_target_can_make_us_keep_has_an_end() {
        let jar = Jar::default();
        let url = url("http://hss.test/");
        let huge = format!("huge={}", "x".repeat(LONGEST));
        jar.take(&url, &answer(&[&huge]), now());
        for number in 0..1000 {
            jar.take(&url, &answer(&[&format!("c{number}=1")]), now());
        }
        let kept = jar.for_request(&url, now());
        assert_eq!((kept.len(), &*kept[0].0), (MOST, "c950"));
        let large = |number: usize| format!("c{number}={}", "x".repeat(LONGEST - 8));
        for number in 990..1010 {
            jar.take(&url, &answer(&[&large(number)]), now());
        }
        let kept: Vec<String> =
            jar.for_request(&url, now()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(kept, ["c1006", "c1007", "c1008", "c1009"], "a header that servers take");
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(256))]

        #[test]
        fn whatever_a_target_sets_leaves_a_header_that_can_be_sent(
            name in ".{0,8}", value in ".{0,8}",
            more in "(; ?(Max-Age|Expires|Path|Domain|Secure|x)=?[-+]?[0-9A-Za-z/:, .]{0,24}){0,3}"
        ) {
            let (jar, url) = (Jar::default(), url("http://hss.test/"));
            jar.take(&url, &answer(&[&format!("{name}={value}{more}")]), now());
            for (name, value) in jar.for_request(&url, now()) {
                let header = format!("{name}={value}");
                proptest::prop_assert!(!header.contains(';') && !header.chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn a_copy_is_a_jar_of_its_own() {
        let (jar, url) = (Jar::default(), url("http://hss.test/"));
        let values = jar.take(&url, &answer(&["a=1", "b=; Max-Age=0", "c=3"]), now());
        assert_eq!(values, ["1", "3"]);
        let copy = jar.copy();
        copy.take(&url, &answer(&["a=2"]), now());
        assert_eq!(jar.for_request(&url, now())[0].1, "1");
    }
}
