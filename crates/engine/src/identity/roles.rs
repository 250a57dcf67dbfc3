//! The roles of an organisation: look at them, and who holds them.

use ledger::{Detail, Event, Need, Statement};
use store::custom_role::{self, CustomRole};
use store::machine_token::{self, MachineToken};
use store::organization::{self, Member, Organization};
use store::team::{self, Team};
use store::{Question, Read, StoreError};

use super::role_choice::RoleChoice;
use crate::access::{Role, Scope, enter, enter_as_admin, permit_organization};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Engine, Sight};

/// A role, as its organisation sees it.
#[derive(Clone, Debug)]
pub struct RoleInfo {
    /// The organisation.
    pub organization: Organization,
    /// Which role.
    pub role: RoleKind,
    /// Whether members get it who join without another one being named.
    pub is_default: bool,
}

/// One of the roles that every organisation has, or one of its own.
#[derive(Clone, Debug)]
pub enum RoleKind {
    /// One that every organisation has. Nobody can change it.
    Builtin(Role),
    /// One of its own.
    Custom(CustomRole),
}

impl RoleKind {
    /// Its identifier: the word of one that every organisation has.
    pub fn id(&self) -> &str {
        match self {
            Self::Builtin(role) => role.as_str(),
            Self::Custom(role) => role.id.as_str(),
        }
    }

    /// The scopes that it gives. A word that this version does not know gives none.
    pub fn scopes(&self) -> Vec<Scope> {
        match self {
            Self::Builtin(Role::Admin) => Scope::ALL.to_vec(),
            Self::Builtin(Role::Member) => Vec::new(),
            Self::Custom(role) => role.scopes.iter().filter_map(|word| Scope::parse(word)).collect(),
        }
    }
}

/// Who holds a role.
#[derive(Debug, Default)]
pub struct RoleHolders {
    /// The members who hold it themselves, by login.
    pub members: Vec<Member>,
    /// The teams, by name.
    pub teams: Vec<Team>,
    /// The tokens of the organisation, newest first.
    pub tokens: Vec<MachineToken>,
}

/// Finds a custom role of an organisation.
pub(super) async fn found<R: Read>(read: &mut R, organization: &Organization, id: &str) -> Result<CustomRole, Error> {
    if let Some(RoleChoice::Builtin(_)) = RoleChoice::parse(id) {
        return Err(Error::Invalid("this role is the same in every organization, and not one of its own".to_owned()));
    }
    custom_role::find(read, &organization.id, id).await?.ok_or(Error::Absent(What::Role))
}

/// All roles of an organisation: those that every one has, then its own by name.
async fn all<R: Read>(read: &mut R, organization: &Organization) -> Result<Vec<RoleInfo>, StoreError> {
    let default = custom_role::default_of(read, &organization.id).await?.map(|role| role.id);
    let info = |role, is_default| RoleInfo { organization: organization.clone(), role, is_default };
    let mut roles =
        vec![info(RoleKind::Builtin(Role::Admin), false), info(RoleKind::Builtin(Role::Member), default.is_none())];
    for role in custom_role::list(read, &organization.id).await? {
        let is_default = default == Some(role.id);
        roles.push(info(RoleKind::Custom(role), is_default));
    }
    Ok(roles)
}

/// Looks at the roles of an organisation.
struct Look {
    attempt: Attempt,
    organization: String,
}

impl Look {
    async fn look<R: Read>(&self, read: &mut R) -> Result<Vec<RoleInfo>, Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Member, Need::RolesRead)?;
        Ok(all(read, &entered.organization).await?)
    }
}

impl Question for Look {
    type Answer = Result<Vec<RoleInfo>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.look(read).await)
    }
}

/// Looks at who holds a role.
struct LookAtHolders {
    attempt: Attempt,
    organization: String,
    id: String,
}

