//! Why somebody may do something: what the decision saw, put into words.
//!
//! Nothing is decided here. What somebody holds and which of it permits an act come from where permits come from.

use ledger::{GrantId, GrantSource, RoleId};
use store::environment::Environment;
use store::organization::Organization;
use store::{Read, StoreError, team_grant};

use super::decide::{Holding, decide, level};
use super::holder::Holder;
use super::{Act, Level, Role};

/// What somebody can do with an environment, by what it takes.
pub const OPERATIONS: [(&str, Act); 12] = [
    ("read", Act::Level(Level::Read)),
    ("check", Act::Level(Level::Read)),
    ("open", Act::Level(Level::Open)),
    ("decrypt", Act::Level(Level::Open)),
    ("clone", Act::Level(Level::Open)),
    ("update", Act::Level(Level::Write)),
    ("tag", Act::Level(Level::Write)),
    ("retract", Act::Level(Level::Write)),
    ("settings", Act::Level(Level::Admin)),
    ("grant", Act::Level(Level::Admin)),
    ("ownership", Act::Level(Level::Admin)),
    ("delete", Act::Delete),
];

/// What somebody may do with an environment, and why.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The login.
    pub login: String,
    /// The person's name; empty if it does not belong to the organisation.
    pub name: String,
    /// What it is in the organisation, if it belongs there.
    pub role: Option<Role>,
    /// How far everything reaches that it holds.
    pub level: Level,
    /// Everything that it holds on the environment.
    pub grounds: Vec<Ground>,
    /// Each operation, and by what it is allowed, if it is.
    pub operations: Vec<(&'static str, Act, Option<Ground>)>,
}

/// Something that permits somebody to act on an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// As far as this.
    pub level: Level,
    /// Where it comes from.
    pub by: GrantSource,
    /// The name of the team that it comes from, if it comes from one.
    pub team: Option<String>,
    /// The grant, if it is one.
    pub grant: Option<GrantId>,
    /// The custom role, if it is one, with its name.
    pub role: Option<(RoleId, String)>,
    /// The longest time an opening by it may last, in seconds, if it is bounded.
    pub longest_open: Option<u64>,
}

impl Explanation {
    /// Of somebody who does not belong to the organisation, or is not there at all.
    pub(crate) fn outsider(login: String) -> Self {
        let operations = OPERATIONS.map(|(operation, act)| (operation, act, None)).to_vec();
        Self { login, name: String::new(), role: None, level: Level::None, grounds: Vec::new(), operations }
    }
}

/// Says what somebody of an organisation may do with an environment, and why.
pub(crate) async fn explain<R: Read>(
    read: &mut R,
    organization: &Organization,
    environment: &Environment,
    holder: Holder,
    (login, name): (String, String),
) -> Result<Explanation, StoreError> {
    let mut holdings = holder.own(organization, &environment.owner);
    holdings.extend(holder.roles(read, organization).await?);
    holdings.extend(holder.granted(read, &environment.id).await?);
    let mut grounds = Vec::with_capacity(holdings.len());
    for holding in &holdings {
        grounds.push(ground(read, holding).await?);
    }
    let allowed = |act: Act| {
        let deciding = decide(&holdings, act)?;
        let place = holdings.iter().position(|holding| holding == deciding)?;
        grounds.get(place).cloned()
    };
    let operations = OPERATIONS.map(|(operation, act)| (operation, act, allowed(act))).to_vec();
    let level = level(&holdings);
    grounds.retain(|ground| ground.level > Level::None);
    Ok(Explanation { login, name, role: Some(holder.role), level, grounds, operations })
}

async fn ground<R: Read>(read: &mut R, holding: &Holding) -> Result<Ground, StoreError> {
    let grant: Option<GrantId> = holding.id.and_then(|id| id.narrow());
    let team = match (&holding.role, &grant) {
        (Some(held), _) => held.team.clone(),
        (None, Some(grant)) => team_grant::team_of(read, grant).await?,
        (None, None) => None,
    };
    let role = holding.role.as_ref().map(|held| (held.role.id, held.role.name.clone()));
    Ok(Ground { level: holding.level, by: holding.by, team, grant, role, longest_open: holding.longest_open })
}
