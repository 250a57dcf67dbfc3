//! Whom an identity provider vouches for: whose account that is, and signing in with it.
//!
//! What counts is the identity. An e-mail address that the provider verified says once whose account it is; from then on
//! the address may change, or become somebody else's.

use std::collections::HashSet;

use ledger::{AccountId, Credential, CredentialKind, Detail, Event, Outcome, Statement, Target, TargetKind};
use store::account::{self, Account};
use store::identity::{self, Identity};
use store::invite::{self, Invite};
use store::{Command, Done, Question, Read, Records, StoreError, Tx, organization};

use super::joining::Acceptance;
use super::passwords::Proof;
use super::{SignedIn, places_of};
use crate::audit::{Attempt, Place};
use crate::context::{Client, Context, Facts, Who};
use crate::error::{Error, What};
use crate::name::check_login;
use crate::oidc::{Admits, Unrecognised};
use crate::{Answer, Engine};

/// The longest name of a person that is taken over, in characters.
const LONGEST_NAME: usize = 200;

/// Somebody, as a provider speaks of them.
pub(crate) struct Vouched {
    /// Who they are to it.
    pub(crate) identity: Identity,
    /// Their e-mail address, if it verified that.
    pub(crate) email: Option<String>,
    /// Their name.
    pub(crate) name: Option<String>,
    /// What they call themselves there.
    pub(crate) login: Option<String>,
}

const CREDENTIAL: Credential = Credential { kind: CredentialKind::OidcToken, id: None, from: None };

struct FindAccount(Identity);

impl Question for FindAccount {
    type Answer = Option<AccountId>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        identity::account(read, &self.0).await
    }
}

/// Says whose account an identity is that was never here; makes one where that is allowed.
struct Link {
    /// What is recorded if it is nobody's.
    failed: Attempt,
    engine: Engine,
    vouched: Vouched,
    admits: Admits,
}

impl Command for Link {
    type Output = AccountId;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<AccountId>, Error> {
        match self.known(tx).await? {
            Some(account) => self.link(tx, account).await,
            None => self.create(tx).await,
        }
    }

    fn refused(&self, error: &Error) -> Records {
        self.failed.records(error.outcome())
    }
}

impl Link {
    /// The account with the e-mail address that the provider verified.
    async fn known<T: Tx>(&self, tx: &mut T) -> Result<Option<Account>, Error> {
        let Some(email) = &self.vouched.email else { return Ok(None) };
        let mut found = account::by_email(tx, email).await?;
        match (found.pop(), found.is_empty()) {
            (_, false) => Err(Error::SignIn(Unrecognised::Ambiguous)),
            (account, true) => Ok(account),
        }
    }

    async fn link<T: Tx>(&self, tx: &mut T, account: Account) -> Result<Done<AccountId>, Error> {
        let identity = &self.vouched.identity;
        // An address that was somebody's becomes somebody else's; the account does not.
        if identity::is_known(tx, &account.id, &identity.issuer).await? {
            return Err(Error::SignIn(Unrecognised::Taken));
        }
        identity::insert(tx, identity, &account.id, self.failed.context().now).await?;
        let attempt = self.engine.attempt(&self.context(&account), Event::UserUpdated);
        let places = places_of(tx, &attempt, &account.id).await?;
        note(&attempt, &account).detail(Detail::new().id("account", account.id).words("fields", ["identity"]));
        Ok(Done { output: account.id, records: attempt.records_in(&places, Outcome::Succeeded) })
    }

