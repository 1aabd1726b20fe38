//! What is told holds no secret.

use super::of_file;

#[test]
fn secrets_of_the_mapping_are_masked_in_every_kind_of_mismatch() {
    let mapping = "
version: 1
targets:
  a:
    url: http://a.test
    auth: { bearer: { token: '${TOKEN}' } }
    responses: [{ when: { status: 400 }, then: fail, message: '{{text}}' }]
extract: { note: { value: 'is ${TOKEN}' } }
rules:
  - { name: all, event: '*', steps: [{ request: POST /a, headers: { X-A: '${TOKEN}' }, text: 'b ${TOKEN}', json_: 1 }] }
".replace(", json_: 1", "");
    let file = "
mapping: hss.yaml
env: { TOKEN: open-sesame-1 }
cases:
  - name: differs
    event: event.json
    variables: { note: open-sesame-1 is wrong }
    answer: { message: { contains: no open-sesame-1 here } }
    exchange: [{ request: POST /b, text: a open-sesame-1, reply: { status: 400, text: echo open-sesame-1 } }]
  - { name: unexpected, event: event.json, exchange: [] }
  - name: missing
    event: event.json
    exchange: [{ request: POST /a }, { request: POST /open-sesame-1, text: open-sesame-1 }]
";
    let report = of_file(&mapping, file);
    assert!(!report.mistakes.has_errors());
    let all = format!("{:?}", report.cases);
    assert!(!all.contains("open-sesame"), "{all}");
    let counts: Vec<usize> = report.cases.iter().map(|case| case.failures.len()).collect();
    assert_eq!(counts, [3, 1, 1], "{all}");
    assert!(all.contains("***"));
}
