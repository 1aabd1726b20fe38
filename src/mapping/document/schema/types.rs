//! The schemas of what documents are built of.

use super::super::decode::{
    Anything, Each, Flag, Given, Named, OneOrMany, PathText, Period, Scalar, Text, WithNode,
};
use super::{Definitions, Describe, Schema, form};

impl Describe for Text {
    fn schema(_: &mut Definitions) -> Schema {
        Schema::of(&["string"])
    }
}

impl Describe for Period {
    fn schema(definitions: &mut Definitions) -> Schema {
        definitions.refer("Duration", |_| {
            let form = form::duration();
            Schema::described(&["Whole numbers with units, from long to short."])
                .types(&["string"])
                .keyword("pattern", &*form.pattern)
                .keyword("errorMessage", form.expected)
                .examples(["250ms", "10s", "1m30s"])
        })
    }
}

impl Describe for PathText {
    fn schema(definitions: &mut Definitions) -> Schema {
        definitions.refer("Path", |_| {
            Schema::described(&["A JSONPath (RFC 9535)."]).types(&["string"]).form(&form::path())
        })
    }
}

impl Describe for Flag {
    fn schema(_: &mut Definitions) -> Schema {
        Schema::of(&["boolean"])
    }
}

impl Describe for Scalar {
    fn schema(_: &mut Definitions) -> Schema {
        Schema::of(&["number", "string"])
    }
}

impl Describe for Given {
    fn schema(_: &mut Definitions) -> Schema {
        Schema::any()
    }
}

impl Describe for Anything {
    fn schema(_: &mut Definitions) -> Schema {
        Schema::any()
    }
}

impl<T: Describe> Describe for WithNode<T> {
    fn schema(definitions: &mut Definitions) -> Schema {
        T::schema(definitions)
    }
}

impl<T: Describe> Describe for OneOrMany<T> {
    fn schema(definitions: &mut Definitions) -> Schema {
        let one = T::schema(definitions);
        let many = Vec::<T>::schema(definitions).keyword("minItems", 1);
        // With the types told apart, editors quote what they propose.
        let whole = match one.only_type() {
            Some(only) => Schema::of(&[&only, "array"]),
            None => Schema::any(),
        };
        whole.keyword("anyOf", [one, many])
    }
}

impl<T: Describe> Describe for Vec<T> {
    fn schema(definitions: &mut Definitions) -> Schema {
        Schema::of(&["array"]).keyword("items", T::schema(definitions))
    }
}

impl<T: Describe> Describe for Each<T> {
    fn schema(definitions: &mut Definitions) -> Schema {
        Vec::<T>::schema(definitions)
    }
}

impl<T: Describe> Describe for Named<T> {
    fn schema(definitions: &mut Definitions) -> Schema {
        Schema::of(&["object"]).values(T::schema(definitions))
    }
}
