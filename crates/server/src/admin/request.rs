//! What an operator can ask for.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What an operator asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Adds a person to an organisation, with an account if there is none yet, and a token.
    AddUser {
        /// What the person types to sign in.
        login: String,
        /// The person's name.
        name: Option<String>,
        /// The person's e-mail address.
        email: Option<String>,
        /// The organisation.
        organization: String,
        /// `member` or `admin`.
        role: String,
    },
    /// Lists all accounts.
    ListUsers,
    /// Changes a member's role.
    SetRole {
        /// The organisation.
        organization: String,
        /// The member.
        login: String,
        /// `member` or `admin`.
        role: String,
    },
    /// Removes a member.
    RemoveMember {
        /// The organisation.
        organization: String,
        /// The member.
        login: String,
    },
    /// Erases somebody.
    EraseUser {
        /// Whom.
        login: String,
        /// Only in this organisation.
        organization: Option<String>,
    },
    /// Sets a password.
    SetPassword {
        /// Whose.
        login: String,
        /// The new one.
        password: Password,
    },
    /// Makes a one-time link with which somebody sets a password.
    CreateLink {
        /// Whose.
        login: String,
    },
    /// Makes a token.
    CreateToken {
        /// Whose.
        login: String,
        /// What it is called.
        name: String,
        /// In how many days it ends; never if absent.
        days: Option<u32>,
    },
    /// Lists somebody's tokens.
    ListTokens {
        /// Whose.
        login: String,
    },
    /// Revokes a token.
    RevokeToken {
        /// Which.
        id: String,
    },
    /// Sets what every member may do with an environment.
    SetDefaultPermission {
        /// The organisation.
        organization: String,
        /// none, read, open, write or admin.
        level: String,
    },
    /// Copies the embedded database.
    Backup {
        /// Into this file, by its absolute path.
        file: PathBuf,
    },
    /// Looks at every log as a whole, and whether it goes on from what was signed.
    CheckLogs,
    /// The verifier keys of the logs.
    VerifierKeys {
        /// Only those of this organisation's log.
        organization: Option<String>,
        /// Only those of the server's log.
        server: bool,
    },
    /// Believes the newest signed checkpoints, for want of an anchor.
    AdoptLogs,
    /// Lets logs that lost entries go on as new ones.
    ResumeLogs,
    /// Makes a new key that signs the logs.
    RotateLogKey,
    /// Builds the index of the logs anew.
    Reindex,
}

impl Request {
    /// Whether it is only answered, where no server runs, if the database goes on from what was signed. What does not
    /// write, or settles just that, is answered all the same.
    pub(super) fn needs_trust(&self) -> bool {
        let settles = matches!(self, Self::AdoptLogs | Self::ResumeLogs);
        let looks = matches!(self, Self::ListUsers | Self::CheckLogs | Self::VerifierKeys { .. });
        !settles && !looks
    }
}

/// A password on its way over the socket. It prints nothing.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}
