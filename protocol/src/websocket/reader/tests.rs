use proptest::prelude::*;

use super::super::{Kind, Writer};
use super::*;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

const MAX_BYTES: usize = 10_000;

/// An event and what it holds.
type Got = (Event, Vec<u8>);

/// Reads `wire` in pieces of these lengths, over and over.
fn read(role: Role, wire: &[u8], pieces: &[usize]) -> (Vec<Got>, Option<Fault>) {
    let (mut got, mut rest) = (Vec::new(), wire);
    let mut reader = Reader::new(role, MAX_BYTES, &[]);
    let mut pieces = pieces.iter().copied().cycle();
    loop {
        loop {
            match reader.advance() {
                Ok(Some(event)) => {
                    if event == Event::Text
                        && let Err(fault) = reader.text()
                    {
                        return (got, Some(fault));
                    }
                    got.push((event, reader.content().to_vec()));
                }
                Ok(None) => break,
                Err(fault) => return (got, Some(fault)),
            }
        }
        if rest.is_empty() {
            return (got, None);
        }
        let space = reader.space();
        assert!(!space.is_empty());
        let bytes = pieces.next().unwrap_or(1).clamp(1, rest.len());
        let bytes = bytes.min(space.len());
        let (now, later) = rest.split_at(bytes);
        space[..bytes].copy_from_slice(now);
        reader.filled(bytes);
        rest = later;
        assert!(
            reader.buffer.len() <= 2 * (MAX_BYTES + KEPT_BYTES),
            "{} bytes held",
            reader.buffer.len()
        );
    }
}

fn whole(role: Role, wire: &[u8]) -> (Vec<Got>, Option<Fault>) {
    read(role, wire, &[usize::MAX])
}

/// Masked with a key of zeros where a client sends it, so that it can be read in the test.
fn frame(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mut wire = vec![first];
    let bit = if role == Role::Server { 0x80 } else { 0 };
    match payload.len() {
        short @ 0..=125 => wire.push(bit | short as u8),
        medium => {
            wire.push(bit | 126);
            wire.extend((medium as u16).to_be_bytes());
        }
    }
    if role == Role::Server {
        wire.extend([0; 4]);
    }
    wire.extend(payload);
    wire
}

/// The examples of RFC 6455 §5.7.
#[test]
fn the_examples_of_the_standard_are_read() {
    let hello = || b"Hello".to_vec();
    for (role, wire, event) in [
        (Role::Client, &b"\x81\x05Hello"[..], Event::Text),
        (
            Role::Server,
            b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
            Event::Text,
        ),
        (Role::Client, b"\x01\x03Hel\x80\x02lo", Event::Text),
        (Role::Client, b"\x89\x05Hello", Event::Ping),
        (
            Role::Server,
            b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
            Event::Pong,
        ),
    ] {
        assert_eq!(whole(role, wire), (vec![(event, hello())], None));
    }
}

#[test]
fn control_frames_come_between_the_parts_of_a_message() {
    let wire = b"\x01\x03Hel\x89\x01p\x00\x01l\x8a\x00\x80\x01o\x82\x01b";
    let got = vec![
        (Event::Ping, b"p".to_vec()),
        (Event::Pong, Vec::new()),
        (Event::Text, b"Hello".to_vec()),
        (Event::Binary, b"b".to_vec()),
    ];
    for piece in 1..wire.len() {
        assert_eq!(read(Role::Client, wire, &[piece]), (got.clone(), None));
    }
}

#[test]
fn a_close_says_its_code() {
    let close = |payload: &[u8]| whole(Role::Client, &frame(Role::Client, 0x88, payload));
    let code = |payload: &[u8]| close(payload).0[0].0;
    assert_eq!(code(b""), Event::Close(None));
    assert_eq!(code(b"\x03\xe8bye"), Event::Close(Some(1000)));
    assert_eq!(code(b"\x0f\xa1"), Event::Close(Some(4001)));
    for never in [0_u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        assert_eq!(
            code(&never.to_be_bytes()),
            Event::Close(Some(1002)),
            "{never}"
        );
    }
    assert_eq!(close(b"\x03").1.map(Fault::close_code), Some(1002));
    assert_eq!(close(b"\x03\xe8\xff").1, Some(Fault::NotUtf8));
}

