//! Reading: pages to packets.

use std::fmt;

use ::ogg::reading::{BasePacketReader, PageParser};

use super::{MAX_PACKET_BYTES, OggError, OpusHead, OpusTags};

const HEADER_BYTES: usize = 27;
/// Where the number of a page's segments is.
const SEGMENTS_AT: usize = 26;
/// The flag of a stream's last page.
const LAST_PAGE: u8 = 0x04;
/// The granule of a page on which no packet ends, which is -1.
const NO_GRANULE: u64 = u64::MAX;

/// One Opus packet of the stream, for [`Decoder::decode`](crate::opus::Decoder::decode).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Its bytes.
    pub data: Vec<u8>,
    /// On the last packet of a page: the samples at 48 kHz of the stream up to its end, what is to be
    /// left out at the start included.
    pub granule: Option<u64>,
    /// The stream says that it ends here. It may end without saying so, or say so on a page without
    /// packets: see [`Reader::has_ended`].
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
    /// Bytes of pages since the last whole packet, their headers included: pages may be empty.
    unfinished: usize,
    ended: bool,
    end_granule: Option<u64>,
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
            end_granule: None,
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

    /// What the last page says of the stream's length, as [`Packet::granule`] counts it, once the
    /// stream has ended. That page may have no packets (RFC 3533 section 6, field 3).
    pub const fn end_granule(&self) -> Option<u64> {
        self.end_granule
    }

    /// Takes any number of bytes and hands out the packets they complete.
    ///
    /// # Errors
    /// [`OggError`] for broken pages and headers. The stream cannot be read on.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut on_packet: impl FnMut(Packet),
    ) -> Result<(), OggError> {
        self.try_push(bytes, |_, packet| {
            on_packet(packet);
            Ok(())
        })
    }

    /// Like [`push`](Self::push), for one who needs the header and may have had enough: an error of
    /// `on_packet` is handed on at once.
    pub(super) fn try_push(
        &mut self,
        mut bytes: &[u8],
        mut on_packet: impl FnMut(OpusHead, Packet) -> Result<(), OggError>,
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

    fn finish_page(
        &mut self,
        on_packet: &mut impl FnMut(OpusHead, Packet) -> Result<(), OggError>,
    ) -> Result<(), OggError> {
        let Some((header, rest)) = self.page.split_first_chunk::<HEADER_BYTES>() else {
            return Err(self.broken());
        };
        let (flags, granule, serial) = fields(header);
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
        self.unfinished += self.page.len();
        parser.parse_segments(lacing.to_vec());
        let page = parser.parse_packet_data(data.to_vec());
        if page.and_then(|page| self.pages.push_page(page)).is_err() {
            return Err(broken);
        }
        self.serial = Some(serial);
        if flags & LAST_PAGE != 0 {
            self.ended = true;
            self.end_granule = granule;
        }
        self.take_packets(granule, on_packet)
    }

    /// Hands out the packets that end on the page, which is of that granule.
    fn take_packets(
        &mut self,
        granule: Option<u64>,
        on_packet: &mut impl FnMut(OpusHead, Packet) -> Result<(), OggError>,
    ) -> Result<(), OggError> {
        while let Some(packet) = self.pages.read_packet() {
            self.unfinished = 0;
            let Some(head) = self.head else {
                self.head = Some(OpusHead::parse(&packet.data)?);
                continue;
            };
            if self.tags.is_none() {
                self.tags = Some(OpusTags::parse(&packet.data)?);
                continue;
            }
            let packet = Packet {
                granule: granule.filter(|_| packet.last_in_page()),
                is_last: packet.last_in_stream(),
                data: packet.data,
            };
            on_packet(head, packet)?;
        }
        if self.unfinished > MAX_PACKET_BYTES {
            return Err(OggError::PacketTooLong);
        }
        Ok(())
    }
}

/// The flags, granule and serial number of a page (RFC 3533 section 6).
fn fields(header: &[u8; HEADER_BYTES]) -> (u8, Option<u64>, u32) {
    #[rustfmt::skip]
    let [_, _, _, _, _, flags, g0, g1, g2, g3, g4, g5, g6, g7, s0, s1, s2, s3, ..] = *header;
    let granule = u64::from_le_bytes([g0, g1, g2, g3, g4, g5, g6, g7]);
    (
        flags,
        Some(granule).filter(|&granule| granule != NO_GRANULE),
        u32::from_le_bytes([s0, s1, s2, s3]),
    )
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
