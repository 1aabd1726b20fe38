//! Where rendered text goes, and how a value is kept from being more than a value there.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::Fault;
use crate::xml;

/// Where a template's text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Sent as it is, or escaped as a whole by whoever asked.
    Text,
    /// A segment, or a part of one, of a URL's path.
    Path,
    /// The text of an element of XML, or the value of an attribute.
    Xml,
    /// Told to people: what is absent renders empty, objects as JSON.
    Message,
}

/// All but the unreserved characters of RFC 3986, section 2.3.
pub const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Place {
    /// Appends a value's text.
    pub(super) fn write(self, value: &str, out: &mut String) -> Result<(), Fault> {
        match self {
            Self::Text | Self::Message => out.push_str(value),
            Self::Path => out.extend(utf8_percent_encode(value, RESERVED)),
            Self::Xml if xml::escape(value, out) => {}
            Self::Xml => {
                let reason = "XML 1.0 does not allow one of its characters";
                return Err(Fault::Misfit { place: "XML", reason });
            }
        }
        Ok(())
    }

    /// Whether absence renders as nothing rather than failing the event.
    pub(super) fn is_lenient(self) -> bool {
        self == Self::Message
    }
}
