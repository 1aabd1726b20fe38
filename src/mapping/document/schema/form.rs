//! What texts look like, as far as a regular expression can say: in the words that ECMA-262 and
//! Rust's expressions have in common.

use std::borrow::Cow;

use crate::expr::Builtin;
use crate::program::METHODS;
use crate::units;

/// A form of text, and what an editor says where a text does not have it.
#[derive(Debug, Clone)]
pub struct Form {
    pub pattern: Cow<'static, str>,
    pub expected: &'static str,
}

const fn form(pattern: &'static str, expected: &'static str) -> Form {
    Form { pattern: Cow::Borrowed(pattern), expected }
}

/// Names of targets and rules.
pub const KEBAB_NAME: Form = form(
    "^[a-z0-9][a-z0-9-]*$",
    "names of targets and rules are made of a-z, 0-9 and `-`, and do not begin with `-`",
);

/// Names of variables, tables and steps.
pub const NAME: Form = form(
    "^[a-z_][a-z0-9_-]*$",
    "names of variables, tables and steps are made of a-z, 0-9, `_` and `-`, and begin with a \
     letter or `_`",
);

/// A variable or a built-in, and perhaps the way below it.
pub const REFERENCE: Form = form(
    r"^[a-z_][a-z0-9_-]*(\.|$)",
    "write the name of a variable or a built-in, dotted for what is below it: `event.data.id`",
);

/// What a condition asks about.
pub const SUBJECT: Form = form(
    r"^(\$|[a-z_][a-z0-9_-]*(\.|$))",
    "a subject is a variable, dotted for what is below it, or a JSONPath: `$.data.id`",
);

/// A header's name: a token of RFC 9110, section 5.6.2.
pub const HEADER_NAME: Form =
    form("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "a header's name is made of letters, digits and `-`");

/// A base URL, of which the environment may give a part.
pub const BASE_URL: Form = form(
    r"^\s*[Hh][Tt][Tt][Pp][Ss]?:|\$\{",
    "write an absolute URL, such as `https://hss.example/api`",
);

/// The URL of a proxy, of which the environment may give a part.
pub const PROXY_URL: Form =
    form(r"^\s*[Hh][Tt][Tt][Pp]:|\$\{", "write a URL such as `http://proxy.example:3128`");

/// A host, perhaps with a port.
pub const HOST: Form = form(
    r"^\s*(\[[0-9A-Fa-f:.]+\]|[^\s/@:*?#\[\]{}]+)(:[0-9]+)?\s*$|\$\{",
    "write a host, or a host with a port, such as `node-1.hss.example:8443`",
);

/// A media type (RFC 9110, section 8.3.1).
pub const MEDIA_TYPE: Form =
    form(r"/|\$\{", "write a media type, such as `application/merge-patch+json`");

/// A whole number as text.
pub const WHOLE_NUMBER: Form =
    form(r"^\s*\+?[0-9]+\s*$|\$\{", "write a whole number, or `${NAME}` for one");

/// So many in a second or in a minute.
pub const RATE: Form = form(r"^\s*[0-9]+\s*/\s*(s|m)\s*$|\$\{", "write e.g. `100/s`, or `600/m`");

/// A JSONPath; where an answer is read, also a part of that answer.
pub fn path() -> Form {
    let parts: Vec<&str> = Builtin::OF_ANSWERS.iter().map(|(name, _)| *name).collect();
    Form {
        pattern: format!(r"^(\$|({})(\.|$))", parts.join("|")).into(),
        expected: "a JSONPath begins with `$`; a variable is `{ from: name }`, a fixed value \
                   `{ value: … }`",
    }
}

/// A duration with units.
pub fn duration() -> Form {
    let units: Vec<&str> = units::of_time().collect();
    Form {
        pattern: format!(r"^\s*([0-9]+\s*({})\s*)+$|\$\{{", units.join("|")).into(),
        expected: "write a duration with its unit, such as `250ms`, `10s` or `1m30s`",
    }
}

/// `METHOD /path`, or a method and what a step saved.
pub fn request() -> Form {
    Form {
        pattern: format!(r"^({}) \s*(/|\{{\{{)", METHODS.join("|")).into(),
        expected: "write a method and a path that begins with `/`, such as \
                   `POST /subscribers/{{imsi}}`",
    }
}
