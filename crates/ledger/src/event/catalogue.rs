//! The events, sorted by identifier. An event is never renamed or removed; its detail only gains keys.

use super::keys::{
    ACCOUNT, AHEAD, ATTEMPTED, BEFORE, BUILD, BY, BYTES, CHANGE, CHOSEN, CLONE, CONFIG, CREATED, CUSTOM, CUSTOMBEFORE,
    DATABASE, DELETED, ENVIRONMENT, EXPIRES, FIELDS, FILTERS, FORMAT, FOUNDROOT, FOUNDSIZE, FROM, GRANT, GRANTS, HASH,
    HOLDERS, IMPORT, IMPORTS, ISSUER, KEPT, KIND, LEVEL, LIFETIME, LINK, LOG, LOGS, LONGEST, MEMBERS, METHOD, NEWKEY,
    NEXT, NUMBER, OLDKEY, OPENINGS, PENDING, PERMISSION, PHASE, POLICY, PREVIOUS, PROVIDER, PUBLIC, PURPOSE, READS,
    REASON, RECORD, REPLACEMENT, REVISIONS, ROLE, ROOT, ROTATOR, ROTATORS, ROWS, RULES, SCHEDULE, SCHEMA, SCOPES,
    SCOPESBEFORE, SECRETS, SESSION, SESSIONS, SHA256, SIZE, TAGS, TEAM, TOKEN, TOKENS, UNCHANGED, UNTIL, UPTIME,
    VERSION, VIEW, WHOLE,
};
use super::{Category, Facts};
use crate::words::words;
use std::fmt;

words! {
    /// An event that this server can write.
    Event {
        AuthFailureEnvironment = "auth-failure-environment",
        AuthFailureOrganizationRole = "auth-failure-organization-role",
        AuthorizationPolicyUpdated = "authorization-policy-updated",
        CustomRoleCreated = "custom-role-created",
        CustomRoleDeleted = "custom-role-deleted",
        CustomRoleUpdated = "custom-role-updated",
        EnvironmentCloned = "environment-cloned",
        EnvironmentCreated = "environment-created",
        EnvironmentDecrypted = "environment-decrypted",
        EnvironmentDeleted = "environment-deleted",
        EnvironmentDeletionProtectionDisabled = "environment-deletion-protection-disabled",
        EnvironmentDeletionProtectionEnabled = "environment-deletion-protection-enabled",
        EnvironmentOidcTokenIssued = "environment-oidc-token-issued",
        EnvironmentOpen = "environment-open",
        EnvironmentRead = "environment-read",
        EnvironmentReadOpen = "environment-read-open",
        EnvironmentRestored = "environment-restored",
        EnvironmentRevisionRetracted = "environment-revision-retracted",
        EnvironmentRevisionTagCreated = "environment-revision-tag-created",
        EnvironmentRevisionTagDelete = "environment-revision-tag-delete",
        EnvironmentRevisionTagOpen = "environment-revision-tag-open",
        EnvironmentRevisionTagRead = "environment-revision-tag-read",
        EnvironmentRevisionTagUpdate = "environment-revision-tag-update",
        EnvironmentRotated = "environment-rotated",
        EnvironmentScheduleCreated = "environment-schedule-created",
        EnvironmentScheduleDeleted = "environment-schedule-deleted",
        EnvironmentScheduleUpdated = "environment-schedule-updated",
        EnvironmentTagCreated = "environment-tag-created",
        EnvironmentTagDeleted = "environment-tag-deleted",
        EnvironmentTagUpdated = "environment-tag-updated",
        EnvironmentUnauthorizedOpen = "environment-unauthorized-open",
        EnvironmentUpdated = "environment-updated",
        AuditLogExported = "escriba-audit-log-exported",
        AuditLogRead = "escriba-audit-log-read",
        AuthenticationFailed = "escriba-authentication-failed",
        BackupMade = "escriba-backup-made",
        ClockAdopted = "escriba-clock-adopted",
        CredentialMinted = "escriba-credential-minted",
        DefaultOrganizationSet = "escriba-default-organization-set",
        EnvironmentOwnerChanged = "escriba-environment-owner-changed",
        EnvironmentPurged = "escriba-environment-purged",
        LogAdopted = "escriba-log-adopted",
        LogFrozen = "escriba-log-frozen",
        LogKeyChanged = "escriba-log-key-changed",
        LogOpened = "escriba-log-opened",
        LogResumed = "escriba-log-resumed",
        LogVisibilityChanged = "escriba-log-visibility-changed",
        LogsAnchored = "escriba-logs-anchored",
        OneTimeLinkCreated = "escriba-one-time-link-created",
        OpeningsDestroyed = "escriba-openings-destroyed",
        OrganizationCreated = "escriba-organization-created",
        PasswordSet = "escriba-password-set",
        PersonalTokenCreated = "escriba-personal-token-created",
        PersonalTokenDeleted = "escriba-personal-token-deleted",
        ScheduleRun = "escriba-schedule-run",
        ServerStarted = "escriba-server-started",
        ServerStopped = "escriba-server-stopped",
        UserCreated = "escriba-user-created",
        UserSignedOut = "escriba-user-signed-out",
        UserUpdated = "escriba-user-updated",
        YamlChecked = "escriba-yaml-checked",
        MemberAdded = "member-added",
        MemberRemoved = "member-removed",
        MemberRoleChanged = "member-role-changed",
        OidcIssuerDeleted = "oidc-issuer-deleted",
        OidcIssuerRegistered = "oidc-issuer-registered",
        OidcIssuerUpdated = "oidc-issuer-updated",
        OidcIssuerValidationFailed = "oidc-issuer-validation-failed",
        OrganizationInviteAccepted = "organization-invite-accepted",
        OrganizationInviteCanceled = "organization-invite-canceled",
        OrganizationInviteSent = "organization-invite-sent",
        OrganizationSettingsChanged = "organization-settings-changed",
        OrganizationTokenCreated = "organization-token-created",
        OrganizationTokenCreatedForOidcIssuer = "organization-token-created-for-oidc-issuer",
        OrganizationTokenDeleted = "organization-token-deleted",
        PersonalTokenCreatedForOidcIssuer = "personal-token-created-for-oidc-issuer",
        TeamCreated = "team-created",
        TeamDeleted = "team-deleted",
        TeamTokenCreated = "team-token-created",
        TeamTokenCreatedForOidcIssuer = "team-token-created-for-oidc-issuer",
        TeamTokenDeleted = "team-token-deleted",
        TeamUpdated = "team-updated",
        UserLogin = "user-login",
        UserLoginFailed = "user-login-failed",
    }
}

