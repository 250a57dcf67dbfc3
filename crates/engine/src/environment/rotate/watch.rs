//! Saying that a rotation goes on, for as long as it does.

use std::time::Duration;

use ledger::EventId;
use store::Chore;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::interval;

use crate::Engine;

/// How long a process is taken to be at a rotation after it last said so, in microseconds: fifteen seconds.
pub(super) const ALIVE: i64 = 15_000_000;
/// How often it says so.
const SAYING: Duration = Duration::from_secs(3);

/// Says that a rotation goes on until this is dropped, and notices when somebody else took it over.
pub(super) struct Watch {
    task: JoinHandle<()>,
    lost: watch::Receiver<bool>,
}

impl Watch {
    /// Begins to say so.
    pub(super) fn start(engine: Engine, rotation: EventId) -> Self {
        let (tell, lost) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut tick = interval(SAYING);
            let mut until = engine.now() + ALIVE;
            loop {
                tick.tick().await;
                let now = engine.now();
                match engine.store().chore(Chore::Rotating { rotation, until: now + ALIVE }).await {
                    Ok(1) => until = now + ALIVE,
                    // The next time may go well, and nobody takes over before.
                    Err(_) if engine.now() < until => {}
                    // It ended here or was taken over, or that could not be prevented.
                    Ok(_) | Err(_) => break,
                }
            }
            tell.send_replace(true);
        });
        Self { task, lost }
    }

    /// Waits until somebody else may have taken the rotation over.
    pub(super) async fn lost(&self) {
        let mut lost = self.lost.clone();
        // The other end goes only with the task, which ends only when it has told.
        let _ = lost.wait_for(|lost| *lost).await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}
