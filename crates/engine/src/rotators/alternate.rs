//! Two users in turn: the one that is not in use gets a new password, and is the one in use from then on.
//!
//! What is in use stays valid until the rotation after, so that whoever has it goes on working, and some known
//! credential is good at every moment of a rotation.

use std::sync::Arc;

use lang::{ProviderSchema, Value};
use seal::{Random, SecretBytes, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Asked, data, schema};

/// Letters and digits only: they need neither quotes nor preparation anywhere.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// How long a password is: 190 bits.
const LENGTH: usize = 32;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inputs {
    database: Database,
    rotate_users: Users,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Database {
    host: String,
    port: u16,
    #[serde(rename = "database")]
    name: String,
    managing_user: Login,
}

#[derive(Deserialize)]
struct Users {
    username1: String,
    username2: String,
}

/// A login that is about to be set, as it is sealed.
#[derive(Deserialize, Serialize)]
struct Pending<'a> {
    username: &'a str,
    password: &'a str,
}

#[derive(Clone, Deserialize)]
struct LoginText {
    username: String,
    password: String,
}

/// A user and a password.
#[derive(Clone, Deserialize)]
#[serde(from = "LoginText")]
pub(super) struct Login {
    pub(super) username: String,
    pub(super) password: SecretString,
}

impl From<LoginText> for Login {
    fn from(LoginText { username, password }: LoginText) -> Self {
        Self { username, password: password.into() }
    }
}

impl Login {
    fn value(&self) -> Arc<Value> {
        let (username, password) = (data::text(&self.username), data::secret(self.password.expose()));
        data::map(vec![("username", username), ("password", password)])
    }
}

/// What is about to be set, where, and by whom.
pub(crate) struct Plan {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) database: String,
    /// Who sets it.
    pub(super) manager: Login,
    /// What will be in use.
    pub(super) next: Login,
    /// What is in use, and stays valid.
    current: Option<Arc<Value>>,
}

impl Plan {
    /// What must not be lost.
    pub(super) fn pending(&self) -> SecretBytes {
        let pending = Pending { username: &self.next.username, password: self.next.password.expose() };
        SecretBytes::new(serde_json::to_vec(&pending).expect("two texts are JSON"))
    }

    /// The state once it was set.
    pub(super) fn state(&self) -> Arc<Value> {
        let mut state = vec![("current", self.next.value())];
        state.extend(self.current.clone().map(|current| ("previous", current)));
        data::map(state)
    }
}

/// Plans a new password for the user that is not in use: the pending one, where a rotation of that user did not come to
/// its end and nobody knows whether it was set.
pub(super) fn plan(asked: &Asked<'_>, random: &dyn Random) -> Result<Plan, String> {
    let inputs = data::plain(asked.inputs);
    // What serde says may quote an input.
    let Inputs { database, rotate_users: Users { username1, username2 } } =
        serde_json::from_value(inputs).map_err(|_| "the inputs are not what this rotator takes".to_owned())?;
    if username1 == username2 {
        return Err("username1 and username2 are the same; passwords are rotated between two users".to_owned());
    }
    let manager = database.managing_user;
    if [&username1, &username2].contains(&&manager.username) {
        return Err("the managing user is one of the users whose passwords are rotated; use another one".to_owned());
    }
    let current = asked.state.and_then(|state| state.property("current")).cloned();
    let in_use = current.as_ref().and_then(|current| current.property("username")).map(|name| data::plain(name));
    let username = if in_use.is_some_and(|name| name == username1.as_str()) { username2 } else { username1 };
    let pending = asked.pending.as_ref().and_then(|pending| serde_json::from_slice::<Login>(pending.expose()).ok());
    let password = match pending.filter(|pending| pending.username == username) {
        Some(pending) => pending.password,
        None => password(random),
    };
    let next = Login { username, password };
    Ok(Plan { host: database.host, port: database.port, database: database.name, manager, next, current })
}

