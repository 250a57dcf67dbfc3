//! Where the bytes of an export go: counted, digested, compressed, and to whoever reads, piece by piece.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use engine::seal::Sha256 as Hasher;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::mpsc;

/// How long a piece is.
const PIECE: usize = 64 << 10;

/// Whether the bytes are compressed on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As gzip.
    Gzip,
    /// Not at all.
    Plain,
}

/// What a reader gets. An export without an end broke off.
pub(super) enum Piece {
    /// The next bytes.
    Bytes(Bytes),
    /// No more.
    End,
}

/// Takes what an export writes. It waits for a reader who is slow, and fails once there is none.
pub(super) struct Sink {
    packer: Packer,
    taken: Arc<Mutex<Taken>>,
}

enum Packer {
    Gzip(Box<GzEncoder<Pieces>>),
    Plain(Pieces),
}

/// What is sent once it is a piece.
struct Pieces {
    piece: Vec<u8>,
    reader: mpsc::Sender<Piece>,
}

/// What a sink took, before it was compressed.
struct Taken {
    rows: u64,
    bytes: u64,
    digest: Hasher,
}

/// An account of what a sink took so far, whatever becomes of the sink.
pub(super) struct Counting(Arc<Mutex<Taken>>);

/// What a sink took.
pub(super) struct Account {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

impl Counting {
    /// What was taken so far. What is taken after that is not counted.
    pub(super) fn read(self) -> Account {
        let mut taken = self.0.lock().expect("nobody panics while counting");
        let digest = std::mem::replace(&mut taken.digest, Hasher::new());
        Account { rows: taken.rows, bytes: taken.bytes, sha256: digest.finish() }
    }
}

impl Sink {
    pub(super) fn new(packing: Packing, reader: mpsc::Sender<Piece>) -> Self {
        let pieces = Pieces { piece: Vec::with_capacity(PIECE), reader };
        let packer = match packing {
            Packing::Gzip => Packer::Gzip(Box::new(GzEncoder::new(pieces, Compression::fast()))),
            Packing::Plain => Packer::Plain(pieces),
        };
        Self { packer, taken: Arc::new(Mutex::new(Taken { rows: 0, bytes: 0, digest: Hasher::new() })) }
    }

    pub(super) fn account(&self) -> Counting {
        Counting(Arc::clone(&self.taken))
    }

    /// Counts rows.
    pub(super) fn count(&mut self, rows: u64) {
        self.taken.lock().expect("nobody panics while counting").rows += rows;
    }

    /// Hands over what is left. Fails if nobody reads any more.
    pub(super) fn finish(self) -> io::Result<()> {
        let mut pieces = match self.packer {
            Packer::Gzip(encoder) => encoder.finish()?,
            Packer::Plain(pieces) => pieces,
        };
        pieces.send()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        {
            let mut taken = self.taken.lock().expect("nobody panics while counting");
            taken.bytes += bytes.len() as u64;
            taken.digest.update(bytes);
        }
        match &mut self.packer {
            Packer::Gzip(encoder) => encoder.write_all(bytes),
            Packer::Plain(pieces) => pieces.write_all(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.packer {
            Packer::Gzip(encoder) => encoder.flush(),
            Packer::Plain(pieces) => pieces.flush(),
        }
    }
}

impl Pieces {
    fn send(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads the export any more");
        self.reader.blocking_send(Piece::Bytes(piece.into())).map_err(gone)
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        if self.piece.len() == PIECE {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}
