//! Filters (RFC 9535, sections 2.3.5 and 2.4): conditions, comparisons and functions, over one
//! member at a time.

use std::cmp::Ordering;
use std::mem::discriminant;

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, Literal, SingularQuery,
    SingularQuerySegment, Test, TestFunction,
};
use serde_json::Value;

use super::super::super::Fault;
use super::super::super::compare::{equal, order};
use super::{Evaluation, at, children, member};

/// Bytes of text that are as much work as one value.
const TEXT_OF_ONE: usize = 256;

/// One side of a comparison (RFC 9535, section 2.4.1: `ValueType`).
enum Operand<'a> {
    Nothing,
    Text(&'a str),
    /// A value of the document, or a literal that is not text.
    Node(&'a Value),
    Made(Value),
}

impl Operand<'_> {
    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Node(value) => value.as_str(),
            Self::Nothing | Self::Made(_) => None,
        }
    }

    fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Node(value) => Some(value),
            Self::Made(value) => Some(value),
            Self::Nothing | Self::Text(_) => None,
        }
    }
}

impl<'v> Evaluation<'_, 'v> {
    pub(super) fn holds(&mut self, filter: &Filter, current: &'v Value) -> Result<bool, Fault> {
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

    fn exists(&mut self, test: &Test, current: &'v Value) -> Result<bool, Fault> {
        Ok(match test {
            // The grammar admits no function here whose result is logical.
            Test::Function(function) => {
                !matches!(self.function(function, current)?, Operand::Nothing)
            }
            query => !self.nodes(query, current)?.is_empty(),
        })
    }

    fn nodes(&mut self, query: &Test, current: &'v Value) -> Result<Vec<&'v Value>, Fault> {
        self.work(1)?;
        match query {
            Test::RelQuery(segments) => self.segments(segments, current),
            Test::AbsQuery(query) => self.segments(&query.segments, self.root),
            Test::Function(_) => Ok(Vec::new()),
        }
    }

    fn compare(&mut self, comparison: &Comparison, current: &'v Value) -> Result<bool, Fault> {
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
        current: &'v Value,
    ) -> Result<Operand<'a>, Fault>
    where
        'v: 'a,
    {
        match comparable {
            Comparable::Literal(literal) => Ok(operand(literal)),
            Comparable::Function(function) => self.function(function, current),
            Comparable::SingularQuery(query) => {
                let (mut node, segments) = match query {
                    SingularQuery::Current(segments) => (Some(current), segments),
                    SingularQuery::Root(segments) => (Some(self.root), segments),
                };
                self.work(segments.len())?;
                for segment in segments {
                    node = match segment {
                        SingularQuerySegment::Name(name) => node.and_then(|it| member(it, name)),
                        SingularQuerySegment::Index(position) => {
                            node.and_then(|it| at(it, *position))
                        }
                    };
                }
                Ok(node.map_or(Operand::Nothing, Operand::Node))
            }
        }
    }

    /// RFC 9535, section 2.4.4 to 2.4.8. Regular expressions are refused before this.
    fn function<'a>(
        &mut self,
        function: &'a TestFunction,
        current: &'v Value,
    ) -> Result<Operand<'a>, Fault>
    where
        'v: 'a,
    {
        match function {
            TestFunction::Length(argument) => {
                let measured = self.argument(argument, current)?;
                self.length(&measured)
            }
            TestFunction::Count(FnArg::Test(query)) => {
                let count = self.nodes(query, current)?.len();
                Ok(Operand::Made(Value::from(count)))
            }
            TestFunction::Value(argument) => self.argument(argument, current),
            TestFunction::Count(_)
            | TestFunction::Match(..)
            | TestFunction::Search(..)
            | TestFunction::Custom(..) => Ok(Operand::Nothing),
        }
    }

    /// The one value that an argument is.
    fn argument<'a>(
        &mut self,
        argument: &'a FnArg,
        current: &'v Value,
    ) -> Result<Operand<'a>, Fault>
    where
        'v: 'a,
    {
        match argument {
            FnArg::Literal(literal) => Ok(operand(literal)),
            FnArg::Test(test) => match test.as_ref() {
                Test::Function(function) => self.function(function, current),
                query => match self.nodes(query, current)?.as_slice() {
                    [node] => Ok(Operand::Node(node)),
                    _ => Ok(Operand::Nothing),
                },
            },
            FnArg::Filter(_) => Ok(Operand::Nothing),
        }
    }

    fn length<'a>(&mut self, measured: &Operand<'_>) -> Result<Operand<'a>, Fault> {
        if let Some(text) = measured.as_text() {
            self.work(text.len() / TEXT_OF_ONE)?;
            return Ok(Operand::Made(Value::from(text.chars().count())));
        }
        Ok(match measured.as_value() {
            Some(Value::Array(members)) => Operand::Made(Value::from(members.len())),
            Some(Value::Object(members)) => Operand::Made(Value::from(members.len())),
            _ => Operand::Nothing,
        })
    }

    /// RFC 9535, section 2.3.5.2.2; numbers are equal if their values are, down to the last digit.
    fn equal(&mut self, left: &Operand<'_>, right: &Operand<'_>) -> Result<bool, Fault> {
        if let (Some(left), Some(right)) = (left.as_text(), right.as_text()) {
            return self.same_text(left, right);
        }
        match (left.as_value(), right.as_value()) {
            (Some(Value::Array(left)), Some(Value::Array(right))) if left.len() != right.len() => {
                Ok(false)
            }
            (Some(left), Some(right)) => {
                if discriminant(left) == discriminant(right) {
                    self.weigh(left)?;
                }
                Ok(equal(left, right))
            }
            _ => Ok(matches!((left, right), (Operand::Nothing, Operand::Nothing))),
        }
    }

    fn less(&mut self, left: &Operand<'_>, right: &Operand<'_>) -> Result<bool, Fault> {
        if let (Some(left), Some(right)) = (left.as_text(), right.as_text()) {
            self.work(left.len().min(right.len()) / TEXT_OF_ONE)?;
            return Ok(left < right);
        }
        match (left.as_value(), right.as_value()) {
            (Some(left @ Value::Number(_)), Some(right @ Value::Number(_))) => {
                self.weigh(left)?;
                self.weigh(right)?;
                Ok(order(left, right).is_some_and(Ordering::is_lt))
            }
            _ => Ok(false),
        }
    }

    fn same_text(&mut self, left: &str, right: &str) -> Result<bool, Fault> {
        if left.len() != right.len() {
            return Ok(false);
        }
        self.work(left.len() / TEXT_OF_ONE)?;
        Ok(left == right)
    }

    /// The work of comparing a value to anything.
    fn weigh(&mut self, value: &Value) -> Result<(), Fault> {
        match value {
            Value::Null | Value::Bool(_) => Ok(()),
            Value::String(text) => self.work(text.len() / TEXT_OF_ONE),
            Value::Number(number) => self.work(number.as_str().len() / TEXT_OF_ONE),
            Value::Array(_) | Value::Object(_) => {
                for child in children(value) {
                    self.work(1)?;
                    self.weigh(child)?;
                }
                Ok(())
            }
        }
    }
}

fn operand(literal: &Literal) -> Operand<'_> {
    match literal {
        Literal::String(text) => Operand::Text(text),
        Literal::Int(number) => Operand::Made(Value::from(*number)),
        Literal::Float(number) => Operand::Made(Value::from(*number)),
        Literal::Bool(truth) => Operand::Made(Value::Bool(*truth)),
        Literal::Null => Operand::Made(Value::Null),
    }
}
