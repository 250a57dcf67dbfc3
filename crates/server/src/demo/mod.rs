//! A month of believable activity, so that everything can be seen at once.
//!
//! It is played, not written into the database: people and pipelines call the API of a server that nobody else reaches,
//! under a clock that was put back. So every record is as true as any other, and the log verifies.

mod cast;
mod clock;
mod routine;
mod stage;
mod story;

use std::path::PathBuf;
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use engine::seal::SystemRandom;
use engine::store::{Ambient, Clock as _, StoreError, SystemClock};
use engine::{Installed, PublishError, SetUp};
use thiserror::Error;

use self::cast::PEOPLE;
use self::clock::PastClock;
use self::stage::Stage;
use crate::installation::{InstallationError, Location, Trust};

/// How many days it covers.
const DAYS: u32 = 30;
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Why there is no demonstration.
#[derive(Debug, Error)]
pub enum DemoError {
    /// There is something to lose.
    #[error(
        "--demo fills an empty installation, and there is one in {0} already; start without --demo to see it, or name \
             another directory with --data-dir"
    )]
    HasData(PathBuf),
    /// The installation cannot be made.
    #[error(transparent)]
    Installation(InstallationError),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// The logs cannot be signed.
    #[error("the heads of the logs cannot be signed")]
    Publish(#[from] PublishError),
    /// Somebody cannot be added.
    #[error("somebody cannot be added: {0}")]
    Refused(String),
    /// A call was not answered as the story has it.
    #[error("{method} {path} was answered {status}: {said}")]
    Answered {
        /// Its method.
        method: Method,
        /// Its path.
        path: String,
        /// The status.
        status: StatusCode,
        /// What was said.
        said: String,
    },
    /// The story is not sound.
    #[error("the story has no sense at {0}")]
    Story(String),
}

/// Moments of the month, counted back from the last midnight.
#[derive(Clone, Copy)]
struct Moment {
    midnight: i64,
}

impl Moment {
    /// So many days before the last midnight's day, at an hour and minute of UTC: `at(1, …)` was yesterday.
    fn at(self, days_ago: u32, hour: i64, minute: i64) -> i64 {
        self.midnight - i64::from(days_ago) * DAY + (hour * 3_600 + minute * 60) * SECOND
    }

    fn is_weekend(self, days_ago: u32) -> bool {
        // The first of January 1970 was a Thursday.
        let weekday = (self.at(days_ago, 0, 0).div_euclid(DAY) + 3).rem_euclid(7);
        weekday >= 5
    }
}

/// Makes an installation and fills it. `tell` hears how many days of how many are done.
pub async fn fill(
    location: &Location,
    set_up: SetUp,
    public_url: &str,
    mut tell: impl FnMut(u32, u32),
) -> Result<Installed, DemoError> {
    let now = SystemClock::new().wall();
    let moment = Moment { midnight: now - now.rem_euclid(DAY) };
    let clock = Arc::new(PastClock::behind(now - moment.at(DAYS, 8, 0)));
    let ambient = Ambient::new(clock.clone(), Arc::new(SystemRandom));
    let (installation, installed) = location.init_at(ambient, set_up).await.map_err(|error| match error {
        InstallationError::Exists(folder) => DemoError::HasData(folder),
        error => DemoError::Installation(error),
    })?;

    let mut stage = Stage::new(&installation.engine, clock, &installed.organization, public_url);
    stage.keep("admin", installed.token.expose());
    let played = play(&mut stage, moment, now, &mut tell).await;
    drop(stage);
    installation.finish(Trust::Required).await;
    played.map(|()| installed)
}

async fn play(stage: &mut Stage, moment: Moment, now: i64, tell: &mut impl FnMut(u32, u32)) -> Result<(), DemoError> {
    for (login, name, role) in PEOPLE {
        stage.add(moment.at(DAYS, 8, 1), login, name, role).await?;
    }
    let mut deeds = story::story(moment);
    deeds.extend(routine::routine(moment));
    // What has not come yet today does not happen.
    deeds.retain(|deed| deed.at < now);
    deeds.sort_by_key(|deed| deed.at);
    let mut deeds = deeds.into_iter().peekable();
    for day in (0..=DAYS).rev() {
        let end = moment.at(day, 23, 55);
        while let Some(deed) = deeds.next_if(|deed| deed.at < end) {
            stage.play(deed).await?;
        }
        stage.end_day(end.min(now)).await?;
        tell(DAYS - day, DAYS);
    }
    Ok(())
}
