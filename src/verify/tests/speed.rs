//! A thousand cases are done in no time.

use std::fmt::Write as _;

use super::{MAPPING, of_file};

#[test]
fn a_thousand_cases_all_run() {
    let mut file = "mapping: hss.yaml\ncases:\n".to_owned();
    for number in 0..1000 {
        let _ = write!(
            file,
            "  - name: case {number}\n    event: event.json\n    set: {{ $.pb_data.sim_info.imsi: \"{number}\" }}\n    \
             rule: update\n    variables: {{ imsi: \"{number}\" }}\n    exchange:\n      - request: PUT /sims/{number}\n        \
             json_contains: {{ imsi: \"{number}\", plan: gold }}\n        reply: [{{ status: 503 }}, {{}}]\n    answer: {{ status: 200 }}\n"
        );
    }
    let file = file.replace("json_contains", "json");
    let report = of_file(MAPPING, &file);
    assert_eq!(super::mistakes(&report), [""; 0]);
    assert_eq!(report.cases.len(), 1000);
    let failed: Vec<_> = report.cases.iter().filter(|case| !case.passed()).collect();
    assert!(failed.is_empty(), "{:?}", failed[0]);
}
