//! Filters (RFC 9535, sections 2.3.5 and 2.4): conditions, comparisons and functions, well-typed.

use super::super::PathFault;
use super::{Reach, Reader, begins_name, fault, in_name, is_blank};

const OPERATORS: &str = "the operators are `==`, `!=`, `<`, `<=`, `>`, `>=`, `&&` and `||`";

/// One side of a comparison, or what is tested for being there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operand {
    Literal,
    Query(Reach),
    Function,
}

impl Reader<'_> {
    /// What follows the `?`, or stands in parentheses.
    pub(super) fn condition(&mut self) -> Result<(), PathFault> {
        loop {
            self.term()?;
            self.blanks();
            if !self.eat("&&") && !self.eat("||") {
                break;
            }
            self.blanks();
        }
        match self.peek() {
            None | Some(']' | ')' | ',') => Ok(()),
            Some(c) => Err(self.no_operator(c)),
        }
    }

    fn term(&mut self) -> Result<(), PathFault> {
        let start = self.at;
        let negated = self.eat("!");
        self.blanks();
        if self.peek() == Some('(') {
            self.enter()?;
            self.condition()?;
            return self.close();
        }
        let left_at = self.at;
        let left = self.operand()?;
        self.blanks();
        if !self.comparison()? {
            return test(left, left_at);
        }
        if negated {
            return Err(fault(
                start,
                "`!` does not stand before a comparison",
                "write `!(…)` around the comparison, or turn its operator round",
            ));
        }
        comparable(left, left_at)?;
        self.blanks();
        let right_at = self.at;
        let right = self.operand()?;
        comparable(right, right_at)?;
        self.blanks();
        let behind = self.at;
        match self.comparison()? {
            true => Err(fault(
                behind,
                "a comparison has two sides",
                "write two comparisons with `&&` between them",
            )),
            false => Ok(()),
        }
    }

    /// Steps over an operator that compares, if there is one.
    fn comparison(&mut self) -> Result<bool, PathFault> {
        let rest = self.rest();
        let mistaken = [("===", "=="), ("!==", "!="), ("<>", "!="), ("=<", "<="), ("=>", ">=")];
        for (written, meant) in mistaken {
            if rest.starts_with(written) {
                let message = format!("`{written}` is not an operator");
                return Err(fault(self.at, message, format!("write `{meant}`")));
            }
        }
        if rest.starts_with("=~") {
            return Err(regular_expression(self.at));
        }
        if ["==", "!=", "<=", ">=", "<", ">"].into_iter().any(|operator| self.eat(operator)) {
            return Ok(true);
        }
        match rest.starts_with('=') {
            true => Err(fault(self.at, "`=` is not an operator", "write `==`")),
            false => Ok(false),
        }
    }

    fn operand(&mut self) -> Result<Operand, PathFault> {
        match self.peek() {
            Some('@' | '$') => {
                self.at += 1;
                self.segments().map(Operand::Query)
            }
            Some('\'' | '"') => self.string().map(|()| Operand::Literal),
            Some('-' | '0'..='9') => self.number().map(|()| Operand::Literal),
            Some(c) if begins_name(c) => self.word(),
            None => Err(self.unclosed()),
            Some('.') => Err(fault(
                self.at,
                "a path in a filter starts with `@`, the member in question",
                "write e.g. `@.name`",
            )),
            Some('(') => {
                Err(fault(self.at, "parentheses stand around conditions only", "take them away"))
            }
            Some(_) => Err(fault(
                self.at,
                "something to compare is missing here",
                "write a path (`@.name`), text in quotes (`'x'`), a number, `true`, `false` or `null`",
            )),
        }
    }

    /// A function, `true`, `false`, `null`, or text that lacks its quotes.
    fn word(&mut self) -> Result<Operand, PathFault> {
        let start = self.at;
        let word = self.take(in_name);
        if self.peek() == Some('(') {
            return self.function(start, word);
        }
        match word {
            "true" | "false" | "null" => Ok(Operand::Literal),
            "True" | "TRUE" | "False" | "FALSE" | "Null" | "NULL" | "None" | "nil" => {
                let meant = match word.to_ascii_lowercase() {
                    word if word == "true" || word == "false" => word,
                    _ => "null".to_owned(),
                };
                let message = format!("`{word}` is not a value of JSON");
                Err(fault(start, message, format!("write `{meant}`, or `'{word}'` for text")))
            }
            "not" => Err(fault(start, "`not` is not an operator", "write `!`")),
            "length" | "count" | "value" if self.rest().trim_start().starts_with('(') => {
                let message = "a blank stands between a function and its parenthesis";
                Err(fault(self.at, message, format!("write `{word}(…)`")))
            }
            _ => {
                self.at = start;
                let word = self.take(|c| !is_blank(c) && !"[](),=!<>&|'\"".contains(c));
                let help = format!("write `'{word}'` for text, `@.{word}` for a path");
                Err(fault(start, "text in a filter stands in quotes", help))
            }
        }
    }

    /// Arguments of a function, well-typed (RFC 9535, section 2.4.3).
    fn function(&mut self, start: usize, name: &str) -> Result<Operand, PathFault> {
        match name {
            "length" | "count" | "value" => {}
            "match" | "search" => return Err(regular_expression(start)),
            _ => {
                return Err(fault(
                    start,
                    format!("`{name}` is not a function that a filter may use"),
                    "the functions of filters are `length`, `count` and `value`",
                ));
            }
        }
        self.enter()?;
        let argument_at = self.at;
        match (name, self.operand()?) {
            ("length", Operand::Query(Reach::Many)) => {
                return Err(fault(
                    argument_at,
                    "`length` measures one value, and this path can select several",
                    "write `count(…)` for how many are selected",
                ));
            }
            ("length", _) | (_, Operand::Query(_)) => {}
            _ => {
                let message = format!("`{name}` takes a path");
                return Err(fault(argument_at, message, format!("write e.g. `{name}(@.a.*)`")));
            }
        }
        self.blanks();
        if self.peek() == Some(',') {
            return Err(fault(
                self.at,
                format!("`{name}` takes one argument"),
                "take the rest away",
            ));
        }
        self.close()?;
        Ok(Operand::Function)
    }

    /// Steps over the `)` of the last parenthesis.
    fn close(&mut self) -> Result<(), PathFault> {
        self.blanks();
        match self.peek() {
            Some(')') => {
                self.leave();
                Ok(())
            }
            None | Some(']') => Err(self.unclosed()),
            Some(_) => Err(fault(self.at, "`)` is missing before this", OPERATORS)),
        }
    }

    /// What stands behind a whole condition and does not end it.
    fn no_operator(&mut self, found: char) -> PathFault {
        let start = self.at;
        let word = self.take(in_name);
        match (found, word) {
            ('&', _) => fault(start, "`&` is not an operator", "write `&&`"),
            ('|', _) => fault(start, "`|` is not an operator", "write `||`"),
            (_, "and" | "AND") => fault(start, "`and` is not an operator", "write `&&`"),
            (_, "or" | "OR") => fault(start, "`or` is not an operator", "write `||`"),
            (_, "") if "=!<>".contains(found) => fault(
                start,
                "a comparison has a path, a value or a function on each side",
                "take the parentheses around its sides away",
            ),
            (_, "") => {
                fault(start, format!("`{}` is not an operator", found.escape_debug()), OPERATORS)
            }
            (_, word) => fault(start, format!("`{word}` is not an operator"), OPERATORS),
        }
    }
}

/// Only a path can be tested for selecting something.
fn test(operand: Operand, at: usize) -> Result<(), PathFault> {
    match operand {
        Operand::Query(_) => Ok(()),
        Operand::Literal => {
            Err(fault(at, "a value alone is not a condition", "compare it, e.g. `@.name == 'x'`"))
        }
        Operand::Function => Err(fault(
            at,
            "what a function gives has to be compared",
            "write e.g. `length(@.name) > 0`",
        )),
    }
}

fn comparable(operand: Operand, at: usize) -> Result<(), PathFault> {
    match operand {
        Operand::Query(Reach::Many) => Err(fault(
            at,
            "this path can select several values, and a comparison takes one",
            "use names and positions only, or a filter in the filter: `?@.list[?@ == 'x']`",
        )),
        _ => Ok(()),
    }
}

fn regular_expression(at: usize) -> PathFault {
    fault(
        at,
        "regular expressions are not allowed inside a JSONPath filter",
        "select with `==`, or take the values with `all: true` and use `capture`",
    )
}
