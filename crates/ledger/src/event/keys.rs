//! The keys of `detail`: a key means the same in every event that has it.

use DetailKind::{Boolean, Digest, Id, Integer, Log, Word, Words};

/// What stands under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailKind {
    /// An integer below 2^53.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A word of the program.
    Word,
    /// An id of any kind.
    Id,
    /// The id of another event.
    Event,
    /// The id of a log.
    Log,
    /// 32 bytes in base64.
    Digest,
    /// Words, at least one.
    Words,
    /// Integers, at least one.
    Integers,
    /// Ids, at least one.
    Ids,
}

/// A key that the detail of an event may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetailKey {
    /// The key.
    pub name: &'static str,
    /// What stands under it.
    pub kind: DetailKind,
    /// What it says.
    pub about: &'static str,
}

const fn key(name: &'static str, kind: DetailKind, about: &'static str) -> DetailKey {
    DetailKey { name, kind, about }
}

pub(super) const ACCOUNT: DetailKey = key("account", Id, "the account on this server");
pub(super) const AHEAD: DetailKey = key("ahead", Integer, "microseconds between the reading and the time held");
pub(super) const ATTEMPTED: DetailKey = key("attempted", Word, "the activity that was refused");
pub(super) const BEFORE: DetailKey = key("before", Word, "the word that stood there before");
pub(super) const BUILD: DetailKey = key("build", Word, "what the program was built from");
pub(super) const BY: DetailKey = key("by", Word, "how the revision was addressed: latest, number or tag");
pub(super) const BYTES: DetailKey = key("bytes", Integer, "bytes of what was stored, exported or backed up");
pub(super) const CHANGE: DetailKey = key("change", Word, "what was done");
pub(super) const CHOSEN: DetailKey = key("chosen", Word, "by what they were chosen: subject, age or commitment");
pub(super) const CLONE: DetailKey = key("clone", Id, "the environment that was made");
pub(super) const CONFIG: DetailKey = key("config", Digest, "SHA-256 of the effective configuration");
pub(super) const CREATED: DetailKey = key("created", Integer, "when it was made, microseconds UTC");
pub(super) const CUSTOM: DetailKey = key("custom", Id, "the custom role given, or lost");
pub(super) const CUSTOMBEFORE: DetailKey = key("custombefore", Id, "the custom role that stood there before");
pub(super) const DATABASE: DetailKey = key("database", Word, "the kind of database");
pub(super) const DELETED: DetailKey = key("deleted", Integer, "when it was deleted, microseconds UTC");
pub(super) const ENVIRONMENT: DetailKey = key("environment", Id, "the environment");
pub(super) const EXPIRES: DetailKey = key("expires", Integer, "when it ends, microseconds UTC; absent if never");
pub(super) const FIELDS: DetailKey = key("fields", Words, "the fields that changed");
pub(super) const FILTERS: DetailKey = key("filters", Words, "the filters that were set");
pub(super) const FORMAT: DetailKey = key("format", Word, "the format of the answer");
pub(super) const FOUNDROOT: DetailKey = key("foundroot", Digest, "the root of the tree of what was found");
pub(super) const FOUNDSIZE: DetailKey = key("foundsize", Integer, "how many entries were found");
pub(super) const FROM: DetailKey = key("from", Integer, "the start of the time meant, microseconds UTC");
pub(super) const GRANT: DetailKey = key("grant", Id, "the grant");
pub(super) const GRANTS: DetailKey = key("grants", Integer, "how many grants it had");
pub(super) const HASH: DetailKey = key("hash", Word, "the hash of the tree");
pub(super) const HOLDERS: DetailKey =
    key("holders", Integer, "how many held the role: members, teams, tokens and invitations");
pub(super) const IMPORT: DetailKey = key("import", Boolean, "whether an import was refused, not the root");
pub(super) const IMPORTS: DetailKey = key("imports", Integer, "how many environments were imported");
pub(super) const ISSUER: DetailKey = key("issuer", Id, "the issuer that vouched for whoever asked");
pub(super) const KEPT: DetailKey = key("kept", Words, "what was copied besides the definition");
pub(super) const KIND: DetailKey = key("kind", Word, "which of its kinds");
pub(super) const LEVEL: DetailKey = key("level", Word, "the permission given, or lost");
pub(super) const LIFETIME: DetailKey = key("lifetime", Integer, "seconds it lives");
pub(super) const LINK: DetailKey = key("link", Id, "the link");
pub(super) const LOG: DetailKey = key("log", Log, "the log");
pub(super) const LOGS: DetailKey = key("logs", Integer, "how many logs");
pub(super) const LONGEST: DetailKey =
    key("longest", Integer, "seconds an opening may last at most; absent if not bounded");
