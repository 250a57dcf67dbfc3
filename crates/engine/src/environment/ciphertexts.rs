//! Sealing and unsealing single texts with the key of an environment, for editors that work on a
//! definition before it is stored.

use std::sync::Arc;

use ledger::{Detail, Event, ReadList, Statement};
use seal::{Sealed, SecretString};

use super::disclose::Disclose;
use super::find::Look;
use super::typed;
use crate::access::Level;
use crate::context::Context;
use crate::error::Error;
use crate::name::{EnvironmentName, Version};
use crate::{Answer, Engine, Sight};

/// How many texts one request may bring.
const MOST: usize = 1_000;

/// Ciphertexts in plaintext, in the order in which they were asked for.
pub type Plaintexts = Vec<SecretString>;

impl Engine {
    /// Seals texts with the key of an environment: ciphertexts that only its definition can hold.
    ///
    /// Nothing is stored and nothing revealed, so that a success needs no record.
    pub async fn encrypt_secrets(
        &self,
        cx: &Context,
        name: EnvironmentName,
        plaintexts: Plaintexts,
    ) -> Sight<Vec<String>> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt.target_names(typed(&name)).detail(Detail::new().word("attempted", "encrypt-secrets"));
        let engine = self.clone();
        self.detached(async move {
            let look = Look { attempt: attempt.clone(), name, version: Version::Newest, need: Level::Write };
            let found = engine.look(look).await?;
            let sealed = async {
                too_many(plaintexts.len())?;
                let key = engine.key_for(found.entered.organization.id, Some(found.environment.id)).await?;
                let random = &*engine.ambient().random;
                let seal =
                    |plaintext: &SecretString| lang::envelope::encode(&key.seal_definition(plaintext.expose(), random));
                Ok(plaintexts.iter().map(seal).collect())
            };
            let sealed = sealed.await;
            engine.seen(&attempt, sealed).await
        })
        .await
    }

    /// Unseals ciphertexts of an environment. All of them must be its own.
    pub async fn decrypt_secrets(
        &self,
        cx: &Context,
        name: EnvironmentName,
        ciphertexts: Vec<String>,
    ) -> Answer<Arc<Plaintexts>> {
        let attempt = self.attempt(cx, Event::EnvironmentDecrypted);
        attempt.target_names(typed(&name)).detail(Detail::new().word("by", Version::Newest.by()));
        let engine = self.clone();
        self.detached(async move {
            let look =
                Look { attempt: attempt.clone(), name: name.clone(), version: Version::Newest, need: Level::Open };
            let found = engine.look(look).await?;
            let (environment, revision) = (found.environment.id, found.revision.number);
            let unsealed = async {
                too_many(ciphertexts.len())?;
                let key = engine.key_for(found.entered.organization.id, Some(environment)).await?;
                let unseal = |(number, text): (usize, &String)| {
                    let sealed = lang::envelope::decode(text).ok().and_then(|bytes| Sealed::from_bytes(bytes).ok());
                    let plaintext = sealed.and_then(|sealed| key.open_definition(&sealed));
                    plaintext.ok_or(Error::Ciphertext { number: number + 1 })
                };
                ciphertexts.iter().enumerate().map(unseal).collect::<Result<Plaintexts, Error>>()
            };
            let plaintexts = match unsealed.await {
                Ok(plaintexts) => plaintexts,
                Err(error) => return Err(engine.refuse(&attempt, error).await),
            };
            let paths = paths_of(&found.revision.definition, &ciphertexts);
            let (secrets, reads) = (plaintexts.len() as u64, paths.len() as u64);
            let detail = Detail::new().word("by", Version::Newest.by()).integer("reads", reads);
            attempt.detail(detail.integer("secrets", secrets).word("view", "ciphertexts"));
            if !paths.is_empty() {
                let qualified = name.qualified();
                let list = ReadList { env: environment, name: &qualified, rev: revision, via: &[], paths: &paths };
                attempt.reads(Statement::reads(&[list]));
            }
            let (need, others, value) = (Level::Open, Vec::new(), Arc::new(plaintexts));
            engine.commit(Disclose { attempt, name, environment, revision, need, others, value }).await
        })
        .await
    }
}

fn too_many(texts: usize) -> Result<(), Error> {
    if texts > MOST { Err(Error::TooLarge("there are more than 1000 texts in one request")) } else { Ok(()) }
}

/// Where in the newest definition ciphertexts stand: the log then names the secrets that were read.
/// Those that stand nowhere in it, since they are older or were not stored yet, are only counted.
fn paths_of(definition: &str, ciphertexts: &[String]) -> Vec<String> {
    let wanted: Vec<Vec<u8>> = ciphertexts.iter().filter_map(|text| lang::envelope::decode(text).ok()).collect();
    let mut paths = Vec::new();
    let walked = lang::decrypt_secrets(definition, |path, ciphertext| {
        if wanted.iter().any(|wanted| wanted == ciphertext) {
            paths.push(path.to_owned());
        }
        Ok::<String, std::convert::Infallible>(String::new())
    });
    debug_assert!(walked.is_ok(), "a stored definition can be read");
    paths.sort();
    paths
}
