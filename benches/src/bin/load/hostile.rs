//! Hosts that do harm to who calls them: a process of its own, and the clients that have the server call it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use benches::clock;
use benches::http::{Caller, Connection, Request};
use benches::process::Process;
use benches::server::ORGANIZATION;
use clap::ValueEnum;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::workload::create;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// The head of an answer that says nothing of its length.
const ENDLESS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
/// To where the credentials of a machine are.
const INWARD: &[u8] = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/latest/meta-data/\r\n\
    Content-Length: 0\r\n\r\n";
/// What floods is answered in pieces of this size,
const PIECE: usize = 64 << 10;
/// and so many: 100 MB.
const PIECES: usize = 100_000_000 / PIECE;
/// Between two bytes that drip.
const DRIP: Duration = Duration::from_millis(100);

/// What a host does to who calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Harm {
    /// Takes the request and never answers.
    Hangs,
    /// Lets nobody connect.
    Refuses,
    /// Redirects to the metadata service of the machine.
    Redirects,
    /// Answers 100 MB.
    Floods,
    /// Answers a byte every tenth of a second.
    Drips,
}

impl Harm {
    fn name(self) -> &'static str {
        match self {
            Self::Hangs => "hangs",
            Self::Refuses => "refuses",
            Self::Redirects => "redirects",
            Self::Floods => "floods",
            Self::Drips => "drips",
        }
    }

    /// What the server says of it; so it is known that the harm was done, and how it ended.
    fn said(self) -> &'static [&'static str] {
        match self {
            Self::Hangs | Self::Drips => &["did not answer in time", "too many calls of this organization"],
            Self::Refuses => &["cannot be connected to"],
            Self::Redirects => &["redirections are not followed"],
            Self::Floods => &["the answer is larger than"],
        }
    }
}

impl std::fmt::Display for Harm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Makes a certificate for `localhost` that the server is to trust, in this folder, and gives where it is.
pub(crate) fn identify(folder: &Path) -> Result<PathBuf> {
    let certificate = folder.join(CERTIFICATE);
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(folder.join(KEY))
        .output()
        .context("starting openssl, which makes the certificate of the host that is called")?;
    ensure!(made.status.success(), "openssl made no certificate: {}", String::from_utf8_lossy(&made.stderr).trim());
    Ok(certificate)
}

/// A host that does harm, and the clients that have the server call it.
pub(crate) struct Hostile {
    process: Process,
    callers: JoinSet<Result<u64>>,
}

/// The clients of a hostile host.
#[derive(Clone, Copy)]
pub(crate) struct Callers {
    /// How many there are.
    pub(crate) count: usize,
    /// How long each at least takes from one call to the next.
    pub(crate) pace: Duration,
}

impl Hostile {
    /// Starts a host, and clients that call it until `end`. `name` is that of an environment of its own.
    pub(crate) async fn start(
        harm: Harm,
        name: &str,
        identity: &Path,
        caller: &Caller,
        callers: Callers,
        window: (Instant, Instant),
    ) -> Result<Self> {
        let ready_file = identity.join("hostile-host");
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("hostile-host").arg("--identity").arg(identity).arg("--ready-file").arg(&ready_file);
        let mut process = Process::start("the hostile host", &mut command)?;
        let text = process.until(|| fs::read_to_string(&ready_file).ok().filter(|text| text.ends_with('\n'))).await?;
        fs::remove_file(&ready_file)?;
        let (answering, refusing) = text.trim().split_once(' ').context("reading the bound ports")?;
        let port = if harm == Harm::Refuses { refusing } else { answering };

        let definition = format!(
            "values:\n  it:\n    fn::open::external:\n      url: https://localhost:{port}/{harm}\n      request: {{}}\n"
        );
        create(&mut Connection::open(caller.address()).await?, caller, name, Some(&definition)).await?;
        let path = format!("/api/esc/environments/{ORGANIZATION}/bench/{name}/open");
        let request = caller.request("POST", &path, &[]);
        let mut tasks = JoinSet::new();
        for _ in 0..callers.count {
            tasks.spawn(call(caller.address(), request.clone(), harm, callers.pace, window));
        }
        Ok(Self { process, callers: tasks })
    }

    /// Ends the host, and with it all calls; gives how many were answered in the window.
    pub(crate) async fn end(self) -> Result<u64> {
        self.process.kill()?;
        let mut answered = 0;
        for calls in self.callers.join_all().await {
            answered += calls?;
        }
        Ok(answered)
    }
}

/// Opens an environment that calls a hostile host, again and again until the window closes.
async fn call(
    server: SocketAddr,
    request: Request,
    harm: Harm,
    pace: Duration,
    (start, end): (Instant, Instant),
) -> Result<u64> {
    let mut connection = Connection::open(server).await?;
    let mut answered = 0;
    let mut next = clock::now();
    while next < end {
        tokio::time::sleep_until(next.into()).await;
        let begun = clock::now();
        let answer = connection.send(&request).await?;
        ensure!(answer.status == 400, "a host that {harm}: the server answered {}: {}", answer.status, answer.text());
        let now = clock::now();
        // Behind the end the host may be gone, which the server says.
        if now >= end {
            break;
        }
        let text = answer.text();
        if !harm.said().iter().any(|said| text.contains(said)) {
            bail!("a host that {harm}: the server said {text}");
        }
        answered += u64::from(now >= start);
        next = now.max(begun + pace);
    }
    Ok(answered)
}

/// Serves until it is killed.
pub(crate) async fn serve(identity: &Path, ready_file: &Path) -> Result<()> {
    let acceptor = acceptor(identity)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    // Bound, so that the port is nobody else's, and not listening, so that whoever connects is refused.
    let refusing = TcpSocket::new_v4()?;
    refusing.bind(([127, 0, 0, 1], 0).into())?;
    fs::write(ready_file, format!("{} {}\n", listener.local_addr()?.port(), refusing.local_addr()?.port()))?;
    loop {
        let (stream, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        // Who hangs up on it has done right.
        tokio::spawn(async move { harm(&acceptor, stream).await.ok() });
    }
}

fn acceptor(identity: &Path) -> Result<TlsAcceptor> {
    let chain = vec![CertificateDer::from_pem_file(identity.join(CERTIFICATE))?];
    let key = PrivateKeyDer::from_pem_file(identity.join(KEY))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn harm(acceptor: &TlsAcceptor, stream: TcpStream) -> io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut request = Vec::new();
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    match request.split(|byte| *byte == b' ').nth(1) {
        Some(b"/redirects") => stream.write_all(INWARD).await?,
        Some(b"/floods") => flood(&mut stream).await?,
        Some(b"/drips") => drip(&mut stream).await?,
        // It hangs until the caller hangs up.
        _ => while stream.read_buf(&mut request).await? > 0 {},
    }
    stream.shutdown().await
}

async fn flood(stream: &mut TlsStream<TcpStream>) -> io::Result<()> {
    let chunk = [format!("{PIECE:x}\r\n").as_bytes(), " ".repeat(PIECE).as_bytes(), b"\r\n"].concat();
    stream.write_all(ENDLESS).await?;
    for _ in 0..PIECES {
        stream.write_all(&chunk).await?;
    }
    stream.write_all(b"2\r\n{}\r\n0\r\n\r\n").await
}

async fn drip(stream: &mut TlsStream<TcpStream>) -> io::Result<()> {
    stream.write_all(ENDLESS).await?;
    loop {
        stream.write_all(b"1\r\n \r\n").await?;
        stream.flush().await?;
        sleep(DRIP).await;
    }
}
