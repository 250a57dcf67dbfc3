//! `fn::rotate::postgres`: the passwords of two users of a PostgreSQL server.

use ledger::OrganizationId;
use seal::scram_verifier;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

use super::alternate::Plan;
use super::frames::Frames;
use crate::Engine;

/// Sets the password: as what the server keeps of it, so that it never goes there itself and no log of the server's can
/// have it. A server that takes MD5 for passwords takes this all the same.
pub(super) async fn perform(engine: &Engine, organization: OrganizationId, plan: &Plan) -> Result<(), String> {
    let name = quoted(&plan.next.username)?;
    let verifier = scram_verifier(&plan.next.password, &*engine.ambient().random);
    let stream = super::connect(engine, organization, &plan.host, plan.port).await?;
    let mut config = Config::new();
    config.user(&plan.manager.username).password(plan.manager.password.expose()).dbname(&plan.database);
    config.application_name("escriba").ssl_mode(SslMode::Disable);
    let (client, connection) = config.connect_raw(Frames::new(stream), NoTls).await.map_err(|error| problem(&error))?;
    // A name and a verifier cannot be parameters of this statement. The verifier has no quote in it.
    let statement = format!("ALTER USER {name} PASSWORD '{verifier}'");
    tokio::select! {
        altered = client.batch_execute(&statement) => altered.map_err(|error| problem(&error)),
        // It ends before the answer only if the server broke off.
        _ = connection => Err("the PostgreSQL server broke off before it answered".to_owned()),
    }
}

/// A name as an identifier.
fn quoted(name: &str) -> Result<String, String> {
    if name.is_empty() || name.contains('\0') {
        return Err("a user to be rotated has no name that PostgreSQL could have".to_owned());
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}

/// What is wrong. What the server said may quote what it was sent, and is not told.
fn problem(error: &tokio_postgres::Error) -> String {
    let Some(state) = error.code() else {
        return "the PostgreSQL server broke off, or does not speak PostgreSQL's protocol".to_owned();
    };
    match *state {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "the PostgreSQL server does not let the managing user in; look at its name, its password and pg_hba.conf"
        }
        SqlState::INVALID_CATALOG_NAME => "the PostgreSQL server has no such database",
        SqlState::UNDEFINED_OBJECT => "the PostgreSQL server has no such user to rotate; create it first",
        SqlState::INSUFFICIENT_PRIVILEGE => {
            "the managing user may not set the password of the user to rotate; it needs CREATEROLE, and from \
             PostgreSQL 16 on ADMIN OPTION for that user"
        }
        _ => return format!("the PostgreSQL server refused, with SQLSTATE {}", state.code()),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_stays_one_identifier() {
        assert_eq!(quoted(r#"o"; DROP TABLE t --"#).unwrap(), r#""o""; DROP TABLE t --""#);
        assert!(quoted("").is_err() && quoted("a\0b").is_err());
    }
}
