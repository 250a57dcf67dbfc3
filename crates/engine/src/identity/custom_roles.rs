//! The roles that an organisation makes for itself: make, change and delete them, and say which one newcomers get.
//!
//! Only administrators do so. They hold every scope, so nobody gives away what they do not have.

use ledger::{Detail, Event, Need, Outcome, RoleId, Statement, Target, TargetKind, TextKey};
use store::custom_role::{self, CustomRole, NamedRole};
use store::organization::Organization;
use store::{Command, Done, Read, Records, Tx, invite};

use super::role_choice::RoleChoice;
use super::roles::{RoleHolders, RoleInfo, RoleKind, found, of_custom};
use crate::access::{Role, Scope, enter_as_admin, permit_lasting};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Answer, Engine};

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 500;
/// The most custom roles of one organisation.
const MOST: usize = 100;

/// What a custom role is to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleName(String);

impl RoleName {
    /// A name that a role may have.
    pub fn new(text: &str) -> Result<Self, Error> {
        let length = text.chars().count();
        if !(1..=LONGEST_NAME).contains(&length) || text.trim() != text || text.chars().any(char::is_control) {
            return Err(Error::Invalid(format!(
                "the name of a role has 1 to {LONGEST_NAME} characters, none of control and no blank around them"
            )));
        }
        if Role::parse(&text.to_lowercase()).is_some() {
            return Err(Error::Invalid("every organization has a role of this name".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What a custom role is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleDescription(String);

impl RoleDescription {
    /// A description; it may be empty.
    pub fn new(text: &str) -> Result<Self, Error> {
        if text.chars().count() > LONGEST_DESCRIPTION || text.chars().any(char::is_control) {
            return Err(Error::Invalid(format!(
                "the description of a role has at most {LONGEST_DESCRIPTION} characters, none of control"
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What is to change of a custom role; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct RoleChange {
    /// Another name.
    pub name: Option<RoleName>,
    /// Another description.
    pub description: Option<RoleDescription>,
    /// Other scopes.
    pub scopes: Option<Vec<Scope>>,
}

/// What becomes of those who hold a role that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleDeletion {
    /// A role that somebody holds is not deleted.
    Unheld,
    /// It is taken from whoever holds it.
    Forced,
}

/// The words of scopes, each once and in the order of the list.
fn words(scopes: &[Scope]) -> Vec<String> {
    let each = Scope::ALL.into_iter().filter(|scope| scopes.contains(scope));
    each.map(|scope| scope.as_str().to_owned()).collect()
}

/// What a record says of the scopes of a role.
fn scopes(detail: Detail, key: &'static str, role: &CustomRole) -> Detail {
    let known = role.scopes.iter().filter_map(|word| Scope::parse(word));
    detail.words(key, known.map(Scope::as_str))
}

/// Says which role is meant.
fn note(attempt: &Attempt, role: &CustomRole) {
    attempt.target(Target::new(TargetKind::Role, role.id)).target_names(Statement::named(None, &role.name));
}

/// Finds a role for an administrator, and notes it.
async fn find<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    organization: &str,
    id: &str,
) -> Result<(Organization, CustomRole), Error> {
    attempt.target(Target::unresolved(TargetKind::Role));
    let organization = enter_as_admin(read, attempt, organization, Need::RolesWrite).await?.organization;
    let role = found(read, &organization, id).await?;
    note(attempt, &role);
    Ok((organization, role))
}

/// Checks that no other role has the name.
async fn check_unique<R: Read>(read: &mut R, role: &CustomRole) -> Result<usize, Error> {
    let others = custom_role::list(read, &role.organization).await?;
    if others.iter().any(|other| other.name == role.name && other.id != role.id) {
        return Err(Error::Exists(What::Role));
    }
    Ok(others.len())
}

struct Create {
    attempt: Attempt,
    engine: Engine,
    organization: String,
    name: RoleName,
    description: RoleDescription,
    scopes: Vec<Scope>,
}

impl Command for Create {
    type Output = RoleInfo;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<RoleInfo>, Error> {
        let Self { attempt, engine, .. } = self;
        attempt.target(Target::unresolved(TargetKind::Role));
        let organization = enter_as_admin(tx, attempt, &self.organization, Need::RolesWrite).await?.organization;
        permit_lasting(attempt)?;
        let now = attempt.context().now;
        let role = CustomRole {
            id: RoleId::from_random(engine.ambient().random()),
            organization: organization.id,
            name: self.name.0.clone(),
            description: self.description.0.clone(),
            scopes: words(&self.scopes),
            version: 1,
            created_at: now,
            modified_at: now,
        };
        if check_unique(tx, &role).await? >= MOST {
            return Err(Error::Invalid(format!("an organization has at most {MOST} roles of its own")));
        }
        custom_role::insert(tx, &role).await?;
        note(attempt, &role);
        attempt.detail(scopes(Detail::new().id("custom", role.id), "scopes", &role));
        Ok(attempt.done(RoleInfo { organization, role: RoleKind::Custom(role), is_default: false }))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

struct Update {
    attempt: Attempt,
    organization: String,
    id: String,
    change: RoleChange,
}

impl Command for Update {
    type Output = RoleInfo;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<RoleInfo>, Error> {
        let Self { attempt, organization, id, change } = self;
        let (organization, before) = find(tx, attempt, organization, id).await?;
        permit_lasting(attempt)?;
        let (mut role, mut fields) = (before.clone(), Vec::new());
        if let Some(name) = &change.name {
            role.name.clone_from(&name.0);
            check_unique(tx, &role).await?;
            attempt.text(TextKey::Name, &name.0);
            fields.push("name");
        }
        if let Some(description) = &change.description {
            role.description.clone_from(&description.0);
            attempt.text(TextKey::Description, &description.0);
            fields.push("description");
        }
        if let Some(scopes) = &change.scopes {
            role.scopes = words(scopes);
            fields.push("scopes");
        }
        if fields.is_empty() {
            return Err(Error::Invalid("give at least one of `name`, `description`, `details`".to_owned()));
        }
        role.version += 1;
        role.modified_at = attempt.context().now;
        custom_role::update(tx, &role).await?;
        let detail = scopes(Detail::new().id("custom", role.id).words("fields", fields), "scopes", &role);
        attempt.detail(scopes(detail, "scopesbefore", &before));
        let is_default = custom_role::default_of(tx, &organization.id).await?.is_some_and(|of| of.id == role.id);
        Ok(attempt.done(RoleInfo { organization, role: RoleKind::Custom(role), is_default }))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

struct Delete {
    attempt: Attempt,
    engine: Engine,
    organization: String,
    id: String,
    deletion: RoleDeletion,
}

impl Command for Delete {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, organization, id, deletion, .. } = self;
        let (organization, role) = find(tx, attempt, organization, id).await?;
        let now = attempt.context().now;
        let holders = of_custom(tx, &role, now).await?;
        let invited = invite::count_holding(tx, &role.id, now).await?;
        let count = (holders.members.len() + holders.teams.len() + holders.tokens.len()) as u64 + invited;
        let is_default = custom_role::default_of(tx, &organization.id).await?.is_some_and(|of| of.id == role.id);
        attempt.detail(scopes(Detail::new().id("custom", role.id).integer("holders", count), "scopes", &role));
        if (count > 0 || is_default) && *deletion == RoleDeletion::Unheld {
            return Err(Error::RoleHeld);
        }
        custom_role::delete(tx, &role).await?;
        let Done { output, records } = attempt.done(());
        let taken = self.taken(&organization, &role.named(), &holders);
        Ok(Done { output, records: taken.into_iter().fold(records, Records::and_all) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Delete {
    /// What the log says of each member and team that loses the role. A token has no event but for its beginning and its
    /// end; how many lose it stands in the deletion.
    fn taken(&self, organization: &Organization, role: &NamedRole, holders: &RoleHolders) -> Vec<Records> {
        let begun = |event| {
            let attempt = self.engine.attempt(self.attempt.context(), event);
            attempt.place(self.attempt.placed()).cause(self.attempt.id());
            attempt
        };
        let mut all = Vec::with_capacity(holders.members.len() + holders.teams.len());
        for member in &holders.members {
            let attempt = begun(Event::MemberRoleChanged);
            attempt
                .target(Target::new(TargetKind::Member, member.actor))
                .target_names(Statement::member(Some(member.actor), &organization.name, &member.login))
                .text(TextKey::Before, &role.name)
                .detail(
                    Detail::new()
                        .id("account", member.account)
                        .word("before", "custom")
                        .id("custombefore", role.id)
                        .word("role", Role::Member.as_str()),
                );
            all.push(attempt.records(Outcome::Succeeded));
        }
        for team in &holders.teams {
            let attempt = begun(Event::TeamUpdated);
            attempt
                .target(Target::new(TargetKind::Team, team.id))
                .target_names(Statement::team(&organization.name, &team.name))
                .text(TextKey::Role, &role.name)
                .detail(Detail::new().word("change", "unassigned").id("custom", role.id));
            all.push(attempt.records(Outcome::Succeeded));
        }
        all
    }
}

struct SetDefault {
    attempt: Attempt,
    organization: String,
    id: String,
}

impl Command for SetDefault {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, organization, id } = self;
        let organization = enter_as_admin(tx, attempt, organization, Need::RolesWrite).await?.organization;
        permit_lasting(attempt)?;
        attempt.target(Target::new(TargetKind::Organization, organization.id));
        let role = match RoleChoice::parse(id) {
            Some(RoleChoice::Builtin(Role::Member)) => None,
            Some(RoleChoice::Builtin(Role::Admin)) => {
                return Err(Error::Invalid("nobody becomes an administrator without being made one".to_owned()));
            }
            _ => Some(found(tx, &organization, id).await?),
        };
        let before = custom_role::default_of(tx, &organization.id).await?;
        custom_role::set_default(tx, &organization.id, role.as_ref().map(|role| &role.id)).await?;
        let mut detail = Detail::new().words("fields", ["default-role"]);
        if let Some(role) = &role {
            attempt.text(TextKey::Role, &role.name);
            detail = detail.id("custom", role.id);
        }
        if let Some(before) = &before {
            attempt.text(TextKey::Before, &before.name);
            detail = detail.id("custombefore", before.id);
        }
        attempt.detail(detail);
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Makes a role, which nobody holds yet.
    pub async fn create_role(
        &self,
        cx: &Context,
        organization: String,
        name: RoleName,
        description: RoleDescription,
        scopes: Vec<Scope>,
    ) -> Answer<RoleInfo> {
        let attempt = self.attempt(cx, Event::CustomRoleCreated);
        attempt.target_names(Statement::named(None, &name.0));
        if !description.0.is_empty() {
            attempt.text(TextKey::Description, &description.0);
        }
        let command = Create { attempt, engine: self.clone(), organization, name, description, scopes };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Changes a role. That binds whoever holds it at once.
    pub async fn update_role(
        &self,
        cx: &Context,
        organization: String,
        id: String,
        change: RoleChange,
    ) -> Answer<RoleInfo> {
        let attempt = self.attempt(cx, Event::CustomRoleUpdated);
        let command = Update { attempt, organization, id, change };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Deletes a role.
    pub async fn delete_role(
        &self,
        cx: &Context,
        organization: String,
        id: String,
        deletion: RoleDeletion,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, Event::CustomRoleDeleted);
        let command = Delete { attempt, engine: self.clone(), organization, id, deletion };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Says which role members get who join without another one being named. What members hold today stays.
    pub async fn set_default_role(&self, cx: &Context, organization: String, id: String) -> Answer<()> {
        let attempt = self.attempt(cx, Event::OrganizationSettingsChanged);
        attempt.target_names(Statement::organization(&organization));
        let command = SetDefault { attempt, organization, id };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
