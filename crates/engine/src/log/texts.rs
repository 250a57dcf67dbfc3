//! The texts beside leaves: their openings, and what their tokens are called. A reader who goes on keeps them in mind,
//! for entries near each other share most of them.

use std::collections::HashMap;
use std::sync::Arc;

use ledger::{AnyId, Entry, Leaf, Opening, OwnedLeaf};
use store::{LogKey, Read, StoreError, credential, entry};

use super::list::Told;

/// How many openings are kept in mind, and how many bytes of text, before the older half is forgotten.
const KEPT: (usize, usize) = (8_192, 4 << 20);
/// How many names of tokens are kept in mind before all of them are forgotten.
const NAMES: usize = 8_192;

type Openings = HashMap<[u8; 32], Option<Opening>>;

/// What is known of the texts of one log.
#[derive(Default)]
pub(super) struct Texts {
    /// Those that were asked for lately, or are known to be destroyed.
    recent: Openings,
    /// Those that were asked for before.
    before: Openings,
    /// The bytes of text in `recent`.
    bytes: usize,
    tokens: HashMap<AnyId, Option<Arc<str>>>,
}

impl Texts {
    /// Puts leaves together with the openings beside them, and the names of the tokens in them.
    pub(super) async fn tell<R: Read>(
        &mut self,
        read: &mut R,
        log: LogKey,
        leaves: Vec<(u64, OwnedLeaf)>,
    ) -> Result<Vec<Told>, StoreError> {
        self.forget();
        // Each leaf is looked through once: this is done by the million.
        let mut commitments = Vec::with_capacity(leaves.len() * 4);
        let (mut ends, mut tokens) = (Vec::with_capacity(leaves.len()), Vec::with_capacity(leaves.len()));
        for (_, leaf) in &leaves {
            let leaf = leaf.as_leaf();
            commitments.extend(leaf.commitments().map(|(_, commitment)| commitment));
            ends.push(commitments.len());
            tokens.push(self.token_name(read, &leaf).await?);
        }
        let unknown = commitments.iter().filter(|commitment| !self.knows(commitment)).copied().collect();
        self.learn(read, log, unknown).await?;
        let mut start = 0;
        let told = leaves.into_iter().zip(ends).zip(tokens).map(|(((index, leaf), end), token_name)| {
            let of_leaf = &commitments[std::mem::replace(&mut start, end)..end];
            let mut openings = Vec::with_capacity(of_leaf.len());
            openings.extend(of_leaf.iter().filter_map(|commitment| self.recent.get(commitment)?.clone()));
            Told { entry: Entry { index, leaf, openings }, token_name }
        });
        Ok(told.collect())
    }

    /// Whether an opening is in mind, from now on among the recent ones.
    fn knows(&mut self, commitment: &[u8; 32]) -> bool {
        if self.recent.contains_key(commitment) {
            return true;
        }
        let Some(opening) = self.before.remove(commitment) else { return false };
        self.keep(*commitment, opening);
        true
    }

    fn keep(&mut self, commitment: [u8; 32], opening: Option<Opening>) {
        self.bytes += opening.as_ref().map_or(0, |opening| opening.value.len());
        self.recent.insert(commitment, opening);
    }

    async fn learn<R: Read>(
        &mut self,
        read: &mut R,
        log: LogKey,
        mut unknown: Vec<[u8; 32]>,
    ) -> Result<(), StoreError> {
        unknown.sort_unstable();
        unknown.dedup();
        let mut found = entry::openings(read, log, &unknown).await?;
        for commitment in unknown {
            // One that is not there was destroyed, and will not be there again.
            let opening = found.remove(&commitment);
            self.keep(commitment, opening);
        }
        Ok(())
    }

    /// What the access token in a leaf is called, if it was one.
    async fn token_name<R: Read>(&mut self, read: &mut R, leaf: &Leaf<'_>) -> Result<Option<Arc<str>>, StoreError> {
        let Some(id) = leaf.credential_kind().filter(|kind| kind.is_token()).and_then(|_| leaf.credential_id()) else {
            return Ok(None);
        };
        if let Some(name) = self.tokens.get(&id) {
            return Ok(name.clone());
        }
        let name: Option<Arc<str>> = credential::find(read, id.as_str()).await?.map(|token| token.name.into());
        self.tokens.insert(id, name.clone());
        Ok(name)
    }

    /// Forgets what was not asked for lately, if that is too much.
    fn forget(&mut self) {
        if self.recent.len() >= KEPT.0 / 2 || self.bytes >= KEPT.1 / 2 {
            self.before = std::mem::take(&mut self.recent);
            self.bytes = 0;
        }
        if self.tokens.len() >= NAMES {
            self.tokens.clear();
        }
    }
}
