//! Reading: pages to packets, packets to samples.

use std::fmt;

use ::ogg::reading::{BasePacketReader, PageParser};

use super::{CLOCK_HZ, MAX_PACKET_BYTES, OggError, OpusHead, OpusTags};
use crate::opus::{Decoder, packet_duration_48k};

const HEADER_BYTES: usize = 27;
/// Where the number of a page's segments is.
const SEGMENTS_AT: usize = 26;

/// One Opus packet of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The packet, for [`Decoder::decode`].
    pub data: Vec<u8>,
    /// On the last packet of a page: the samples at 48 kHz of the stream up to its end, what is to be
    /// left out at the start included.
    pub granule: Option<u64>,
    /// The stream says that it ends here. It may end without saying so.
    pub is_last: bool,
}

/// Takes an Ogg stream in pieces of any size and gives the Opus packets in it. Holds at most one page
/// and one unfinished packet.
pub struct Reader {
    pages: BasePacketReader,
    /// The page that is arriving.
    page: Vec<u8>,
    position: u64,
    serial: Option<u32>,
    head: Option<OpusHead>,
    tags: Option<OpusTags>,
    /// Bytes of pages since the last whole packet.
    unfinished: usize,
    ended: bool,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("position", &self.position)
            .field("head", &self.head)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader at the beginning of a stream.
    pub fn new() -> Self {
        Self {
            pages: BasePacketReader::new(),
            page: Vec::new(),
            position: 0,
            serial: None,
            head: None,
            tags: None,
            unfinished: 0,
            ended: false,
        }
    }

    /// The first header, once it has come.
    pub const fn head(&self) -> Option<OpusHead> {
        self.head
    }

    /// The second header, once it has come; packets come after it.
    pub const fn tags(&self) -> Option<&OpusTags> {
        self.tags.as_ref()
    }

    /// Whether the stream has said that it ended. What follows is ignored.
    pub const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes any number of bytes and hands out the packets they complete.
    ///
    /// # Errors
    /// [`OggError`] for broken pages and headers. The stream cannot be read on.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        mut on_packet: impl FnMut(Packet),
    ) -> Result<(), OggError> {
        while !bytes.is_empty() && !self.ended {
            let missing = page_bytes(&self.page).saturating_sub(self.page.len());
            let (now, later) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
            self.page.extend_from_slice(now);
            self.position += now.len() as u64;
            bytes = later;
            if !b"OggS".iter().zip(&self.page).all(|(a, b)| a == b) {
                return Err(self.broken());
            }
            if page_bytes(&self.page) == self.page.len() {
                self.finish_page(&mut on_packet)?;
                self.page.clear();
            }
        }
        Ok(())
    }

    /// Checks that there was an Opus stream and no page is incomplete. A stream may end anywhere
    /// between pages.
    ///
    /// # Errors
    /// [`OggError::NoOpus`] if its headers never came, [`OggError::Page`] if it is cut within a page.
    pub fn finish(&self) -> Result<(), OggError> {
        if self.tags.is_none() {
            return Err(OggError::NoOpus {
                bytes: self.position,
            });
        }
        if self.page.is_empty() || self.ended {
            Ok(())
        } else {
            Err(self.broken())
        }
    }

    const fn broken(&self) -> OggError {
        OggError::Page { at: self.position }
    }

    fn finish_page(&mut self, on_packet: &mut impl FnMut(Packet)) -> Result<(), OggError> {
        let Some((header, rest)) = self.page.split_first_chunk::<HEADER_BYTES>() else {
            return Err(self.broken());
        };
        let [.., s0, s1, s2, s3, _, _, _, _, _, _, _, _, _] = *header;
        let serial = u32::from_le_bytes([s0, s1, s2, s3]);
        if self.serial.is_some_and(|ours| ours != serial) {
            return Ok(());
        }
        let broken = self.broken();
        let Ok((mut parser, segments)) = PageParser::new(*header) else {
            return Err(broken);
        };
        let (lacing, data) = rest.split_at_checked(segments).unwrap_or_default();
        // The first page of a stream, as RFC 7845 wants it, is the identification header alone.
        if self.serial.is_none() && !data.starts_with(b"OpusHead") {
            return Ok(());
        }
        self.unfinished += data.len();
        parser.parse_segments(lacing.to_vec());
        let page = parser.parse_packet_data(data.to_vec());
        if page.and_then(|page| self.pages.push_page(page)).is_err() {
            return Err(broken);
        }
        self.serial = Some(serial);
        self.take_packets(on_packet)
    }

    fn take_packets(&mut self, on_packet: &mut impl FnMut(Packet)) -> Result<(), OggError> {
        while let Some(packet) = self.pages.read_packet() {
            self.unfinished = 0;
            self.ended |= packet.last_in_stream();
            if self.head.is_none() {
                self.head = Some(OpusHead::parse(&packet.data)?);
            } else if self.tags.is_none() {
                self.tags = Some(OpusTags::parse(&packet.data)?);
            } else {
                on_packet(Packet {
                    granule: packet.last_in_page().then(|| packet.absgp_page()),
                    is_last: packet.last_in_stream(),
                    data: packet.data,
                });
            }
        }
        if self.unfinished > MAX_PACKET_BYTES {
            return Err(OggError::PacketTooLong);
        }
        Ok(())
    }
}

