//! What runs in the background for as long as the server does.

use std::time::Duration;

use engine::{Engine, ScheduleRuns};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How often the outbox is looked at when nobody says that it was filled here: another replica
/// may have filled it.
const OUTBOX: Duration = Duration::from_millis(200);
/// How often the heads of the logs are signed when something is new.
const PUBLISHING: Duration = Duration::from_secs(1);
/// How often it is asked whether the heads of all logs are to be put down in the server's log.
const ANCHORING: Duration = Duration::from_secs(15);
/// How often complete entries are moved into bundles.
const BUNDLING: Duration = Duration::from_secs(10);
/// How often entries are put into the index.
const INDEXING: Duration = Duration::from_secs(2);
/// How often the scrubber looks at the next few thousand entries: some 35 million a day.
const SCRUBBING: Duration = Duration::from_secs(10);
/// How often this process says that it is there, and looks for what one had begun that is gone.
const BEATING: Duration = Duration::from_secs(5);
/// How often it is looked for schedules whose time has come.
const SCHEDULING: Duration = Duration::from_secs(1);
/// How often last uses are noted, expired sessions dropped and the clock looked at.
const HOUSEKEEPING: Duration = Duration::from_mins(1);

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// Starts the background tasks. Dropping the set ends them.
/// Deleted environments are removed after `retention` days, if that is given.
pub fn start(engine: &Engine, retention: Option<u32>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(sequence(engine.clone()));
    tasks.spawn(publish(engine.clone()));
    tasks.spawn(anchor(engine.clone()));
    tasks.spawn(bundle(engine.clone()));
    tasks.spawn(index(engine.clone()));
    tasks.spawn(scrub(engine.clone()));
    tasks.spawn(beat(engine.clone()));
    tasks.spawn(run_schedules(engine.clone()));
    tasks.spawn(keep_house(engine.clone(), retention));
    tasks
}

/// Gives records their place in the logs as they are committed.
async fn sequence(engine: Engine) {
    if engine.database() != "postgres" {
        return;
    }
    let mut tick = interval(OUTBOX);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = engine.outbox_filled() => {}
            _ = tick.tick() => {}
        }
        if let Err(error) = engine.sequence().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the outbox could not be emptied");
            tick.tick().await;
        }
    }
}

/// Signs the heads of the logs that have grown.
async fn publish(engine: Engine) {
    let mut tick = interval(PUBLISHING);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = engine.publish().await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the heads of the logs could not be signed; the logs go on, and it is tried again");
        }
    }
}

/// Puts the heads of all logs down in the server's log, a minute after they moved and every hour.
async fn anchor(engine: Engine) {
    let mut tick = interval(ANCHORING);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = engine.anchor_logs().await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the heads of the logs could not be put down in the log of the server");
        }
    }
}

/// Compresses entries that nothing is added to any more.
async fn bundle(engine: Engine) {
    let mut tick = interval(BUNDLING);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match engine.bundle().await {
            Ok(0) => {}
            Ok(bundles) => tracing::debug!(bundles, "entries were bundled"),
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "entries could not be bundled"),
        }
    }
}

/// Puts entries into the index that filters are answered from.
async fn index(engine: Engine) {
    let mut tick = interval(INDEXING);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match engine.index_log().await {
            Ok(0) => {}
            Ok(blocks) => tracing::debug!(blocks, "entries were indexed"),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "entries could not be indexed; searches look at each of them instead");
            }
        }
    }
}

/// Looks at old entries again, slowly and for ever.
async fn scrub(engine: Engine) {
    let mut tick = interval(SCRUBBING);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = engine.scrub().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old entries could not be looked at");
        }
    }
}

/// Says that this process is there, and closes what others had begun that are gone.
async fn beat(engine: Engine) {
    let mut tick = interval(BEATING);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        stay(&engine).await;
        close_orphans(&engine).await;
    }
}

/// Says that this process is there, so that what it begins is left to it.
pub async fn stay(engine: &Engine) {
    if let Err(error) = engine.keep_intents().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "it could not be said that this process is there");
    }
}

/// Runs schedules whose time has come. One that takes long keeps nothing from those that come later, as long as few do.
async fn run_schedules(engine: Engine) {
    let mut runs = ScheduleRuns::default();
    let mut tick = interval(SCHEDULING);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match engine.begin_due_schedules(&mut runs).await {
            Ok(0) => {}
            Ok(runs) => tracing::debug!(runs, "schedules run"),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "it could not be looked for what is due");
            }
        }
    }
}

/// Records of what was announced by a process that is gone that nobody knows how it ended.
pub async fn close_orphans(engine: &Engine) {
    match engine.close_orphans().await {
        Ok(0) => {}
        Ok(orphans) => tracing::warn!(orphans, "a process ended without recording how what it had begun ended"),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "it could not be looked for what has no end");
        }
    }
}

async fn keep_house(engine: Engine, retention: Option<u32>) {
    let mut tick = interval(HOUSEKEEPING);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut adoptions = 0;
    loop {
        tick.tick().await;
        if let Err(error) = engine.note_last_uses().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "last uses could not be noted");
        }
        match engine.drop_expired_sessions().await {
            Ok(0) => {}
            Ok(sessions) => tracing::debug!(sessions, "expired sessions were dropped"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "expired sessions could not be dropped");
            }
        }
        if let Some(days) = retention {
            match engine.purge_environments(i64::from(days) * DAY).await {
                Ok(0) => {}
                Ok(environments) => tracing::info!(environments, "environments that were deleted long ago were purged"),
                Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "nothing could be purged"),
            }
        }
        match engine.index_imports().await {
            Ok(0) => {}
            Ok(revisions) => tracing::info!(revisions, "the imports of older revisions were indexed"),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "imports could not be indexed"),
        }
        let now = engine.statistics().clock_adoptions;
        if now > adoptions {
            adoptions = now;
            tracing::warn!("the machine's clock had jumped ahead; it agreed with itself long enough and is believed");
            if engine.clock_adopted().await.is_err() {
                tracing::error!("the adopted clock could not be recorded");
            }
        }
    }
}
