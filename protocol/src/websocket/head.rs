//! Heads of frames, read and written.

use super::{Fault, Role};

/// The longest payload of a frame that is not data.
pub(super) const MAX_CONTROL_BYTES: usize = 125;

/// The longest head.
pub(super) const MAX_HEAD_BYTES: usize = 14;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    /// The next part of a message.
    Continuation = 0,
    /// Text, or the first part of it.
    Text = 1,
    /// Bytes, or the first part of them.
    Binary = 2,
    /// The last frame of one side.
    Close = 8,
    /// To be answered with a pong of the same payload.
    Ping = 9,
    /// An answer, or a sign of life.
    Pong = 10,
}

/// Everything before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The last frame of its message.
    pub(super) fin: bool,
    pub(super) opcode: Opcode,
    /// What the payload is masked with.
    pub(super) key: Option<[u8; 4]>,
    /// Of the payload.
    pub(super) bytes: u64,
}

impl Opcode {
    const fn of(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

impl Head {
    /// Reads a head as `role` may hear it, and says how long it is. `None` where more has to come first.
    pub(super) fn read(bytes: &[u8], role: Role) -> Result<Option<(Self, usize)>, Fault> {
        let &[first, second, ref rest @ ..] = bytes else {
            return Ok(None);
        };
        let fin = first & 0x80 != 0;
        let opcode = check_first(first, fin)?;
        let masked = second & 0x80 != 0;
        check_masked(masked, role)?;
        let short = second & 0x7f;
        if opcode.is_control() && usize::from(short) > MAX_CONTROL_BYTES {
            return Err(Fault::Protocol {
                expected: "a control frame of at most 125 bytes",
                got: "a longer one",
            });
        }
        let Some((bytes_of_payload, rest)) = read_length(short, rest) else {
            return Ok(None);
        };
        check_length(short, bytes_of_payload)?;
        let (key, rest) = if masked {
            let Some((key, rest)) = rest.split_first_chunk() else {
                return Ok(None);
            };
            (Some(*key), rest)
        } else {
            (None, rest)
        };
        let head = Self {
            fin,
            opcode,
            key,
            bytes: bytes_of_payload,
        };
        Ok(Some((head, bytes.len() - rest.len())))
    }

    /// Appends the head.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let mask_bit = if self.key.is_some() { 0x80 } else { 0 };
        let fin_bit = if self.fin { 0x80 } else { 0 };
        out.push(fin_bit | self.opcode as u8);
        match (u8::try_from(self.bytes), u16::try_from(self.bytes)) {
            (Ok(short @ ..=125), _) => out.push(mask_bit | short),
            (_, Ok(medium)) => {
                out.push(mask_bit | 126);
                out.extend_from_slice(&medium.to_be_bytes());
            }
            _ => {
                out.push(mask_bit | 127);
                out.extend_from_slice(&self.bytes.to_be_bytes());
            }
        }
        out.extend_from_slice(self.key.as_ref().map_or(&[], |key| key.as_slice()));
    }
}

fn check_first(first: u8, fin: bool) -> Result<Opcode, Fault> {
    if first & 0x70 != 0 {
        return Err(Fault::Protocol {
            expected: "no reserved bit, for there is no extension",
            got: "one that is set",
        });
    }
    let Some(opcode) = Opcode::of(first & 0x0f) else {
        return Err(Fault::Protocol {
            expected: "an opcode of RFC 6455",
            got: "another",
        });
    };
    if opcode.is_control() && !fin {
        return Err(Fault::Protocol {
            expected: "a control frame in one piece",
            got: "a part of one",
        });
    }
    Ok(opcode)
}

const fn check_masked(masked: bool, role: Role) -> Result<(), Fault> {
    match (role, masked) {
        (Role::Server, true) | (Role::Client, false) => Ok(()),
        (Role::Server, false) => Err(Fault::Protocol {
            expected: "masked frames of a client",
            got: "a plain one",
        }),
        (Role::Client, true) => Err(Fault::Protocol {
            expected: "plain frames of a server",
            got: "a masked one",
        }),
    }
}

/// The length of a payload, and what follows it.
fn read_length(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    Some(match short {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u16::from_be_bytes(*length).into(), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u64::from_be_bytes(*length), rest)
        }
        short => (short.into(), rest),
    })
}

