//! The query of a list or an export: two versions, two spellings, one filter.

use std::ops::Range;

use engine::{Filter, WhichLog};

use super::cursor::Cursor;
use super::search;
use crate::http::parameters::Parameters;
use crate::http::problem::Problem;

/// What `startTime` and `endTime` mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// V1: `startTime` is the upper bound; `endTime`, if it is earlier, the lower.
    Downwards,
    /// V2: `startTime` is the lower bound and `endTime` the upper.
    Upwards,
}

/// A list or an export that somebody asks for.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) filter: Filter,
    pub(super) before: Option<Cursor>,
    pub(super) format: Option<String>,
}

/// The parameters that lists know. `orgName` is sent by a connector and means nothing.
const KNOWN: [&str; 10] = [
    "startTime",
    "endTime",
    "continuationToken",
    "eventFilter",
    "eventType",
    "userFilter",
    "user",
    "format",
    "log",
    "orgName",
];

/// What exports know besides: which entries, by their places in the log, and which by a query.
const EXPORT: [&str; 3] = ["from", "to", "q"];

impl Query {
    /// Reads the query of a list.
    pub(super) fn read(parameters: &Parameters, reading: Reading) -> Result<Self, Problem> {
        parameters.only(&KNOWN)?;
        Self::known(parameters, reading)
    }

    /// Reads the query of an export.
    pub(super) fn read_export(parameters: &Parameters, reading: Reading) -> Result<Self, Problem> {
        parameters.only(&[&KNOWN[..], &EXPORT].concat())?;
        let mut query = Self::known(parameters, reading)?;
        query.filter.places = places(parameters)?;
        query.filter = query.filter.and(search::query(parameters.get("q"))?);
        if query.filter.places.is_some() && (query.filter.from.is_some() || query.filter.until.is_some()) {
            return Err(Problem::invalid(
                "give either places (`from`, `to`) or times (`startTime`, `endTime`, `after:`, `before:`)",
            ));
        }
        Ok(query)
    }

    fn known(parameters: &Parameters, reading: Reading) -> Result<Self, Problem> {
        let start = time(parameters, "startTime")?;
        let end = time(parameters, "endTime")?;
        let (from, until) = match reading {
            Reading::Downwards => (end.filter(|end| start.is_some_and(|start| *end < start)), start),
            Reading::Upwards => (start, end),
        };
        let owned = |names| parameters.either(names).map(str::to_owned);
        Ok(Self {
            filter: Filter {
                user: owned(["userFilter", "user"]),
                event: owned(["eventFilter", "eventType"]),
                from: from.map(|seconds| seconds.saturating_mul(1_000_000)),
                // To the end of the second: the whole of it is "at" that time.
                until: until.map(|seconds| seconds.saturating_mul(1_000_000).saturating_add(999_999)),
                log: log(parameters)?,
                ..Filter::default()
            },
            before: parameters.get("continuationToken").map(Cursor::parse).transpose()?,
            format: parameters.get("format").map(str::to_owned),
        })
    }
}

/// A log other than the one that the organisation writes today.
pub(super) fn log(parameters: &Parameters) -> Result<Option<WhichLog>, Problem> {
    let log = parameters.get("log").map(str::parse).transpose();
    log.map_err(|_| {
        Problem::invalid("`log` must be `server` or the id of a log: what stands last in its verifier key's name")
    })
}

/// From the place of the first entry to that after the last one.
fn places(parameters: &Parameters) -> Result<Option<Range<u64>>, Problem> {
    let (from, to) = (parameters.integer("from")?, parameters.integer("to")?);
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    Ok(Some(from.unwrap_or(0)..to.unwrap_or(u64::MAX)))
}

/// Unix seconds or, as a kindness, RFC 3339.
fn time(parameters: &Parameters, name: &str) -> Result<Option<i64>, Problem> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    let seconds = text.parse().ok().or_else(|| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second));
    let problem = || Problem::invalid(format!("`{name}` must be a time in Unix seconds or as in RFC 3339"));
    seconds.map(Some).ok_or_else(problem)
}
