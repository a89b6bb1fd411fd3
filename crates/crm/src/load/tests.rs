use super::*;

/// A whole file; tests spoil one line of it.
const GOOD: &str = r##"format = 1
name = "small"
title = "Small"
[settings.site]
about = "The site."
default = "main"
[sign_in]
kind = "key-header"
header = "X-Key"
[sign_in.probe]
path = "me"
id = "$.id"
[limits]
per_second = 5
[[errors]]
status = [400, 404]
then = "park"
[contacts.pull]
path = "people"
page_size = 10
records = "$.list[*]"
more = "{{ count == page_size }}"
query = { after = "{{ cursor.id }}", begins = "{{ pass_begins }}" }
cursor = { id = "{{ last.id }}" }
[contacts.fetch]
path = "people/{{ id }}"
record = "$"
[contact]
id = "$.id"
name = "$.name"
[records.call.create]
method = "POST"
path = "calls"
id = "$.id"
body = { text = "{{ call.text }}", who = "{{ call.contact.id if call.contact else none }}" }
[records.call.search]
path = "calls"
ids = "$[*].id"
[records.contact.create]
method = "POST"
path = "people"
id = "$.id"
body = { phones = { "@each" = "{{ phones }}", "@item" = { n = "{{ item.number }}" } } }
[records.contact.search]
path = "people"
ids = "$[*].id"
[records.contact.amend]
method = "PUT"
path = "people/{{ id }}"
body = { name = "{{ contact.name if changed.name else none }}" }
[open]
contact = "{{ base }}/p/{{ id }}"
"##;

/// The mistake told when this line is replaced.
fn spoilt(line: usize, with: &str) -> BadFile {
    let lines = GOOD.lines().enumerate().map(|(at, text)| if at + 1 == line { with } else { text });
    let text = lines.collect::<Vec<_>>().join("\n");
    match Connector::load(&text, "small.toml") {
        Err(bad) => bad,
        Ok(_) => panic!("nothing is wrong with line {line} as {with}"),
    }
}

#[test]
fn a_good_file_is_read_whole() {
    let connector = Connector::load(GOOD, "small.toml").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((connector.name.as_str(), connector.title.as_str()), ("small", "Small"));
    assert_eq!(connector.settings["site"].about, "The site.");
}

