//! An HTTP/1.1 client over one kept-alive connection, cheap enough to share its cores with the server it measures.
//!
//! Requests are built once and sent as they are. Of an answer only what is needed is parsed: the status, where the body
//! ends, and a header when it is asked for.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Whom a request speaks to, and in whose name.
#[derive(Debug, Clone)]
pub struct Caller {
    address: SocketAddr,
    token: String,
}

impl Caller {
    /// The holder of `token`, speaking to the server at `address`.
    pub fn new(address: SocketAddr, token: &str) -> Self {
        Self { address, token: token.to_owned() }
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Builds a request; `path` includes the query.
    pub fn request(&self, method: &str, path: &str, body: &[u8]) -> Request {
        let length = match body.len() {
            0 if matches!(method, "GET" | "HEAD") => String::new(),
            length => format!("Content-Length: {length}\r\n"),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: token {}\r\n{length}\r\n",
            self.address, self.token
        );
        Request { bytes: [head.as_bytes(), body].concat(), answer_has_body: method != "HEAD" }
    }

    /// Builds a GET whose path ends in something that is known only later.
    pub fn get_prefix(&self, path: &str) -> RequestPrefix {
        let Request { bytes, .. } = self.request("GET", path, &[]);
        let path_end = "GET ".len() + path.len();
        RequestPrefix { prefix_length: path_end, bytes }
    }
}

/// The bytes of a request.
#[derive(Debug, Clone)]
pub struct Request {
    bytes: Vec<u8>,
    answer_has_body: bool,
}

/// The bytes of a GET without the end of its path.
#[derive(Debug, Clone)]
pub struct RequestPrefix {
    bytes: Vec<u8>,
    prefix_length: usize,
}

impl RequestPrefix {
    /// The request with its path completed.
    pub fn complete(&self, path_end: &str) -> Request {
        let (prefix, rest) = self.bytes.split_at(self.prefix_length);
        Request { bytes: [prefix, path_end.as_bytes(), rest].concat(), answer_has_body: true }
    }
}

/// One answer; it borrows the buffer of its connection.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// The body, without any framing.
    pub body: &'a [u8],
    head: &'a [u8],
}

impl Answer<'_> {
    /// The values of a header, whose name is given in lower case.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        lines(self.head).filter_map(move |line| header(line, name)).filter_map(|value| str::from_utf8(value).ok())
    }

    /// The first value of a header, whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// The body as text, as far as it is text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }
}

/// A connection that is kept alive between requests.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    unchunked: Vec<u8>,
}

impl Connection {
    /// Connects to a server.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024), unchunked: Vec::new() })
    }

    /// Sends a request and waits for its whole answer.
    pub async fn send(&mut self, request: &Request) -> io::Result<Answer<'_>> {
        self.stream.write_all(&request.bytes).await?;
        self.buffer.clear();
        let head_end = self.read_head().await?;
        let head = Head::parse(&self.buffer[..head_end])?;
        let framing = if request.answer_has_body { head.framing } else { Framing::Length(0) };
        match framing {
            Framing::Length(length) => {
                while self.buffer.len() < head_end + length {
                    self.fill().await?;
                }
                let (head_bytes, body) = self.buffer.split_at(head_end);
                Ok(Answer { status: head.status, head: head_bytes, body: &body[..length] })
            }
            Framing::Chunked => {
                self.read_chunks(head_end).await?;
                Ok(Answer { status: head.status, head: &self.buffer[..head_end], body: &self.unchunked })
            }
        }
    }

    /// Sends a request and hands the body of its answer over as it comes, whatever its length. Gives the status. The
    /// answer must be chunked, or it is taken as a whole.
    pub async fn download(
        &mut self,
        request: &Request,
        mut take: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<u16> {
        self.stream.write_all(&request.bytes).await?;
        self.buffer.clear();
        let head_end = self.read_head().await?;
        let Head { status, framing } = Head::parse(&self.buffer[..head_end])?;
        self.buffer.drain(..head_end);
        if let Framing::Length(length) = framing {
            while self.buffer.len() < length {
                self.fill().await?;
            }
            take(&self.buffer[..length])?;
            return Ok(status);
        }
        loop {
            let line_end = self.read_line(0).await?;
            let size = chunk_size(&self.buffer[..line_end])?;
            // The line, the chunk, and the line end behind it.
            let end = line_end + 2 + size + 2;
            while self.buffer.len() < end {
                self.fill().await?;
            }
            take(&self.buffer[line_end + 2..line_end + 2 + size])?;
            self.buffer.drain(..end);
            if size == 0 {
                return Ok(status);
            }
        }
    }

    async fn read_head(&mut self) -> io::Result<usize> {
        let mut searched = 0_usize;
        loop {
            self.fill().await?;
            let from = searched.saturating_sub(3);
            if let Some(at) = self.buffer[from..].windows(4).position(|four| four == b"\r\n\r\n") {
                return Ok(from + at + 4);
            }
            searched = self.buffer.len();
        }
    }

    async fn read_chunks(&mut self, start: usize) -> io::Result<()> {
        self.unchunked.clear();
        let mut at = start;
        loop {
            let line_end = self.read_line(at).await?;
            let size = chunk_size(&self.buffer[at..line_end])?;
            at = line_end + 2;
            if size == 0 {
                // Trailers, if any, end with an empty line.
                loop {
                    let line_end = self.read_line(at).await?;
                    if line_end == at {
                        return Ok(());
                    }
                    at = line_end + 2;
                }
            }
            while self.buffer.len() < at + size + 2 {
                self.fill().await?;
            }
            self.unchunked.extend_from_slice(&self.buffer[at..at + size]);
            at += size + 2;
        }
    }

    /// Reads until a whole line stands at `from`, and returns where it ends.
    async fn read_line(&mut self, from: usize) -> io::Result<usize> {
        loop {
            if let Some(at) = self.buffer[from..].windows(2).position(|two| two == b"\r\n") {
                return Ok(from + at);
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

struct Head {
    status: u16,
    framing: Framing,
}

impl Head {
    fn parse(head: &[u8]) -> io::Result<Self> {
        let digits = head.get(9..12).and_then(|digits| str::from_utf8(digits).ok());
        let status = digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| malformed("no status line"))?;
        let mut framing = None;
        for line in lines(head) {
            if let Some(value) = header(line, "content-length") {
                let length = str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
                framing = Some(Framing::Length(length.ok_or_else(|| malformed("a length that is no number"))?));
            } else if header(line, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case(b"chunked")) {
                framing = Some(Framing::Chunked);
            }
        }
        match framing {
            _ if matches!(status, 204 | 304) => Ok(Self { status, framing: Framing::Length(0) }),
            Some(framing) => Ok(Self { status, framing }),
            None => Err(malformed("an answer that ends with its connection")),
        }
    }
}

/// The size in the line before a chunk.
fn chunk_size(line: &[u8]) -> io::Result<usize> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    let size = str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits.trim(), 16).ok());
    size.ok_or_else(|| malformed("a chunk has no size"))
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).skip(1)
}