#[test]
fn what_breaks_the_rules_is_told_by_its_code() {
    for (wire, code) in [
        (&b"\x80\x01x"[..], 1002), // a continuation of nothing
        (b"\x01\x01x\x81\x01y", 1002),
        (b"\x01\x01x\x02\x01y", 1002),
        (b"\xc1\x01x", 1002),
        (b"\x83\x01x", 1002),
        (b"\x09\x01x", 1002),
        (b"\x89\x7e\x00\x7e", 1002),
        (b"\x81\x80\x00\x00\x00\x00", 1002),
        (b"\x81\x02\xc3\x28", 1007),
        (b"\x01\x01\xc3\x80\x01\x28", 1007),
        (b"\x82\x7e\x27\x11", 1009),
        (b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 1009),
        (b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 1002),
        (b"\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 1002),
        (b"\x82\x7e\x00\x01b", 1002),
    ] {
        let (got, fault) = whole(Role::Client, wire);
        assert_eq!(got, [], "{wire:x?}");
        assert_eq!(fault.map(Fault::close_code), Some(code), "{wire:x?}");
    }
    // A character may be cut by the end of a frame.
    let wire = b"\x01\x01\xc3\x80\x01\xa4";
    assert_eq!(
        whole(Role::Client, wire).0,
        [(Event::Text, b"\xc3\xa4".to_vec())]
    );
}

#[test]
fn the_parts_of_a_message_are_bounded_together() {
    let part = |first, bytes| frame(Role::Client, first, &vec![b'x'; bytes]);
    let fits = [part(0x01, 6_000), part(0x80, 4_000)].concat();
    assert_eq!(whole(Role::Client, &fits).0[0].1.len(), MAX_BYTES);
    let wire = [part(0x01, 6_000), part(0x80, 4_001)].concat();
    let too_big = Fault::TooBig {
        bytes: 10_001,
        max_bytes: MAX_BYTES,
    };
    assert_eq!(whole(Role::Client, &wire), (vec![], Some(too_big)));
}

#[test]
fn what_was_read_behind_the_upgrade_comes_first() {
    let mut reader = Reader::new(Role::Client, MAX_BYTES, b"\x81\x05He");
    assert_eq!(reader.advance(), Ok(None));
    reader.space()[..3].copy_from_slice(b"llo");
    reader.filled(3);
    assert_eq!(reader.advance(), Ok(Some(Event::Text)));
    assert_eq!(reader.text(), Ok("Hello"));
    assert_eq!(reader.advance(), Ok(None));
}

#[test]
fn a_buffer_is_as_large_as_what_comes_needs() {
    let mut reader = Reader::new(Role::Client, 1 << 24, &[]);
    assert_eq!(reader.space().len(), FIRST_BYTES);
    // 16 MiB are promised, and four bytes of them come.
    let promise = b"\x82\x7f\x00\x00\x00\x00\x00\xff\xff\xffxxxx";
    reader.space()[..promise.len()].copy_from_slice(promise);
    reader.filled(promise.len());
    assert_eq!(reader.advance(), Ok(None));
    reader.space();
    assert_eq!(reader.buffer.capacity(), FIRST_BYTES);

    let wire = frame(Role::Client, 0x82, &[1; 60_000]);
    let mut reader = Reader::new(Role::Client, 1 << 24, &wire);
    assert_eq!(reader.advance(), Ok(Some(Event::Binary)));
    assert_eq!(reader.content(), [1; 60_000]);
    reader.space();
    assert_eq!(reader.buffer.capacity(), wire.len(), "kept for the next");
}

/// Hands `wire` over, in as many reads as there have to be, and says how many events it held.
fn hand(reader: &mut Reader, mut wire: &[u8]) -> usize {
    let mut events = 0;
    while !wire.is_empty() {
        let space = reader.space();
        let (now, later) = wire.split_at(space.len().min(wire.len()));
        space[..now.len()].copy_from_slice(now);
        reader.filled(now.len());
        wire = later;
        while reader.advance().unwrap().is_some() {
            events += 1;
        }
    }
    events
}

/// However reads cut what comes: every read leaves so much of the next frame behind.
#[test]
fn a_large_buffer_stays_as_long_as_large_messages_come() {
    let large = frame(Role::Client, 0x81, &[b'x'; 13_000]);
    let small = frame(Role::Client, 0x81, &[b'y'; 200]);
    for left in [0, 1, 4, 100] {
        let mut reader = Reader::new(Role::Client, 1 << 20, &[]);
        let mut capacity_after = |frame: &[u8], next: &[u8], is_first: bool| {
            let from = if is_first { 0 } else { left };
            let wire = [&frame[from..], &next[..left]].concat();
            assert_eq!(hand(&mut reader, &wire), 1);
            reader.space();
            reader.buffer.capacity()
        };
        let grown = capacity_after(&large, &large, true);
        for _ in 0..100 {
            assert_eq!(capacity_after(&large, &large, false), grown);
        }
        for _ in 0..3 {
            assert_eq!(capacity_after(&large, &small, false), grown);
            for _ in 2..SMALL_IN_A_ROW {
                assert_eq!(capacity_after(&small, &small, false), grown);
            }
            assert_eq!(capacity_after(&small, &large, false), grown);
        }
        assert_eq!(capacity_after(&large, &small, false), grown);
        for _ in 1..SMALL_IN_A_ROW {
            assert_eq!(capacity_after(&small, &small, false), grown);
        }
        let kept = capacity_after(&small, &small, false);
        assert!(kept <= KEPT_BYTES, "given back, {left} bytes left over");
        for _ in 0..10 {
            assert_eq!(capacity_after(&small, &small, false), kept);
        }
    }
}

/// A large message that has been promised and has not come keeps the buffer it needs.
#[test]
fn a_promise_keeps_a_large_buffer() {
    let large = frame(Role::Client, 0x81, &[b'x'; 13_000]);
    let small = frame(Role::Client, 0x81, b"").repeat(SMALL_IN_A_ROW.into());
    let mut reader = Reader::new(Role::Client, 1 << 20, &[]);
    assert_eq!(hand(&mut reader, &large), 1);
    let grown = reader.buffer.capacity();
    let (now, later) = large.split_at(50);
    let events = hand(&mut reader, &[&small, now].concat());
    assert_eq!(events, usize::from(SMALL_IN_A_ROW));
    reader.space();
    assert_eq!(reader.buffer.capacity(), grown);
    assert_eq!(hand(&mut reader, later), 1);
    assert_eq!(reader.buffer.capacity(), grown);
}

/// Where the next is read at once, too, and [`Reader::advance`] was not asked in between.
#[test]
fn parts_of_one_message_are_not_those_of_the_next() {
    let mut reader = Reader::new(Role::Client, MAX_BYTES, &[]);
    for text in ["Hello", "there"] {
        let (first, last) = text.as_bytes().split_at(3);
        let wire = [
            frame(Role::Client, 0x01, first),
            frame(Role::Client, 0x80, last),
        ]
        .concat();
        reader.space()[..wire.len()].copy_from_slice(&wire);
        reader.filled(wire.len());
        assert_eq!(reader.advance(), Ok(Some(Event::Text)));
        assert_eq!(reader.text(), Ok(text));
    }
}

#[derive(Clone, Debug)]
enum Sent {
    Message {
        text: bool,
        content: String,
        cuts: Vec<usize>,
    },
    Control {
        ping: bool,
        content: Vec<u8>,
    },
}

fn sent() -> impl Strategy<Value = Vec<Sent>> {
    let content = prop_oneof![
        prop::collection::vec(any::<char>(), 0..200).prop_map(String::from_iter),
        (0_usize..9_000).prop_map(|length| "a".repeat(length)),
    ];
    let message = (
        any::<bool>(),
        content,
        prop::collection::vec(0_usize..600, 0..4),
    )
        .prop_map(|(text, content, cuts)| Sent::Message {
            text,
            content,
            cuts,
        });
    let control = (any::<bool>(), prop::collection::vec(any::<u8>(), 0..126))
        .prop_map(|(ping, content)| Sent::Control { ping, content });
    prop::collection::vec(prop_oneof![3 => message, 1 => control], 0..8)
}

/// On the wire, with an empty pong after every part of a message, and what is to be read.
fn wire(role: Role, sent: &[Sent]) -> (Vec<u8>, Vec<Got>) {
    let (mut wire, mut expected) = (Vec::new(), Vec::new());
    for sent in sent {
        match sent {
            Sent::Message {
                text,
                content,
                cuts,
            } => {
                let (opcode, event) = if *text {
                    (1, Event::Text)
                } else {
                    (2, Event::Binary)
                };
                let (mut rest, mut opcode) = (content.as_bytes(), opcode);
                for cut in cuts {
                    let (part, later) = rest.split_at((*cut).min(rest.len()));
                    wire.extend(frame(role, opcode, part));
                    wire.extend(frame(role, 0x8a, b""));
                    expected.push((Event::Pong, Vec::new()));
                    (rest, opcode) = (later, 0);
                }
                wire.extend(frame(role, 0x80 | opcode, rest));
                expected.push((event, content.clone().into_bytes()));
            }
            Sent::Control { ping, content } => {
                let (first, event) = if *ping {
                    (0x89, Event::Ping)
                } else {
                    (0x8a, Event::Pong)
                };
                wire.extend(frame(role, first, content));
                expected.push((event, content.clone()));
            }
        }
    }
    (wire, expected)
}

proptest! {
    #[test]
    fn any_cutting_and_any_chunking_give_the_same_messages(
        server: bool, sent in sent(), pieces in prop::collection::vec(1_usize..3_000, 1..6),
    ) {
        let role = if server { Role::Server } else { Role::Client };
        let (wire, expected) = wire(role, &sent);
        prop_assert_eq!(read(role, &wire, &pieces), (expected, None));
    }

    #[test]
    fn what_one_end_writes_the_other_reads(
        server: bool, content in prop::collection::vec(any::<u8>(), 0..9_000), pieces in prop::collection::vec(1_usize..3_000, 1..6),
    ) {
        let (from, to) = if server { (Role::Server, Role::Client) } else { (Role::Client, Role::Server) };
        let mut writer = Writer::new(from, 20_000);
        let short = &content[..content.len().min(125)];
        writer.push(Kind::Ping, short, || KEY).unwrap();
        writer.push(Kind::Binary, &content, || KEY).unwrap();
        writer.close(Some(1001), || KEY).unwrap();
        let expected = vec![
            (Event::Ping, short.to_vec()),
            (Event::Binary, content.clone()),
            (Event::Close(Some(1001)), 1001_u16.to_be_bytes().to_vec()),
        ];
        prop_assert_eq!(read(to, writer.pending(), &pieces), (expected, None));
    }

    #[test]
    fn any_bytes_give_messages_or_a_fault_whatever_their_chunking(
        server: bool, sent in sent(), cut in any::<prop::sample::Index>(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        noise in prop::collection::vec(any::<u8>(), 0..60), pieces in prop::collection::vec(1_usize..3_000, 1..6),
    ) {
        let role = if server { Role::Server } else { Role::Client };
        let (mut wire, _) = wire(role, &sent);
        wire.truncate(cut.index(wire.len() + 1));
        wire.extend(noise);
        for (at, bits) in flips {
            if !wire.is_empty() {
                let at = at.index(wire.len());
                wire[at] ^= bits;
            }
        }
        prop_assert_eq!(read(role, &wire, &pieces), whole(role, &wire));
    }
}