impl LookAtHolders {
    async fn look<R: Read>(&self, read: &mut R) -> Result<RoleHolders, Error> {
        let Self { attempt, organization, id } = self;
        let organization = enter_as_admin(read, attempt, organization, Need::RolesRead).await?.organization;
        if let Some(RoleChoice::Builtin(role)) = RoleChoice::parse(id) {
            return Ok(of_builtin(read, &organization, role, attempt.context().now).await?);
        }
        let role = found(read, &organization, id).await?;
        Ok(of_custom(read, &role, attempt.context().now).await?)
    }
}

impl Question for LookAtHolders {
    type Answer = Result<RoleHolders, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.look(read).await)
    }
}

async fn of_builtin<R: Read>(
    read: &mut R,
    organization: &Organization,
    role: Role,
    now: i64,
) -> Result<RoleHolders, StoreError> {
    let mut members = organization::members(read, &organization.id, "", i64::MAX).await?;
    members.retain(|member| member.role == role.as_str() && member.custom_role.is_none());
    let mut tokens = machine_token::of_organization(read, &organization.id, now).await?;
    tokens.retain(|token| token.role == role.as_str() && token.custom_role.is_none());
    Ok(RoleHolders { members, teams: Vec::new(), tokens })
}

/// Who holds a custom role.
pub(super) async fn of_custom<R: Read>(read: &mut R, role: &CustomRole, now: i64) -> Result<RoleHolders, StoreError> {
    Ok(RoleHolders {
        members: organization::holding(read, &role.id).await?,
        teams: team::holding(read, &role.id).await?,
        tokens: machine_token::holding(read, &role.id, now).await?,
    })
}

impl Engine {
    /// The roles of an organisation: those that every one has, then its own by name.
    pub async fn list_roles(&self, cx: &Context, organization: String) -> Sight<Vec<RoleInfo>> {
        self.look_at_roles(cx, organization, "list-roles").await
    }

    /// The scopes that a role can be made of.
    pub async fn list_scopes(&self, cx: &Context, organization: String) -> Sight<[Scope; Scope::ALL.len()]> {
        self.look_at_roles(cx, organization, "list-scopes").await?;
        Ok(Scope::ALL)
    }

    async fn look_at_roles(&self, cx: &Context, organization: String, attempted: &'static str) -> Sight<Vec<RoleInfo>> {
        let attempt = self.role_sight(cx, &organization, attempted);
        let look = Look { attempt: attempt.clone(), organization };
        let engine = self.clone();
        self.detached(async move {
            let roles = engine.store().ask(look).await.map_err(Into::into).flatten();
            engine.seen(&attempt, roles).await
        })
        .await
    }

    /// One of the roles of an organisation.
    pub async fn read_role(&self, cx: &Context, organization: String, id: String) -> Sight<RoleInfo> {
        let attempt = self.role_sight(cx, &organization, "read-role");
        let look = Look { attempt: attempt.clone(), organization };
        let engine = self.clone();
        self.detached(async move {
            let roles = engine.store().ask(look).await.map_err(Into::into).flatten();
            let is_it = |info: &RoleInfo| info.role.id() == id;
            let one = roles.and_then(|roles| roles.into_iter().find(is_it).ok_or(Error::Absent(What::Role)));
            engine.seen(&attempt, one).await
        })
        .await
    }

    /// Who holds a role. `attempted` names whom of them somebody asks for.
    pub async fn role_holders(
        &self,
        cx: &Context,
        organization: String,
        id: String,
        attempted: &'static str,
    ) -> Sight<RoleHolders> {
        let attempt = self.role_sight(cx, &organization, attempted);
        let look = LookAtHolders { attempt: attempt.clone(), organization, id };
        let engine = self.clone();
        self.detached(async move {
            let holders = engine.store().ask(look).await.map_err(Into::into).flatten();
            engine.seen(&attempt, holders).await
        })
        .await
    }

    pub(super) fn role_sight(&self, cx: &Context, organization: &str, attempted: &'static str) -> Attempt {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt.target_names(Statement::organization(organization)).detail(Detail::new().word("attempted", attempted));
        attempt
    }
}
