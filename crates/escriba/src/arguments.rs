//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use server::config::Settings;

use crate::commands::audit::arguments::AuditArguments;

/// Environments, secrets and configuration, with an audit log that can be proved.
///
/// Escriba speaks the Pulumi ESC protocol: the official `esc` and `pulumi` command lines and the
/// SDKs work with it unchanged. Whatever is done to an environment stands in its audit log,
/// committed together with what it describes.
#[derive(Parser)]
#[command(name = "escriba", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) settings: SettingArguments,

    /// Configuration file, TOML; flags and environment win over it.
    #[arg(long, global = true, env = "ESCRIBA_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// Reads the command line, or ends the program with what is wrong with it.
    pub(crate) fn read() -> Self {
        let mut command = Self::command();
        // The keys of the configuration hold for every command. Where they mean nothing, help does not show them.
        command.build();
        let mut command = command.mut_subcommand("audit", without_configuration);
        let mut matches = command.get_matches_mut();
        Self::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.format(&mut command).exit())
    }
}

fn without_configuration(command: clap::Command) -> clap::Command {
    let is_key = |argument: &clap::Arg| argument.get_help_heading() == Some(CONFIGURATION);
    let command = command.mut_args(|argument| if is_key(&argument) { argument.hide(true) } else { argument });
    command.mut_subcommands(without_configuration)
}

