//! Log-ins in an account: taken as done, or run with nothing of what they get.

use serde_json::json;

use super::super::account::{Explanation, Verdict};
use super::{answer, explained, explained_with, json_answer};
use crate::program::Then;

const MAPPING: &str = "version: 1
targets:
  hss:
    url: http://hss.test
    auth:
      session:
        login:
          - name: sign-in
            request: POST /login
            query: { user: u }
            json: { password: '${SECRET}' }
            responses: [{ when: { $.hint: { prefix: never } }, then: fail }, { when: { $.code: { lt: 5 } }, then: fail }]
            save: { token: $.token, at: headers.location }
        headers: { Token: '{{session.token}}' }
    responses: [{ when: { $.code: EXPIRED }, then: login }]
rules:
  - name: all
    event: '*'
    steps: [{ name: put, request: 'POST {{session.at}}', json: { also: '{{session.token}}' } }]
";

fn tokens(explanation: &Explanation) -> Vec<&str> {
    let requests = explanation.run().turns[0].own().map(|exchange| &exchange.request);
    let headers = requests.flat_map(|request| &request.headers);
    headers.filter(|(name, _)| &**name == "token").map(|(_, value)| value.as_str()).collect()
}

#[test]
fn a_log_in_is_taken_as_done_and_its_values_are_their_names() {
    let expired = json_answer(200, &json!({ "code": "EXPIRED" }));
    let explanation = explained(MAPPING, &json!({}), vec![vec![expired]]);
    assert_eq!(explanation.sent(), ["POST http://hss.test/"; 2]);
    assert_eq!(tokens(&explanation), ["session.token"; 2]);
    assert_eq!(explanation.log_ins_taken_as_done, 2);
    assert_eq!(explanation.told.0, 200);
    let first = &explanation.tries(0)[0];
    assert_eq!(first.entry().map(|entry| entry.then), Some(Then::Login));
}

#[test]
fn a_log_in_that_is_run_is_told_without_anything_that_it_got() {
    let body = r#"{"token":"fetched-token-1","hint":"not-kept-by-us","code":7}"#;
    let headers = [("location", "/of/me"), ("set-cookie", "sid=of-a-cookie")];
    let given = answer(200, &headers, body);
    let echo = json_answer(401, &json!({ "echo": "fetched-token-1" }));
    let replies = vec![vec![given.clone()], vec![echo], vec![given]];
    let explanation = explained_with(MAPPING, &json!({}), replies, true);
    assert_eq!(
        explanation.sent(),
        [
            "POST http://hss.test/login?user=u",
            "POST http://hss.test/of/me",
            "POST http://hss.test/login?user=u",
            "POST http://hss.test/of/me",
        ]
    );
    assert_eq!(tokens(&explanation), ["***"; 2]);
    assert_eq!(explanation.log_ins_taken_as_done, 0);
    let turn = &explanation.run().turns[0];
    let of_log_in = turn.exchanges[0].log_in.as_ref().expect("a log-in");
    assert_eq!((&*of_log_in.step, of_log_in.at.line), ("sign-in", 8));
    assert_eq!(of_log_in.saves.iter().map(|name| &**name).collect::<Vec<_>>(), ["token", "at"]);
    assert_eq!(turn.exchanges[1].tries[0].verdict, Verdict::Default(Then::Login));
    let told = format!("{explanation:?}");
    for hidden in ["fetched-token-1", "not-kept-by-us", "of-a-cookie", "open-sesame-42"] {
        assert!(!told.contains(hidden), "{hidden}: {told}");
    }
}

#[test]
fn a_log_in_that_fails_is_what_the_step_fails_by() {
    let refused = json_answer(200, &json!({ "hint": "never again", "code": 1 }));
    let explanation = explained_with(MAPPING, &json!({}), vec![vec![refused]], true);
    assert_eq!((explanation.sent().len(), explanation.told.0), (1, 502));
    assert_eq!(explanation.run().turns[0].own().count(), 0);
}
