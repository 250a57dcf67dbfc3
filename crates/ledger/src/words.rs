//! The closed lists of words that a leaf may hold.
//!
//! A list only grows: a word that was written once is readable for ever, and its meaning never changes.

use std::fmt;

/// Declares an enumeration whose variants are words of a leaf.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant,)+
        }

        impl $name {
            /// Every word of the list.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word as it stands in a leaf.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Reads a word exactly as a leaf spells it; `None` for one that this version does not know.
            pub fn from_word(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What kind of principal acted.
    ///
    /// `user`, `service`, `team` and `organization` always carry an id; `outsider` (a valid credential of somebody who
    /// does not belong here) and `operator` (somebody at the shell) may; `system` and `anonymous` never do.
    ActorKind {
        User = "user",
        Service = "service",
        Team = "team",
        Organization = "organization",
        Operator = "operator",
        System = "system",
        Outsider = "outsider",
        Anonymous = "anonymous",
    }
}

words! {
    /// With what the actor proved who they are.
    CredentialKind {
        PersonalToken = "personal-token",
        OrganizationToken = "organization-token",
        TeamToken = "team-token",
        OidcToken = "oidc-token",
        ConsoleSession = "console-session",
        Password = "password",
        OneTimeLink = "one-time-link",
        LocalCli = "local-cli",
        Internal = "internal",
        None = "none",
    }
}

impl CredentialKind {
    /// Whether the credential is an access token, which the wire formats name in columns of their own.
    pub const fn is_token(self) -> bool {
        matches!(self, Self::PersonalToken | Self::OrganizationToken | Self::TeamToken | Self::OidcToken)
    }
}

words! {
    /// Where the permission that decided came from.
    GrantSource {
        OrgRole = "org-role",
        TeamGrant = "team-grant",
        EnvGrant = "env-grant",
        Default = "default",
        Owner = "owner",
        GateGrant = "gate-grant",
        Operator = "operator",
        None = "none",
    }
}

words! {
    /// The permission that was needed: scope words of custom roles, and a few of ours.
    Need {
        EnvironmentList = "environment:list",
        EnvironmentCreate = "environment:create",
        EnvironmentRead = "environment:read",
        EnvironmentOpen = "environment:open",
        EnvironmentWrite = "environment:write",
        EnvironmentDelete = "environment:delete",
        EnvironmentAdmin = "environment:admin",
        EnvironmentClone = "environment:clone",
        EnvironmentRotate = "environment:rotate",
        EnvironmentListDeleted = "environment:list_deleted",
        EnvironmentRestoreDeleted = "environment:restore_deleted",
        EnvironmentTagsList = "environment_tags:list",
        EnvironmentYamlOpen = "environment_yaml:open",
        EnvironmentYamlCheck = "environment_yaml:check",
        AuditLogsRead = "audit_logs:read",
        AuditLogsExport = "audit_logs:export",
        OrganizationRead = "organization:read",
        OrganizationAdmin = "organization:admin",
        OrganizationCreate = "organization:create",
        MembersRead = "members:read",
        MembersWrite = "members:write",
        TeamsRead = "teams:read",
        TeamsWrite = "teams:write",
        IssuersRead = "oidc_issuers:read",
        IssuersWrite = "oidc_issuers:write",
        RolesRead = "roles:read",
        RolesWrite = "roles:write",
        SettingsWrite = "settings:write",
        TokensRead = "tokens:read",
        TokensWrite = "tokens:write",
        AccountSelf = "account:self",
        ServerAdmin = "server:admin",
    }
}

words! {
    /// What a caller held who was denied.
    Held {
        None = "none",
        Member = "member",
        Read = "read",
        Open = "open",
        Write = "write",
        Admin = "admin",
    }
}

words! {
    /// What kind of thing was acted on.
    TargetKind {
        Environment = "environment",
        Project = "project",
        Organization = "organization",
        Member = "member",
        Team = "team",
        User = "user",
        Token = "token",
        Link = "link",
        OidcIssuer = "oidc-issuer",
        Role = "role",
        Session = "session",
        ConsoleSession = "console-session",
        Log = "log",
        Server = "server",
    }
}

words! {
    /// Why something did not succeed.
    Reason {
        PermissionMissing = "permission-missing",
        CredentialMissing = "credential-missing",
        CredentialMalformed = "credential-malformed",
        CredentialUnknown = "credential-unknown",
        CredentialExpired = "credential-expired",
        CredentialRevoked = "credential-revoked",
        CredentialUnfit = "credential-unfit",
        PasswordWrong = "password-wrong",
        UserDisabled = "user-disabled",
        NotAMember = "not-a-member",
        Absent = "absent",
        Exists = "exists",
        Invalid = "invalid",
        EvaluationFailed = "evaluation-failed",
        Precondition = "precondition",
        Protected = "protected",
        Expired = "expired",
        Retracted = "retracted",
        Limit = "limit",
        TooLarge = "too-large",
        RateLimited = "rate-limited",
        GateRequired = "gate-required",
        ProviderFailed = "provider-failed",
        StorageFailed = "storage-failed",
        DecryptionFailed = "decryption-failed",
        Cancelled = "cancelled",
        TimedOut = "timed-out",
        Interrupted = "interrupted",
        Unsupported = "unsupported",
        LastAdmin = "last-admin",
        Internal = "internal",
    }
}

words! {
    /// What a statement speaks of: the member of `c` that commits to it.
    StatementName {
        Actor = "actor",
        Behalf = "behalf",
        Client = "client",
        Definition = "definition",
        Destroyed = "destroyed",
        Detail = "detail",
        Reads = "reads",
        Target = "target",
    }
}

words! {
    /// The text parameters that a `detail` statement may hold.
    TextKey {
        After = "after",
        Before = "before",
        Description = "description",
        Duration = "duration",
        Email = "email",
        Event = "event",
        Filter = "filter",
        Login = "login",
        Method = "method",
        Name = "name",
        Organization = "organization",
        Path = "path",
        Project = "project",
        Property = "property",
        Query = "query",
        Reason = "reason",
        Revision = "revision",
        Role = "role",
        Schedule = "schedule",
        Subject = "subject",
        Tag = "tag",
        User = "user",
        Value = "value",
    }
}
