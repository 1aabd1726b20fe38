//! What XML 1.0 (fifth edition) and Namespaces in XML 1.0 allow, for those who write and who read it.

/// XML 1.0, section 2.2: not the control characters, and not U+FFFE and U+FFFF.
pub fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// White space of markup: XML 1.0, section 2.3, production S.
pub fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// XML 1.0, section 2.3, production NameStartChar.
pub fn begins_name(c: char) -> bool {
    matches!(c,
        ':' | '_' | 'A'..='Z' | 'a'..='z'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
        | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
        | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

/// XML 1.0, section 2.3, production NameChar.
pub fn is_of_name(c: char) -> bool {
    begins_name(c)
        || matches!(c,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// A name without a colon: Namespaces in XML 1.0, section 3, production NCName.
pub fn is_plain_name(name: &str) -> bool {
    name.starts_with(begins_name) && name.chars().all(|c| is_of_name(c) && c != ':')
}

/// The name of an element or of an attribute, with a prefix or without: Namespaces in XML 1.0,
/// section 4, production QName.
pub fn is_name(name: &str) -> bool {
    match name.split_once(':') {
        Some((prefix, local)) => is_plain_name(prefix) && is_plain_name(local),
        None => is_plain_name(name),
    }
}

/// What `&name;` stands for: one of the five entities (XML 1.0, section 4.6), or a character by its
/// number (section 4.1).
pub fn resolve(name: &str) -> Option<char> {
    let number = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would take a sign.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let c = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    is_allowed(c).then_some(c)
}

/// The value of an attribute as an application gets it, out of how it is written: section 3.3.3. None
/// if a reference stands for no character.
pub fn attribute_value(raw: &str) -> Option<String> {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '\t', '\r', '\n']) {
        value.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(reference) = rest.strip_prefix('&') {
            let (name, after) = reference.split_once(';')?;
            value.push(resolve(name)?);
            rest = after;
        } else {
            value.push(' ');
            rest = rest.strip_prefix("\r\n").unwrap_or(&rest[1..]);
        }
    }
    value.push_str(rest);
    Some(value)
}

/// Appends `text` so that it reads back as it is, in the text of an element and in an attribute of
/// either quotes: line ends and tabs are written by number, since a reader would change them there
/// (XML 1.0, sections 2.11 and 3.3.3). False if a character is not allowed in XML at all; what was
/// appended by then is of no use.
#[must_use]
pub fn escape(text: &str, out: &mut String) -> bool {
    let mut done = 0;
    for (at, c) in text.char_indices() {
        let escaped = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&apos;",
            '\t' => "&#9;",
            '\n' => "&#10;",
            '\r' => "&#13;",
            c if is_allowed(c) => continue,
            _ => return false,
        };
        out.push_str(&text[done..at]);
        out.push_str(escaped);
        done = at + c.len_utf8();
    }
    out.push_str(&text[done..]);
    true
}

/// The names and raw values in what follows the name of a start tag, or `<?xml`: XML 1.0, section
/// 3.1. Names are not checked. Ends with the first fault, which is in words.
pub struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Attributes<'a> {
    pub fn of(rest: &'a str) -> Self {
        Self { rest }
    }

    fn read(&mut self) -> Result<(&'a str, &'a str), &'static str> {
        let begin = self.rest.trim_start_matches(is_space);
        if begin.len() == self.rest.len() {
            return Err("no white space stands before an attribute");
        }
        let end = begin.find(|c| c == '=' || is_space(c)).unwrap_or(begin.len());
        let (name, after) = begin.split_at(end);
        let Some(after) = after.trim_start_matches(is_space).strip_prefix('=') else {
            return Err("an attribute has no value");
        };
        let quoted = after.trim_start_matches(is_space);
        let Some(quote) = quoted.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return Err("the value of an attribute has no quotes");
        };
        let Some((value, rest)) = quoted[1..].split_once(quote) else {
            return Err("the value of an attribute does not end");
        };
        if value.contains('<') {
            return Err("a `<` stands in the value of an attribute");
        }
        self.rest = rest;
        Ok((name, value))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<(&'a str, &'a str), &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.trim_start_matches(is_space).is_empty() {
            return None;
        }
        let read = self.read();
        if read.is_err() {
            self.rest = "";
        }
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_characters_are_those_of_the_recommendation() {
        for c in
            ['\t', '\n', '\r', ' ', '~', '\u{7f}', '\u{85}', '\u{d7ff}', '\u{e000}', '\u{fffd}']
        {
            assert!(is_allowed(c), "{c:?}");
        }
        assert!(is_allowed('😀') && is_allowed('\u{10ffff}'));
        for c in ['\0', '\u{1}', '\u{8}', '\u{b}', '\u{c}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
            assert!(!is_allowed(c), "{c:?}");
        }
    }

    #[test]
    fn a_name_has_at_most_one_prefix() {
        for name in ["a", "_", "a-b.c1", "soap:Body", "é", "名", "xmlns:x"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "1a", "-a", ".a", "a b", "a:", ":a", "a:b:c", "a:1", "a/b", "a\"", "×"] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn references_stand_for_characters() {
        for (name, c) in [
            ("amp", '&'),
            ("lt", '<'),
            ("gt", '>'),
            ("quot", '"'),
            ("apos", '\''),
            ("#9", '\t'),
            ("#0038", '&'),
            ("#x1F600", '😀'),
            ("#x1f600", '😀'),
        ] {
            assert_eq!(resolve(name), Some(c), "{name}");
        }
        for name in [
            "",
            "#",
            "#x",
            "nbsp",
            "AMP",
            "amp ",
            "#+9",
            "#-9",
            "#0",
            "#1",
            "#xFFFE",
            "#xD800",
            "#x110000",
            "#99999999999",
            "#xG",
            "#X26",
            "x26",
        ] {
            assert_eq!(resolve(name), None, "{name}");
        }
    }

    #[test]
    fn the_value_of_an_attribute_is_read_as_an_application_gets_it() {
        for (raw, value) in [
            ("", Some("")),
            ("a&amp;b&#33;", Some("a&b!")),
            ("a\tb\nc\r\nd\re", Some("a b c d e")),
            ("a&#10;b", Some("a\nb")),
            ("&x;", None),
            ("a&", None),
        ] {
            assert_eq!(attribute_value(raw).as_deref(), value, "{raw:?}");
        }
    }

    #[test]
    fn an_escaped_text_is_neither_markup_nor_changed_by_a_reader() {
        let mut out = "=".to_owned();
        assert!(escape("a<b> & \"c\" 'd'\t\r\n]]>ä😀", &mut out));
        assert_eq!(out, "=a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;&#9;&#13;&#10;]]&gt;ä😀");
        for text in ["\0", "a\u{b}b", "\u{ffff}"] {
            assert!(!escape(text, &mut String::new()), "{text:?}");
        }
    }

    #[test]
    fn attributes_are_read_one_by_one() {
        let read = |text| Attributes::of(text).collect::<Result<Vec<_>, _>>();
        assert_eq!(read(""), Ok(vec![]));
        assert_eq!(read(" \n"), Ok(vec![]));
        assert_eq!(
            read(" a=\"1\"\tb:c = '\"2>' d=\"\" "),
            Ok(vec![("a", "1"), ("b:c", "\"2>"), ("d", "")])
        );
        for (text, fault) in [
            ("a=\"1\"", "no white space stands before an attribute"),
            (" a=\"1\"b=\"2\"", "no white space stands before an attribute"),
            (" a", "an attribute has no value"),
            (" a b=\"1\"", "an attribute has no value"),
            (" a=1", "the value of an attribute has no quotes"),
            (" a=", "the value of an attribute has no quotes"),
            (" a=\"1'", "the value of an attribute does not end"),
            (" a=\"<\"", "a `<` stands in the value of an attribute"),
        ] {
            assert_eq!(read(text), Err(fault), "{text}");
        }
        assert_eq!(Attributes::of(" a b=\"1\"").count(), 1);
    }
}
