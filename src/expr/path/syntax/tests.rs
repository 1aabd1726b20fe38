//! Tests of what is refused: where the caret stands, what is said, and what is to be written.

use proptest::prelude::*;

use super::super::Path;
use super::*;

/// What is underlined, the message, and the help.
fn told(text: &str) -> (Range<usize>, String, String) {
    let fault = check(text).expect_err(text);
    assert_eq!(Path::parse(text).expect_err(text), fault);
    (fault.range.unwrap(), fault.message, fault.help)
}

#[test]
fn a_mistake_is_shown_where_it_is_with_what_to_write_instead() {
    for (text, caret, message, help) in [
        ("pb_data.x", "^^^^^^^^^", "a JSONPath starts with `$`", "write `$.pb_data.x`"),
        ("@.a", "^^^", "a JSONPath starts with `$`", "write `$.a`"),
        (".a", "^^", "a JSONPath starts with `$`", "write `$.a`"),
        ("['a']", "^^^^^", "a JSONPath starts with `$`", "write `$['a']`"),
        (" $.a", "^^^^", "a JSONPath starts with `$`", "write `$.a`"),
        ("", "", "a JSONPath starts with `$`", "$.pb_data.sim_info.imsi"),
        ("$.", " ^", "a name is missing after `.`", "or take the dot away"),
        ("$..", " ^^", "a name is missing after `..`", "or take the dot away"),
        ("$.'a'", " ^", "a dot and a quote", "without the dot"),
        ("$.a[?@.==1]", "      ^", "a name is missing after `.`", "take the dot away"),
        ("$.a.*.", "     ^", "a name is missing after `.`", "or take the dot away"),
        ("$...a", " ^^", "a name is missing after `..`", "or take the dot away"),
        ("$. a", "  ^", "a blank stands after a dot", "without blanks"),
        ("$.a.b c", "     ^", "a name with a blank in it", "`$['a name'].b`"),
        ("$.a ", "   ^", "a blank stands after the path", "take it away"),
        ("$.a[0]b", "      ^", "a dot is missing before this name", "write `.b`"),
        ("$a", " ^", "a dot is missing before this name", "write `.a`"),
        ("$.a.[0]", "   ^", "a dot and a bracket", "without the dot"),
        ("$.a.0.b", "    ^", "does not begin with a digit", "write `[0]` for a position"),
        (
            "$.a.some-name.b",
            "    ^^^^^^^^^",
            "not a name that can stand after a dot",
            "`['some-name']` in place of `.some-name`",
        ),
        ("$.xs:type", "  ^^^^^^^", "not a name that can stand after a dot", "`['xs:type']`"),
        ("$.a.@id", "    ^^^", "not a name that can stand after a dot", "`['@id']`"),
        ("$.a['x]", "    ^", "this quote is not closed", "its second `'` is missing"),
        ("$.a[", "   ^", "this bracket is not closed", "its `]` is missing"),
        ("$.a[0", "   ^", "this bracket is not closed", "its `]` is missing"),
        ("$.a[]", "   ^", "nothing stands between these brackets", "`['name']`"),
        ("$.a]", "   ^", "this `]` closes nothing", "take it away"),
        ("$.a[b]", "    ^", "a name in brackets stands in quotes", "write `['b']`"),
        (
            "$.a[01]",
            "    ^^",
            "a number does not begin with 0",
            "write `1` for a number, `'01'` for text",
        ),
        ("$.a[-0]", "    ^^", "`-0` is not a position", "write `0`"),
        ("$.a[1.5]", "    ^^^", "a position is a whole number", "`[0]`"),
        (
            "$.a[9007199254740992]",
            "    ^^^^^^^^^^^^^^^^",
            "at most 9007199254740991",
            "put it in quotes",
        ),
        ("$.a[1:2:3:4]", "         ^", "a slice has at most three parts", "`[start:end:step]`"),
        ("$.a[0 1]", "      ^", "`,` or `]` is missing", "with commas between"),
        ("$.a[0,]", "      ^", "a selector is missing here", "between the brackets"),
        ("$.a[(@.length-1)]", "    ^", "computed positions", "write `[-1]` for the last"),
        ("$.a[@.x == 1]", "    ^", "a filter begins with `?`", "`[?@.name == 'x']`"),
        ("$.a[?@.x = 'y']", "         ^", "`=` is not an operator", "write `==`"),
        ("$.a[?@.x === 1]", "         ^^^", "`===` is not an operator", "write `==`"),
        ("$.a[?@.x <> 1]", "         ^^", "`<>` is not an operator", "write `!=`"),
        ("$.a[?@.x =~ 'y']", "         ^^", "regular expressions are not allowed", "use `capture`"),
        ("$.a[?@.x == \"y\"", "   ^", "this bracket is not closed", "its `]` is missing"),
        ("$.a[?(@.x == 1]", "     ^", "this bracket is not closed", "its `)` is missing"),
        ("$.a[?(@.b == c)]", "             ^", "text in a filter stands in quotes", "write `'c'`"),
        ("$.a[?b == 'c']", "     ^", "text in a filter stands in quotes", "`@.b` for a path"),
        ("$.a[?b.d == 'c']", "     ^", "text in a filter stands in quotes", "`@.b.d` for a path"),
        ("$.a[?.b == 'c']", "     ^", "a path in a filter starts with `@`", "`@.name`"),
        ("$.a[?@.b == True]", "            ^^^^", "`True` is not a value of JSON", "write `true`"),
        ("$.a[?@.b == None]", "            ^^^^", "`None` is not a value of JSON", "write `null`"),
        ("$.a[?@.b ==]", "           ^", "something to compare is missing", "text in quotes"),
        ("$.a[?]", "     ^", "something to compare is missing", "text in quotes"),
        ("$.a[?@.b & @.c]", "         ^", "`&` is not an operator", "write `&&`"),
        ("$.a[?@.b or @.c]", "         ^^", "`or` is not an operator", "write `||`"),
        (
            "$[?@.a match 'x']",
            "       ^^^^^",
            "`match` is not an operator",
            "the operators are `==`",
        ),
        ("$[?not @.a]", "   ^^^", "`not` is not an operator", "write `!`"),
        ("$[?!@.a == 1]", "   ^", "`!` does not stand before a comparison", "write `!(…)`"),
        ("$[?@.a == 1 == 1]", "            ^^", "a comparison has two sides", "`&&`"),
        ("$[?(@.a) == 1]", "         ^^", "a comparison has a path", "parentheses"),
        ("$[?@.a == (1)]", "          ^", "parentheses stand around conditions", "take them away"),
        ("$[?@.* == 1]", "   ^", "this path can select several values", "`?@.list[?@ == 'x']`"),
        (
            "$[?1 == $..a]",
            "        ^",
            "this path can select several values",
            "names and positions only",
        ),
        ("$[?'a']", "   ^", "a value alone is not a condition", "compare it"),
        ("$[?length(@.a)]", "   ^^^^^^", "has to be compared", "`length(@.name) > 0`"),
        ("$[?length(@.*) > 1]", "          ^", "`length` measures one value", "`count(…)`"),
        ("$[?count(1) > 1]", "         ^", "`count` takes a path", "`count(@.a.*)`"),
        (
            "$[?count(@.a, 1) > 1]",
            "            ^",
            "`count` takes one argument",
            "take the rest away",
        ),
        (
            "$[?length (@.a) > 1]",
            "         ^",
            "a blank stands between a function",
            "write `length(…)`",
        ),
        ("$[?foo(@.a)]", "   ^^^", "`foo` is not a function", "`length`, `count` and `value`"),
        (
            "$.a[?match(@.b, 'x')]",
            "     ^^^^^",
            "regular expressions are not allowed",
            "`all: true`",
        ),
        (
            "$.a[?(@.c && search(@.b, 'x'))]",
            "             ^^^^^^",
            "regular expressions are not allowed",
            "`all: true`",
        ),
        (
            "$.a.length()",
            "          ^",
            "functions stand in filters only",
            "helper of the same name",
        ),
        ("$.a == 1", "    ^^", "conditions stand in filters only", "`$.a[?@.name == 'x'].value`"),
        ("$.a*2", "   ^", "`*` has no place here", "a JSONPath looks like"),
        (r"$['\x']", "   ^", "this is not an escape", "for a backslash"),
        (r"$['\ud83d']", "   ^", "this escape is not a character", "hexadecimal"),
        ("$['a\tb']", "    ^", "a control character", r"write `\u0009`"),
        ("$[?@.a == 1.]", "           ^", "a digit is missing after the point", "`1.0`"),
        ("$[?@.a == 1e400]", "          ^^^^^", "cannot be compared exactly", "in a condition"),
        (
            "$[?@.a == 0.1234567890123456]",
            "          ^^^^^^^^^^^^^^^^^^",
            "cannot be compared exactly",
            "in a condition",
        ),
        (
            "$[?@.a == 89359010000000000011]",
            "          ^^^^^^^^^^^^^^^^^^^^",
            "at most 9007199254740991",
            "in quotes",
        ),
    ] {
        let (range, said, advised) = told(text);
        let underlined = " ".repeat(range.start) + &"^".repeat(range.len());
        assert_eq!(underlined, caret, "{text}\n{said}; {advised}");
        assert!(said.contains(message), "{text}: {said}");
        assert!(advised.contains(help), "{text}: {advised}");
    }
}