/// A length is told in the fewest bytes, and the highest bit of 64 is not set (RFC 6455 §5.2).
const fn check_length(short: u8, bytes_of_payload: u64) -> Result<(), Fault> {
    let least = match short {
        126 => 126,
        127 => 1 << 16,
        _ => 0,
    };
    if bytes_of_payload < least {
        return Err(Fault::Protocol {
            expected: "a length in its shortest form",
            got: "a longer form",
        });
    }
    if bytes_of_payload > i64::MAX as u64 {
        return Err(Fault::Protocol {
            expected: "a length of 63 bits",
            got: "one of 64",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn opcode() -> impl Strategy<Value = Opcode> {
        use Opcode::{Binary, Close, Continuation, Ping, Pong, Text};
        prop::sample::select(vec![Continuation, Text, Binary, Close, Ping, Pong])
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_once_all_of_it_is_there(
            fin: bool, opcode in opcode(), key: Option<[u8; 4]>, bytes in prop_oneof![0_u64..300, 65_000..66_000_u64, 0..=i64::MAX as u64],
        ) {
            let bytes = if opcode.is_control() { bytes % 126 } else { bytes };
            let head = Head { fin: fin || opcode.is_control(), opcode, key, bytes };
            let role = if key.is_some() { Role::Server } else { Role::Client };
            let mut wire = Vec::new();
            head.write(&mut wire);
            prop_assert!(wire.len() <= MAX_HEAD_BYTES);
            for cut in 0..wire.len() {
                prop_assert_eq!(Head::read(&wire[..cut], role), Ok(None));
            }
            let length = wire.len();
            wire.extend([7; 3]);
            prop_assert_eq!(Head::read(&wire, role), Ok(Some((head, length))));
            let other = if key.is_some() { Role::Client } else { Role::Server };
            prop_assert_eq!(Head::read(&wire, other).map_err(Fault::close_code), Err(1002));
        }
    }

    #[test]
    fn a_length_is_told_in_its_shortest_form() {
        let medium = |length: u16| [&[0x82, 126][..], &length.to_be_bytes()].concat();
        let long = |length: u64| [&[0x82, 127][..], &length.to_be_bytes()].concat();
        for (wire, bytes) in [
            (medium(0), None),
            (medium(125), None),
            (medium(126), Some(126)),
            (medium(0xFFFF), Some(0xFFFF)),
            (long(0), None),
            (long(0xFFFF), None),
            (long(0x1_0000), Some(0x1_0000)),
            (long(u64::MAX >> 1), Some(u64::MAX >> 1)),
            (long(1 << 63), None),
            (long(u64::MAX), None),
        ] {
            let read = Head::read(&wire, Role::Client).map_err(Fault::close_code);
            let read = read.map(|read| read.map(|(head, _)| head.bytes));
            assert_eq!(read, bytes.map(Some).ok_or(1002), "{wire:x?}");
        }
    }

    #[test]
    fn a_frame_that_must_not_be_is_known_by_its_first_two_bytes() {
        for (first, second) in [
            (0xC1, 0x05), // a reserved bit
            (0x91, 0x05),
            (0x83, 0x05), // opcodes of nobody
            (0x8B, 0x00),
            (0x09, 0x00), // half a ping
            (0x89, 0x7E), // a long one
            (0x88, 0x7F),
        ] {
            let read = Head::read(&[first, second], Role::Client);
            assert_eq!(read.map_err(Fault::close_code), Err(1002), "{first:x}");
        }
    }
}
