//! Entries as text, page by page.

use std::io::{self, Write};

use engine::ledger::formats::{Device, Writer};
use engine::{ExportFormat, Told};
use tokio::sync::mpsc;

use super::sink::Sink;
use crate::http::auditlogs::list::event;

/// What there is to write.
pub(super) enum Part {
    /// More entries.
    Page(Vec<Told>),
    /// No more. Without it nothing is ended: half of a text must not look whole.
    End,
}

/// Writes all pages that come, and what stands around them. Gives up once nobody reads.
pub(super) fn write(
    format: ExportFormat,
    device: Device<'_>,
    mut parts: mpsc::Receiver<Part>,
    mut sink: Sink,
) -> io::Result<()> {
    let mut rows = Rows::new(format, device);
    let mut text = String::new();
    rows.start(&mut text);
    loop {
        let page = match parts.blocking_recv() {
            Some(Part::Page(page)) => page,
            Some(Part::End) => break,
            None => return Err(io::Error::other("the log was not read to its end")),
        };
        for told in &page {
            rows.entry(&mut text, told);
        }
        sink.count(page.len() as u64);
        sink.write_all(text.as_bytes())?;
        text.clear();
    }
    rows.end(&mut text);
    sink.write_all(text.as_bytes())?;
    sink.finish()
}

/// Text for entries, one after the other.
enum Rows<'a> {
    /// A row each.
    Each(Writer<'a>),
    /// One document, as a list with a page for all.
    Document { is_first: bool },
}

impl<'a> Rows<'a> {
    fn new(format: ExportFormat, device: Device<'a>) -> Self {
        match format {
            ExportFormat::Rows(format) => Self::Each(Writer::new(format, device)),
            ExportFormat::Json | ExportFormat::Bundle => Self::Document { is_first: true },
        }
    }

    fn start(&mut self, text: &mut String) {
        match self {
            Self::Each(writer) => writer.start(text),
            Self::Document { .. } => text.push_str("{\"auditLogEvents\":["),
        }
    }

    fn entry(&mut self, text: &mut String, told: &Told) {
        match self {
            Self::Each(writer) => writer.entry(text, &told.entry, told.token_name.as_deref()),
            Self::Document { is_first } => {
                if !std::mem::replace(is_first, false) {
                    text.push(',');
                }
                let event = serde_json::to_string(&event(told));
                text.push_str(&event.expect("wire types have text keys and finite numbers"));
            }
        }
    }

    fn end(&mut self, text: &mut String) {
        match self {
            Self::Each(_) => {}
            Self::Document { .. } => text.push_str("]}\n"),
        }
    }
}