#[test]
fn every_mistake_is_told_with_its_line_and_column() {
    // Which line is replaced, by what; where the mistake is then told, and how.
    let cases: &[(usize, &str, (usize, usize), &str)] = &[
        (1, "format = 2", (1, 10), "a newer Timbre is needed"),
        (1, "format = \"1\"", (1, 10), "`format` is 1"),
        (1, "", (1, 1), "`format` is missing"),
        (2, "name = \"Small CRM\"", (2, 8), "a-z, 0-9"),
        (3, "titel = \"Small\"", (1, 1), "`title` is missing"),
        (3, "title = \"Small\"\ntitel = 2", (4, 1), "there is no key `titel` at the top"),
        (3, "title = \"Small\ntwo lines\"", (3, 15), "string"),
        (5, "abuot = \"x\"", (4, 1), "`about` is missing in [settings.site]"),
        (6, "required = true\ndefault = \"x\"", (7, 11), "need not be set"),
        (6, "default = [1]", (6, 11), "`default` is a text"),
        (8, "kind = \"oauth3\"", (8, 8), "there is no `oauth3`"),
        (8, "kind = \"oauth2-client\"\ntoken_url = \"http://sso.example/token\"", (9, 13), "https://"),
        (8, "kind = \"session\"", (7, 1), "`login` is missing"),
        (9, "", (7, 1), "`header` is missing"),
        (9, "header = \"X Key\"", (9, 10), "no name of a header"),
        (11, "path = \"https://elsewhere.example/me\"", (11, 8), "holds no host"),
        (11, "path = \"my self\"", (11, 8), "no place in an address"),
        (11, "path = \"a/../../me\"", (11, 8), "dots that lead elsewhere"),
        (12, "id = \"$.[\"", (12, 9), "is no JSONPath"),
        (14, "per_second = 0", (14, 14), "`per_second`"),
        (14, "per_minute = 5", (14, 1), "there is no key `per_minute` in [limits]; there is answer_mb, overlap_s"),
        (16, "status = 200", (16, 10), "from 300 to 599"),
        (16, "status = 400\nreason = true", (17, 10), "needs a `reason_header`"),
        (17, "then = \"retry\"", (17, 8), "there is no `retry`; `then` is park"),
        (17, "then = \"wait\"", (17, 8), "`wait` needs `wait_s`"),
        (17, "then = \"park\"\ntries = 3", (18, 9), "means nothing with"),
        (17, "then = \"park\"\ncode = \"refuse\"", (18, 8), "there is no code `refuse`"),
        (20, "page_size = 0", (20, 13), "from 1 to 10000"),
        (21, "records = 3", (21, 11), "`records` is a text"),
        (22, "more = \"{{ count == page_sise }}\"", (22, 8), "there is no `page_sise` here"),
        (22, "more = \"{{ count == }}\"", (22, 8), "the template fails: syntax error"),
        (23, "query = { after = \"{{ cursor.idd }}\" }", (23, 19), "there is no `cursor.idd`"),
        (23, "query = { after = \"{{ last.id }}\" }", (23, 19), "there is no `last` here"),
        (24, "cursor = {}", (24, 10), "at least one value"),
        (
            24,
            "cursor = { id = \"{{ last.id }}\" }\npartial = \"x\"\nat_end = { di = \"x\" }",
            (26, 12),
            "no `di` in the cursor",
        ),
        (24, "", (18, 1), "`cursor` is missing"),
        (26, "path = \"people/{{ ident }}\"", (26, 8), "there is no `ident` here"),
        (26, "path = \"people/{{ id }}\"\nmethod = \"HEAD\"", (27, 10), "`HEAD` is no method"),
        (26, "path = \"people/{{ id }}\"\nbody = { a = 1 }", (25, 1), "a GET has no body"),
        (28, "[contakt]", (18, 1), "[contacts.pull] needs a section [contact]"),
        (30, "name = \"{{ recrod.name }}\"", (30, 8), "there is no `recrod` here"),
        (30, "name = \"$.name\"\nphones = [{ number = \"$.t\", kind = \"cell\" }]", (31, 36), "mobile, work, home"),
        (31, "[records.cal.create]", (31, 10), "there is no kind of record `cal`"),
        (31, "[records.note.create]", (36, 1), "means nothing without [records.call.create]"),
        (31, "[records.call.amend]", (31, 1), "means nothing without [records.call.create]"),
        (32, "method = \"POST\"\nform = { a = \"1\" }", (33, 8), "a `body` or a `form`"),
        (35, "body = { text = \"{{ call.txet }}\" }", (35, 17), "there is no `call.txet`"),
        (35, "body = { text = \"{{ call.text|shorten }}\" }", (35, 17), "unknown filter"),
        (35, "body = { text = \"{{ call.text|utc('%Y') }}\" }", (35, 17), "wants a time of ours"),
        (35, "body = { text = \"{{ settings.sitte }}\" }", (35, 17), "there is no `settings.sitte`"),
        (35, "body = { text = { \"@fi\" = \"x\" } }", (35, 19), "there is no `@fi`"),
        (35, "body = { text = { \"@each\" = \"{{ call.charges }}\" } }", (35, 17), "needs an `@item`"),
        (35, "body = { text = { \"@json\" = \"x\", more = 1 } }", (35, 34), "nothing else may stand"),
        (35, "body = { text = 2026-01-01 }", (35, 17), "write a time as a text"),
        (35, "body.text = \"\"\"\nsecond line\n{{ call.txet }}\"\"\"", (35, 13), "there is no `call.txet`"),
        (36, "[records.call.remove]", (31, 1), "needs a section [records.call.search]"),
        (
            43,
            "body = { p = { \"@each\" = \"{{ phones }}\", \"@item\" = \"{{ item.nmber }}\" } }",
            (43, 52),
            "there is no `item.nmber`",
        ),
        (25, "[contacts.find]", (26, 8), "there is no `id` here"),
        (52, "kontakt = \"x\"", (52, 1), "there is no kind of record `kontakt`"),
    ];
    let mut wrong = Vec::new();
    for (line, with, at, message) in cases {
        let bad = spoilt(*line, with);
        if !bad.message.contains(message) || (bad.line, bad.column) != *at {
            wrong.push(format!("line {line} as {with}: {at:?} {message} was expected, not {bad}"));
        }
        assert_eq!(bad.to_string(), format!("small.toml:{}:{}: {}", bad.line, bad.column, bad.message));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_contact_that_is_amended_must_first_be_read() {
    let text = GOOD.replace("[contacts.fetch]\npath = \"people/{{ id }}\"\nrecord = \"$\"\n", "");
    let bad = Connector::load(&text, "small.toml").err().map(|bad| (bad.line, bad.message)).unwrap_or_default();
    assert_eq!(bad.0, 44, "{}", bad.1);
    assert!(bad.1.contains("[records.contact.amend] needs a section [contacts.fetch]"), "{}", bad.1);
}

#[test]
fn what_stands_under_a_condition_is_tried_only_where_it_holds() {
    let text = GOOD.replace(
        "who = \"{{ call.contact.id if call.contact else none }}\"",
        "who = { \"@if\" = \"{{ call.contact }}\", id = \"<{{ call.contact.id }}>\" }",
    );
    Connector::load(&text, "small.toml").unwrap_or_else(|error| panic!("{error}"));
    let text = text.replace("\"@if\" = \"{{ call.contact }}\", ", "");
    let bad = Connector::load(&text, "small.toml").err().map(|bad| bad.line);
    assert_eq!(bad, Some(35), "a call without a contact would send half a text");
}

#[test]
fn a_number_and_a_truth_value_need_no_quotes_wherever_a_template_stands() {
    for (line, with) in [
        (6, "default = true"),
        (6, "default = 50"),
        (6, "default = 0.5"),
        (22, "more = false"),
        (24, "cursor = { id = \"{{ last.id }}\" }\npartial = true"),
        (24, "cursor = { id = \"{{ last.id }}\" }\npartial = 0"),
        (35, "body = { a = true, b = 1.5, c = 3, d = { \"@if\" = false, e = 1 } }"),
    ] {
        let lines = GOOD.lines().enumerate().map(|(at, text)| if at + 1 == line { with } else { text });
        let text = lines.collect::<Vec<_>>().join("\n");
        Connector::load(&text, "small.toml").unwrap_or_else(|error| panic!("{with}: {error}"));
    }
}

#[test]
fn addresses_stand_behind_paths_or_in_tables() {
    for emails in [
        "emails = \"$.mail\"",
        "emails = [\"$.mail\", \"$.mails[*]\"]",
        "emails = [{ each = \"$.list[*]\", address = \"$.at\" }]",
    ] {
        let text = GOOD.replace("name = \"$.name\"", &format!("name = \"$.name\"\n{emails}"));
        Connector::load(&text, "small.toml").unwrap_or_else(|error| panic!("{emails}: {error}"));
    }
    let text = GOOD.replace("name = \"$.name\"", "name = \"$.name\"\nemails = [{ each = \"$.list[*]\" }]");
    let bad = Connector::load(&text, "small.toml").err().map(|bad| bad.message).unwrap_or_default();
    assert!(bad.contains("`address` is missing in [contact.emails]"), "{bad}");
}

/// What a mistake, a generator or somebody malicious may put into a file: nothing in it may use up the stack.
#[test]
fn nesting_without_end_is_refused_with_its_place_wherever_it_hides() {
    let deep = |open: &str, close: &str, times: usize| format!("{}x{}", open.repeat(times), close.repeat(times));
    let paths = [
        format!("$[?{}]", deep("(", ")", 5_000)),
        format!("${}", deep("[?@", "]", 5_000)),
        format!("$[?{}@.a]", "!".repeat(5_000)),
        format!("$[?{}]", deep("length(", ")", 5_000)),
        format!("$[?@['{}'] {}", "]", "[?@[']'] ".repeat(5_000)),
        format!("${}", ".a".repeat(50_000)),
    ];
    let expressions = [
        deep("(", ")", 5_000),
        deep("[", "]", 5_000),
        format!("{}1{}", "{'a':".repeat(5_000), "}".repeat(5_000)),
        format!("{}x", "not ".repeat(5_000)),
        format!("{}1", "-".repeat(5_000)),
        format!("id{}", "|lower".repeat(20_000)),
        format!("id{}", ".a".repeat(20_000)),
        format!("id{}", "[0]".repeat(20_000)),
        format!("1{}", "+1".repeat(20_000)),
        format!("id{}", " if id else id".repeat(20_000)),
        format!("id{}", " ~ id".repeat(20_000)),
        "[']', ".repeat(5_000),
    ];
    let templates = expressions
        .iter()
        .flat_map(|expression| [format!("{{{{ {expression} }}}}"), format!("It's {{{{ {expression} }}}}")])
        .chain([
            format!("{}x{}", "{% if id %}".repeat(5_000), "{% endif %}".repeat(5_000)),
            format!("{}x{}", "{% for a in id %}".repeat(5_000), "{% endfor %}".repeat(5_000)),
        ]);
    let files = paths
        .iter()
        .map(|path| (21, format!("records = {path:?}")))
        .chain(templates.flat_map(|template| {
            [(26, format!("path = {template:?}")), (23, format!("query = {{ after = {template:?} }}"))]
        }))
        .collect::<Vec<_>>();
    // As little room as a worker of the runtime has.
    let reading = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(move || {
        for (line, with) in files {
            let told = spoilt(line, &with);
            assert!(told.to_string().len() < 2_000, "the message is short");
        }
    });
    reading.unwrap().join().unwrap();
}
