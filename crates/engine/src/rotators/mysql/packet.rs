//! Packets of MySQL's protocol: a length of three bytes, a number, a payload.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Problem;

/// More than anything that is said here.
const MOST: usize = 64 << 10;

/// A stream of packets.
pub(super) struct Packets<S> {
    stream: S,
    /// The number of the next packet.
    number: u8,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Packets<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, number: 0 }
    }

    /// A command begins: packets are counted anew.
    pub(super) fn begin(&mut self) {
        self.number = 0;
    }

    pub(super) async fn read(&mut self) -> Result<Vec<u8>, Problem> {
        let mut head = [0; 4];
        self.stream.read_exact(&mut head).await.map_err(|_| Problem::Broken)?;
        let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
        if length > MOST || head[3] != self.number {
            return Err(Problem::Broken);
        }
        self.number = self.number.wrapping_add(1);
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await.map_err(|_| Problem::Broken)?;
        Ok(payload)
    }

    pub(super) async fn write(&mut self, payload: &[u8]) -> Result<(), Problem> {
        let length = u32::try_from(payload.len()).ok().filter(|length| *length < 1 << 24).ok_or(Problem::Broken)?;
        let [low, middle, high, _] = length.to_le_bytes();
        let head = [low, middle, high, self.number];
        self.number = self.number.wrapping_add(1);
        self.stream.write_all(&head).await.map_err(|_| Problem::Broken)?;
        self.stream.write_all(payload).await.map_err(|_| Problem::Broken)?;
        self.stream.flush().await.map_err(|_| Problem::Broken)
    }
}

/// What is left to be read of a payload.
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl<'a> Rest<'a> {
    /// The next bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Problem> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Problem::Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The bytes up to a zero, or all that are left.
    pub(super) fn until_zero(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let taken = &self.0[..end];
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        taken
    }
}