#[test]
fn offsets_are_of_bytes() {
    assert_eq!(told("$.имя[?@.имя = 'я']").0.start, "$.имя[?@.имя ".len());
    assert_eq!(told("$['я'").0, 1..2);
}

#[test]
fn what_is_unusual_and_right_passes() {
    for text in [
        "$",
        "$.имя['и м я']",
        "$ .a",
        "$\n.a\t[ 0 , -1 , 1 : 2 : 3 , : , ::-1 , 'b' , \"c\" , * , ? @.d ]",
        "$..*..[*]..['a']",
        "$[?@.a==-1.5E+10||!@.b&&!(@.c!=null)]",
        "$[?@['a'][0]==$.b[-1]]",
        "$[?count( @..* )>=length( 'abc' )]",
        "$[?length(value(@..a)) < 3]",
        r#"$["\"\\\/\b\f\n\r\t\u00E4\ud83D\uDE00'"]['\'"']"#,
        "$[?@ == 0.123456789012345 || @ == 1e-300 || @ == 0e999 || @ == -0]",
    ] {
        assert_eq!(check(text), Ok(()), "{text}");
        assert!(Path::parse(text).is_ok(), "{text}");
    }
}

/// Sound paths, to be damaged.
const SOUND: [&str; 8] = [
    "$.a['b'].c[0][-1]",
    "$..a..*..[*]",
    "$.a[1:2:3, 'b', *, ?@.c]",
    "$.a[?@.b == 'c' && (@.d < 1.5e3 || !@.e)].f",
    "$[?length(@.a) >= 2 || count(@..b) == 0]",
    "$[?value(@.a[*]) != null && $.b[0] == true]",
    "$[?@.a[?@.b == \"c\"].d]",
    r"$['\u00e4\ud83d\ude00\''].a",
];

