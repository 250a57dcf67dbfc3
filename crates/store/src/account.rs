//! Accounts: people who can sign in, whatever organisations they belong to, and as whom programs act.

use ledger::{AccountId, OrganizationId, TeamId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::opening::Destroying;
use crate::sql::{Row, Sql};

/// An account.
#[derive(Clone)]
pub struct Account {
    /// Its identifier.
    pub id: AccountId,
    /// What the person types to sign in.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The person's e-mail address, or empty.
    pub email: String,
    /// The password's Argon2id hash, if one was set.
    pub password_hash: Option<String>,
    /// The organisation that the command line uses when none is named.
    pub default_organization: Option<String>,
    /// When it was created.
    pub created_at: i64,
}

impl Account {
    /// Whether the person was erased: what is left is an identifier.
    pub fn is_erased(&self) -> bool {
        self.login.starts_with(ERASED)
    }
}

/// The login of an account as which a program acts. No person can have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineLogin(String);

impl MachineLogin {
    /// That of an organisation's tokens.
    pub fn organization(name: &str) -> Self {
        Self(format!("organization{NOT_OF_A_PERSON}{name}"))
    }

    /// That of a team's tokens.
    pub fn team(organization: &str, name: &str) -> Self {
        Self(format!("team{NOT_OF_A_PERSON}{organization}{NOT_OF_A_PERSON}{name}"))
    }

    /// The login.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn account(row: &Row<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.id(0)?,
        login: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        email: row.text(3)?.to_owned(),
        password_hash: row.text_opt(4)?.map(str::to_owned),
        default_organization: row.text_opt(5)?.map(str::to_owned),
        created_at: row.integer(6)?,
    })
}

/// What the login of an erased account begins with. Nobody can have such a login.
const ERASED: &str = "erased:";

/// What no login of a person has: it tells people from programs, and from those who were erased.
const NOT_OF_A_PERSON: char = ':';

/// A person's account by its login. One that was erased has none.
pub async fn by_login<R: Read>(read: &mut R, login: &str) -> Result<Option<Account>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT a.id, a.login, a.name, a.email, a.password_hash, o.name, a.created_at
         FROM account a LEFT JOIN organization o ON o.id = a.default_organization_id WHERE a.login = $1",
    );
    if login.contains(NOT_OF_A_PERSON) {
        return Ok(None);
    }
    read.query_opt(&FIND, &[login.into()], account).await
}

/// The accounts of people with an e-mail address, which is the same in capitals.
pub async fn by_email<R: Read>(read: &mut R, email: &str) -> Result<Vec<Account>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT a.id, a.login, a.name, a.email, a.password_hash, o.name, a.created_at
         FROM account a LEFT JOIN organization o ON o.id = a.default_organization_id WHERE lower(a.email) = lower($1)
         ORDER BY a.login",
    );
    let mut found = read.query(&FIND, &[email.into()], account).await?;
    // What a database takes for the same letter is not: somebody else could have that address.
    found.retain(|account| account.email.eq_ignore_ascii_case(email) && !account.login.contains(NOT_OF_A_PERSON));
    Ok(found)
}

/// The account as which a program acts, by its login.
pub async fn of_machine<R: Read>(read: &mut R, login: &MachineLogin) -> Result<Option<Account>, StoreError> {
    static FIND: Sql =
        Sql::new("SELECT id, login, name, email, password_hash, NULL, created_at FROM account WHERE login = $1");
    read.query_opt(&FIND, &[(&login.0).into()], account).await
}

/// Lets an account keep its identifier, and another one have its login: the team is gone whose it was.
pub async fn retire<T: Tx>(tx: &mut T, login: &MachineLogin, team: &TeamId) -> Result<(), StoreError> {
    static RETIRE: Sql = Sql::new("UPDATE account SET login = $2 WHERE login = $1");
    tx.execute(&RETIRE, &[(&login.0).into(), (&format!("{}:{team}", login.0)).into()]).await?;
    Ok(())
}

/// An account by its identifier.
pub async fn find<R: Read>(read: &mut R, id: &AccountId) -> Result<Option<Account>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT a.id, a.login, a.name, a.email, a.password_hash, o.name, a.created_at
         FROM account a LEFT JOIN organization o ON o.id = a.default_organization_id WHERE a.id = $1",
    );
    read.query_opt(&FIND, &[id.into()], account).await
}

/// All accounts of people that were not erased, by login.
pub async fn all<R: Read>(read: &mut R) -> Result<Vec<Account>, StoreError> {
    static ALL: Sql = Sql::new(
        "SELECT a.id, a.login, a.name, a.email, a.password_hash, o.name, a.created_at
         FROM account a LEFT JOIN organization o ON o.id = a.default_organization_id ORDER BY a.login",
    );
    let mut all = read.query(&ALL, &[], account).await?;
    all.retain(|account| !account.login.contains(NOT_OF_A_PERSON));
    Ok(all)
}

/// Creates an account.
pub async fn insert<T: Tx>(tx: &mut T, account: &Account) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO account (id, login, name, email, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    );
    let params = [
        (&account.id).into(),
        (&account.login).into(),
        (&account.name).into(),
        (&account.email).into(),
        account.password_hash.as_deref().into(),
        account.created_at.into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Sets the password's hash.
pub async fn set_password<T: Tx>(tx: &mut T, id: &AccountId, hash: &str) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE account SET password_hash = $2 WHERE id = $1");
    tx.execute(&SET, &[id.into(), hash.into()]).await?;
    Ok(())
}

/// Sets the organisation used when none is named.
pub async fn set_default_organization<T: Tx>(
    tx: &mut T,
    id: &AccountId,
    organization: &OrganizationId,
) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE account SET default_organization_id = $2 WHERE id = $1");
    tx.execute(&SET, &[id.into(), organization.into()]).await?;
    Ok(())
}

/// Takes from an account whatever it says of a person. The row stays, for what the account made refers to it.
pub async fn erase<T: Tx>(tx: &mut T, _: &Destroying, id: &AccountId) -> Result<(), StoreError> {
    static ERASE: Sql = Sql::new(
        "UPDATE account SET login = $2, name = '[erased]', email = '', password_hash = NULL, default_organization_id = NULL
         WHERE id = $1",
    );
    tx.execute(&ERASE, &[id.into(), (&format!("{ERASED}{id}")).into()]).await?;
    Ok(())
}

/// The identifiers of the accounts that were erased.
pub async fn erased<R: Read>(read: &mut R) -> Result<Vec<AccountId>, StoreError> {
    static ERASED_ONES: Sql =
        Sql::new("SELECT id FROM account WHERE login >= 'erased:' AND login < 'erased;' ORDER BY id");
    read.query(&ERASED_ONES, &[], |row| row.id(0)).await
}