const EXAMPLES: &str = "Examples:
  escriba serve                                   start; the first start makes everything it needs
  escriba serve --demo --data-dir demo            the same, with a month of activity to look around in
  escriba users add lin --organization escriba    give somebody access, and print their token
  escriba audit list --since 2h                   who did what, and what was refused
  escriba doctor                                  say what is wrong";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the API and the console.
    ///
    /// A first start makes the data directory, the database, the keys, an organization, an
    /// administrator and an access token, and prints the console's address and the token once.
    Serve {
        #[command(flatten)]
        first: FirstStart,
        /// Fill a first start with people, environments and a month of activity, to look around in.
        ///
        /// It is played through the API under a clock that was put back, so the log verifies like any other. It is only
        /// ever done where there is no installation yet.
        #[arg(long)]
        demo: bool,
    },
    /// Do the first start's set-up alone.
    Init {
        #[command(flatten)]
        first: FirstStart,
        /// Print one JSON object: organization, login, token, url, `verifier_key`.
        #[arg(long)]
        json: bool,
    },
    /// Administer accounts and memberships; works while the server runs.
    Users {
        #[command(subcommand)]
        action: Users,
    },
    /// Administer access tokens; works while the server runs.
    Tokens {
        #[command(subcommand)]
        action: Tokens,
    },
    /// Read, follow, export and prove the audit log of a server.
    #[command(after_help = AUDIT)]
    Audit(AuditArguments),
    /// Look at the audit logs as a whole.
    Log {
        #[command(subcommand)]
        action: Log,
    },
    /// Check every byte of the logs: leaves, hashes, tiles, signatures, texts.
    ///
    /// It reads one snapshot of the database and takes no lock, so a server may run beside it. Everything is derived
    /// again from the stored entries, and compared with what was stored, signed and anchored. Exits with 0 if all of it
    /// is as it should be, with 1 if something is not, after naming the first difference of each log, and with 2 if it
    /// could not look.
    Fsck {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Copy the embedded database, as it is now, into a new file; works while the server runs; recorded.
    ///
    /// The copy holds everything but what lies outside of the database: the key ring, the anchor, and the list of who was
    /// erased. Keep these too, and the key ring in another place. On PostgreSQL the database makes its own backups (`pg_basebackup`, `pg_dump`).
    Backup {
        /// The file. One that is there already is not replaced.
        file: PathBuf,
        /// Print one JSON object: file, bytes, sha256, event, `key_file`, anchor, erased.
        #[arg(long)]
        json: bool,
    },
    /// Say what is wrong with the installation, and what to do about it.
    Doctor {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RoleArgument {
    /// Uses environments as far as permitted.
    Member,
    /// May do everything, and reads the audit log.
    Admin,
}

impl RoleArgument {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum Users {
    /// Add somebody to an organization, with an account if there is none yet, and print a token.
    Add {
        /// What they sign in as.
        login: String,
        /// The organization.
        #[arg(long, visible_alias = "org", value_name = "NAME")]
        organization: String,
        /// What they may do.
        #[arg(long, default_value = "member")]
        role: RoleArgument,
        /// Their name.
        #[arg(long)]
        name: Option<String>,
        /// Their e-mail address.
        #[arg(long)]
        email: Option<String>,
        /// Print one JSON object: login, organization, role, token.
        #[arg(long)]
        json: bool,
    },
    /// List all accounts.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Change somebody's role in an organization.
    SetRole {
        /// Who.
        login: String,
        /// The new role.
        role: RoleArgument,
        /// The organization.
        #[arg(long, visible_alias = "org", value_name = "NAME")]
        organization: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove somebody from an organization. Their account, environments and records stay.
    Remove {
        /// Who.
        login: String,
        /// The organization.
        #[arg(long, visible_alias = "org", value_name = "NAME")]
        organization: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Erase somebody: their texts in the audit logs, their account, their tokens; recorded, and for good.
    ///
    /// What stays in the logs are entries under an identifier without a name; every proof of them still holds. It prints
    /// what it did and what is out of its reach: backups, exports, and who received them. Erasing again finishes what
    /// was interrupted, and erases what has come since.
    Erase {
        /// Who.
        login: String,
        /// Only in this organization: its log and the membership. The account stays.
        #[arg(long, visible_alias = "org", value_name = "NAME")]
        organization: Option<String>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Make a one-time link with which somebody sets a password and signs in.
    Link {
        /// Who.
        login: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Set somebody's password, read from standard input.
    SetPassword {
        /// Who.
        login: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum Tokens {
    /// Make an access token for somebody, and print it once.
    Create {
        /// Whose.
        login: String,
        /// What it is for.
        #[arg(long, default_value = "")]
        name: String,
        /// In how many days it ends; never if not given.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=730))]
        expires: Option<u32>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List somebody's access tokens. Their texts are not kept and cannot be shown.
    List {
        /// Whose.
        login: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke an access token.
    Revoke {
        /// Its identifier, as `tokens list` shows it.
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Which logs are meant.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct WhichLog {
    /// The log of this organization.
    #[arg(long, visible_alias = "org", value_name = "NAME")]
    pub(crate) organization: Option<String>,
    /// The log of the server itself.
    #[arg(long)]
    pub(crate) server: bool,
}

#[derive(Subcommand)]
pub(crate) enum Log {
    /// Print the verifier keys of the logs: what whoever checks a log must know of it, and get from you.
    ///
    /// A log has one for each key that signs or ever signed it. Hand them over by a way of their own: a verifier that
    /// takes the key from the log that it checks has checked nothing. Logs that ended, and were continued by others
    /// (`escriba log resume`), come last.
    Key {
        #[command(flatten)]
        which: WhichLog,
        /// Make the key that signs the logs in a key ring that has none, from before logs were signed. Needed once, on
        /// PostgreSQL only; then give every replica the same key ring.
        #[arg(long, conflicts_with_all = ["organization", "server"])]
        create: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Believe the newest signed checkpoints of the database because the anchor is lost; recorded.
    ///
    /// The anchor is the one thing outside the database that says how far each log had come. Where it is missing, the
    /// server cannot know whether the database was rolled back, and does not start. Adopt only if you know that it was
    /// not.
    Adopt {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Go on with a database that was rolled back: each log that lost entries goes on as a new one; recorded.
    ///
    /// A log that lost signed entries can never be continued as if it had not. The new log has a name of its own, and
    /// says as its first words which log it follows, how far that had come and how much of it was found. Bring the newer
    /// database back instead if there is any way to. A frozen log that is found to be sound again is let go on.
    Resume {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a new key that signs the logs; the one before signs beside it for 30 days; recorded in every log.
    ///
    /// Hand the new verifier keys (`escriba log key`) to whoever checks the logs before the 30 days are over. On
    /// PostgreSQL give every replica the changed key ring.
    RotateKey {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Build the index of the logs anew, which filters and searches are answered from.
    ///
    /// It holds nothing that is not in the logs and beside them, so this loses nothing. Until it is there, searches look
    /// at each event and take longer.
    Reindex {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check that every log has each index once and each event once.
    Check {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

const AUDIT: &str = "Whom to ask, and as whom:
  export ESCRIBA_URL=https://escriba.example.com ESCRIBA_TOKEN=escriba_…
  escriba audit list

PULUMI_BACKEND_URL and PULUMI_ACCESS_TOKEN, or a stored `pulumi login`, do as well.

Exit codes: 0 it is done, or nothing matched; 1 the server refused, or did not answer; 2 wrong
usage; 130 an export was interrupted. `prove` and `verify` have their own, which their help lists.";

const CONFIGURATION: &str = "Configuration";

/// The keys of the configuration, as flags and environment variables.
#[derive(Args)]
#[command(next_help_heading = CONFIGURATION)]
pub(crate) struct SettingArguments {
    /// Directory of the database, the keys and the administration socket.
    #[arg(long, global = true, env = "ESCRIBA_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// PostgreSQL 15 or newer instead of the embedded database.
    #[arg(long, global = true, env = "ESCRIBA_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// The key ring.
    #[arg(long, global = true, env = "ESCRIBA_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The file of the newest signed head of each log.
    #[arg(long, global = true, env = "ESCRIBA_ANCHOR", value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// Address and port to listen on.
    #[arg(long, global = true, env = "ESCRIBA_LISTEN", value_name = "ADDRESS")]
    listen: Option<String>,
    /// Where users reach the server, as behind a proxy.
    #[arg(long, global = true, env = "ESCRIBA_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Certificate chain, PEM.
    #[arg(long, global = true, env = "ESCRIBA_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM.
    #[arg(long, global = true, env = "ESCRIBA_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Networks of the proxies whose word on the client's address is taken.
    #[arg(long, global = true, env = "ESCRIBA_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',')]
    trusted_proxy: Option<Vec<String>>,
    /// Networks that providers and rotators may call although they are not public.
    #[arg(long, global = true, env = "ESCRIBA_EGRESS_ALLOW", value_name = "CIDR", value_delimiter = ',')]
    egress_allow: Option<Vec<String>>,
    /// Networks that they must not call.
    #[arg(long, global = true, env = "ESCRIBA_EGRESS_DENY", value_name = "CIDR", value_delimiter = ',')]
    egress_deny: Option<Vec<String>>,
    /// Certificates of authorities, PEM, trusted where others are called.
    #[arg(long, global = true, env = "ESCRIBA_EGRESS_CA_CERT", value_name = "FILE")]
    egress_ca_cert: Option<PathBuf>,
    /// What the program's own log looks like: text or json.
    #[arg(long, global = true, env = "ESCRIBA_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<String>,
    /// Which lines it has: error, warn, info, debug.
    #[arg(long, global = true, env = "ESCRIBA_LOG_FILTER", value_name = "FILTER")]
    log_filter: Option<String>,
    /// A file that gets the bound address once the server listens.
    #[arg(long, global = true, env = "ESCRIBA_READY_FILE", value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// How many days a deleted environment can be restored, or `forever`.
    #[arg(long, global = true, env = "ESCRIBA_DELETION_RETENTION", value_name = "DAYS")]
    deletion_retention: Option<String>,
    /// Requests a second that one access token may make, or `off`.
    #[arg(long, global = true, env = "ESCRIBA_RATE_LIMIT_TOKEN", value_name = "RATE")]
    rate_limit_token: Option<String>,
    /// Requests a second that one network of clients may make, or `off`.
    #[arg(long, global = true, env = "ESCRIBA_RATE_LIMIT_ADDRESS", value_name = "RATE")]
    rate_limit_address: Option<String>,
    /// `OpenID` Connect provider by which people sign in to the console.
    #[arg(long, global = true, env = "ESCRIBA_SIGN_IN_ISSUER", value_name = "URL")]
    sign_in_issuer: Option<String>,
    /// Who this server is to the provider.
    #[arg(long, global = true, env = "ESCRIBA_SIGN_IN_CLIENT_ID", value_name = "ID")]
    sign_in_client_id: Option<String>,
    /// The secret that the provider gave with it; better in a file.
    #[arg(long, global = true, env = "ESCRIBA_SIGN_IN_CLIENT_SECRET", hide_env_values = true, value_name = "SECRET")]
    sign_in_client_secret: Option<String>,
    /// A file with that secret.
    #[arg(long, global = true, env = "ESCRIBA_SIGN_IN_CLIENT_SECRET_FILE", value_name = "FILE")]
    sign_in_client_secret_file: Option<PathBuf>,
    /// What people call the provider.
    #[arg(long, global = true, env = "ESCRIBA_SIGN_IN_NAME", value_name = "NAME")]
    sign_in_name: Option<String>,
    /// What the provider is asked for.
    #[arg(long, global = true, env = "ESCRIBA_SIGN_IN_SCOPE", value_name = "SCOPE", value_delimiter = ',')]
    sign_in_scope: Option<Vec<String>>,
    /// Who gets in that it vouches for: known, invited or anybody.
    #[arg(long, global = true, env = "ESCRIBA_SIGN_IN_ACCOUNTS", value_name = "WHO")]
    sign_in_accounts: Option<String>,
}

/// What a first start makes.
#[derive(Args)]
pub(crate) struct FirstStart {
    /// Organization that a first start makes.
    #[arg(long, env = "ESCRIBA_ORGANIZATION", value_name = "NAME")]
    organization: Option<String>,
    /// Administrator that a first start makes.
    #[arg(long, env = "ESCRIBA_ADMIN", value_name = "LOGIN")]
    admin: Option<String>,
}

impl FirstStart {
    /// These settings, with what the first start makes.
    pub(crate) fn with(self, settings: Settings) -> Settings {
        Settings { organization: self.organization, admin: self.admin, ..settings }
    }
}

impl From<SettingArguments> for Settings {
    fn from(given: SettingArguments) -> Self {
        Self {
            data_dir: given.data_dir,
            database_url: given.database_url,
            key_file: given.key_file,
            anchor: given.anchor,
            listen: given.listen,
            public_url: given.public_url,
            tls_cert: given.tls_cert,
            tls_key: given.tls_key,
            trusted_proxy: given.trusted_proxy,
            egress_allow: given.egress_allow,
            egress_deny: given.egress_deny,
            egress_ca_cert: given.egress_ca_cert,
            log_format: given.log_format,
            log_filter: given.log_filter,
            ready_file: given.ready_file,
            deletion_retention: given.deletion_retention,
            rate_limit_token: given.rate_limit_token,
            rate_limit_address: given.rate_limit_address,
            sign_in_issuer: given.sign_in_issuer,
            sign_in_client_id: given.sign_in_client_id,
            sign_in_client_secret: given.sign_in_client_secret,
            sign_in_client_secret_file: given.sign_in_client_secret_file,
            sign_in_name: given.sign_in_name,
            sign_in_scope: given.sign_in_scope,
            sign_in_accounts: given.sign_in_accounts,
            organization: None,
            admin: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_key_of_the_table_is_a_flag() {
        let command = Arguments::command();
        command.clone().debug_assert();
        let serve = command.find_subcommand("serve").unwrap();
        let flags: Vec<&str> =
            command.get_arguments().chain(serve.get_arguments()).filter_map(clap::Arg::get_long).collect();
        for key in server::config::KEYS {
            assert!(flags.contains(&key.name), "--{} is missing", key.name);
        }
    }
}
