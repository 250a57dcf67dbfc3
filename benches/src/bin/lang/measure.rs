//! Many short batches, and what they tell.

use std::time::Duration;

use anyhow::Result;
use benches::clock::thread_cpu_time;

/// So short that many batches are undisturbed, and so long that reading the clock does not count.
const BATCH: Duration = Duration::from_millis(2);

/// What one operation takes, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    pub(crate) least: f64,
    pub(crate) median: f64,
}

/// Operates again and again, until `total` is spent.
pub(crate) fn measure(total: Duration, mut operate: impl FnMut() -> Result<()>) -> Result<Time> {
    let mut batch = |size: u32| {
        let start = thread_cpu_time();
        for _ in 0..size {
            operate()?;
        }
        anyhow::Ok(thread_cpu_time().saturating_sub(start))
    };
    // The first batches warm the caches and tell how many operations a batch has.
    let mut size = 1;
    while batch(size)? < BATCH {
        size *= 2;
    }
    let mut times = Vec::new();
    let mut spent = Duration::ZERO;
    while spent < total {
        let time = batch(size)?;
        spent += time;
        times.push(time.as_secs_f64() * 1e9 / f64::from(size));
    }
    times.sort_by(f64::total_cmp);
    Ok(Time { least: times[0], median: times[times.len() / 2] })
}
