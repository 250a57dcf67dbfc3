//! Reads an archive of ours, and nothing that only resembles one.

use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use aws_lc_rs::digest::{Context, SHA256};
use flate2::bufread::DeflateDecoder;

use super::{CENTRAL, Digests, END, LOCAL, Member, Method, end_record};

/// More members than a bundle can have are not even looked at.
const MOST_MEMBERS: usize = 64;
const LONGEST_NAME: usize = 64;

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ZipError {
    /// It cannot be had.
    #[error("the archive could not be read")]
    Source(#[source] io::Error),
    /// It is not one of ours.
    #[error("{what}")]
    Broken {
        /// The member that it concerns, if it is one.
        member: Option<&'static str>,
        /// What is wrong.
        what: &'static str,
    },
}

/// An archive whose headers were all read.
#[derive(Debug)]
pub(crate) struct Archive<R> {
    source: R,
    members: Vec<Member>,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory and every header. The names must be among the known ones, in their order, none twice.
    pub(crate) fn open(mut source: R, known: &[&'static str]) -> Result<Self, ZipError> {
        let length = source.seek(SeekFrom::End(0)).map_err(ZipError::Source)?;
        let members = directory(&mut source, length, known)?;
        let mut expected = 0;
        for member in &members {
            let wrong = |what| ZipError::Broken { member: Some(member.name), what };
            if u64::from(member.offset) != expected {
                return Err(wrong("it does not begin where the member before it ends"));
            }
            if !is_next(&mut source, expected, &member.local_header())? {
                return Err(wrong("its header is not that of the directory"));
            }
            let data = member.data();
            if !is_next(&mut source, data.end, &member.descriptor())? {
                return Err(wrong("what follows its data is not what the directory says"));
            }
            expected = data.end + member.descriptor().len() as u64;
        }
        let directory: u64 = members.iter().map(|member| member.central_header().len() as u64).sum();
        if expected + directory + END as u64 != length {
            return Err(broken("there are bytes between the last member and the directory"));
        }
        Ok(Self { source, members })
    }

    /// The members, in order.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Reads the content of a member.
    pub(crate) fn read(&mut self, place: usize) -> Result<Reading<'_, R>, ZipError> {
        let member = &self.members[place];
        let data = member.data();
        self.source.seek(SeekFrom::Start(data.start)).map_err(ZipError::Source)?;
        let packed = Hashed { source: (&mut self.source).take(data.end - data.start), hash: Context::new(&SHA256) };
        let packed = BufReader::with_capacity(1 << 16, packed);
        let unpack = match member.method {
            Method::Stored => Unpack::Stored(packed),
            Method::Deflated => Unpack::Deflated(DeflateDecoder::new(packed)),
        };
        Ok(Reading { member, unpack, crc: crc32fast::Hasher::new(), content: Context::new(&SHA256), length: 0 })
    }
}

impl Member {
    /// Where its data stands in the archive.
    pub(super) fn data(&self) -> Range<u64> {
        let start = u64::from(self.offset) + (LOCAL + self.name.len()) as u64;
        start..start + u64::from(self.packed)
    }
}

/// The content of a member, as it is read. That it is whole shows at its end only.
pub(crate) struct Reading<'a, R> {
    member: &'a Member,
    unpack: Unpack<'a, R>,
    crc: crc32fast::Hasher,
    content: Context,
    length: u64,
}

enum Unpack<'a, R> {
    Stored(BufReader<Hashed<'a, R>>),
    Deflated(DeflateDecoder<BufReader<Hashed<'a, R>>>),
}

/// Hashes what is read through it.
struct Hashed<'a, R> {
    source: io::Take<&'a mut R>,
    hash: Context,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

impl<R: Read> Read for Reading<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.unpack {
            Unpack::Stored(source) => source.read(buffer)?,
            Unpack::Deflated(source) => source.read(buffer).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                    self.member.fault("its data does not unpack")
                }
                _ => error,
            })?,
        };
        self.length += count as u64;
        if self.length > u64::from(self.member.unpacked) {
            return Err(self.member.fault("it has more content than the directory says"));
        }
        self.crc.update(&buffer[..count]);
        self.content.update(&buffer[..count]);
        Ok(count)
    }
}

