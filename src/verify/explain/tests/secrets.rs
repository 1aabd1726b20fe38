//! That nothing secret is in an account, and that no account is endless.

use serde_json::json;

use super::{answer, explained, json_answer};

const MAPPING: &str = "version: 1
description: 'with ${file:pin} and ${SECRET}'
targets:
  hss:
    url: http://hss.test
    auth: { api_key: { query: key, value: '${PIN}' } }
    headers: { X-Given: '${SECRET}', X-Short: 'Token ${PIN}', X-Flag: '${FLAG}' }
    responses:
      - { when: { $.pin: '${file:pin}' }, then: fail, message: 'not {{body.echo}}' }
extract:
  pin: { path: $.none, default: '${file:pin}' }
  flag: $.pb_data.flag
rules:
  - name: r
    event: '*'
    when: { pin: '${file:pin}' }
    steps:
      - request: POST /a/open-sesame-42
        query: { a: '${SECRET}', b: '${PIN}', c: '${FLAG}', d: plain }
        form: { a: '${SECRET}', b: '${PIN}', c: a b }
      - request: POST /b
        json: { pin: '{{pin}}', list: ['{{pin}}', 'open-sesame-42'], flag: '{{flag}}', n: 4711 }
      - request: POST /c
        xml: '<a>{{pin}} open-sesame-42</a>'
";

#[test]
fn secrets_of_any_length_are_masked_in_their_places() {
    let event = json!({"flag": "1", "echo": "open-sesame-42"});
    let reply = json_answer(200, &json!({"echo": "open-sesame-42", "pin": "0"}));
    let explanation = explained(MAPPING, &event, vec![vec![reply]]);
    let told = format!("{explanation:?}");
    assert!(!told.contains("open-sesame"), "{told}");

    let [first, second, third] = [0, 1, 2]
        .map(|at| &explanation.run().turns[at].exchanges.first().expect("an exchange").request);
    assert_eq!(first.url, "http://hss.test/a/***?a=***&b=***&c=***&d=plain&key=***");
    let headers: Vec<_> =
        first.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(headers[..3], ["x-given: ***", "x-short: Token ***", "x-flag: ***"]);
    assert_eq!(first.body.text, "a=***&b=***&c=a+b");
    assert_eq!(second.body.text, r#"{"pin":"***","list":["***","***"],"flag":"1","n":"***"}"#);
    // Within a text only those are looked for that nothing else could be.
    assert_eq!(third.body.text, "<a>4711 ***</a>");
    assert_eq!(explanation.only().description.as_deref(), Some("with 4711 and ***"));
}

#[test]
fn an_account_of_large_bodies_ends_somewhere() {
    let text = "version: 1
targets: { hss: { url: http://hss.test } }
rules:
  - name: r
    event: '*'
    steps:
      - { for_each: event.pb_data.l, request: POST /a, text: '{{event.pb_data.long}}' }
";
    let event = json!({"l": vec![1; 300], "long": "x".repeat(1 << 19)});
    let explanation = explained(text, &event, vec![vec![answer(200, &[], "")]]);
    let bodies =
        explanation.run().turns.iter().map(|turn| &turn.exchanges.first().unwrap().request);
    let (told, left_out): (Vec<_>, Vec<_>) =
        bodies.map(|request| &request.body).partition(|body| body.left_out.is_none());
    assert!(told.iter().map(|body| body.text.len()).sum::<usize>() <= 64 << 20);
    assert!(told.len() > 100 && left_out.len() > 100);
    assert!(left_out.iter().all(|body| body.left_out == Some(1 << 19) && body.text.is_empty()));
    assert_eq!(explanation.told.0, 200);
}

#[test]
fn values_are_cut_where_they_are_long_and_never_within_a_secret() {
    let text = "version: 1
targets: { hss: { url: http://hss.test, auth: { bearer: { token: '${SECRET}' } } } }
extract: { long: $.pb_data.long, whole: $.pb_data }
rules: [{ name: r, event: '*', when: { long: '{{long}}' }, ignore: '{{long}}{{json whole}}' }]
";
    for before in [4_080, 4_085, 4_090, 4_095, 195, 200, 65_525, 65_530] {
        let long = format!("{}open-sesame-42{}", "é".repeat(before / 2), "y".repeat(70_000));
        let explanation = explained(text, &json!({ "long": long }), Vec::new());
        assert!(!format!("{explanation:?}").contains("open"), "{before}");
        let told = format!("{:?}", explanation.mappings);
        assert!(told.len() < 40_000, "{before}: {}", told.len());
    }
}

#[test]
fn an_account_of_many_tests_ends_somewhere() {
    let entries = "      - { when: { $.long: { not: '' }, status: 404 }, then: ok }\n".repeat(30);
    let text = format!(
        "version: 1
targets:
  hss:
    url: http://hss.test
    responses:
{entries}rules:
  - name: r
    event: '*'
    steps: [{{ for_each: event.pb_data.l, request: POST /a }}]
"
    );
    let replies = vec![vec![json_answer(200, &json!({ "long": "x".repeat(3_900) }))]; 500];
    let explanation = explained(&text, &json!({ "l": vec![1; 500] }), replies);
    assert!(explanation.is_cut);
    assert_eq!((explanation.exchanges, explanation.told.0), (500, 200));
    let told = format!("{:?}", explanation.mappings).len();
    assert!((50 << 20..100 << 20).contains(&told), "{told}");
    assert_eq!(
        explanation.tries(499)[0].verdict,
        super::super::account::Verdict::Default(crate::program::Then::Ok)
    );
}