fn header<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (found, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":")?;
    found.eq_ignore_ascii_case(name.as_bytes()).then(|| value.trim_ascii())
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Writes a text so that it can stand as a value in a query.
pub fn query_value(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    escaped
}

fn digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).expect("four bits are one digit").to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Answers each request with the next of `answers`, in pieces of `piece` bytes.
    async fn scripted(answers: &'static [&'static str], piece: usize) -> Connection {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut request = [0; 1024];
            for answer in answers {
                let _ = stream.read(&mut request).await.unwrap();
                for bytes in answer.as_bytes().chunks(piece) {
                    stream.write_all(bytes).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
        });
        Connection::open(address).await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_whole_however_it_arrives() {
        const ANSWERS: &[&str] = &[
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nEscriba-Event:  a1 \r\n\r\nhello",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nwiki\r\nA\r\n0123456789\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ];
        for piece in [1, 2, 3, 7, 1000] {
            let mut connection = scripted(ANSWERS, piece).await;
            let caller = Caller::new(([127, 0, 0, 1], 1).into(), "token");
            let get = caller.request("GET", "/", &[]);

            let answer = connection.send(&get).await.unwrap();
            assert_eq!((answer.status, answer.body), (200, b"hello".as_slice()));
            assert_eq!(answer.header("escriba-event"), Some("a1"));
            assert_eq!(answer.header("escriba"), None);
            let answer = connection.send(&caller.request("DELETE", "/", &[])).await.unwrap();
            assert_eq!((answer.status, answer.body), (204, b"".as_slice()));
            let answer = connection.send(&get).await.unwrap();
            assert_eq!((answer.status, answer.body), (404, b"wiki0123456789".as_slice()));
            let answer = connection.send(&caller.request("HEAD", "/", &[])).await.unwrap();
            assert_eq!((answer.status, answer.body), (200, b"".as_slice()));
            let answer = connection.send(&get).await.unwrap();
            assert_eq!((answer.status, answer.body), (200, b"".as_slice()));
            connection.send(&get).await.unwrap_err();
        }
    }

    #[test]
    fn a_prefix_is_completed_inside_the_request_line() {
        let caller = Caller::new(([127, 0, 0, 1], 80).into(), "secret");
        let whole = caller.request("GET", "/open/s_1", &[]);
        assert_eq!(caller.get_prefix("/open/").complete("s_1").bytes, whole.bytes);
    }

    #[test]
    fn a_query_value_is_escaped() {
        assert_eq!(query_value("a+b/c=~"), "a%2Bb%2Fc%3D~");
    }
}
