//! The closed loop, and the window in which it is measured.

use std::time::{Duration, Instant};

use anyhow::Result;
use benches::clock;
use benches::histogram::Histogram;

use crate::workload::Worker;

/// How long a measurement lasts, and the warm-up before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    warm_up: Duration,
    pub(crate) length: Duration,
}

impl Window {
    pub(crate) fn lasting(length: Duration) -> Self {
        Self { warm_up: (length / 5).min(Duration::from_secs(2)), length }
    }

    /// The moments between which operations count.
    pub(crate) fn opening_now(self) -> (Instant, Instant) {
        let start = clock::now() + self.warm_up;
        (start, start + self.length)
    }
}

/// Runs all workers until `end`. An operation counts if it ends between `start` and `end`.
pub(crate) async fn closed_loop(workers: Vec<Worker>, start: Instant, end: Instant) -> Result<Histogram> {
    let tasks: Vec<_> = workers.into_iter().map(|worker| tokio::spawn(work(worker, start, end))).collect();
    let mut latencies = Histogram::default();
    for task in tasks {
        latencies.merge(&task.await??);
    }
    Ok(latencies)
}

async fn work(mut worker: Worker, start: Instant, end: Instant) -> Result<Histogram> {
    let mut latencies = Histogram::default();
    let mut begun = clock::now();
    while begun < end {
        worker.operate().await?;
        let ended = clock::now();
        if ended >= start && ended <= end {
            latencies.record(ended - begun);
        }
        begun = ended;
    }
    Ok(latencies)
}