pub(super) const MEMBERS: DetailKey = key("members", Integer, "how many members it had");
pub(super) const METHOD: DetailKey = key("method", Word, "by which way");
pub(super) const NEWKEY: DetailKey = key("newkey", Digest, "the digest of the key that signs from now on");
pub(super) const NEXT: DetailKey = key("next", Integer, "when it runs next, microseconds UTC; absent if never");
pub(super) const NUMBER: DetailKey = key("number", Integer, "which one, counted from 0");
pub(super) const OLDKEY: DetailKey = key("oldkey", Digest, "the digest of the key that signed until now");
pub(super) const OPENINGS: DetailKey = key("openings", Integer, "how many openings");
pub(super) const PENDING: DetailKey = key("pending", Boolean, "whether it finishes one whose end nobody knew");
pub(super) const PERMISSION: DetailKey = key("permission", Word, "the default permission on environments");
pub(super) const PHASE: DetailKey = key("phase", Word, "started or finished");
pub(super) const PREVIOUS: DetailKey = key("previous", Id, "the account whose it was");
pub(super) const PROVIDER: DetailKey = key("provider", Word, "which provider");
pub(super) const POLICY: DetailKey = key("policy", Id, "the policy");
pub(super) const PUBLIC: DetailKey = key("public", Boolean, "whether its tree may be read without a credential");
pub(super) const PURPOSE: DetailKey = key("purpose", Word, "what it is for");
pub(super) const READS: DetailKey = key("reads", Integer, "how many secret property paths the caller could see");
pub(super) const REASON: DetailKey = key("reason", Word, "why it happened");
pub(super) const RECORD: DetailKey = key("record", Integer, "the version of the record format");
pub(super) const REPLACEMENT: DetailKey = key("replacement", Integer, "the revision that takes its place");
pub(super) const REVISIONS: DetailKey = key("revisions", Integer, "how many revisions it has");
pub(super) const ROLE: DetailKey = key("role", Word, "the role given, or lost");
pub(super) const ROOT: DetailKey = key("root", Digest, "the root of a tree");
pub(super) const ROTATOR: DetailKey = key("rotator", Word, "the rotator");
pub(super) const ROTATORS: DetailKey = key("rotators", Integer, "how many rotators were to rotate, where none was");
pub(super) const ROWS: DetailKey = key("rows", Integer, "how many entries were answered");
pub(super) const SCHEDULE: DetailKey = key("schedule", Id, "the schedule");
pub(super) const RULES: DetailKey = key("rules", Integer, "how many rules it has");
pub(super) const SCHEMA: DetailKey = key("schema", Integer, "the number of the newest migration");
pub(super) const SCOPES: DetailKey = key("scopes", Words, "the scopes that the role gives; absent if none");
pub(super) const SCOPESBEFORE: DetailKey =
    key("scopesbefore", Words, "the scopes that the role gave before; absent if none");
pub(super) const SECRETS: DetailKey = key("secrets", Integer, "how many secrets the text holds");
pub(super) const SESSION: DetailKey = key("session", Id, "the session");
pub(super) const SESSIONS: DetailKey = key("sessions", Integer, "how many sessions it ended");
pub(super) const SHA256: DetailKey = key("sha256", Digest, "SHA-256 of the bytes exported or backed up");
pub(super) const SIZE: DetailKey = key("size", Integer, "how many entries the tree has");
pub(super) const TAGS: DetailKey = key("tags", Integer, "how many tags it moved");
pub(super) const TEAM: DetailKey = key("team", Id, "the team");
pub(super) const TOKEN: DetailKey = key("token", Id, "the token");
pub(super) const TOKENS: DetailKey = key("tokens", Integer, "how many tokens it ended");
pub(super) const UNCHANGED: DetailKey = key("unchanged", Boolean, "whether the text equals the revision before");
pub(super) const UNTIL: DetailKey = key("until", Integer, "the end of the time meant, microseconds UTC");
pub(super) const UPTIME: DetailKey = key("uptime", Integer, "seconds since the start");
pub(super) const VERSION: DetailKey = key("version", Word, "the version of the program");
pub(super) const VIEW: DetailKey = key("view", Word, "which view of it");
pub(super) const WHOLE: DetailKey = key("whole", Boolean, "whether everything was read, not one property");