impl<R: Read> Reading<'_, R> {
    /// The digests, once everything was read. Less content than the directory says, data that is left over, and a
    /// wrong checksum are faults.
    pub(crate) fn finish(mut self) -> Result<Digests, ZipError> {
        io::copy(&mut self, &mut io::sink())?;
        let wrong = |what| ZipError::Broken { member: Some(self.member.name), what };
        let mut packed = match self.unpack {
            Unpack::Stored(source) => source,
            Unpack::Deflated(source) => source.into_inner(),
        };
        if !packed.fill_buf().map_err(ZipError::Source)?.is_empty() {
            return Err(wrong("there are bytes after its packed content"));
        }
        if self.length != u64::from(self.member.unpacked) {
            return Err(wrong("it has less content than the directory says"));
        }
        if self.crc.finalize() != self.member.crc {
            return Err(wrong("its checksum is not that of its content"));
        }
        let digest = |context: Context| context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes");
        Ok(Digests { content: digest(self.content), packed: digest(packed.into_inner().hash) })
    }
}

impl Member {
    /// A fault that goes through `Read`, and comes out of it again as what it is.
    fn fault(&self, what: &'static str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, ZipError::Broken { member: Some(self.name), what })
    }
}

impl From<io::Error> for ZipError {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(broken) => broken,
            Err(error) => Self::Source(error),
        }
    }
}

/// Reads the directory at the end. Every field must be what a writer of ours gives it.
fn directory<R: Read + Seek>(source: &mut R, length: u64, known: &[&'static str]) -> Result<Vec<Member>, ZipError> {
    let no_end = "it does not end as a ZIP archive without a comment does";
    let at = length.checked_sub(END as u64).ok_or(broken(no_end))?;
    let end: [u8; END] = bytes(source, at, END)?.try_into().expect("as many as were asked for");
    let (count, size, offset) = (u16_at(&end, 8), u32_at(&end, 12), u32_at(&end, 16));
    if end != end_record(count.into(), size, offset) {
        return Err(broken(no_end));
    }
    if usize::from(count) > MOST_MEMBERS || size as usize > MOST_MEMBERS * (CENTRAL + LONGEST_NAME) {
        return Err(broken("it has too many members"));
    }
    if u64::from(offset) + u64::from(size) != at {
        return Err(broken("its directory is not where its end says"));
    }
    let directory = bytes(source, offset.into(), size as usize)?;
    let mut rest = directory.as_slice();
    let (mut members, mut names) = (Vec::new(), known.iter());
    for _ in 0..count {
        let Some((header, _)) = rest.split_at_checked(CENTRAL) else {
            return Err(broken("its directory ends too early"));
        };
        let name_end = CENTRAL + usize::from(u16_at(header, 28));
        let name = rest.get(CENTRAL..name_end).unwrap_or_default();
        // Going on from where the last one was found: the order is fixed, and nothing stands twice.
        let name = names.find(|known| known.as_bytes() == name);
        let name = *name.ok_or(broken("it has a member that does not belong there"))?;
        let method = match u16_at(header, 10) {
            0 => Method::Stored,
            8 => Method::Deflated,
            _ => return Err(ZipError::Broken { member: Some(name), what: "its method is not known" }),
        };
        let member = Member {
            name,
            method,
            crc: u32_at(header, 16),
            packed: u32_at(header, 20),
            unpacked: u32_at(header, 24),
            offset: u32_at(header, 42),
        };
        let sizes_fit = member.method == Method::Deflated || member.packed == member.unpacked;
        if member.central_header() != rest[..name_end] || !sizes_fit {
            let what = "its entry in the directory is not as expected";
            return Err(ZipError::Broken { member: Some(name), what });
        }
        members.push(member);
        rest = &rest[name_end..];
    }
    if rest.is_empty() { Ok(members) } else { Err(broken("there are bytes after its directory")) }
}

const fn broken(what: &'static str) -> ZipError {
    ZipError::Broken { member: None, what }
}

fn is_next<R: Read + Seek>(source: &mut R, at: u64, expected: &[u8]) -> Result<bool, ZipError> {
    match bytes(source, at, expected.len()) {
        Ok(found) => Ok(found == expected),
        Err(ZipError::Broken { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn bytes<R: Read + Seek>(source: &mut R, at: u64, count: usize) -> Result<Vec<u8>, ZipError> {
    source.seek(SeekFrom::Start(at)).map_err(ZipError::Source)?;
    let mut bytes = vec![0; count];
    source.read_exact(&mut bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => broken("it ends too early"),
        _ => ZipError::Source(error),
    })?;
    Ok(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
