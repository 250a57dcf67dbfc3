//! One environment, and one of its revisions.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use engine::{EnvironmentName, RevisionInfo, Scheduled, Version};
use jiff::Timestamp;

use super::definition::{compared, lines};
use super::entries::moment;
use super::page::page;
use super::trouble::{Trouble, sentence};
use super::views::{Environment, ErrorPage, Person, Revision, RevisionRow, ScheduleRow, Section, links};
use super::visitor::Visitor;
use crate::http::{App, EnvironmentPath, Parameters, name_events};

/// How many revisions one page has.
const REVISIONS: u32 = 20;
/// How many tags are shown.
const TAGS: u32 = 100;

/// `GET /{organization}/environments/{project}/{environment}?definition=1&before=`
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    path: EnvironmentPath,
    parameters: Parameters,
) -> Result<Response, Trouble> {
    parameters.only(&["definition", "before"]).map_err(|problem| visitor.senseless(sentence(problem.message())))?;
    let before = parameters.get("before").map(str::parse).transpose();
    let before = before.map_err(|_| visitor.senseless("`before` is the number of a revision."))?;
    let (engine, cx, name) = (&app.engine, &visitor.cx, path.name);
    let trouble = |failure| visitor.trouble(failure);
    let metadata = engine.environment_metadata(cx, name.clone(), "read-metadata").await.map_err(trouble)?;
    let revisions = engine.list_revisions(cx, name.clone(), before, REVISIONS + 1).await.map_err(trouble)?;
    let tags = engine.list_environment_tags(cx, name.clone(), 0, TAGS).await.map_err(trouble)?;
    let schedules = engine.list_schedules(cx, name.clone()).await.map_err(trouble)?;
    // What it says is read only if somebody asks for it: that is an activity of its own.
    let (definition, events) = if parameters.get("definition").is_some() {
        let read = engine.read_environment(cx, name.clone(), Version::Newest).await.map_err(trouble)?;
        let (definition, events) = read.into_parts();
        (Some(lines(&definition.text)), events)
    } else {
        (None, Vec::new())
    };
    let now = visitor.cx.now;
    let (organization, project, environment) = (name.organization(), name.project(), name.environment());
    let shown = Environment {
        shell: visitor.shell(organization, Section::Environments),
        project: project.to_owned(),
        name: environment.to_owned(),
        owner: Person::user(metadata.owner_login, metadata.owner_name),
        protected: metadata.environment.deletion_protected,
        tags: tags.tags.into_iter().map(|tag| (tag.name, tag.value)).collect(),
        definition,
        more: revisions
            .get(REVISIONS as usize)
            .map(|(after, _)| links::revisions_before(organization, project, environment, after.number + 1)),
        revisions: revisions.into_iter().take(REVISIONS as usize).map(|found| row(found, now)).collect(),
        is_auditor: visitor.administers(organization),
        schedules: schedules.into_iter().map(|found| schedule(found, now)).collect(),
    };
    let mut response = page(StatusCode::OK, &shown);
    name_events(response.headers_mut(), &events);
    Ok(response)
}

/// `GET /{organization}/environments/{project}/{environment}/revisions/{revision}`
pub(super) async fn show_revision(
    State(app): State<App>,
    visitor: Visitor,
    Path((organization, project, environment, number)): Path<(String, String, String, u64)>,
) -> Result<Response, Trouble> {
    let name = EnvironmentName::new(&organization, &project, &environment);
    let name = name.map_err(|error| visitor.senseless(sentence(&error.to_string())))?;
    let (engine, cx) = (&app.engine, &visitor.cx);
    let trouble = |failure| visitor.trouble(failure);
    let mut listed =
        engine.list_revisions(cx, name.clone(), number.checked_add(1), REVISIONS).await.map_err(trouble)?;
    let is_there = listed.first().is_some_and(|(newest, _)| newest.number == number);
    let earlier = if is_there { listed.split_off(1) } else { Vec::new() };
    let Some((made, _)) = listed.pop().filter(|_| is_there) else {
        return Err(Trouble::page(ErrorPage::not_found(visitor.elsewhere())));
    };
    let read = engine.read_environment(cx, name.clone(), Version::Number(number)).await.map_err(trouble)?;
    let (definition, mut events) = read.into_parts();
    // Nobody reads what was retracted.
    let before = earlier.into_iter().map(|(revision, _)| revision).find(|revision| revision.retracted.is_none());
    let before = before.map(|revision| revision.number);
    let old = match before {
        Some(before) => {
            let read = engine.read_environment(cx, name, Version::Number(before)).await.map_err(trouble)?;
            let (old, more) = read.into_parts();
            events.extend(more);
            old.text.clone()
        }
        None => String::new(),
    };
    let compare = move || compared(&old, &definition.text);
    let lines = tokio::task::spawn_blocking(compare).await.unwrap_or_default();
    let shown = Revision {
        shell: visitor.shell(&organization, Section::Environments),
        project,
        name: environment,
        number,
        before,
        author: Person::user(made.author_login, made.author_name),
        at: moment(made.created_at, visitor.cx.now),
        lines,
    };
    let mut response = page(StatusCode::OK, &shown);
    name_events(response.headers_mut(), &events);
    Ok(response)
}

fn row((revision, tags): (RevisionInfo, Vec<String>), now: i64) -> RevisionRow {
    RevisionRow {
        number: revision.number,
        author: Person::user(revision.author_login, revision.author_name),
        at: moment(revision.created_at, now),
        tags,
        retracted: revision.retracted.is_some(),
    }
}

fn schedule(found: Scheduled, now: i64) -> ScheduleRow {
    let schedule = found.schedule;
    let exact = |at| Timestamp::from_microsecond(at).unwrap_or_default().strftime("%Y-%m-%d %H:%M UTC").to_string();
    ScheduleRow {
        when: schedule.cron.or_else(|| schedule.once_at.map(exact)).unwrap_or_default(),
        last: schedule.last_at.map(|at| moment(at, now)),
        next: schedule.next_at.map(exact),
        paused: schedule.paused,
    }
}
