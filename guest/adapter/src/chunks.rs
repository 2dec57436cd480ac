//! Bytes in memory that grow without being copied: a spool where there is no folder.

/// Bytes of each piece but the last.
const CHUNK: usize = 1 << 20;

/// Bytes, written at the end and read anywhere.
#[derive(Default)]
pub(crate) struct Chunks {
    pieces: Vec<Vec<u8>>,
}

impl Chunks {
    pub(crate) fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let full = self.pieces.last().is_none_or(|last| last.len() == CHUNK);
            if full {
                self.pieces.push(Vec::with_capacity(CHUNK));
            }
            if let Some(last) = self.pieces.last_mut() {
                let (now, later) = bytes.split_at(bytes.len().min(CHUNK - last.len()));
                last.extend_from_slice(now);
                bytes = later;
            }
        }
    }

    /// At most `max` bytes from `offset`, as many as lie together; none at the end.
    pub(crate) fn read(&self, offset: u64, max: usize) -> &[u8] {
        let piece = usize::try_from(offset / CHUNK as u64).unwrap_or(usize::MAX);
        let within = (offset % CHUNK as u64) as usize;
        let rest = self.pieces.get(piece).and_then(|piece| piece.get(within..));
        let rest = rest.unwrap_or_default();
        &rest[..rest.len().min(max)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_read_wherever_the_pieces_end() {
        let bytes: Vec<u8> = (0..2 * CHUNK + 3).map(|at| (at % 251) as u8).collect();
        let mut chunks = Chunks::default();
        for part in bytes.chunks(CHUNK / 3 + 1) {
            chunks.append(part);
        }
        for start in [0, 1, CHUNK - 1, CHUNK, 2 * CHUNK + 2] {
            let mut read = Vec::new();
            loop {
                let part = chunks.read((start + read.len()) as u64, 100_000);
                if part.is_empty() {
                    break;
                }
                read.extend_from_slice(part);
            }
            assert!(read == bytes[start..], "from {start}");
        }
        assert!(chunks.read(u64::MAX, 1).is_empty());
    }
}
