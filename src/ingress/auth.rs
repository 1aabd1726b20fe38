//! Who may send events: whoever has one of the configured bearer tokens (RFC 6750).

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

type Hash = [u8; 32];

/// The tokens that are accepted; replaceable while the server runs.
pub struct Tokens {
    // Hashes have one length: comparing them tells nothing about the length of a token.
    hashes: ArcSwap<Vec<Hash>>,
}

impl Tokens {
    /// Empty tokens are left out: they would let everybody in.
    pub fn new<T: AsRef<str>>(tokens: impl IntoIterator<Item = T>) -> Arc<Self> {
        Arc::new(Self { hashes: ArcSwap::from_pointee(hashes(tokens)) })
    }

    /// From the next request on, exactly these are accepted.
    pub fn replace<T: AsRef<str>>(&self, tokens: impl IntoIterator<Item = T>) {
        self.hashes.store(Arc::new(hashes(tokens)));
    }

    /// Whether the value of an `Authorization` header carries an accepted token. Its time depends
    /// on the length of the value and the number of tokens only.
    pub(super) fn accept(&self, authorization: &[u8]) -> bool {
        let Some(token) = bearer(authorization) else { return false };
        let given = hash(token);
        let matches = |found: Choice, known: &Hash| found | known.ct_eq(&given);
        self.hashes.load().iter().fold(Choice::from(0), matches).into()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tokens", self.hashes.load().len())
    }
}

fn hashes<T: AsRef<str>>(tokens: impl IntoIterator<Item = T>) -> Vec<Hash> {
    let known = tokens.into_iter().filter(|token| !token.as_ref().is_empty());
    known.map(|token| hash(token.as_ref().as_bytes())).collect()
}

fn hash(token: &[u8]) -> Hash {
    Sha256::digest(token).into()
}

/// The token of `Bearer TOKEN`; the scheme's name is case-insensitive (RFC 9110, 11.1).
fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = authorization.split_at_checked("bearer".len())?;
    let token = token.strip_prefix(b" ")?.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_the_tokens_is_accepted_whatever_the_case_of_the_scheme() {
        let tokens = Tokens::new(["old", "new"]);
        for header in ["Bearer old", "bearer new", "BEARER   new "] {
            assert!(tokens.accept(header.as_bytes()), "{header}");
        }
    }

    #[test]
    fn nothing_else_is_accepted() {
        let tokens = Tokens::new(["token", ""]);
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer toke",
            "Bearer token2",
            "Bearertoken",
            "Basic token",
            "token",
            "Bearer TOKEN",
            "Bearer token token",
            "Bearer\ttoken",
            "é",
        ] {
            assert!(!tokens.accept(header.as_bytes()), "{header}");
        }
        assert!(!Tokens::new([""]).accept(b"Bearer "));
    }

    #[test]
    fn a_replaced_token_is_not_accepted_any_more() {
        let tokens = Tokens::new(["old"]);
        tokens.replace(["new"]);
        assert!(tokens.accept(b"Bearer new") && !tokens.accept(b"Bearer old"));
    }

    #[test]
    fn tokens_cannot_be_read_in_debug_output() {
        assert_eq!(format!("{:?}", Tokens::new(["secret"])), "1 tokens");
    }
}
