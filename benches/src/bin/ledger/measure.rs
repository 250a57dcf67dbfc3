//! Works, and how long they take.

use std::time::Duration;

use anyhow::Result;
use benches::clock;
use serde::Serialize;

/// Something to measure.
pub(crate) struct Work {
    pub(crate) name: &'static str,
    /// How many things a round does.
    pub(crate) count: u64,
    pub(crate) round: Box<dyn Fn()>,
}

/// What came of it: things a second.
#[derive(Serialize)]
pub(crate) struct Rates {
    bench: &'static str,
    work: &'static str,
    count: u64,
    by_clock: f64,
    by_cpu: f64,
    slowest: f64,
    fastest: f64,
}

impl Work {
    pub(crate) fn new(name: &'static str, count: u64, round: impl Fn() + 'static) -> Self {
        Self { name, count, round: Box::new(round) }
    }

    /// Does the work several times, after once for nothing.
    pub(crate) fn measure(&self, rounds: u64) -> Rates {
        (self.round)();
        let mut times = Vec::new();
        for _ in 0..rounds {
            let (begun, cpu) = (clock::now(), clock::thread_cpu_time());
            (self.round)();
            let cpu = clock::thread_cpu_time().saturating_sub(cpu);
            times.push((begun.elapsed(), cpu));
        }
        let by_clock = self.sorted_rates(times.iter().map(|(elapsed, _)| *elapsed));
        let by_cpu = self.sorted_rates(times.iter().map(|(_, cpu)| *cpu));
        Rates {
            bench: "ledger",
            work: self.name,
            count: self.count,
            by_clock: by_clock[by_clock.len() / 2],
            by_cpu: by_cpu[by_cpu.len() / 2],
            slowest: by_clock[0],
            fastest: by_clock[by_clock.len() - 1],
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate is rounded anyway")]
    fn sorted_rates(&self, times: impl Iterator<Item = Duration>) -> Vec<f64> {
        let mut rates: Vec<f64> = times.map(|time| self.count as f64 / time.as_secs_f64()).collect();
        rates.sort_by(f64::total_cmp);
        rates
    }
}

impl Rates {
    /// A row of the table, or a line of JSON.
    pub(crate) fn show(&self, json: bool) -> Result<String> {
        if json {
            return Ok(serde_json::to_string(self)?);
        }
        let Self { work, by_clock, by_cpu, slowest, fastest, .. } = self;
        Ok(format!("| {work} | {by_clock:.0} | {by_cpu:.0} | {slowest:.0} … {fastest:.0} |"))
    }
}
