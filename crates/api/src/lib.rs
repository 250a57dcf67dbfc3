//! The wire: request and response types, field by field as the official clients have them.
//!
//! Keys are spelled exactly as here; some clients read them without regard to case, others do not.
//! Every list is an array, never null.

mod access;
mod auditlogs;
mod environments;
mod identity;
mod invites;
mod oidc;
mod organizations;
mod problem;
mod providers;
mod referrers;
mod roles;
mod rotation;
mod schedules;
mod secrets;
mod tags;
mod teams;

pub use access::{Access, AccessGround, AccessOperation, NewOwner};
pub use auditlogs::{
    AuditLogBucket, AuditLogEvents, AuditLogFacet, AuditLogFacets, AuditLogHistogram, AuditLogSearch, AuditLogValue,
    EventType, EventTypes, Identified,
};
pub use environments::{
    CloneEnvironment, CloneVersion, CreateEnvironment, EnvironmentMetadata, EnvironmentRevision, EnvironmentSettings,
    ListEnvironments, OpenEnvironment, OrgEnvironment, ReferrerMetadata, RestoreEnvironment, RetractRevision,
    RevisionRetracted, UpdateEnvironment, UpdateSettings,
};
pub use identity::{
    AccessToken, AccessTokens, Capabilities, CliVersion, CreateMachineToken, CreateToken, CreatedToken,
    DefaultOrganization, OrgSummary, TokenOwner, User, UserInfo,
};
pub use invites::{
    AcceptInvite, CreateInvite, CreateInvites, FailedInvite, ListInvites, OrganizationInvite, SentInvite, SentInvites,
};
pub use oidc::{
    AuthPolicy, AuthPolicyDefinition, ExchangedToken, ListOidcIssuers, OidcIssuer, RegisterOidcIssuer,
    UpdateAuthPolicy, UpdateOidcIssuer,
};
pub use organizations::{
    ChangeMember, ListMembers, Organization, OrganizationMember, OrganizationMetadata, UpdateOrganization,
};
pub use problem::{Diagnostic, ErrorBody, Position, Range, Severity};
pub use providers::{ContextSchema, ListProviders, ListRotators, OpenIdConfiguration, ProviderSchema};
pub use referrers::{ListReferrers, Referrer, ReferringEnvironment};
pub use roles::{
    CreateRole, FgaRole, GiveTeamRole, ListRoleTeams, ListRoleTokens, ListRoleUsers, ListRoles, ListScopes, NamedRole,
    Role, RoleDetails, RoleScope, UpdateRole,
};
pub use rotation::{RotateEnvironment, RotatedEnvironment, SecretRotation, SecretRotationEvent, SecretRotationEvents};
pub use schedules::{
    ListSchedules, RotationRequest, ScheduleDefinition, ScheduleHistory, ScheduleHistoryEvent, ScheduledAction,
    SetSchedule,
};
pub use secrets::{DecryptSecrets, DecryptedSecrets, EncryptSecrets, EncryptedSecrets};
pub use tags::{
    CreateEnvironmentTag, CreateRevisionTag, EnvironmentTag, ListEnvironmentTags, ListRevisionTags, RevisionTag,
    TagChange, UpdateEnvironmentTag, UpdateRevisionTag,
};
pub use teams::{CreateTeam, ListTeamNames, ListTeams, Team, TeamEnvironment, TeamMember, UpdateTeam};
