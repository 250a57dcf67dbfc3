//! The policy of an issuer: read, change.

use ledger::{Detail, Event, Need, Statement, Target, TargetKind};
use store::oidc_issuer::{self, OidcIssuer};
use store::{Command, Done, Question, Read, Records, StoreError, Tx};

use super::issuers::note;
use super::rules::{self, Rule};
use crate::access::{enter_as_admin, permit_lasting};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

/// The policy of an issuer, as its organisation sees it.
#[derive(Clone, Debug)]
pub struct PolicyInfo {
    /// The issuer.
    pub issuer: OidcIssuer,
    /// The rules.
    pub rules: Vec<Rule>,
}

impl PolicyInfo {
    fn of(issuer: OidcIssuer) -> Self {
        Self { rules: stored(&issuer), issuer }
    }
}

/// The rules of an issuer. What cannot be read lets nobody in.
pub(super) fn stored(issuer: &OidcIssuer) -> Vec<Rule> {
    serde_json::from_str(&issuer.policy.rules).unwrap_or_default()
}

struct Look {
    attempt: Attempt,
    organization: String,
    issuer: String,
}

impl Look {
    async fn find<R: Read>(&self, read: &mut R) -> Result<PolicyInfo, Error> {
        let entered = enter_as_admin(read, &self.attempt, &self.organization, Need::IssuersRead).await?;
        let issuer = oidc_issuer::find(read, &entered.organization.id, &self.issuer).await?;
        let issuer = issuer.ok_or(Error::Absent(What::Issuer))?;
        note(&self.attempt, &issuer);
        Ok(PolicyInfo::of(issuer))
    }
}

impl Question for Look {
    type Answer = Result<PolicyInfo, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

struct SetRules {
    attempt: Attempt,
    organization: String,
    policy: String,
    rules: Vec<Rule>,
}

impl Command for SetRules {
    type Output = PolicyInfo;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<PolicyInfo>, Error> {
        let Self { attempt, organization, policy, rules } = self;
        let entered = enter_as_admin(tx, attempt, organization, Need::IssuersWrite).await?;
        let issuer = oidc_issuer::by_policy(tx, &entered.organization.id, policy).await?;
        let mut issuer = issuer.ok_or(Error::Absent(What::Policy))?;
        note(attempt, &issuer);
        permit_lasting(attempt)?;
        rules::check(rules)?;
        let text = serde_json::to_string(rules).map_err(|_| Error::Invalid("the rules make no sense".to_owned()))?;
        let now = attempt.context().now;
        oidc_issuer::set_rules(tx, &issuer.id, &text, now).await?;
        attempt.detail(
            Detail::new()
                .id("issuer", issuer.id)
                .id("policy", issuer.policy.id)
                .integer("rules", rules.len().try_into().unwrap_or(u64::MAX)),
        );
        issuer.policy.rules = text;
        issuer.policy.version += 1;
        issuer.policy.modified_at = now;
        Ok(attempt.done(PolicyInfo::of(issuer)))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// The policy of an issuer.
    pub async fn issuer_policy(&self, cx: &Context, organization: String, issuer: String) -> Sight<PolicyInfo> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt
            .target_names(Statement::organization(&organization))
            .detail(Detail::new().word("attempted", "read-policy"));
        let engine = self.clone();
        self.detached(async move {
            let look = Look { attempt: attempt.clone(), organization, issuer };
            let found = engine.store().ask(look).await.map_err(Into::into).flatten();
            engine.seen(&attempt, found).await
        })
        .await
    }

    /// Sets the rules of a policy, all of them.
    pub async fn set_policy_rules(
        &self,
        cx: &Context,
        organization: String,
        policy: String,
        rules: Vec<Rule>,
    ) -> Answer<PolicyInfo> {
        let attempt = self.attempt(cx, Event::AuthorizationPolicyUpdated);
        attempt.target(Target::unresolved(TargetKind::OidcIssuer));
        let command = SetRules { attempt, organization, policy, rules };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
