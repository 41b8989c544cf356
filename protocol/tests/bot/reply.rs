//! What webhooks answer: one object, lines, and bodies that are neither.

use trunkline_protocol::bot::webhook::{
    MAX_LINE_BYTES, MAX_OBJECT_BYTES, MAX_STREAM_BYTES, ReplyLine, ReplyReader,
};

const NDJSON: &str = "application/x-ndjson";

/// The lines of a body that comes in the given pieces, and how many were passed over.
pub(crate) fn read<'a>(
    content_type: &str,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<ReplyLine>, u32) {
    let mut reader = ReplyReader::new(content_type);
    let mut lines = Vec::new();
    for piece in pieces {
        reader.push(piece);
        lines.extend(std::iter::from_fn(|| reader.poll()));
    }
    reader.finish();
    lines.extend(std::iter::from_fn(|| reader.poll()));
    assert!(reader.is_closed());
    (lines, reader.ignored())
}

fn whole(content_type: &str, body: &str) -> (Vec<ReplyLine>, u32) {
    read(content_type, [body.as_bytes()])
}

fn line(text: &str, last: bool) -> ReplyLine {
    ReplyLine {
        text: (!text.is_empty()).then(|| text.to_owned()),
        hangup: false,
        transfer: false,
        last,
    }
}

#[test]
fn the_documented_objects() {
    let transfer = r#"{"text":"Let me connect you with our team.","action":"transfer"}"#;
    let expected = ReplyLine {
        transfer: true,
        ..line("Let me connect you with our team.", true)
    };
    assert_eq!(whole("application/json", transfer), (vec![expected], 0));
    let goodbye = " {\"text\":\"Goodbye!\",\r\n\"hangup\":true}\n";
    let expected = ReplyLine {
        hangup: true,
        ..line("Goodbye!", true)
    };
    assert_eq!(
        whole("Application/JSON; charset=utf-8", goodbye),
        (vec![expected], 0)
    );
}

#[test]
fn the_documented_lines() {
    let body = "{\"text\": \"Let me check on that.\", \"interim\": true}\n{\"text\": \"Your order shipped this morning.\"}\n";
    let expected = vec![
        line("Let me check on that.", false),
        line("Your order shipped this morning.", true),
    ];
    for content_type in [
        NDJSON,
        "Application/X-NDJSON ; charset=utf-8",
        "application/ndjson",
    ] {
        assert_eq!(whole(content_type, body), (expected.clone(), 0));
    }
    // Under another type it is no object.
    assert_eq!(whole("application/json", body), (vec![], 1));
}

#[test]
fn a_line_is_given_as_soon_as_it_has_ended() {
    let mut reader = ReplyReader::new(NDJSON);
    reader.push(b"{\"text\":\"a\",\"interim\":true}");
    assert_eq!(reader.poll(), None);
    reader.push(b"\n{\"te");
    assert_eq!(reader.poll(), Some(line("a", false)));
    assert_eq!(reader.poll(), None);
    reader.push(b"xt\":\"b\"}\n");
    assert!(!reader.is_closed());
    assert_eq!(reader.poll(), Some(line("b", true)));
    assert!(reader.is_closed());
    reader.push(b"{\"text\":\"late\"}\n");
    assert_eq!(reader.poll(), None);
}

#[test]
fn lines_that_are_passed_over_and_bodies_that_do_not_end_well() {
    let interim = |text: &str| format!("{{\"text\":\"{text}\",\"interim\":true}}");
    // CRLF, blank lines, lines that are no objects, no end of the last line.
    let body = format!(
        "\r\n \t\n{}\r\nnull\n[1]\n\"x\"\n7\n{{\"text\":\n{}\r",
        interim("a"),
        interim("b")
    );
    assert_eq!(
        whole(NDJSON, &body),
        (vec![line("a", false), line("b", false)], 5)
    );
    // The first line without interim closes.
    let body = format!("{{\"text\":\"a\"}}\n{}\n", interim("b"));
    assert_eq!(whole(NDJSON, &body), (vec![line("a", true)], 0));
    assert_eq!(whole(NDJSON, ""), (vec![], 0));
    assert_eq!(whole("application/json", " \n"), (vec![], 0));
    for not_an_object in ["[]", "\"hello\"", "7", "null", "hello", "{\"a\":1} x"] {
        let read = whole("application/json", not_an_object);
        assert_eq!(read, (vec![], 1), "{not_an_object}");
    }
}

#[test]
fn fields_of_the_wrong_kind_are_as_if_absent() {
    let body =
        r#"{"text":7,"hangup":"true","action":["transfer"],"interim":1,"other":{"text":"x"}}"#;
    assert_eq!(whole(NDJSON, body), (vec![line("", true)], 0));
    let body = r#"{"text":" ","hangup":false,"action":"Transfer","interim":null}"#;
    assert_eq!(whole("", body), (vec![line("", true)], 0));
    assert_eq!(whole("", "{}"), (vec![line("", true)], 0));
    // An object by itself is the whole turn.
    let body = r#"{"text":"a\"\u00e9","interim":true}"#;
    assert_eq!(whole("text/plain", body), (vec![line("a\"é", true)], 0));
    assert_eq!(whole(NDJSON, body), (vec![line("a\"é", false)], 0));
}

#[test]
fn sizes_are_bounded() {
    let object = |len: usize| format!("{{\"text\":\"{}\"}}", "x".repeat(len - 11));
    let (lines, ignored) = whole("application/json", &object(MAX_OBJECT_BYTES));
    assert_eq!((lines.len(), ignored), (1, 0));
    let too_big = object(MAX_OBJECT_BYTES + 1);
    assert_eq!(whole("application/json", &too_big), (vec![], 1));

    let (lines, ignored) = whole(NDJSON, &(object(MAX_LINE_BYTES) + "\r\n"));
    assert_eq!((lines.len(), ignored), (1, 0));
    // The last byte that is there may be the carriage return of an end that is still to come.
    let body = object(MAX_LINE_BYTES) + "\r\n";
    let (lines, ignored) = read(NDJSON, body.as_bytes().chunks(MAX_LINE_BYTES + 1));
    assert_eq!((lines.len(), ignored), (1, 0));
    let body = object(MAX_LINE_BYTES + 1) + "\n{}";
    for size in [1, 1000, MAX_LINE_BYTES + 2, body.len()] {
        let read = read(NDJSON, body.as_bytes().chunks(size));
        assert_eq!(read, (vec![line("", true)], 1), "{size}");
    }

    let interim = "{\"interim\":true}\n".repeat(MAX_STREAM_BYTES / 17 + 1);
    let (lines, ignored) = whole(NDJSON, &interim);
    assert_eq!((lines.len(), ignored), (MAX_STREAM_BYTES / 17, 1));
}

#[test]
fn what_is_no_json_is_told_from_what_is_no_object() {
    for (body, broken) in [
        ("\"a string\"", 0),
        ("[1]", 0),
        ("null", 0),
        ("", 0),
        ("{}", 0),
        ("<html></html>", 1),
        ("{\"text\":", 1),
        ("hello", 1),
    ] {
        let mut reader = ReplyReader::new("application/json");
        reader.push(body.as_bytes());
        reader.finish();
        while reader.poll().is_some() {}
        assert_eq!(reader.broken(), broken, "{body}");
    }
}
