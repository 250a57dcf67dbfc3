//! Whom the user trusts. Nothing that is checked has a say in it.

use std::fs;

use anyhow::{Context as _, Result, anyhow};
use ledger::note::{KeyError, VerifierKey};
use ledger::policy::Policy;
use ledger::verify::TrustRoots;

use crate::commands::audit::arguments::TrustArguments;

/// Reads keys and policy.
pub(crate) fn roots(arguments: &TrustArguments) -> Result<TrustRoots> {
    let keys = keys(arguments)?;
    let policy = arguments.policy.as_deref().map(|path| {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("the policy {name} cannot be read"))?;
        Policy::parse(&text).with_context(|| format!("{name} is no policy"))
    });
    Ok(TrustRoots::new(keys, policy.transpose()?))
}

/// Reads the keys.
pub(super) fn keys(arguments: &TrustArguments) -> Result<Vec<VerifierKey>> {
    let mut keys = Vec::new();
    for given in &arguments.key {
        match given.parse() {
            Ok(key) => keys.push(key),
            Err(error) => keys.extend(of_file(given, error)?),
        }
    }
    Ok(keys)
}

/// The keys of a file, one a line; blank lines and those that begin with `#` say nothing.
fn of_file(name: &str, as_key: KeyError) -> Result<Vec<VerifierKey>> {
    let text = match fs::read_to_string(name) {
        Ok(text) => text,
        // A key has a plus; few files have one.
        Err(_) if name.contains('+') => return Err(anyhow!(as_key).context(format!("`{name}` cannot be trusted"))),
        Err(error) => {
            return Err(anyhow!(error).context(format!("`{name}` is no verifier key, and no file that can be read")));
        }
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys: Result<Vec<VerifierKey>, KeyError> = lines.map(str::parse).collect();
    let keys = keys.with_context(|| format!("{name} holds a line that is no verifier key"))?;
    if keys.is_empty() { Err(anyhow!("{name} holds no verifier key")) } else { Ok(keys) }
}
