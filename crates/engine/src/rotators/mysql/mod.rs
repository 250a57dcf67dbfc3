//! `fn::rotate::mysql`: the passwords of two users of a MySQL or MariaDB server.

mod packet;
mod session;

use ledger::OrganizationId;
use seal::mysql_native_verifier;

use super::alternate::Plan;
use crate::Engine;
use session::{Problem, Session};

/// Sets the password.
///
/// MariaDB is given what it keeps of it, for it writes statements into its logs as they come. What MySQL keeps depends
/// on a plugin, so it is given the password itself; it takes passwords out of statements before it writes them anywhere.
pub(super) async fn perform(engine: &Engine, organization: OrganizationId, plan: &Plan) -> Result<(), String> {
    let account = format!("{}@'%'", quoted(&plan.next.username)?);
    let stream = super::connect(engine, organization, &plan.host, plan.port).await?;
    let mut session = Session::open(stream, &plan.manager).await.map_err(|problem| told(&problem))?;
    let statement = if session.is_mariadb() {
        let verifier = mysql_native_verifier(&plan.next.password);
        format!("ALTER USER {account} IDENTIFIED VIA mysql_native_password USING '{verifier}'")
    } else {
        // Letters and digits: there is nothing in it to be quoted.
        format!("ALTER USER {account} IDENTIFIED BY '{}'", plan.next.password.expose())
    };
    session.execute(&statement.into()).await.map_err(|problem| told(&problem))
}

/// A name as an identifier, whatever the server's `sql_mode` is.
fn quoted(name: &str) -> Result<String, String> {
    if name.is_empty() || name.contains('\0') {
        return Err("a user to be rotated has no name that MySQL could have".to_owned());
    }
    Ok(format!("`{}`", name.replace('`', "``")))
}

/// What is wrong. What the server said may quote what it was sent, and is not told.
fn told(problem: &Problem) -> String {
    match problem {
        Problem::Broken => "the MySQL server broke off, or does not speak MySQL's protocol".to_owned(),
        Problem::Unspoken => {
            "the managing user proves its password in a way that needs TLS, which is not spoken here; give it \
             mysql_native_password"
        }
        .to_owned(),
        Problem::Refused(code) => match code {
            1044 | 1045 | 1130 | 1698 => {
                "the MySQL server does not let the managing user in; look at its name, its password and its host"
                    .to_owned()
            }
            1227 => "the managing user may not set the password of the user to rotate; it needs CREATE USER".to_owned(),
            1396 => "the MySQL server has no such user to rotate at the host '%'; create it first".to_owned(),
            code => format!("the MySQL server refused, with error {code}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_stays_one_identifier() {
        assert_eq!(quoted("o`@'%'; DROP").unwrap(), "`o``@'%'; DROP`");
        assert!(quoted("").is_err() && quoted("a\0b").is_err());
    }
}
