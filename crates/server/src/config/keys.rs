//! The table of all keys.

/// One key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name: `--name` as a flag, `name = …` in the file.
    pub name: &'static str,
    /// Its environment variable.
    pub variable: &'static str,
    /// Its default, in words.
    pub default: &'static str,
    /// What it is for.
    pub about: &'static str,
}

const fn key(name: &'static str, variable: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, variable, default, about }
}

/// All keys, in the order of the documentation.
pub const KEYS: &[Key] = &[
    key(
        "data-dir",
        "ESCRIBA_DATA_DIR",
        "./escriba-data",
        "Directory of the database, the keys and the administration socket.",
    ),
    key(
        "database-url",
        "ESCRIBA_DATABASE_URL",
        "the embedded database",
        "PostgreSQL 15 or newer instead of the embedded database: `postgres://user:password@host/database`.",
    ),
    key(
        "key-file",
        "ESCRIBA_KEY_FILE",
        "escriba.keys in the data directory",
        "The key ring. Every replica on one database gets the same one.",
    ),
    key(
        "anchor",
        "ESCRIBA_ANCHOR",
        "escriba.anchor in the data directory",
        "The file of the newest signed head of each log. On a disk of its own it survives what happens to the database.",
    ),
    key("listen", "ESCRIBA_LISTEN", "127.0.0.1:8080", "Address and port to listen on; port 0 picks a free one."),
    key(
        "public-url",
        "ESCRIBA_PUBLIC_URL",
        "made of the address listened on",
        "Where users reach the server, as behind a proxy: `https://escriba.example.com`.",
    ),
    key("tls-cert", "ESCRIBA_TLS_CERT", "no TLS", "Certificate chain, PEM. Needs `tls-key`."),
    key("tls-key", "ESCRIBA_TLS_KEY", "no TLS", "Private key of the certificate, PEM. Needs `tls-cert`."),
    key(
        "trusted-proxy",
        "ESCRIBA_TRUSTED_PROXY",
        "none",
        "Networks of the proxies whose `Forwarded` or `X-Forwarded-For` is believed; several are separated by commas.",
    ),
    key(
        "egress-allow",
        "ESCRIBA_EGRESS_ALLOW",
        "none",
        "Networks that providers and rotators may call although they are not public; several are separated by commas.",
    ),
    key(
        "egress-deny",
        "ESCRIBA_EGRESS_DENY",
        "none",
        "Networks that they must not call, whatever else is said of them; several are separated by commas.",
    ),
    key(
        "egress-ca-cert",
        "ESCRIBA_EGRESS_CA_CERT",
        "none",
        "Certificates of authorities, PEM, that are trusted besides those of the machine where others are called.",
    ),
    key(
        "log-format",
        "ESCRIBA_LOG_FORMAT",
        "text",
        "What the program's own log looks like on standard error: `text` or `json`.",
    ),
    key(
        "log-filter",
        "ESCRIBA_LOG_FILTER",
        "info",
        "Which lines it has: `error`, `warn`, `info`, `debug`, or `target=level` pairs.",
    ),
    key(
        "ready-file",
        "ESCRIBA_READY_FILE",
        "none",
        "A file that gets the bound address as one line once the server listens.",
    ),
    key(
        "deletion-retention",
        "ESCRIBA_DELETION_RETENTION",
        "90",
        "How many days a deleted environment can be restored before it is removed for good; `forever` removes none.",
    ),
    key(
        "rate-limit-token",
        "ESCRIBA_RATE_LIMIT_TOKEN",
        "200",
        "How many requests a second one access token may make for long, twenty times that at once; `off` sets no limit.",
    ),
    key(
        "rate-limit-address",
        "ESCRIBA_RATE_LIMIT_ADDRESS",
        "1000",
        "The same for one network of clients: a /24 of IPv4 or a /56 of IPv6. `off` also takes the limits from signing in.",
    ),
    key(
        "sign-in-issuer",
        "ESCRIBA_SIGN_IN_ISSUER",
        "none",
        "Address of an OpenID Connect provider by which people sign in to the console: `https://idp.example.com`.",
    ),
    key(
        "sign-in-client-id",
        "ESCRIBA_SIGN_IN_CLIENT_ID",
        "none",
        "Who this server is to the provider, which knows `/sign-in/back` of `public-url` as its redirect URI.",
    ),
    key(
        "sign-in-client-secret",
        "ESCRIBA_SIGN_IN_CLIENT_SECRET",
        "none",
        "The secret that the provider gave with it, if it gave one; better in a file.",
    ),
    key("sign-in-client-secret-file", "ESCRIBA_SIGN_IN_CLIENT_SECRET_FILE", "none", "A file with that secret."),
    key(
        "sign-in-name",
        "ESCRIBA_SIGN_IN_NAME",
        "the provider's host",
        "What people call the provider: the button says “Sign in with” it.",
    ),
    key(
        "sign-in-scope",
        "ESCRIBA_SIGN_IN_SCOPE",
        "openid,email,profile",
        "What the provider is asked for; several are separated by commas.",
    ),
    key(
        "sign-in-accounts",
        "ESCRIBA_SIGN_IN_ACCOUNTS",
        "invited",
        "Who gets in that it vouches for: `known`, `invited` or `anybody`, as below.",
    ),
    key("organization", "ESCRIBA_ORGANIZATION", "escriba", "Name of the organization that a first start makes."),
    key("admin", "ESCRIBA_ADMIN", "admin", "Login of the administrator that a first start makes."),
];

impl Key {
    /// The key that was probably meant by a name that is none.
    pub fn nearest(name: &str) -> Option<&'static Self> {
        let distance = |known: &Self| edit_distance(name, known.name);
        KEYS.iter().min_by_key(|known| distance(known)).filter(|known| distance(known) <= 1 + known.name.len() / 3)
    }
}

/// The least number of letters to insert, delete or replace (Levenshtein).
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replace = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{KEYS, Key};

    #[test]
    fn the_documentation_has_every_key_with_its_variable_and_default() {
        let page = include_str!("../../../../docs/operating/configuration.md");
        for key in KEYS {
            let row = format!("| `{}` | `{}` | {} | {} |", key.name, key.variable, key.default, key.about);
            assert!(page.contains(&row), "docs/operating/configuration.md lacks: {row}");
        }
    }

    #[test]
    fn a_misspelt_key_is_recognised_and_nonsense_is_not() {
        let nearest = |name| Key::nearest(name).map(|key| key.name);
        assert_eq!(nearest("datadir"), Some("data-dir"));
        assert_eq!(nearest("public_url"), Some("public-url"));
        assert_eq!(nearest("trusted-proxies"), Some("trusted-proxy"));
        assert_eq!(nearest("colour"), None);
    }
}