    async fn create<T: Tx>(&self, tx: &mut T) -> Result<Done<AccountId>, Error> {
        let Self { failed, engine, vouched, admits } = self;
        let now = failed.context().now;
        let invites = match &vouched.email {
            Some(email) => invite::pending(tx, email, now).await?,
            None => Vec::new(),
        };
        match (admits, &vouched.email) {
            (Admits::Anybody, _) => {}
            (Admits::Invited, Some(_)) if !invites.is_empty() => {}
            (Admits::Invited | Admits::Known, Some(_)) => return Err(Error::SignIn(Unrecognised::Unknown)),
            (Admits::Invited | Admits::Known, None) => return Err(Error::SignIn(Unrecognised::Unverified)),
        }
        let login = self.free_login(tx).await?;
        let name = vouched.name.as_deref().unwrap_or(&login);
        let account = Account {
            id: AccountId::from_random(engine.ambient().random()),
            name: name.chars().filter(|character| !character.is_control()).take(LONGEST_NAME).collect(),
            login,
            email: vouched.email.clone().unwrap_or_default(),
            password_hash: None,
            default_organization: None,
            created_at: now,
        };
        account::insert(tx, &account).await?;
        identity::insert(tx, &vouched.identity, &account.id, now).await?;
        let cx = self.context(&account);
        let created = engine.attempt(&cx, Event::UserCreated);
        note(&created, &account).detail(Detail::new().id("account", account.id).word("method", "oidc"));
        let mut joined = Vec::new();
        for invite in one_each(invites) {
            let organization = organization::find(tx, &invite.organization_name).await?;
            let organization = organization.ok_or(Error::Absent(What::Organization))?;
            let acceptance = Acceptance::new(engine, &cx);
            let who = (&account.id, account.login.as_str());
            joined.push(acceptance.carry_out(tx, engine, (&organization, &invite), who).await?);
            if created.placed().log == Place::SERVER.log {
                created.place(acceptance.accepted.placed());
            }
        }
        let records = joined.into_iter().fold(created.records(Outcome::Succeeded), Records::and_all);
        Ok(Done { output: account.id, records })
    }

    /// A login that nobody has, of what the provider says.
    async fn free_login<T: Tx>(&self, tx: &mut T) -> Result<String, Error> {
        let Vouched { email, login, .. } = &self.vouched;
        let local = email.as_deref().and_then(|email| email.split_once('@')).map(|(local, _)| local);
        for login in [login.as_deref(), local, email.as_deref()].into_iter().flatten() {
            if check_login(login).is_ok() && account::by_login(tx, login).await?.is_none() {
                return Ok(login.to_owned());
            }
        }
        let random = seal::hex(&self.engine.ambient().random::<4>());
        Ok(format!("user-{random}"))
    }

    fn context(&self, account: &Account) -> Context {
        let cx = self.failed.context();
        Context::new(Facts {
            who: Who::Account {
                id: account.id,
                login: account.login.as_str().into(),
                name: account.name.as_str().into(),
            },
            credential: CREDENTIAL,
            client: cx.client.clone(),
            request: cx.request,
            now: cx.now,
        })
    }
}

fn note<'a>(attempt: &'a Attempt, account: &Account) -> &'a Attempt {
    attempt
        .target(Target::new(TargetKind::User, account.id))
        .target_names(Statement::user(Some(account.id.into()), &account.login))
}

/// The newest invitation into each organisation.
fn one_each(invites: Vec<Invite>) -> impl Iterator<Item = Invite> {
    let mut seen = HashSet::new();
    invites.into_iter().filter(move |invite| seen.insert(invite.organization))
}

impl Engine {
    /// Whether an identity is somebody's here.
    pub(crate) async fn is_linked(&self, identity: &Identity) -> Result<bool, StoreError> {
        Ok(self.store().ask(FindAccount(identity.clone())).await?.is_some())
    }

    /// Signs somebody in whom a provider vouches for. `failed` is what is recorded if they are nobody here.
    pub(crate) async fn sign_in_vouched(
        &self,
        vouched: Vouched,
        admits: Admits,
        failed: Attempt,
        client: Client,
    ) -> Answer<SignedIn> {
        let identity = vouched.identity.clone();
        let found = self.store().ask(FindAccount(identity.clone())).await.map_err(store::Failure::Unrecorded)?;
        let account = match found {
            Some(account) => account,
            None => {
                let link = Link { failed, engine: self.clone(), vouched, admits };
                self.commit(link).await?.into_parts().0
            }
        };
        self.sign_in(account, Proof::Identity(identity), CREDENTIAL, client).await
    }
}
