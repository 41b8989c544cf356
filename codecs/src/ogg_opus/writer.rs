//! Writing: packets to pages.

use std::fmt;

use ::ogg::writing::{PacketWriteEndInfo, PacketWriter};

use super::{OggError, OpusHead, OpusTags};
use crate::opus::packet_duration_48k;

/// A page is closed when it plays this long, in samples at 48 kHz: a second, as RFC 7845 asks for at
/// most.
const PAGE_48K: u64 = 48_000;

/// Puts the packets of one Opus stream into Ogg pages, appended to a buffer that the caller owns and
/// may empty at any time. Holds back one packet, because only the last may say that it is.
pub struct Writer {
    pages: PacketWriter<'static, Vec<u8>>,
    serial: u32,
    page_48k: u64,
    held: Option<Vec<u8>>,
    /// Samples at 48 kHz up to the end of the packet that is held, and on the page that is open.
    granule: u64,
    on_page: u64,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("serial", &self.serial)
            .field("granule", &self.granule)
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts a stream: both headers, a page each. `serial` tells streams in one file apart; any
    /// number will do.
    pub fn new(head: OpusHead, tags: &OpusTags, serial: u32, out: &mut Vec<u8>) -> Self {
        let mut writer = Self {
            pages: PacketWriter::new(Vec::new()),
            serial,
            page_48k: PAGE_48K,
            held: None,
            granule: 0,
            on_page: 0,
        };
        writer.put(head.to_bytes(), PacketWriteEndInfo::EndPage, 0, out);
        writer.put(tags.to_bytes(), PacketWriteEndInfo::EndPage, 0, out);
        writer
    }

    /// Closes pages after that many milliseconds, 20 to 1000, from now on: 100 costs a third of a
    /// kilobyte a second and lets a listener start at once.
    pub fn set_page_ms(&mut self, page_ms: u32) {
        self.page_48k = u64::from(page_ms.clamp(20, 1000)) * 48;
    }

    /// Adds a packet.
    ///
    /// # Errors
    /// [`OggError::Opus`] if it is empty or malformed; nothing is added then.
    pub fn push(&mut self, packet: &[u8], out: &mut Vec<u8>) -> Result<(), OggError> {
        let duration = u64::from(packet_duration_48k(packet)?);
        self.release(duration, out);
        self.granule += duration;
        self.on_page += duration;
        self.held = Some(packet.to_vec());
        Ok(())
    }

    /// Ends the stream. `samples_48k` is its true length at 48 kHz, what is to be left out at the
    /// start included, if that is less than what the packets play.
    pub fn finish(mut self, samples_48k: Option<u64>, out: &mut Vec<u8>) {
        let granule = samples_48k.map_or(self.granule, |samples| samples.min(self.granule));
        // A stream without sound still needs a page that ends it; its packet is a silent one.
        let last = self.held.take().unwrap_or_else(|| vec![0xF8, 0xFF, 0xFE]);
        self.put(last, PacketWriteEndInfo::EndStream, granule, out);
    }

    /// Writes the packet that is held, and ends its page if the next, which plays `next` samples,
    /// would make it too long.
    fn release(&mut self, next: u64, out: &mut Vec<u8>) {
        let Some(packet) = self.held.take() else {
            return;
        };
        let granule = self.granule;
        if self.on_page + next > self.page_48k {
            self.on_page = 0;
            self.put(packet, PacketWriteEndInfo::EndPage, granule, out);
        } else {
            self.put(packet, PacketWriteEndInfo::NormalPacket, granule, out);
        }
    }

    fn put(&mut self, packet: Vec<u8>, end: PacketWriteEndInfo, granule: u64, out: &mut Vec<u8>) {
        let written = self.pages.write_packet(packet, self.serial, end, granule);
        debug_assert!(written.is_ok(), "writing to memory does not fail");
        out.append(self.pages.inner_mut());
    }
}
