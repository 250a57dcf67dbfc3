//! The decision about an environment: everything that its caller holds there, and which of it permits an act.
//!
//! Nothing denies but the want of something that permits: a holding adds, and never takes away what
//! another one gives.

use std::cmp::Reverse;

use ledger::{GrantId, GrantSource};
use store::team_grant::Grant;

use super::Level;

/// Something that permits somebody to act on an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    /// As far as this.
    pub(super) level: Level,
    /// Where it comes from.
    pub(super) by: GrantSource,
    /// The grant, if it is one.
    pub(super) id: Option<GrantId>,
    /// The longest time an opening by it may last, in seconds, if it is bounded.
    pub(super) longest_open: Option<u64>,
}

impl Holding {
    /// A holding without a grant, and so without a bound.
    pub(super) const fn new(level: Level, by: GrantSource) -> Self {
        Self { level, by, id: None, longest_open: None }
    }

    /// What a team's grant gives.
    pub(super) fn of_team(grant: &Grant) -> Self {
        Self {
            // A word that this version does not know permits nothing.
            level: Level::parse(&grant.permission).unwrap_or(Level::None),
            by: GrantSource::TeamGrant,
            id: Some(grant.id),
            longest_open: grant.longest_open,
        }
    }
}

/// The level of somebody who holds all of these.
pub(super) fn level(holdings: &[Holding]) -> Level {
    holdings.iter().map(|holding| holding.level).max().unwrap_or(Level::None)
}

/// The holding that permits something, if one does: of those that reach far enough, the one that bounds
/// an opening the least. Among equals it is the first, so that the same always decides.
pub(super) fn decide(holdings: &[Holding], need: Level) -> Option<&Holding> {
    let enough = holdings.iter().filter(|holding| holding.level >= need);
    enough.min_by_key(|holding| Reverse(holding.longest_open.unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use ledger::{GrantId, GrantSource};
    use store::team_grant::Grant;

    use super::{Holding, decide, level};
    use crate::access::Level;

    const LEVELS: [Level; 5] = [Level::None, Level::Read, Level::Open, Level::Write, Level::Admin];

    fn grant(number: u8, permission: &str, longest_open: Option<u64>) -> Holding {
        let id = GrantId::from_random([number; 10]);
        Holding::of_team(&Grant { id, permission: permission.to_owned(), longest_open })
    }

    #[test]
    fn nobody_who_holds_nothing_may_do_anything() {
        assert_eq!(level(&[]), Level::None);
        assert!(LEVELS.iter().all(|need| decide(&[], *need).is_none()));
    }

    #[test]
    fn the_highest_level_counts_and_something_permits_exactly_what_it_reaches() {
        for default in LEVELS {
            for first in LEVELS {
                for second in LEVELS {
                    let holdings = [
                        Holding::new(default, GrantSource::Default),
                        grant(1, first.as_str(), None),
                        grant(2, second.as_str(), Some(60)),
                    ];
                    let highest = default.max(first).max(second);
                    assert_eq!(level(&holdings), highest);
                    for need in LEVELS {
                        assert_eq!(decide(&holdings, need).is_some(), highest >= need, "{holdings:?} {need:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_higher_grant_with_a_bound_does_not_shorten_what_a_lower_one_gives() {
        let holdings = [grant(1, "write", Some(600)), grant(2, "open", Some(3_600))];
        assert_eq!(decide(&holdings, Level::Open), Some(&holdings[1]));
        assert_eq!(decide(&holdings, Level::Write), Some(&holdings[0]));
        let unbounded = [holdings[0].clone(), holdings[1].clone(), grant(3, "open", None)];
        assert_eq!(decide(&unbounded, Level::Open), Some(&unbounded[2]));
    }

    #[test]
    fn among_equals_the_first_decides() {
        let holdings =
            [Holding::new(Level::Open, GrantSource::Default), grant(1, "admin", None), grant(2, "open", None)];
        assert_eq!(decide(&holdings, Level::Open), Some(&holdings[0]));
        assert_eq!(decide(&holdings, Level::Write), Some(&holdings[1]));
    }

    #[test]
    fn a_level_of_a_later_version_permits_nothing() {
        assert_eq!(grant(1, "approve", None).level, Level::None);
    }
}
