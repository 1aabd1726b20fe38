//! Filters (RFC 9535, sections 2.3.5 and 2.4): conditions, comparisons and functions, over one
//! member at a time.

use std::cmp::Ordering;

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, Literal, SingularQuery,
    SingularQuerySegment, Test, TestFunction,
};
use serde_json::Value;

use super::super::super::compare::{equal, order_numbers};
use super::{End, Evaluation, More};
use crate::document::{Node, View};

/// Bytes of text that are as much work as one value.
const TEXT_OF_ONE: usize = 256;

/// One side of a comparison (RFC 9535, section 2.4.1: `ValueType`).
enum Operand<'a, N> {
    Nothing,
    Text(&'a str),
    Integer(i64),
    /// Of a number with a fraction, as JSON writes it.
    Digits(String),
    Bool(bool),
    Null,
    /// A value of the document.
    Node(N),
}

/// A number, which need not be written to be compared.
#[derive(Clone, Copy)]
enum Numeral<'a> {
    Integer(i64),
    Digits(&'a str),
}

impl Numeral<'_> {
    fn cmp(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => left.cmp(&right),
            (Self::Digits(left), Self::Digits(right)) => order_numbers(left, right),
            (Self::Integer(left), Self::Digits(right)) => match right.parse::<i128>() {
                Ok(right) => i128::from(left).cmp(&right),
                Err(_) => order_numbers(&left.to_string(), right),
            },
            (Self::Digits(_), Self::Integer(_)) => other.cmp(self).reverse(),
        }
    }

    /// The work of comparing it to anything.
    fn weight(self) -> usize {
        match self {
            Self::Integer(_) => 0,
            Self::Digits(digits) => digits.len() / TEXT_OF_ONE,
        }
    }
}

