//! Which server is meant, and which token is for it.
//!
//! A token goes only to the server that it was given for: that of the hosted product stays there,
//! even if it stands in the environment while another server is named.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};
use engine::seal::SecretString;
use serde::Deserialize;

use super::address::Address;
use crate::commands::audit::arguments::Reach;
use crate::print;

/// A server and a token for it, and where each was found.
pub(super) struct Server {
    pub(super) address: Address,
    pub(super) named_by: &'static str,
    pub(super) token: SecretString,
    pub(super) token_from: &'static str,
}

const PULUMI_FILE: &str = "the stored login of pulumi or esc";

/// Finds both.
pub(super) fn find(url: Option<&str>, reach: &Reach) -> Result<Server> {
    let stored = Stored::load();
    let (text, named_by) = first([
        (url.map(str::to_owned), "the command line"),
        (variable("ESCRIBA_URL"), "ESCRIBA_URL"),
        (variable("PULUMI_BACKEND_URL"), "PULUMI_BACKEND_URL"),
        (stored.current.clone(), PULUMI_FILE),
    ])
    .context("no server is named: set ESCRIBA_URL to its address, as in ESCRIBA_URL=https://escriba.example.com")?;
    let address =
        Address::parse(&text).with_context(|| format!("the server's address, from {named_by}, cannot be used"))?;
    let is_same = |text: Option<String>| text.and_then(|text| Address::parse(&text).ok()).as_ref() == Some(&address);
    // Without an address of its own, our token is for whichever server is named.
    let is_ours = variable("ESCRIBA_URL").is_none() || is_same(variable("ESCRIBA_URL"));

    let (token, token_from) = match &reach.token_file {
        Some(path) => (Some(read_token(path)?), "--token-file"),
        None => first([
            (variable("ESCRIBA_TOKEN").filter(|_| is_ours), "ESCRIBA_TOKEN"),
            (
                variable("PULUMI_ACCESS_TOKEN").filter(|_| is_same(variable("PULUMI_BACKEND_URL"))),
                "PULUMI_ACCESS_TOKEN",
            ),
            (stored.token(&address), PULUMI_FILE),
        ])
        .map_or((None, ""), |(token, from)| (Some(SecretString::new(token)), from)),
    };
    let token = token.ok_or_else(|| {
        let other = if is_ours { "" } else { " (the one that is set is for ESCRIBA_URL)" };
        anyhow!("no access token for {address} is given: set ESCRIBA_TOKEN{other}, or name a file with --token-file")
    })?;
    if !address.tls && !address.is_local() {
        print::note(format!("warning: {address} is asked without TLS; the access token travels in the clear"));
    }
    Ok(Server { address, named_by, token, token_from })
}

fn first<const N: usize>(candidates: [(Option<String>, &'static str); N]) -> Option<(String, &'static str)> {
    candidates.into_iter().find_map(|(value, from)| Some((value?, from)))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn read_token(path: &PathBuf) -> Result<SecretString> {
    let name = path.display();
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.with_context(|| format!("the access token cannot be read from {name}"))?;
    let text = SecretString::new(text);
    let token = text.expose().trim();
    if token.is_empty() {
        bail!("{name} holds no access token");
    }
    Ok(token.into())
}

/// What `pulumi login` and `esc login` store.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stored {
    current: Option<String>,
    access_tokens: HashMap<String, String>,
}

impl Stored {
    /// Another program's file: where it is missing or cannot be read, nothing is stored.
    fn load() -> Self {
        let load = || {
            let folder = variable("PULUMI_CREDENTIALS_PATH")
                .or_else(|| variable("PULUMI_HOME"))
                .map(PathBuf::from)
                .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".pulumi")))?;
            serde_json::from_slice(&std::fs::read(folder.join("credentials.json")).ok()?).ok()
        };
        load().unwrap_or_default()
    }

    fn token(&self, address: &Address) -> Option<String> {
        let is_same = |url: &str| Address::parse(url).is_ok_and(|of| of == *address);
        self.access_tokens.iter().find(|(url, token)| is_same(url) && !token.is_empty()).map(|(_, token)| token.clone())
    }
}
