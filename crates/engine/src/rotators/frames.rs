//! Reading what a target says in PostgreSQL's framing, within bounds.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long one message may be. What a server says while somebody signs in and a password is set is much shorter.
const LONGEST: u32 = 64 * 1024;
/// How many bytes all of its messages may have.
const MOST: usize = 1024 * 1024;

/// A stream that breaks off at a message that is too long, before anybody makes room for it: its reader would do so on
/// the word of the message's head, up to 2 GiB.
pub(super) struct Frames<S> {
    stream: S,
    /// The head of the message that is being read: one byte for its type, four for its length.
    head: [u8; 5],
    /// How much of the head is there.
    known: usize,
    /// How much of the body is still to come.
    body: usize,
    /// How much of the whole has come.
    read: usize,
}

impl<S> Frames<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, head: [0; 5], known: 0, body: 0, read: 0 }
    }

    /// Follows the frames through some bytes.
    fn follow(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.read += bytes.len();
        if self.read > MOST {
            return Err(too_much());
        }
        while !bytes.is_empty() {
            let skipped = self.body.min(bytes.len());
            self.body -= skipped;
            bytes = &bytes[skipped..];
            let taken = (self.head.len() - self.known).min(bytes.len());
            self.head[self.known..self.known + taken].copy_from_slice(&bytes[..taken]);
            self.known += taken;
            bytes = &bytes[taken..];
            if self.known == self.head.len() {
                let [_, length @ ..] = self.head;
                let length = u32::from_be_bytes(length);
                if length > LONGEST {
                    return Err(too_much());
                }
                // The length counts itself.
                self.body = length.saturating_sub(4) as usize;
                self.known = 0;
            }
        }
        Ok(())
    }
}

fn too_much() -> Error {
    Error::new(ErrorKind::InvalidData, "the server says more than anybody needs to know")
}

impl<S: AsyncRead + Unpin> AsyncRead for Frames<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        Poll::Ready(self.follow(&buffer.filled()[before..]))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Frames<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::{Frames, LONGEST, MOST};

    fn message(length: u32) -> Vec<u8> {
        let mut bytes = vec![b'S'];
        bytes.extend(length.to_be_bytes());
        bytes.resize(bytes.len() + length.saturating_sub(4) as usize, 7);
        bytes
    }

    #[test]
    fn messages_are_followed_however_they_are_cut() {
        let bytes = [message(4), message(LONGEST), message(9), message(5)].concat();
        for size in [1, 2, 3, 5, 7, 1_000, bytes.len()] {
            let mut frames = Frames::new(());
            bytes.chunks(size).for_each(|chunk| frames.follow(chunk).unwrap());
            assert_eq!((frames.known, frames.body), (0, 0), "{size}");
        }
    }

    #[test]
    fn a_message_that_is_too_long_ends_it_at_its_head() {
        for length in [LONGEST + 1, 0x7fff_ffff, u32::MAX] {
            let mut frames = Frames::new(());
            frames.follow(&message(8)).unwrap();
            frames.follow(b"S").unwrap();
            assert!(frames.follow(&length.to_be_bytes()).is_err(), "{length}");
        }
    }

    #[test]
    fn so_do_too_many_messages() {
        let mut frames = Frames::new(());
        let message = message(LONGEST);
        let count = (0..2 * MOST).take_while(|_| frames.follow(&message).is_ok()).count();
        assert_eq!(count, MOST / message.len());
    }
}