impl<N> Operand<'_, N> {
    fn of(literal: &Literal) -> Operand<'_, N> {
        match literal {
            Literal::String(text) => Operand::Text(text),
            Literal::Int(number) => Operand::Integer(*number),
            Literal::Float(number) => match Value::from(*number) {
                Value::Number(number) => Operand::Digits(number.to_string()),
                _ => Operand::Null,
            },
            Literal::Bool(truth) => Operand::Bool(*truth),
            Literal::Null => Operand::Null,
        }
    }

    /// `None` if it is nothing, or an integer that is written nowhere.
    fn view<'o, 'v: 'o>(&'o self) -> Option<View<'o>>
    where
        N: Node<'v>,
    {
        match self {
            Self::Nothing | Self::Integer(_) => None,
            Self::Text(text) => Some(View::Text(text)),
            Self::Digits(digits) => Some(View::Number(digits)),
            Self::Bool(truth) => Some(View::Bool(*truth)),
            Self::Null => Some(View::Null),
            Self::Node(node) => Some(node.view()),
        }
    }

    fn as_text<'o, 'v: 'o>(&'o self) -> Option<&'o str>
    where
        N: Node<'v>,
    {
        match self.view() {
            Some(View::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn as_number<'o, 'v: 'o>(&'o self) -> Option<Numeral<'o>>
    where
        N: Node<'v>,
    {
        match (self, self.view()) {
            (Self::Integer(number), _) => Some(Numeral::Integer(*number)),
            (_, Some(View::Number(digits))) => Some(Numeral::Digits(digits)),
            _ => None,
        }
    }
}

impl<'v, N: Node<'v>> Evaluation<N> {
    pub(super) fn holds(&mut self, filter: &Filter, current: N) -> Result<bool, End> {
        match filter {
            Filter::Or(parts) => {
                for part in parts {
                    if self.holds(part, current)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Filter::And(parts) => {
                for part in parts {
                    if !self.holds(part, current)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Filter::Atom(FilterAtom::Filter { expr, not }) => {
                Ok(self.holds(expr, current)? != *not)
            }
            Filter::Atom(FilterAtom::Test { expr, not }) => Ok(self.exists(expr, current)? != *not),
            Filter::Atom(FilterAtom::Comparison(comparison)) => self.compare(comparison, current),
        }
    }

    fn exists(&mut self, test: &Test, current: N) -> Result<bool, End> {
        // The grammar admits no function here whose result is logical.
        if let Test::Function(function) = test {
            return Ok(!matches!(self.function(function, current)?, Operand::Nothing));
        }
        let mut found = false;
        self.nodes(test, current, &mut |_| {
            found = true;
            More::Enough
        })?;
        Ok(found)
    }

    fn nodes(
        &mut self,
        query: &Test,
        current: N,
        take: &mut dyn FnMut(N) -> More,
    ) -> Result<(), End> {
        self.work(1)?;
        let done = match query {
            Test::RelQuery(segments) => self.segments(segments, current, take),
            Test::AbsQuery(query) => self.segments(&query.segments, self.root, take),
            Test::Function(_) => Ok(()),
        };
        match done {
            Err(End::Enough) => Ok(()),
            other => other,
        }
    }

    fn compare(&mut self, comparison: &Comparison, current: N) -> Result<bool, End> {
        let (left, right) = comparison.vals();
        let (left, right) = (self.comparable(left, current)?, self.comparable(right, current)?);
        match comparison {
            Comparison::Eq(..) => self.equal(&left, &right),
            Comparison::Ne(..) => Ok(!self.equal(&left, &right)?),
            Comparison::Lt(..) => self.less(&left, &right),
            Comparison::Gt(..) => self.less(&right, &left),
            Comparison::Lte(..) => Ok(self.less(&left, &right)? || self.equal(&left, &right)?),
            Comparison::Gte(..) => Ok(self.less(&right, &left)? || self.equal(&left, &right)?),
        }
    }

    fn comparable<'a>(
        &mut self,
        comparable: &'a Comparable,
        current: N,
    ) -> Result<Operand<'a, N>, End> {
        match comparable {
            Comparable::Literal(literal) => Ok(Operand::of(literal)),
            Comparable::Function(function) => self.function(function, current),
            Comparable::SingularQuery(query) => {
                let (mut node, segments) = match query {
                    SingularQuery::Current(segments) => (current, segments),
                    SingularQuery::Root(segments) => (self.root, segments),
                };
                self.work(segments.len())?;
                for segment in segments {
                    let found = match segment {
                        SingularQuerySegment::Name(name) => self.member(node, name)?,
                        SingularQuerySegment::Index(position) => self.at(node, *position)?,
                    };
                    let Some(found) = found else { return Ok(Operand::Nothing) };
                    node = found;
                }
                Ok(Operand::Node(node))
            }
        }
    }

    /// RFC 9535, section 2.4.4 to 2.4.8. Regular expressions are refused before this.
    fn function<'a>(
        &mut self,
        function: &'a TestFunction,
        current: N,
    ) -> Result<Operand<'a, N>, End> {
        match function {
            TestFunction::Length(argument) => {
                let measured = self.argument(argument, current)?;
                self.length(&measured)
            }
            TestFunction::Count(FnArg::Test(query)) => {
                let mut count = 0;
                self.nodes(query, current, &mut |_| {
                    count += 1;
                    More::Wanted
                })?;
                Ok(Operand::Integer(count))
            }
            TestFunction::Value(argument) => self.argument(argument, current),
            TestFunction::Count(_)
            | TestFunction::Match(..)
            | TestFunction::Search(..)
            | TestFunction::Custom(..) => Ok(Operand::Nothing),
        }
    }

    /// The one value that an argument is.
    fn argument<'a>(&mut self, argument: &'a FnArg, current: N) -> Result<Operand<'a, N>, End> {
        match argument {
            FnArg::Literal(literal) => Ok(Operand::of(literal)),
            FnArg::Test(test) => match test.as_ref() {
                Test::Function(function) => self.function(function, current),
                query => {
                    let mut only = Operand::Nothing;
                    let mut seen = false;
                    self.nodes(query, current, &mut |node| {
                        let is_first = !std::mem::replace(&mut seen, true);
                        only = if is_first { Operand::Node(node) } else { Operand::Nothing };
                        if is_first { More::Wanted } else { More::Enough }
                    })?;
                    Ok(only)
                }
            },
            FnArg::Filter(_) => Ok(Operand::Nothing),
        }
    }

    fn length<'a>(&mut self, measured: &Operand<'_, N>) -> Result<Operand<'a, N>, End> {
        let length = match measured.view() {
            Some(View::Text(text)) => {
                self.work(text.len() / TEXT_OF_ONE)?;
                text.chars().count()
            }
            Some(View::Array(length) | View::Object(length)) => length,
            _ => return Ok(Operand::Nothing),
        };
        Ok(i64::try_from(length).map_or(Operand::Nothing, Operand::Integer))
    }

    /// RFC 9535, section 2.3.5.2.2; numbers are equal if their values are, down to the last digit.
    fn equal(&mut self, left: &Operand<'_, N>, right: &Operand<'_, N>) -> Result<bool, End> {
        if let (Some(left), Some(right)) = (left.as_number(), right.as_number()) {
            self.work(left.weight())?;
            return Ok(left.cmp(right).is_eq());
        }
        if let (Operand::Node(left), Operand::Node(right)) = (left, right)
            && let (View::Array(l), View::Array(r)) | (View::Object(l), View::Object(r)) =
                (left.view(), right.view())
        {
            if l != r {
                return Ok(false);
            }
            self.weigh(*left)?;
            return Ok(equal(*left, *right));
        }
        match (left.view(), right.view()) {
            (Some(View::Text(left)), Some(View::Text(right))) => self.same_text(left, right),
            (Some(left), Some(right)) => Ok(left == right),
            _ => Ok(matches!((left, right), (Operand::Nothing, Operand::Nothing))),
        }
    }

    fn less(&mut self, left: &Operand<'_, N>, right: &Operand<'_, N>) -> Result<bool, End> {
        if let (Some(left), Some(right)) = (left.as_text(), right.as_text()) {
            self.work(left.len().min(right.len()) / TEXT_OF_ONE)?;
            return Ok(left < right);
        }
        match (left.as_number(), right.as_number()) {
            (Some(left), Some(right)) => {
                self.work(left.weight() + right.weight())?;
                Ok(left.cmp(right).is_lt())
            }
            _ => Ok(false),
        }
    }

    fn same_text(&mut self, left: &str, right: &str) -> Result<bool, End> {
        if left.len() != right.len() {
            return Ok(false);
        }
        self.work(left.len() / TEXT_OF_ONE)?;
        Ok(left == right)
    }

    /// The work of comparing a value to anything.
    fn weigh(&mut self, value: N) -> Result<(), End> {
        match value.view() {
            View::Null | View::Bool(_) => Ok(()),
            View::Text(text) | View::Number(text) => self.work(text.len() / TEXT_OF_ONE),
            View::Array(_) | View::Object(_) => {
                for child in value.children() {
                    self.work(1)?;
                    self.weigh(child)?;
                }
                Ok(())
            }
        }
    }
}