fn password(random: &dyn Random) -> SecretString {
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        // The numbers from 248 on are thrown away, so that each character is as likely as any other.
        let bytes: [u8; 32] = random.array();
        let letters = bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        text.extend(letters.take(LENGTH - text.len()));
    }
    text.into()
}

/// What these rotators take, keep and give.
pub(super) fn schema_of_two_users() -> ProviderSchema {
    let text = json!({"type": "string"});
    let login = json!({
        "type": "object",
        "properties": {"username": text, "password": {"type": "string", "secret": true}},
        "required": ["username", "password"],
    });
    let inputs = json!({
        "type": "object",
        "properties": {
            "database": {
                "type": "object",
                "properties": {
                    "host": text,
                    "port": {"type": "number", "minimum": 1, "maximum": 65_535, "multipleOf": 1},
                    "database": text,
                    "managingUser": login,
                },
                "required": ["host", "port", "database", "managingUser"],
            },
            "rotateUsers": {
                "type": "object",
                "properties": {"username1": text, "username2": text},
                "required": ["username1", "username2"],
            },
        },
        "required": ["database", "rotateUsers"],
        "rotateOnly": ["database", "rotateUsers"],
    });
    let state = json!({"type": "object", "properties": {"current": login, "previous": login}, "required": ["current"]});
    let outputs = json!({"type": "object", "properties": {"current": login, "previous": login}});
    ProviderSchema { inputs: schema(inputs), state: schema(state), outputs: schema(outputs) }
}

#[cfg(test)]
mod tests {
    use ledger::EventId;
    use seal::SystemRandom;

    use super::*;

    fn inputs(manager: &str, username2: &str) -> Value {
        data::value(&json!({
            "database": {
                "host": "db.internal", "port": 5432, "database": "web",
                "managingUser": {"username": manager, "password": "hunter2"},
            },
            "rotateUsers": {"username1": "one", "username2": username2},
        }))
    }

    fn planned(inputs: &Value, state: Option<&Value>, pending: Option<SecretBytes>) -> Result<Plan, String> {
        plan(&Asked { inputs, state, pending, attempt: EventId::new(0, [0; 10]) }, &SystemRandom)
    }

    #[test]
    fn the_user_that_is_not_in_use_gets_a_password_and_the_other_keeps_its_own() {
        let inputs = inputs("manager", "two");
        let first = planned(&inputs, None, None).unwrap();
        assert_eq!(first.next.username, "one");
        let state = first.state();
        assert!(state.property("previous").is_none());
        let second = planned(&inputs, Some(&state), None).unwrap();
        assert_eq!(second.next.username, "two");
        assert_ne!(second.next.password.expose(), first.next.password.expose());
        let state = second.state();
        let kept = state.property("previous").and_then(|login| login.property("password")).unwrap();
        assert!(kept.is_secret());
        assert_eq!(data::plain(kept), first.next.password.expose().as_str());
        assert_eq!(planned(&inputs, Some(&state), None).unwrap().next.username, "one");
    }

    #[test]
    fn what_is_pending_is_set_again_for_its_own_user_only() {
        let inputs = inputs("manager", "two");
        let first = planned(&inputs, None, None).unwrap();
        let again = planned(&inputs, None, Some(first.pending())).unwrap();
        assert_eq!(again.next.password.expose(), first.next.password.expose());
        let other = planned(&inputs, Some(&first.state()), Some(first.pending())).unwrap();
        assert_ne!(other.next.password.expose(), first.next.password.expose());
    }

    #[test]
    fn two_users_and_somebody_else_to_manage_them_are_needed() {
        for (manager, username2) in [("one", "two"), ("two", "two"), ("manager", "one")] {
            assert!(planned(&inputs(manager, username2), None, None).is_err());
        }
        let refusal = planned(&data::value(&json!({"database": "hunter2"})), None, None).err().unwrap();
        assert!(!refusal.contains("hunter2"));
    }

    #[test]
    fn a_password_has_32_letters_and_digits() {
        let text = password(&SystemRandom);
        assert_eq!(text.expose().len(), LENGTH);
        assert!(text.expose().bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
