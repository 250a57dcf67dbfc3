//! Writes members one after the other, at constant memory.

use std::io;

use aws_lc_rs::digest::{Context, SHA256};
use flate2::{Compress, Compression, FlushCompress, Status};

use super::{Digests, Member, Method, end_record};
use crate::tree::Hash;

/// Why an archive could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ZipWriteError {
    /// The sink does not take the bytes.
    #[error("the bundle could not be written")]
    Sink(#[from] io::Error),
    /// Sizes here have 32 bits, so that every program can read the archive.
    #[error("the bundle would have 4 GiB or more")]
    TooLarge,
}

/// Writes an archive into a sink.
pub(crate) struct ZipWriter<W> {
    sink: W,
    offset: u64,
    members: Vec<Member>,
    open: Option<Open>,
}

/// A member whose end is not known yet.
struct Open {
    member: Member,
    compress: Compress,
    buffer: Vec<u8>,
    crc: crc32fast::Hasher,
    content: Context,
    packed: Context,
}

impl<W: io::Write> ZipWriter<W> {
    pub(crate) const fn new(sink: W) -> Self {
        Self { sink, offset: 0, members: Vec::new(), open: None }
    }

    /// The sink, for a caller that takes from it what is written so far.
    pub(crate) const fn sink(&mut self) -> &mut W {
        &mut self.sink
    }

    /// A whole member, as it is.
    pub(crate) fn store(&mut self, name: &'static str, content: &[u8]) -> Result<Digests, ZipWriteError> {
        let size = small(content.len() as u64)?;
        let crc = crc32fast::hash(content);
        let offset = small(self.offset)?;
        let member = Member { name, method: Method::Stored, crc, packed: size, unpacked: size, offset };
        self.put(&member.local_header())?;
        self.put(content)?;
        self.members.push(member);
        let digest = digest(content);
        Ok(Digests { content: digest, packed: digest })
    }

    /// Begins a member that grows by [`ZipWriter::write`] and is complete at [`ZipWriter::end`].
    pub(crate) fn begin(&mut self, name: &'static str) -> Result<(), ZipWriteError> {
        let offset = small(self.offset)?;
        let member = Member { name, method: Method::Deflated, crc: 0, packed: 0, unpacked: 0, offset };
        self.put(&member.local_header())?;
        self.open = Some(Open {
            member,
            // Most of a leaf is random: trying harder costs four times as long and saves a quarter.
            compress: Compress::new(Compression::fast(), false),
            buffer: Vec::with_capacity(1 << 15),
            crc: crc32fast::Hasher::new(),
            content: Context::new(&SHA256),
            packed: Context::new(&SHA256),
        });
        Ok(())
    }

    /// Adds to the member that was begun.
    pub(crate) fn write(&mut self, content: &[u8]) -> Result<(), ZipWriteError> {
        self.deflate(content, FlushCompress::None)
    }

    /// Ends the member that was begun.
    pub(crate) fn end(&mut self) -> Result<Digests, ZipWriteError> {
        self.deflate(&[], FlushCompress::Finish)?;
        let open = self.open.take().expect("a member was begun");
        let (packed, unpacked) = (small(open.compress.total_out())?, small(open.compress.total_in())?);
        let member = Member { crc: open.crc.finalize(), packed, unpacked, ..open.member };
        self.put(&member.descriptor())?;
        self.members.push(member);
        Ok(Digests { content: finish(open.content), packed: finish(open.packed) })
    }

    /// Writes the directory, and gives the sink back.
    pub(crate) fn finish(mut self) -> Result<W, ZipWriteError> {
        let directory: Vec<u8> = self.members.iter().flat_map(Member::central_header).collect();
        let offset = small(self.offset)?;
        let size = small(directory.len() as u64)?;
        self.put(&directory)?;
        self.put(&end_record(self.members.len(), size, offset))?;
        Ok(self.sink)
    }

    fn deflate(&mut self, content: &[u8], flush: FlushCompress) -> Result<(), ZipWriteError> {
        let mut open = self.open.take().expect("a member was begun");
        open.crc.update(content);
        open.content.update(content);
        let start = open.compress.total_in();
        loop {
            let done = usize::try_from(open.compress.total_in() - start).expect("no more than was given");
            let status = open
                .compress
                .compress_vec(&content[done..], &mut open.buffer, flush)
                .expect("compressing cannot fail on a stream that is not over");
            let full = open.buffer.len() == open.buffer.capacity();
            open.packed.update(&open.buffer);
            self.put(&open.buffer)?;
            open.buffer.clear();
            let taken = usize::try_from(open.compress.total_in() - start).expect("no more than was given");
            if status == Status::StreamEnd || taken == content.len() && !full && flush == FlushCompress::None {
                break;
            }
        }
        self.open = Some(open);
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ZipWriteError> {
        self.sink.write_all(bytes)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Lies about the size of the last member, where its header and the directory say it.
    #[cfg(test)]
    pub(crate) fn understate(&mut self, unpacked: u32)
    where
        W: AsMut<[u8]>,
    {
        let member = self.members.last_mut().expect("a member");
        member.unpacked = unpacked;
        let descriptor = member.descriptor();
        let sink = self.sink.as_mut();
        let start = sink.len() - descriptor.len();
        sink[start..].copy_from_slice(&descriptor);
    }
}

/// A size in the 32 bits that every reader knows; the highest value would announce 64.
fn small(size: u64) -> Result<u32, ZipWriteError> {
    u32::try_from(size).ok().filter(|size| *size < u32::MAX).ok_or(ZipWriteError::TooLarge)
}

fn digest(bytes: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(bytes);
    finish(context)
}

fn finish(context: Context) -> Hash {
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}
