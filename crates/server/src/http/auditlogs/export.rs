//! Exports: everything that matches, streamed at constant memory.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use engine::ledger::formats::{self, Device};
use engine::seal::Sha256 as Hasher;
use engine::{Context, Export, Exported, Recorded, Told};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::mpsc;

use super::query::{Query, Reading};
use crate::http::App;
use crate::http::answer::{WARNING, name_events};
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::OrganizationPath;
use crate::http::problem::Problem;

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// The nine documented columns.
    Csv,
    /// One event a line, for security tools.
    Cef,
}

impl Format {
    fn parse(text: Option<&str>) -> Result<Self, Problem> {
        match text {
            None | Some("csv") => Ok(Self::Csv),
            Some("cef") => Ok(Self::Cef),
            Some(_) => Err(Problem::invalid("`format` must be `csv` or `cef`")),
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Cef => "cef",
        }
    }
}

/// `GET /api/orgs/{organization}/auditlogs/export`
pub(in crate::http) async fn export_v1(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Problem> {
    export(&app, &cx, path.organization, Query::read(&parameters, Reading::Downwards)?).await
}

/// `GET /api/orgs/{organization}/auditlogs/v2/export`
pub(in crate::http) async fn export_v2(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Problem> {
    export(&app, &cx, path.organization, Query::read(&parameters, Reading::Upwards)?).await
}

async fn export(app: &App, cx: &Context, organization: String, query: Query) -> Result<Response, Problem> {
    let format = Format::parse(query.format.as_deref())?;
    let (recorded, export) = app.engine.export_events(cx, organization, query.filter, format.as_str()).await?;
    // Always gzip, asked for or not: it is what the hosted product does and clients expect.
    Ok(respond(&recorded, export, format, host(&app.settings.public_url), Packing::Gzip))
}

/// Whether the bytes are compressed on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As gzip.
    Gzip,
    /// Not at all.
    Plain,
}

/// The host of an address, for formats that name the device.
pub(crate) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or_default().to_owned()
}

/// The answer that streams an export. Its beginning is recorded by now; a task of its own writes
/// it, and records how it ended, whether or not somebody reads to the end.
pub(crate) fn respond(
    recorded: &Recorded<()>,
    export: Export,
    format: Format,
    host: String,
    packing: Packing,
) -> Response {
    let complete = export.complete;
    let (chunks, mut waiting) = mpsc::channel::<Result<Bytes, io::Error>>(4);
    tokio::spawn(write(export, format, host, packing, chunks));
    let stream = futures_util::stream::poll_fn(move |cx| waiting.poll_recv(cx));
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if packing == Packing::Gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if !complete {
        let warning = "the newest events are still being put in their place and may be missing from this export";
        headers.insert(WARNING, HeaderValue::from_static(warning));
    }
    name_events(headers, recorded.events());
    response
}

async fn write(
    mut export: Export,
    format: Format,
    host: String,
    packing: Packing,
    chunks: mpsc::Sender<Result<Bytes, io::Error>>,
) {
    let organization = export.organization_id().to_owned();
    let mut writer = Writer::new(format, &host, &organization);
    let mut packer = Packer::new(packing);
    let (mut rows, mut whole) = (0, true);
    let (mut bytes, mut digest) = (0, Hasher::new());
    loop {
        let page = match export.next().await {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an export broke off");
                // The client must not take the first half for the whole.
                let _ = chunks.send(Err(io::Error::other("the export broke off"))).await;
                whole = false;
                break;
            }
        };
        rows += page.len() as u64;
        let text = writer.page(&page);
        bytes += text.len() as u64;
        digest.update(&text);
        if chunks.send(Ok(packer.pack(&text))).await.is_err() {
            whole = false;
            break;
        }
    }
    if whole {
        let text = writer.rest();
        bytes += text.len() as u64;
        digest.update(&text);
        let last = packer.finish(&text);
        whole = chunks.send(Ok(last)).await.is_ok();
    }
    let exported = Exported { rows, bytes, sha256: digest.finish(), whole };
    if let Err(failure) = export.finish(exported).await {
        tracing::error!(?failure, "the end of an export could not be recorded");
    }
}

/// Writes entries in a format, piece by piece.
struct Writer<'a> {
    rows: formats::Writer<'a>,
    started: bool,
}

impl<'a> Writer<'a> {
    fn new(format: Format, host: &'a str, organization: &'a str) -> Self {
        let format = match format {
            Format::Csv => formats::Format::Csv,
            Format::Cef => formats::Format::Cef,
        };
        Self { rows: formats::Writer::new(format, Device { host, organization }), started: false }
    }

    fn page(&mut self, page: &[Told]) -> Vec<u8> {
        let mut text = String::new();
        if !std::mem::replace(&mut self.started, true) {
            self.rows.start(&mut text);
        }
        for told in page {
            self.rows.entry(&mut text, &told.entry, told.token_name.as_deref());
        }
        text.into_bytes()
    }

    fn rest(&mut self) -> Vec<u8> {
        // An export without any entry still has its header.
        if self.started { Vec::new() } else { self.page(&[]) }
    }
}

/// Compresses, or does not.
enum Packer {
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Plain,
}

impl Packer {
    fn new(packing: Packing) -> Self {
        match packing {
            Packing::Gzip => Self::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::fast()))),
            Packing::Plain => Self::Plain,
        }
    }

    fn pack(&mut self, text: &[u8]) -> Bytes {
        match self {
            Self::Plain => Bytes::copy_from_slice(text),
            Self::Gzip(encoder) => {
                encoder.write_all(text).and_then(|()| encoder.flush()).expect("writing to memory does not fail");
                std::mem::take(encoder.get_mut()).into()
            }
        }
    }

    fn finish(self, text: &[u8]) -> Bytes {
        match self {
            Self::Plain => Bytes::copy_from_slice(text),
            Self::Gzip(mut encoder) => {
                encoder.write_all(text).expect("writing to memory does not fail");
                encoder.finish().expect("writing to memory does not fail").into()
            }
        }
    }
}