/// How long the page that begins so is, as far as can be told: at least that.
fn page_bytes(page: &[u8]) -> usize {
    let Some(&segments) = page.get(SEGMENTS_AT) else {
        return HEADER_BYTES;
    };
    let with_lacing = HEADER_BYTES + usize::from(segments);
    match page.get(HEADER_BYTES..with_lacing) {
        Some(lacing) => with_lacing + lacing.iter().copied().map(usize::from).sum::<usize>(),
        None => with_lacing,
    }
}

/// All samples of a whole stream at `rate_hz`, mono: without what the codec needed to settle and what
/// the encoder filled up at the end, and with the stream's gain applied. A stereo stream is mixed
/// down.
///
/// # Errors
/// [`OggError`] for a broken stream, for more than `max_ms` of sound, and for a rate that Opus does
/// not have.
pub fn decode(bytes: &[u8], rate_hz: u32, max_ms: u32) -> Result<Vec<i16>, OggError> {
    let mut decoder = Decoder::new(rate_hz)?;
    let mut reader = Reader::new();
    let mut packets = Vec::new();
    reader.push(bytes, |packet| packets.push(packet))?;
    reader.finish()?;
    let head = reader.head().ok_or(OggError::NoOpus {
        bytes: bytes.len() as u64,
    })?;
    let mut samples = Vec::new();
    let most = to_rate(u64::from(max_ms) * u64::from(CLOCK_HZ) / 1000, rate_hz);
    let skip = to_rate(u64::from(head.pre_skip), rate_hz);
    for packet in &packets {
        decoder.decode(&packet.data, &mut samples)?;
        // The last packet may be there only to be cut.
        if samples.len() > most + skip + rate_hz as usize / 8 {
            return Err(OggError::TooLong { max_ms });
        }
    }
    if let Some(end) = end_48k(&packets)? {
        samples.truncate(to_rate(end, rate_hz));
    }
    samples.drain(..skip.min(samples.len()));
    if samples.len() > most {
        return Err(OggError::TooLong { max_ms });
    }
    amplify(&mut samples, head.gain_q8);
    Ok(samples)
}

/// Where the stream says that it ends, in samples at 48 kHz from the start of its first packet.
/// A recording of something that was going on does not start at 0.
fn end_48k(packets: &[Packet]) -> Result<Option<u64>, OggError> {
    let Some(end) = packets
        .last()
        .filter(|last| last.is_last)
        .and_then(|last| last.granule)
    else {
        return Ok(None);
    };
    let mut played = 0;
    for packet in packets {
        played += u64::from(packet_duration_48k(&packet.data)?);
        if let Some(granule) = packet.granule {
            // On a page that is first and last, what is missing was cut at the end.
            let start = granule.saturating_sub(played);
            return Ok(Some(end.saturating_sub(start)));
        }
    }
    Ok(None)
}

fn to_rate(samples_48k: u64, rate_hz: u32) -> usize {
    let samples = u128::from(samples_48k) * u128::from(rate_hz) / u128::from(CLOCK_HZ);
    usize::try_from(samples).unwrap_or(usize::MAX)
}

fn amplify(samples: &mut [i16], gain_q8: i16) {
    if gain_q8 == 0 {
        return;
    }
    let gain = 10f32.powf(f32::from(gain_q8) / (20.0 * 256.0));
    for sample in samples {
        // `as` saturates.
        *sample = (f32::from(*sample) * gain) as i16;
    }
}
