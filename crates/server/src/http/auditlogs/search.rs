//! Searching the log.

use std::sync::Arc;

use api::{AuditLogBucket, AuditLogFacet, AuditLogFacets, AuditLogHistogram, AuditLogSearch, AuditLogValue};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use engine::ledger::formats::json::AuditLogEvent;
use engine::ledger::search::Query;
use engine::{Facets, Filter, Histogram, SearchPage, Summary};

use super::cursor::Cursor;
use super::list::event;
use super::query::log;
use crate::http::App;
use crate::http::answer::{Json, WARNING, link_predecessor};
use crate::http::audited::Audited;
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::OrganizationPath;
use crate::http::problem::Problem;

/// How many events a page has, where nothing else is asked for, and at most.
const PAGE: usize = 50;
const MOST: usize = 500;

/// `GET /api/orgs/{organization}/auditlogs/search?q=&count=&cursor=&facets=&histogram=&log=`
pub(in crate::http) async fn search(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.only(&["q", "count", "cursor", "facets", "histogram", "log"])?;
    let query = query(parameters.get("q"))?;
    let count = parameters.integer("count")?.unwrap_or(PAGE);
    if !(1..=MOST).contains(&count) {
        return Err(Problem::invalid(format!("`count` must be from 1 to {MOST}")));
    }
    let before = parameters.get("cursor").map(Cursor::parse).transpose()?.map(|cursor| cursor.0);
    let summary =
        Summary { has_facets: parameters.boolean("facets")?, has_histogram: parameters.boolean("histogram")? };
    let filter = Filter { log: log(&parameters)?, ..Filter::default() }.and(query);
    let found = app.engine.search_events(&cx, path.organization, filter, (before, count), summary).await?;
    let (complete, predecessor) = (found.get().page.complete, found.get().page.predecessor);
    let mut response = Audited::from(found.map(shown)).into_response();
    link_predecessor(&mut response, predecessor);
    if !complete {
        let warning = "the newest events are still being put in their place and may be missing from this page";
        response.headers_mut().insert(WARNING, HeaderValue::from_static(warning));
    }
    Ok(response)
}

/// Reads a query.
pub(crate) fn query(text: Option<&str>) -> Result<Query, Problem> {
    let query = text.unwrap_or_default().parse();
    query.map_err(|error| Problem::invalid(format!("`q` is not a query: {error}")))
}

fn shown(found: Arc<SearchPage>) -> Json<AuditLogSearch<AuditLogEvent>> {
    Json(AuditLogSearch {
        events: found.page.entries.iter().map(event).collect(),
        cursor: found.page.next.map(|next| Cursor(next).to_text()),
        size: found.page.size,
        facets: found.facets.as_ref().map(facets),
        histogram: found.histogram.as_ref().map(histogram),
    })
}

fn facets(facets: &Facets) -> AuditLogFacets {
    let counts = facets.facets.iter().map(|counts| AuditLogFacet {
        facet: counts.facet.as_str(),
        values: counts
            .values
            .iter()
            .map(|(value, count)| AuditLogValue { value: value.clone(), count: *count })
            .collect(),
        others: counts.others,
    });
    AuditLogFacets { among: facets.among, complete: facets.is_complete, facets: counts.collect() }
}

fn histogram(histogram: &Histogram) -> AuditLogHistogram {
    let seconds = |micros: i64| micros.div_euclid(1_000_000);
    let buckets = histogram.buckets.iter();
    AuditLogHistogram {
        step: seconds(histogram.step),
        total: histogram.total,
        complete: histogram.is_complete,
        buckets: buckets
            .map(|bucket| AuditLogBucket { timestamp: seconds(bucket.from), count: bucket.count })
            .collect(),
    }
}
