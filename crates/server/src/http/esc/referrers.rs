//! What imports an environment.

use std::collections::BTreeMap;

use api::{ListReferrers, Referrer, ReferringEnvironment};
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::store::import::{Place, Reach};

use crate::http::App;
use crate::http::answer::Json;
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::EnvironmentPath;
use crate::http::problem::Problem;

/// How many referrers one page has.
const PAGE: usize = 100;
/// The most that may be asked for: the command line refuses more itself.
const MOST: usize = 500;

/// `GET …/referrers` and `GET …/versions/{version}/referrers`
pub(in crate::http) async fn referrers(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    parameters: Parameters,
) -> Result<Json<ListReferrers>, Problem> {
    let version = path.version()?;
    let count = parameters.integer::<usize>("count")?.unwrap_or(PAGE);
    if !(1..=MOST).contains(&count) {
        return Err(Problem::invalid(format!("`count` must be between 1 and {MOST}")));
    }
    let reach = if parameters.boolean("allRevisions")? { Reach::All } else { Reach::Newest };
    let after = parameters.get("continuationToken").map(after).transpose()?;
    let page = app.engine.list_referrers(&cx, path.name, version, reach, after, count).await?;
    let mut referrers: BTreeMap<String, Vec<Referrer>> = BTreeMap::new();
    for row in page.referrers {
        let environment = ReferringEnvironment {
            project: row.environment.project_name,
            name: row.environment.name,
            revision: row.revision,
        };
        referrers.entry(row.version).or_default().push(Referrer { environment });
    }
    Ok(Json(ListReferrers { referrers, continuation_token: page.next.as_ref().map(token) }))
}

fn token((project, name, revision, version): &Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{project}/{name}/{revision}/{version}"))
}

/// The last referrer of the page before.
fn after(token: &str) -> Result<Place, Problem> {
    let decode = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let [project, name, revision, version] = text.split('/').collect::<Vec<_>>().try_into().ok()?;
        let number = revision.parse().ok().filter(|number| i64::try_from(*number).is_ok())?;
        let is_sound = [project, name, version].iter().all(|part| !part.contains('\0'));
        is_sound.then(|| (project.to_owned(), name.to_owned(), number, version.to_owned()))
    };
    decode().ok_or_else(|| Problem::invalid("`continuationToken` is not one that this server gave"))
}
