//! The decision: everything that somebody holds, on an environment or in the organisation, and which of it permits an act.
//!
//! Nothing denies but the want of something that permits: a holding adds, and never takes away what
//! another one gives.

use std::cmp::Reverse;

use ledger::{AnyId, GrantSource};
use store::custom_role::HeldRole;
use store::team_grant::Grant;

use super::{Act, Level, Scope};

/// Something that permits somebody to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    /// On the environment, as far as this.
    pub(super) level: Level,
    /// What it permits besides, whatever the level.
    pub(super) scopes: Vec<Scope>,
    /// Where it comes from.
    pub(super) by: GrantSource,
    /// The grant or the custom role, if it is one.
    pub(super) id: Option<AnyId>,
    /// The custom role, if it is one.
    pub(super) role: Option<HeldRole>,
    /// The longest time an opening by it may last, in seconds, if it is bounded.
    pub(super) longest_open: Option<u64>,
}

impl Holding {
    /// A holding on an environment without a grant, and so without a bound.
    pub(super) const fn new(level: Level, by: GrantSource) -> Self {
        Self { level, scopes: Vec::new(), by, id: None, role: None, longest_open: None }
    }

    /// What an administrator holds: everything.
    pub(super) fn everything(by: GrantSource) -> Self {
        Self { scopes: Scope::ALL.to_vec(), ..Self::new(Level::Admin, by) }
    }

    /// What a custom role gives, on every environment and in the organisation.
    pub(super) fn of_role(held: HeldRole) -> Self {
        // A word that this version does not know permits nothing.
        let scopes: Vec<_> = held.role.scopes.iter().filter_map(|word| Scope::parse(word)).collect();
        let level = scopes.iter().map(|scope| scope.level()).max().unwrap_or(Level::None);
        let by = if held.team.is_some() { GrantSource::TeamGrant } else { GrantSource::OrgRole };
        Self { scopes, id: Some(held.role.id.into()), role: Some(held), ..Self::new(level, by) }
    }

    /// What a team's grant gives.
    pub(super) fn of_team(grant: &Grant) -> Self {
        // A word that this version does not know permits nothing.
        let level = Level::parse(&grant.permission).unwrap_or(Level::None);
        let holding = Self::new(level, GrantSource::TeamGrant);
        Self { id: Some(grant.id.into()), longest_open: grant.longest_open, ..holding }
    }

    fn permits(&self, act: Act) -> bool {
        act.level().is_some_and(|level| self.level >= level)
            || act.scope().is_some_and(|scope| self.scopes.contains(&scope))
    }
}

/// The level of somebody who holds all of these.
pub(super) fn level(holdings: &[Holding]) -> Level {
    holdings.iter().map(|holding| holding.level).max().unwrap_or(Level::None)
}

/// The holding that permits something, if one does: of those that reach far enough, the one that bounds
/// an opening the least. Among equals it is the first, so that the same always decides.
pub(super) fn decide(holdings: &[Holding], act: impl Into<Act>) -> Option<&Holding> {
    let act = act.into();
    let enough = holdings.iter().filter(|holding| holding.permits(act));
    enough.min_by_key(|holding| Reverse(holding.longest_open.unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use ledger::{GrantId, GrantSource, OrganizationId, RoleId};
    use store::custom_role::{CustomRole, HeldRole};
    use store::team_grant::Grant;

    use super::{Holding, decide, level};
    use crate::access::{Act, Level, Scope};

    const LEVELS: [Level; 5] = [Level::None, Level::Read, Level::Open, Level::Write, Level::Admin];

    fn grant(number: u8, permission: &str, longest_open: Option<u64>) -> Holding {
        let id = GrantId::from_random([number; 10]);
        Holding::of_team(&Grant { id, permission: permission.to_owned(), longest_open })
    }

    fn role(scopes: &[&str]) -> Holding {
        let role = CustomRole {
            id: RoleId::from_random([7; 10]),
            organization: OrganizationId::from_random([8; 10]),
            name: "some".to_owned(),
            description: String::new(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            version: 1,
            created_at: 0,
            modified_at: 0,
        };
        Holding::of_role(HeldRole { role, team: None })
    }

    #[test]
    fn a_role_permits_what_its_scopes_say_and_no_more() {
        for scope in Scope::ALL {
            let holdings = [role(&[scope.as_str()])];
            assert_eq!(level(&holdings), scope.level(), "{scope:?}");
            for need in LEVELS {
                assert_eq!(decide(&holdings, need).is_some(), scope.level() >= need, "{scope:?} {need:?}");
            }
            let deletes = matches!(scope, Scope::EnvironmentDelete | Scope::EnvironmentAdmin);
            assert_eq!(decide(&holdings, Act::Delete).is_some(), deletes, "{scope:?}");
            for other in Scope::ALL {
                assert_eq!(decide(&holdings, Act::Scope(other)).is_some(), scope == other, "{scope:?} {other:?}");
            }
        }
    }

    #[test]
    fn whoever_administers_an_environment_holds_nothing_in_the_organization_by_that() {
        let holdings = [Holding::new(Level::Admin, GrantSource::Owner), grant(1, "admin", None)];
        assert!(Scope::ALL.into_iter().all(|scope| decide(&holdings, Act::Scope(scope)).is_none()));
        let holdings = [Holding::everything(GrantSource::OrgRole)];
        assert!(Scope::ALL.into_iter().all(|scope| decide(&holdings, Act::Scope(scope)).is_some()));
    }

    #[test]
    fn a_scope_of_a_later_version_permits_nothing() {
        let holdings = [role(&["environment:approve", ""])];
        assert_eq!(level(&holdings), Level::None);
        assert_eq!(decide(&holdings, Level::Read), None);
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