impl Event {
    /// What the catalogue says of the event.
    pub(crate) fn facts(self) -> &'static Facts {
        &TABLE[self as usize]
    }
}

static TABLE: [Facts; Event::ALL.len()] = {
    let mut table = [facts(Event::ALL[0]); Event::ALL.len()];
    let mut index = 0;
    while index < table.len() {
        table[index] = facts(Event::ALL[index]);
        index += 1;
    }
    table
};

/// Sentences are templates: `docs/log-format.md` says how they are read.
#[expect(clippy::too_many_lines, reason = "one paragraph an event")]
const fn facts(event: Event) -> Facts {
    match event {
        Event::AuthFailureEnvironment => Facts::new("Auth Failure Environment", Category::Authentication)
            .authentication_failure()
            .about("An activity on an environment that has no event of its own was refused.")
            .sentence(
                "Was refused to [{said.attempted}|act] on environment {target}",
                "[{said.attempted}|act] on environment {target}",
            )
            .detail(&[ATTEMPTED]),
        Event::AuthFailureOrganizationRole => Facts::new("Auth Failure Organization Role", Category::Authentication)
            .authentication_failure()
            .about("An activity in an organization that has no event of its own was refused.")
            .sentence(
                "Was refused to [{said.attempted}|act] in [organization {organization}|an organization]",
                "[{said.attempted}|act] in [organization {organization}|an organization]",
            )
            .detail(&[ATTEMPTED]),
        Event::AuthorizationPolicyUpdated => Facts::new("Authorization Policy Updated", Category::Authentication)
            .about("The rules changed by which an issuer's identities get tokens.")
            .sentence(
                "Changed the policy of issuer {target}[ to {detail.rules} rules]",
                "change the policy of issuer {target}",
            )
            .detail(&[ISSUER, POLICY, RULES]),
        Event::CustomRoleCreated => Facts::new("Custom Role Created", Category::Organization)
            .requires_org_admin()
            .about("An organization made a role of its own: a set of scopes that can be given to members, teams and tokens.")
            .sentence("Created role {target}", "create role {target}")
            .detail(&[CUSTOM, SCOPES]),
        Event::CustomRoleDeleted => Facts::new("Custom Role Deleted", Category::Organization)
            .requires_org_admin()
            .about("A custom role was deleted, and taken from whoever held it; a record of each member and team says so.")
            .sentence("Deleted role {target}", "delete role {target}")
            .detail(&[CUSTOM, HOLDERS, SCOPES]),
        Event::CustomRoleUpdated => Facts::new("Custom Role Updated", Category::Organization)
            .requires_org_admin()
            .about("A custom role was described anew, or gives other scopes, which binds whoever holds it at once.")
            .sentence("Updated role {target}", "update role {target}")
            .detail(&[CUSTOM, FIELDS, SCOPES, SCOPESBEFORE]),
        Event::EnvironmentCloned => Facts::new("Environment Clone", Category::Environments)
            .also(&["Environment Cloned"])
            .about("An environment was copied, with its secrets; the copy was created by another record.")
            .sentence(
                "Cloned environment {target}[ at revision {rev}][ to {text.name}]",
                "clone environment {target}[ to {text.name}]",
            )
            .detail(&[BY, CLONE, KEPT, READS, REVISIONS]),
        Event::EnvironmentCreated => Facts::new("Environment Created", Category::Environments)
            .about("An environment was created.")
            .sentence("Created environment {target}", "create environment {target}")
            .detail(&[BYTES, SECRETS]),
        Event::EnvironmentDecrypted => Facts::new("Environment Decrypted", Category::Environments)
            .about("A definition, or ciphertexts of it, were read in plaintext.")
            .sentence(
                "Decrypted [environment {target}|a definition][ at tag {text.tag}][ at revision {rev}]",
                "decrypt [environment {target}|a definition]",
            )
            .detail(&[BY, READS, SECRETS, VIEW]),
        Event::EnvironmentDeleted => Facts::new("Environment Deleted", Category::Environments)
            .about("An environment was deleted.")
            .sentence("Deleted environment {target}", "delete environment {target}")
            .detail(&[REVISIONS]),
        Event::EnvironmentDeletionProtectionDisabled => {
            Facts::new("Environment Deletion Protection Disabled", Category::Environments)
                .about("An environment may be deleted again.")
                .sentence(
                    "Disabled deletion protection of environment {target}",
                    "disable deletion protection of environment {target}",
                )
        }
        Event::EnvironmentDeletionProtectionEnabled => {
            Facts::new("Environment Deletion Protection Enabled", Category::Environments)
                .about("An environment was protected from being deleted.")
                .sentence(
                    "Enabled deletion protection of environment {target}",
                    "enable deletion protection of environment {target}",
                )
        }
        Event::EnvironmentOidcTokenIssued => Facts::new("Environment OIDC Token Issued", Category::Environments)
            .about("An ID token was issued to a provider, which says to whoever it calls who opens what.")
            .sentence(
                "Issued an ID token to[ {said.provider}| a provider] of [environment {target}|a definition]",
                "issue an ID token to[ {said.provider}| a provider] of [environment {target}|a definition]",
            )
            .detail(&[LIFETIME, PROVIDER]),
        Event::EnvironmentOpen => Facts::new("Environment Open", Category::Environments)
            .about("An environment, or a definition sent with the request, was opened.")
            .sentence("Opened [environment {target}|a definition]", "open [environment {target}|a definition]")
            .detail(&[BY, IMPORTS, LIFETIME, READS, SESSION]),
        Event::EnvironmentRead => Facts::new("Environment Read", Category::Environments)
            .about("A definition was read or checked.")
            .sentence("Read environment {target}[ at revision {rev}]", "read environment {target}")
            .detail(&[BY, IMPORTS, VIEW]),
        Event::EnvironmentReadOpen => Facts::new("Environment Read Open", Category::Environments)
            .about("Values were read out of an open session; the cause is the opening.")
            .sentence(
                "Read [{text.property} of |][open environment {target}|an open definition]",
                "read [{text.property} of |][open environment {target}|an open definition]",
            )
            .detail(&[READS, SESSION, WHOLE]),
        Event::EnvironmentRestored => Facts::new("Environment Restored", Category::Environments)
            .about("A deleted environment was brought back.")
            .sentence("Restored environment {target}", "restore environment {target}")
            .detail(&[DELETED, REVISIONS]),
        Event::EnvironmentRevisionRetracted => Facts::new("Environment Version Retracted", Category::Environments)
            .also(&["Environment Revision Retracted", "environment-version-retracted"])
            .about("A revision was retracted: nobody reads or opens it any more, and another one takes its place.")
            .sentence(
                "Retracted[ revision {rev} of] environment {target}[ in favor of revision {detail.replacement}]",
                "retract[ revision {rev} of] environment {target}",
            )
            .detail(&[BY, REPLACEMENT, TAGS]),
        Event::EnvironmentRevisionTagCreated => Facts::new("Environment Version Tag Created", Category::Environments)
            .also(&["Environment Revision Tag Created", "environment-version-tag-created"])
            .about("A revision of an environment got a tag.")
            .sentence(
                "Created revision tag[ {text.tag}] of environment {target}[ at revision {rev}]",
                "create revision tag[ {text.tag}] of environment {target}",
            ),
        Event::EnvironmentRevisionTagDelete => Facts::new("Environment Version Tag Delete", Category::Environments)
            .also(&["Environment Revision Tag Delete", "environment-version-tag-delete"])
            .about("A revision tag was deleted; the revision stays.")
            .sentence(
                "Deleted revision tag[ {text.tag}] of environment {target}[ at revision {rev}]",
                "delete revision tag[ {text.tag}] of environment {target}",
            ),
        Event::EnvironmentRevisionTagOpen => Facts::new("Environment Version Tag Open", Category::Environments)
            .also(&["Environment Revision Tag Open", "environment-version-tag-open"])
            .about("An environment was opened at the revision that a tag names.")
            .sentence(
                "Opened environment {target}[ at tag {text.tag}]",
                "open environment {target}[ at tag {text.tag}]",
            )
            .detail(&[BY, IMPORTS, LIFETIME, READS, SESSION]),
        Event::EnvironmentRevisionTagRead => Facts::new("Environment Version Tag Read", Category::Environments)
            .also(&["Environment Revision Tag Read", "environment-version-tag-read"])
            .about("A revision tag, or the definition that it names, was read.")
            .sentence("Read environment {target}[ at tag {text.tag}]", "read environment {target}[ at tag {text.tag}]")
            .detail(&[BY, IMPORTS, VIEW]),
        Event::EnvironmentRevisionTagUpdate => Facts::new("Environment Version Tag Update", Category::Environments)
            .also(&["Environment Revision Tag Update", "environment-version-tag-update"])
            .about("A revision tag was moved to another revision.")
            .sentence(
                "Moved revision tag[ {text.tag}] of environment {target}[ to revision {rev}]",
                "move revision tag[ {text.tag}] of environment {target}",
            ),
        Event::EnvironmentRotated => Facts::new("Environment Rotated", Category::Environments)
            .about("A secret was rotated by the rotator at a path, or there was none: an intent comes first, then its outcome.")
            .sentence(
                "Rotated [{text.path} of |]environment {target}",
                "rotate [{text.path} of |]environment {target}",
            )
            .detail(&[PENDING, ROTATOR, ROTATORS]),
        Event::EnvironmentScheduleCreated => Facts::new("Environment Schedule Created", Category::Environments)
            .about("An environment got a schedule, by which its secrets are rotated.")
            .sentence(
                "Created a schedule[ ({text.schedule})] of environment {target}",
                "create a schedule[ ({text.schedule})] of environment {target}",
            )
            .detail(&[KIND, NEXT, SCHEDULE]),
        Event::EnvironmentScheduleDeleted => Facts::new("Environment Schedule Deleted", Category::Environments)
            .about("A schedule of an environment was deleted.")
            .sentence(
                "Deleted the schedule[ ({text.schedule})] of environment {target}",
                "delete the schedule[ ({text.schedule})] of environment {target}",
            )
            .detail(&[SCHEDULE]),
        Event::EnvironmentScheduleUpdated => Facts::new("Environment Schedule Updated", Category::Environments)
            .about("A schedule of an environment was changed, paused or resumed.")
            .sentence(
                "Updated the schedule[ ({text.schedule})] of environment {target}[: {said.change}]",
                "update the schedule[ ({text.schedule})] of environment {target}",
            )
            .detail(&[CHANGE, KIND, NEXT, SCHEDULE]),
        Event::EnvironmentTagCreated => Facts::new("Environment Tag Created", Category::Environments)
            .about("An environment got a tag with a value.")
            .sentence(
                "Created tag[ {text.tag}] of environment {target}[ with value {text.value}]",
                "create tag[ {text.tag}] of environment {target}",
            ),
        Event::EnvironmentTagDeleted => Facts::new("Environment Tag Deleted", Category::Environments)
            .about("A tag of an environment was deleted.")
            .sentence(
                "Deleted tag[ {text.tag}] of environment {target}",
                "delete tag[ {text.tag}] of environment {target}",
            ),
        Event::EnvironmentTagUpdated => Facts::new("Environment Tag Updated", Category::Environments)
            .about("A tag of an environment got another value or another name.")
            .sentence(
                "Updated tag[ {text.tag}] of environment {target}[, renamed to {text.name}][, set to {text.value}]",
                "update tag[ {text.tag}] of environment {target}",
            ),
        Event::EnvironmentUnauthorizedOpen => Facts::new("Environment Unauthorized Open", Category::Environments)
            .about("Somebody without permission tried to open an environment, or one that imports it.")
            .sentence(
                "Was refused to open [environment {target}|a definition]",
                "open [environment {target}|a definition]",
            )
            .detail(&[ATTEMPTED, BY, IMPORT, LIFETIME]),
        Event::EnvironmentUpdated => Facts::new("Environment Updated", Category::Environments)
            .about("A revision of an environment was stored.")
            .sentence("Updated environment {target}[ to revision {rev}]", "update environment {target}")
            .detail(&[BYTES, SECRETS, UNCHANGED]),
        Event::AuditLogExported => Facts::new("Escriba Audit Log Exported", Category::AuditLog)
            .about("The audit log was exported: one record at the start, one at the end.")
            .sentence(
                "Exported the audit log[ of {target}][ as {detail.format}][: {detail.rows} rows]",
                "export the audit log[ of {target}][ as {detail.format}]",
            )
            .detail(&[BYTES, FILTERS, FORMAT, FROM, PHASE, ROWS, SHA256, UNTIL, VIEW]),
        Event::AuditLogRead => Facts::new("Escriba Audit Log Read", Category::AuditLog)
            .about("The audit log was read; an answer never holds the record that it caused.")
            .sentence("Read the audit log[ of {target}]", "read the audit log[ of {target}]")
            .detail(&[FILTERS, FORMAT, FROM, ROWS, UNTIL, VIEW]),
        Event::AuthenticationFailed => Facts::new("Escriba Authentication Failed", Category::Authentication)
            .authentication_failure()
            .about("A request came without a valid credential, or too many came before it.")
            .sentence("Was not authenticated", "authenticate[ to {said.attempted}]")
            .detail(&[ATTEMPTED, METHOD]),
        Event::BackupMade => Facts::new("Escriba Backup Made", Category::Server)
            .about("A copy of the data was made.")
            .sentence("Made a backup", "make a backup")
            .detail(&[BYTES, DATABASE, SCHEMA, SHA256]),
        Event::ClockAdopted => Facts::new("Escriba Clock Adopted", Category::Server)
            .about("A reading that was far ahead was confirmed, and the time of the log follows it again.")
            .sentence("Adopted the clock's reading", "adopt the clock's reading")
            .detail(&[AHEAD]),
        Event::CredentialMinted => Facts::new("Escriba Credential Minted", Category::Environments)
            .about("A provider had another service mint a credential that outlives the call.")
            .sentence(
                "Had[ {said.provider}| a provider] of [environment {target}|a definition] mint a credential",
                "have[ {said.provider}| a provider] of [environment {target}|a definition] mint a credential",
            )
            .detail(&[PROVIDER]),
        Event::DefaultOrganizationSet => Facts::new("Escriba Default Organization Set", Category::Organization)
            .about("A user chose a default organization.")
            .sentence("Made organization {organization} the default", "make organization {organization} the default")
            .detail(&[]),
        Event::EnvironmentOwnerChanged => Facts::new("Escriba Environment Owner Changed", Category::Environments)
            .about("An environment was given to another member of the organization.")
            .sentence("Gave environment {target} to [{text.login}|somebody]", "give environment {target} to [{text.login}|somebody]")
            .detail(&[ACCOUNT, PREVIOUS]),
        Event::EnvironmentPurged => Facts::new("Escriba Environment Purged", Category::Environments)
            .about("An environment that was deleted long enough ago was removed for good, with its revisions and its key.")
            .sentence("Purged environment {target}", "purge environment {target}")
            .detail(&[DELETED, REVISIONS]),
        Event::LogAdopted => Facts::new("Escriba Log Adopted", Category::AuditLog)
            .about("A state of a log was taken as the one that later states must extend, for want of an anchor.")
            .sentence(
                "Adopted log {detail.log} at size {detail.size}",
                "adopt log {detail.log} at size {detail.size}",
            )
            .detail(&[LOG, ROOT, SIZE]),
        Event::LogFrozen => Facts::new("Escriba Log Frozen", Category::AuditLog)
            .about("A log no longer extends what was signed of it, and takes no entries.")
            .sentence(
                "Froze log {detail.log} at size {detail.size}[: {said.reason}]",
                "freeze log {detail.log} at size {detail.size}",
            )
            .detail(&[LOG, REASON, ROOT, SIZE]),
        Event::LogKeyChanged => Facts::new("Escriba Log Key Changed", Category::AuditLog)
            .about("Another key signs the logs; until the time given, both sign.")
            .sentence(
                "Changed the key that signs the logs to {detail.newkey}",
                "change the key that signs the logs[ to {detail.newkey}]",
            )
            .detail(&[NEWKEY, OLDKEY, REASON, UNTIL]),
        Event::LogOpened => Facts::new("Escriba Log Opened", Category::AuditLog)
            .about("A log began: its first entry.")
            .sentence("Opened the log[ of {target}]", "open the log[ of {target}]")
            .detail(&[HASH, KIND, RECORD]),
        Event::LogResumed => Facts::new("Escriba Log Resumed", Category::AuditLog)
            .about("A log goes on in place of one that lost entries: what was anchored of that, and what was found.")
            .sentence(
                "Resumed log {detail.log}, anchored at size {detail.size} and found at size {detail.foundsize}",
                "resume log {detail.log}",
            )
            .detail(&[FOUNDROOT, FOUNDSIZE, LOG, ROOT, SIZE]),
        Event::LogVisibilityChanged => Facts::new("Escriba Log Visibility Changed", Category::AuditLog)
            .about("Who may read the tree of a log changed; texts are never public.")
            .sentence(
                "Changed who may read the tree of the log[ of {target}]",
                "change who may read the tree of the log[ of {target}]",
            )
            .detail(&[LOG, PUBLIC]),
        Event::LogsAnchored => Facts::new("Escriba Logs Anchored", Category::AuditLog)
            .about("The sizes and roots of all logs of organizations were put down, each at its slot.")
            .sentence("Anchored {detail.logs} logs", "anchor the logs")
            .detail(&[LOGS, NUMBER, ROOT]),
        Event::OneTimeLinkCreated => Facts::new("Escriba One-Time Link Created", Category::Authentication)
            .about("A link was made that signs its holder in once.")
            .sentence("Created a one-time link for {target}", "create a one-time link for {target}")
            .detail(&[EXPIRES, LIFETIME, LINK, PURPOSE]),
        Event::OpeningsDestroyed => Facts::new("Escriba Openings Destroyed", Category::AuditLog)
            .about("Texts of this log were destroyed, the leaves that commit to them stay; which ones is stated and stays.")
            .sentence(
                "Destroyed [{detail.openings}|some] openings[, chosen by {detail.chosen}]",
                "destroy openings[, chosen by {detail.chosen}]",
            )
            .detail(&[CHOSEN, OPENINGS, REASON, UNTIL]),
        Event::OrganizationCreated => Facts::new("Escriba Organization Created", Category::Organization)
            .about("An organization was created.")
            .sentence("Created organization {target}", "create organization {target}")
            .detail(&[LOG]),
        Event::PasswordSet => Facts::new("Escriba Password Set", Category::Authentication)
            .about("The password of an account was set.")
            .sentence("Set the password of {target}", "set the password of {target}")
            .detail(&[METHOD, SESSIONS]),
        Event::PersonalTokenCreated => Facts::new("Escriba Personal Token Created", Category::AccessTokens)
            .about("A personal access token was created.")
            .sentence("Created personal token {target}", "create personal token {target}")
            .detail(&[EXPIRES, LIFETIME, METHOD, PURPOSE, TOKEN]),
        Event::PersonalTokenDeleted => Facts::new("Escriba Personal Token Deleted", Category::AccessTokens)
            .about("A personal access token was deleted.")
            .sentence("Deleted personal token {target}", "delete personal token {target}")
            .detail(&[REASON, TOKEN]),
        Event::ScheduleRun => Facts::new("Escriba Schedule Run", Category::Environments)
            .about("The time of a schedule came: an intent comes first, then its outcome. What was rotated has records of its own.")
            .sentence(
                "Ran the schedule[ ({text.schedule})] of environment {target}",
                "run the schedule[ ({text.schedule})] of environment {target}",
            )
            .detail(&[PHASE, SCHEDULE]),
        Event::ServerStarted => Facts::new("Escriba Server Started", Category::Server)
            .about("A process of the server started.")
            .sentence("Started the server[, version {detail.version}]", "start the server")
            .detail(&[BUILD, CONFIG, DATABASE, SCHEMA, VERSION]),
        Event::ServerStopped => Facts::new("Escriba Server Stopped", Category::Server)
            .about("A process of the server stopped in an orderly way.")
            .sentence("Stopped the server", "stop the server")
            .detail(&[REASON, UPTIME]),
        Event::UserCreated => Facts::new("Escriba User Created", Category::Server)
            .about("An account was created.")
            .sentence("Created user {target}", "create user {target}")
            .detail(&[ACCOUNT, KIND, METHOD]),
        Event::UserSignedOut => Facts::new("Escriba User Signed Out", Category::Authentication)
            .about("A user signed out.")
            .sentence("Signed out", "sign out")
            .detail(&[CREATED, REASON, SESSION, SESSIONS]),
        Event::UserUpdated => Facts::new("Escriba User Updated", Category::Server)
            .about("An account was changed.")
            .sentence("Updated user {target}", "update user {target}")
            .detail(&[ACCOUNT, FIELDS, SESSIONS, TOKENS]),
        Event::YamlChecked => Facts::new("Escriba YAML Checked", Category::Environments)
            .about("A definition sent with the request was checked, and what it imports was shown.")
            .sentence("Checked a definition[ in organization {organization}]", "check a definition")
            .detail(&[BYTES, IMPORTS]),
        Event::MemberAdded => Facts::new("Member Added", Category::Organization)
            .requires_org_admin()
            .about("A user became a member of the organization.")
            .sentence(
                "Added {target} to organization {organization}[ as {detail.role}]",
                "add {target} to organization {organization}",
            )
            .detail(&[ACCOUNT, CUSTOM, ROLE]),
        Event::MemberRemoved => Facts::new("Member Removed", Category::Organization)
            .requires_org_admin()
            .about("A user stopped being a member of the organization.")
            .sentence(
                "Removed {target} from organization {organization}",
                "remove {target} from organization {organization}",
            )
            .detail(&[ACCOUNT, ROLE, SESSIONS]),
        Event::MemberRoleChanged => Facts::new("Member Role Changed", Category::Organization)
            .requires_org_admin()
            .about("The role of a member changed.")
            .sentence(
                "Changed the role of {target}[ from {detail.before}][ to {detail.role} {text.role}| to {detail.role}]",
                "change the role of {target}[ to {detail.role}]",
            )
            .detail(&[ACCOUNT, BEFORE, CUSTOM, CUSTOMBEFORE, ROLE]),
        Event::OidcIssuerDeleted => Facts::new("OIDC Issuer Deleted", Category::Authentication)
            .about("An organization stopped trusting an issuer; the tokens that were made for its identities ended.")
            .sentence("Deleted issuer {target}", "delete issuer {target}")
            .detail(&[ISSUER, TOKENS]),
        Event::OidcIssuerRegistered => Facts::new("OIDC Issuer Registered", Category::Authentication)
            .about("An organization began to trust an issuer, as far as its policy goes.")
            .sentence("Registered issuer {target}", "register issuer {target}")
            .detail(&[ISSUER, LIFETIME, POLICY]),
        Event::OidcIssuerUpdated => Facts::new("OIDC Issuer Updated", Category::Authentication)
            .about("An issuer was changed, or what is kept of it was had again.")
            .sentence("Updated issuer {target}", "update issuer {target}")
            .detail(&[FIELDS, ISSUER, LIFETIME]),
        Event::OidcIssuerValidationFailed => Facts::new("OIDC Issuer Validation Failed", Category::Authentication)
            .authentication_failure()
            .about("The keys of an issuer could not be had, so that nobody could be recognised by it.")
            .sentence("Could not have the keys of issuer {target}", "have the keys of issuer {target}")
            .detail(&[ISSUER]),
        Event::OrganizationInviteAccepted => Facts::new("Organization Invite Accepted", Category::Organization)
            .about("Somebody joined the organization by an invitation; another record says as whom.")
            .sentence(
                "Accepted an invitation to organization {organization}[ as {detail.role}]",
                "accept an invitation to [organization {organization}|an organization]",
            )
            .detail(&[CUSTOM, LINK, ROLE]),
        Event::OrganizationInviteCanceled => Facts::new("Organization Invite Canceled", Category::Organization)
            .requires_org_admin()
            .about("An invitation was cancelled, and its link no longer works.")
            .sentence(
                "Canceled the invitation[ of {text.email}] to organization {organization}[ as {detail.role}]",
                "cancel an invitation to [organization {organization}|an organization]",
            )
            .detail(&[CUSTOM, LINK, ROLE]),
        Event::OrganizationInviteSent => Facts::new("Organization Invite Sent", Category::Organization)
            .requires_org_admin()
            .about("A link was made by which somebody can join the organization. No mail is sent.")
            .sentence(
                "Invited [{text.email}|somebody] to organization {organization}[ as {detail.role}]",
                "invite [{text.email}|somebody] to [organization {organization}|an organization]",
            )
            .detail(&[CUSTOM, EXPIRES, LINK, ROLE]),
        Event::OrganizationSettingsChanged => Facts::new("Organization Settings Changed", Category::Organization)
            .requires_org_admin()
            .about("Settings of the organization changed.")
            .sentence(
                "Changed the settings of organization {organization}",
                "change the settings of organization {organization}",
            )
            .detail(&[BEFORE, CUSTOM, CUSTOMBEFORE, FIELDS, LIFETIME, PERMISSION]),
        Event::OrganizationTokenCreated => Facts::new("Organization Token Created", Category::AccessTokens)
            .requires_org_admin()
            .about("A token of the organization was created: who presents it acts as the organization.")
            .sentence(
                "Created organization token {target}[ as {detail.role}]",
                "create organization token {target}",
            )
            .detail(&[CUSTOM, EXPIRES, ROLE, TOKEN]),
        Event::OrganizationTokenCreatedForOidcIssuer => {
            Facts::new("Organization Token Created for OIDC Issuer", Category::AccessTokens)
                .about("A short-lived token of the organization was made for somebody whom an issuer vouches for.")
                .sentence(
                    "Created organization token {target}[ as {detail.role}][ for {text.subject}]",
                    "create an organization token[ for {text.subject}]",
                )
                .detail(&[EXPIRES, ISSUER, LIFETIME, ROLE, TOKEN])
        }
        Event::OrganizationTokenDeleted => Facts::new("Organization Token Deleted", Category::AccessTokens)
            .requires_org_admin()
            .about("A token of the organization was deleted, and is no longer good.")
            .sentence("Deleted organization token {target}", "delete organization token {target}")
            .detail(&[TOKEN]),
        Event::PersonalTokenCreatedForOidcIssuer => {
            Facts::new("Personal Token Created for OIDC Issuer", Category::AccessTokens)
                .about("A short-lived token of a user was made for somebody whom an issuer vouches for.")
                .sentence(
                    "Created personal token {target}[ for {text.subject}]",
                    "create a personal token[ for {text.subject}]",
                )
                .detail(&[EXPIRES, ISSUER, LIFETIME, TOKEN])
        }
        Event::TeamCreated => Facts::new("Team Created", Category::Organization)
            .requires_org_admin()
            .about("A team was created.")
            .sentence("Created team {target}", "create team {target}"),
        Event::TeamDeleted => Facts::new("Team Deleted", Category::Organization)
            .requires_org_admin()
            .about("A team was deleted, and with it what its members could do by it.")
            .sentence("Deleted team {target}", "delete team {target}")
            .detail(&[GRANTS, MEMBERS]),
        Event::TeamTokenCreated => Facts::new("Team Token Created", Category::AccessTokens)
            .requires_org_admin()
            .about("A token of a team was created: who presents it acts as the team.")
            .sentence("Created token {target}[ of team {text.name}]", "create token {target}[ of team {text.name}]")
            .detail(&[EXPIRES, ROLE, TEAM, TOKEN]),
        Event::TeamTokenCreatedForOidcIssuer => {
            Facts::new("Team Token Created for OIDC Issuer", Category::AccessTokens)
                .about("A short-lived token of a team was made for somebody whom an issuer vouches for.")
                .sentence(
                    "Created token {target}[ of team {text.name}][ for {text.subject}]",
                    "create a token[ of team {text.name}][ for {text.subject}]",
                )
                .detail(&[EXPIRES, ISSUER, LIFETIME, ROLE, TEAM, TOKEN])
        }
        Event::TeamTokenDeleted => Facts::new("Team Token Deleted", Category::AccessTokens)
            .requires_org_admin()
            .about("A token of a team was deleted, by itself or with the team, and is no longer good.")
            .sentence("Deleted token {target}[ of team {text.name}]", "delete token {target}[ of team {text.name}]")
            .detail(&[TEAM, TOKEN]),
        Event::TeamUpdated => Facts::new("Team Updated", Category::Organization)
            .requires_org_admin()
            .about("A team was described anew, or its members or what they may do with an environment changed.")
            .sentence(
                "Updated team {target}[: {detail.change} {detail.level} on environment {text.name}|: {detail.change} {text.login}|: {detail.change} role {text.role}|: {detail.change}]",
                "update team {target}",
            )
            .detail(&[ACCOUNT, BEFORE, CHANGE, CUSTOM, ENVIRONMENT, GRANT, LEVEL, LONGEST, ROLE]),
        Event::UserLogin => Facts::new("User Login", Category::Authentication)
            .about("A user signed in.")
            .sentence("Signed in", "sign in")
            .detail(&[LIFETIME, METHOD, PURPOSE, SESSION]),
        Event::UserLoginFailed => Facts::new("User Login Failed", Category::Authentication)
            .about("Somebody failed to sign in.")
            .sentence("Failed to sign in[ as {target}]", "sign in[ as {target}]")
            .detail(&[METHOD, PURPOSE]),
    }
}