/// What is put into them.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "", "$", "@", ".", "..", "a", "é", "[", "]", "(", ")", "?", "*", ",", ":", "'a'", "\"b\"",
        "'", "\\", "0", "-", "-0", "01", "e", "+", " ", "\n", "==", "<", "=", "!", "&&", "|",
        "true", "length(", "count(@", "match(", "in(@, 1)", "@.a", "@.*", "[0]", "[?@.a]",
        "1 == @",
    ])
}

proptest! {
    /// The crate's parser must take whatever the check lets through; and what the check refuses
    /// has a place in the text.
    #[test]
    fn what_passes_the_check_is_parsed_by_the_crate(
        sound in prop::sample::select(&SOUND[..]),
        damages in prop::collection::vec((any::<prop::sample::Index>(), 0..3_usize, piece()), 0..3),
    ) {
        let mut text: Vec<char> = sound.chars().collect();
        for (place, gone, put) in damages {
            let start = 1 + place.index(text.len());
            let end = (start + gone).min(text.len());
            text.splice(start.min(end)..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        match check(&text) {
            Ok(()) => {
                let path = Path::parse(&text);
                prop_assert!(path.is_ok(), "{text}: {path:?}");
            }
            Err(fault) => {
                let place = fault.range.clone().and_then(|range| text.get(range));
                prop_assert!(place.is_some(), "{text}: {fault:?}");
            }
        }
    }
}
