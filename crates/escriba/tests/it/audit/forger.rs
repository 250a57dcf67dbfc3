//! Somebody between client and server who changes answers.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// Hands on one request after the other, and changes what it likes of the bodies.
pub(super) struct Forger {
    url: String,
}

impl Forger {
    pub(super) fn new(server: &str, forge: impl Fn(&str, &mut Vec<u8>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = server.to_owned();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A client that hangs up is none of its business.
                let _ = hand_on(client, &server, &forge);
            }
        });
        Self { url }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

fn hand_on(mut client: TcpStream, server: &str, forge: &dyn Fn(&str, &mut Vec<u8>)) -> std::io::Result<()> {
    let (asked, path) = {
        let mut reader = BufReader::new(&client);
        let head = head(&mut reader)?;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        (head, path)
    };
    let mut server = TcpStream::connect(server)?;
    server.write_all(asked.as_bytes())?;
    let mut reader = BufReader::new(server);
    let answered = head(&mut reader)?;
    let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length: ")?.trim().parse().ok();
    let mut body = vec![0; answered.lines().find_map(length).unwrap_or(0)];
    reader.read_exact(&mut body)?;
    forge(&path, &mut body);
    let kept = answered.lines().filter(|line| !line.to_ascii_lowercase().starts_with("content-length"));
    let kept: Vec<&str> = kept.take_while(|line| !line.is_empty()).collect();
    write!(client, "{}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", kept.join("\r\n"), body.len())?;
    client.write_all(&body)
}

fn head(reader: &mut impl std::io::BufRead) -> std::io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}
