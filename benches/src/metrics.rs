//! Reads the counters of a server's `/metrics`.

use anyhow::{Context as _, Result, ensure};

use crate::contract::{COMMITS, ENTRIES};
use crate::http::{Caller, Connection};

/// The counters at one moment; `None` for a counter that the server does not have.
#[derive(Debug, Clone, Copy)]
pub struct Counters {
    /// Commits of the store.
    pub commits: Option<f64>,
    /// Entries appended to all logs.
    pub entries: Option<f64>,
}

impl Counters {
    /// Asks the server for them.
    pub async fn read(connection: &mut Connection, caller: &Caller) -> Result<Self> {
        let answer =
            connection.send(&caller.request("GET", "/metrics", &[])).await.context("asking for the metrics")?;
        ensure!(answer.status == 200, "the metrics were answered with {}", answer.status);
        let text = answer.text();
        Ok(Self { commits: sum(&text, COMMITS), entries: sum(&text, ENTRIES) })
    }
}

/// Adds the series of a counter, whatever their labels.
fn sum(text: &str, name: &str) -> Option<f64> {
    text.lines()
        .filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            let value = match rest.strip_prefix('{') {
                Some(labelled) => labelled.rsplit_once("} ")?.1,
                None => rest.strip_prefix(' ')?,
            };
            value.split(' ').next()?.parse::<f64>().ok()
        })
        .reduce(|sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_of_a_counter_are_added_and_similar_names_are_not() {
        let text =
            "# TYPE a_total counter\na_total{kind=\"x } y\"} 2\na_total 3.5 1700000000\na_totals 7\nb_a_total 8\n";
        assert_eq!(sum(text, "a_total"), Some(5.5));
        assert_eq!(sum(text, "c_total"), None);
    }
}
