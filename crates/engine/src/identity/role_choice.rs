//! Which role somebody is to have: one that every organisation has, or one of the organisation's own.

use ledger::{Detail, RoleId, TextKey};
use store::custom_role::{self, NamedRole};
use store::organization::Organization;
use store::{Read, StoreError};

use crate::access::Role;
use crate::audit::Attempt;
use crate::error::{Error, What};

/// A role that somebody names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleChoice {
    /// The one of whoever joins without being given another: the organisation's default.
    Newcomer,
    /// One that every organisation has.
    Builtin(Role),
    /// One of the organisation's own. Whoever has it is a member.
    Custom(RoleId),
}

impl From<Role> for RoleChoice {
    fn from(role: Role) -> Self {
        Self::Builtin(role)
    }
}

impl RoleChoice {
    /// Reads an identifier: that of a custom role, or the word of another one.
    pub fn parse(text: &str) -> Option<Self> {
        Role::parse(text).map(Self::Builtin).or_else(|| Some(Self::Custom(text.parse().ok()?)))
    }
}

/// A role that somebody gets, or has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) role: Role,
    pub(super) custom: Option<NamedRole>,
}

impl Given {
    /// What is stored of somebody. A word that this version does not know is a member's.
    pub(super) fn stored(role: &str, custom: Option<&NamedRole>) -> Self {
        Self { role: Role::parse(role).unwrap_or(Role::Member), custom: custom.cloned() }
    }

    pub(super) fn custom_id(&self) -> Option<&RoleId> {
        self.custom.as_ref().map(|custom| &custom.id)
    }

    /// The word of a record for it.
    pub(super) const fn word(&self) -> &'static str {
        match self.custom {
            Some(_) => "custom",
            None => self.role.as_str(),
        }
    }

    /// Says which role was given. Its name is somebody's text, so it stands beside the leaf.
    pub(super) fn detail(&self, attempt: &Attempt, detail: Detail) -> Detail {
        let detail = detail.word("role", self.word());
        match &self.custom {
            Some(custom) => {
                attempt.text(TextKey::Role, &custom.name);
                detail.id("custom", custom.id)
            }
            None => detail,
        }
    }

    /// Says which role stood there before.
    pub(super) fn detail_before(&self, attempt: &Attempt, detail: Detail) -> Detail {
        let detail = detail.word("before", self.word());
        match &self.custom {
            Some(custom) => {
                attempt.text(TextKey::Before, &custom.name);
                detail.id("custombefore", custom.id)
            }
            None => detail,
        }
    }
}

/// Finds the role that somebody is to get.
pub(super) async fn given<R: Read>(
    read: &mut R,
    organization: &Organization,
    choice: RoleChoice,
) -> Result<Given, Error> {
    Ok(match choice {
        RoleChoice::Newcomer => Given { role: Role::Member, custom: default_of(read, organization).await? },
        RoleChoice::Builtin(role) => Given { role, custom: None },
        RoleChoice::Custom(id) => {
            let custom = custom_role::find(read, &organization.id, id.as_str()).await?;
            Given { role: Role::Member, custom: Some(custom.ok_or(Error::Absent(What::Role))?.named()) }
        }
    })
}

async fn default_of<R: Read>(read: &mut R, organization: &Organization) -> Result<Option<NamedRole>, StoreError> {
    Ok(custom_role::default_of(read, &organization.id).await?.map(|role| role.named()))
}
