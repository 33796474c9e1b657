//! Zstandard streams of any number of frames, with bounded memory and every checksum checked.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

const MAGIC: u32 = 0xFD2F_B528;
const SKIPPABLE: u32 = 0x184D_2A50;
/// What a decoder keeps of a frame at most: the limit of the `zstd` program too.
const LARGEST_WINDOW: u64 = 128 << 20;

/// Decompresses frame after frame.
///
/// ruzstd's own streaming reader stops after one frame, does not compare the checksum, and takes any
/// window size that a header asks for.
pub(super) struct ZstdReader<R> {
    source: R,
    frame: Option<FrameDecoder>,
}

impl<R: BufRead> ZstdReader<R> {
    pub fn new(source: R) -> ZstdReader<R> {
        ZstdReader {
            source,
            frame: None,
        }
    }

    /// Begins the next frame, past frames without data; `None` at the end of the source.
    fn next_frame(&mut self) -> io::Result<Option<FrameDecoder>> {
        while !self.source.fill_buf()?.is_empty() {
            let mut header = [0; 18];
            self.source.read_exact(&mut header[..5])?;
            let word = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
            if word & !0xF == SKIPPABLE {
                self.source.read_exact(&mut header[5..8])?;
                let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
                self.skip(u64::from(length))?;
                continue;
            }
            if word != MAGIC {
                return Err(invalid("not a zstd frame"));
            }
            let length = self.read_header(&mut header)?;
            let mut frame = FrameDecoder::new();
            frame.init(&header[..length]).map_err(io::Error::other)?;
            return Ok(Some(frame));
        }
        Ok(None)
    }

    /// Reads what follows the descriptor (`header[4]`) of a frame, checks the window it asks for, and
    /// returns the header's length in bytes.
    fn read_header(&mut self, header: &mut [u8; 18]) -> io::Result<usize> {
        let descriptor = header[4];
        let single_segment = descriptor & 0x20 != 0;
        let window = 5;
        let dictionary = window + usize::from(!single_segment);
        let content = dictionary + [0, 1, 2, 4][usize::from(descriptor & 3)];
        let content_length = match descriptor >> 6 {
            0 => usize::from(single_segment),
            flag => 1 << flag,
        };
        let length = content + content_length;
        self.source.read_exact(&mut header[window..length])?;
        let size = if single_segment {
            let mut size = [0; 8];
            size[..content_length].copy_from_slice(&header[content..length]);
            u64::from_le_bytes(size)
        } else {
            let base = 1u64 << (10 + (header[window] >> 3));
            base + base / 8 * u64::from(header[window] & 7)
        };
        if size > LARGEST_WINDOW {
            let largest = LARGEST_WINDOW >> 20;
            return Err(invalid(format!(
                "needs a window of {size} bytes, more than {largest} MiB; pack it again without --long"
            )));
        }
        Ok(length)
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
        if skipped < length {
            Err(io::ErrorKind::UnexpectedEof.into())
        } else {
            Ok(())
        }
    }
}

impl<R: BufRead> Read for ZstdReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.next_frame()? {
                    Some(frame) => frame,
                    None => return Ok(0),
                },
            };
            while frame.can_collect() == 0 && !frame.is_finished() {
                let enough = BlockDecodingStrategy::UptoBytes(buffer.len());
                frame
                    .decode_blocks(&mut self.source, enough)
                    .map_err(io::Error::other)?;
            }
            let count = frame.read(buffer)?;
            if count > 0 {
                self.frame = Some(frame);
                return Ok(count);
            }
            let (stated, found) = (
                frame.get_checksum_from_data(),
                frame.get_calculated_checksum(),
            );
            if stated.is_some() && stated != found {
                return Err(invalid("the checksum of the content does not match"));
            }
        }
    }
}

fn invalid(problem: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}
