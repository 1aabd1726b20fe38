//! `undo`: the request that takes back what a step did.

use serde_json::json;

use super::decode::{Anything, Each, Given, Named, Period, Text, document};
use super::extract::SHAPE;
use super::responses::ResponseEntry;
use super::rule::Step;
use super::schema::{Schema, form};

document! {
    /// A request that takes back what the step did. It is sent if a later step fails for good; not
    /// after a failure that may pass, for then NSPS sends the event again. With `for_each` it is sent
    /// for each member that was done, the last one first.
    ///
    /// It sees what the step sees, and what the step saved; with `for_each` that is the member's own.
    #[schema(
        at_most_one(&["json", "xml", "form", "text"]),
        examples([json!({ "request": "DELETE /subscribers/{{id}}" })]),
    )]
    Undo is "`undo`" {
        /// Which of the file's targets; that of the step unless it is said here.
        #[schema(form(&form::KEBAB_NAME), examples(["hss"]))]
        optional target: Text,
        /// `METHOD /path`, as that of a step.
        #[schema(
            form(&form::request()),
            examples(["DELETE /subscribers/{{id}}", "DELETE {{location}}"]),
        )]
        expected request: Text,
        /// Query parameters by name, as those of a step.
        #[schema(values(Schema::scalar_or_list()), examples([json!({ "force": true })]))]
        optional query: Named<Anything>,
        /// Headers by name, as those of a step.
        #[schema(
            names(&form::HEADER_NAME),
            values(Schema::scalar()),
            examples([json!({ "If-Match": "{{etag}}" })]),
        )]
        optional headers: Named<Anything>,
        /// The body as JSON: any YAML value.
        #[schema(more(SHAPE), examples(json!([{ "plan": "{{old_plan}}" }])))]
        optional json: Given,
        /// The body as XML: template text. Expressions stand in text and in quoted attributes; each is
        /// escaped.
        #[schema(examples(["<remove><imsi>{{imsi}}</imsi></remove>"]))]
        optional xml: Text,
        /// The body as a form (`application/x-www-form-urlencoded`): fields by name.
        #[schema(
            values(Schema::scalar_or_list()),
            examples([json!({ "imsi": "{{imsi}}", "action": "remove" })]),
        )]
        optional form: Named<Anything>,
        /// The body as text: a template, sent as it is.
        #[schema(examples(["REMOVE {{imsi}}"]))]
        optional text: Text,
        /// The media type of the body, instead of the one that goes with it.
        #[schema(form(&form::MEDIA_TYPE), examples(["application/merge-patch+json"]))]
        optional content_type: Text,
        /// What its answers mean: a table that is read before that of the target. Whatever is not
        /// success is a failure of the undo, which is logged and told, and keeps no other one from
        /// being sent.
        #[schema(examples([json!([{ "when": { "status": 404 }, "then": "ok" }])]))]
        optional responses: Each<ResponseEntry>,
        /// The longest that one try may take, instead of the target's.
        #[schema(examples(["2s"]))]
        optional timeout: Period,
    }
}

impl Undo {
    /// The step that it would be; for the target of `step` unless it says another.
    pub fn as_step_after(&self, step: &Step) -> Step {
        let Self { request, query, headers, json, xml, form, text, .. } = self.clone();
        let Self { content_type, responses, timeout, .. } = self.clone();
        let has_target = self.target.is_some() || self.unreadable.contains(&"target");
        Step {
            span: self.span,
            unreadable: self.unreadable.clone(),
            name: None,
            target: if has_target { self.target.clone() } else { step.target.clone() },
            when: None,
            extract: None,
            for_each: None,
            request,
            fail: None,
            query,
            headers,
            json,
            xml,
            form,
            text,
            content_type,
            responses,
            save: None,
            timeout,
            retry: None,
            repeat: None,
            undo: None,
        }
    }
}
