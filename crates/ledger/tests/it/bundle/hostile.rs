//! Whatever people send, a bundle keeps it.

use ledger::verify::Verdict;
use ledger::{Leaf, Opening};
use proptest::prelude::*;

use super::log::{TestLog, Wanted};
use super::verify;
use crate::hostile::{hostile, record};
use crate::parts::Parts;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn every_text_comes_back_out_of_a_bundle_that_verifies(
        texts in prop::array::uniform3(prop::array::uniform6(hostile())),
        denied: bool,
    ) {
        let mut log = TestLog::new(1);
        for texts in &texts {
            log.append(record(texts, denied));
        }
        for wanted in [Wanted::default(), Wanted { rows: Some(&[0, 2]), ..Wanted::default() }] {
            let bundle = log.bundle(&wanted);
            let report = verify(&bundle, &log.trust());
            prop_assert_eq!(report.verdict, Verdict::Verified, "{}", report);

            let chosen: Vec<_> = match wanted.rows {
                Some(_) => vec![&log.entries[0], &log.entries[2]],
                None => log.entries.iter().collect(),
            };
            let parts = Parts::of(&bundle);
            // Only a line feed ends a line, whatever else looks like one.
            let (leaves, openings) = (parts.text("events.jsonl"), parts.text("openings.tsv"));
            let leaves: Vec<_> = leaves.split_terminator('\n').collect();
            prop_assert_eq!(leaves.len(), chosen.len());
            let openings: Vec<Opening> = openings
                .split_inclusive('\n')
                .map(|line| Opening::parse_line(line).expect("a line of ours"))
                .collect();
            for (line, entry) in leaves.iter().zip(&chosen) {
                prop_assert_eq!(*line, entry.leaf.as_leaf().as_str());
                prop_assert!(Leaf::parse(line.as_bytes()).is_ok());
                for opening in &entry.openings {
                    prop_assert!(openings.contains(opening));
                }
            }
        }
    }
}
