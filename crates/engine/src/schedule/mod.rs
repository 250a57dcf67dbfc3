//! Schedules: what an environment does by itself at set times. An environment has one at most.

mod cron;
mod read;
mod run;
mod set;
mod when;

pub use cron::{Cron, CronError};
pub use read::Scheduled;
pub use run::ScheduleRuns;
pub use set::ScheduleUpdate;
pub use when::{RotationPath, When};

pub use store::schedule::Schedule;
pub use store::schedule_run::{RunState, ScheduleRun};
