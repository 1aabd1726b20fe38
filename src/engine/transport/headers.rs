//! The headers of an answer.

/// Names and values in order, in one piece of memory rather than two for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    text: String,
    /// Where each name ends in it, and where its value does.
    ends: Vec<(usize, usize)>,
}

impl Headers {
    /// With room for so many headers, and for so many bytes of names and values.
    pub fn with_capacity(headers: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(headers) }
    }

    pub fn push(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        let end = self.text.len();
        self.text.push_str(value);
        self.ends.push((end, self.text.len()));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |(middle, end)| {
            let header = (&self.text[start..*middle], &self.text[*middle..*end]);
            start = *end;
            header
        })
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        let mut all = Self::default();
        for (name, value) in headers {
            all.push(name.as_ref(), value.as_ref());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_in_order_and_by_name() {
        let given = [("a", "1"), ("", ""), ("b-c", "zwölf"), ("a", "2")];
        let headers: Headers = given.into_iter().collect();
        assert_eq!(headers.iter().collect::<Vec<_>>(), given);
        assert_eq!((headers.get("a"), headers.get("b-c")), (Some("1"), Some("zwölf")));
        assert_eq!((headers.get(""), headers.get("b")), (Some(""), None));
        assert_eq!(Headers::default().iter().next(), None);
    }
}
