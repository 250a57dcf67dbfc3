//! Encrypting and decrypting the secrets of a definition.

use super::EditError;
use super::splice::{self, Edit, Form, Replacement};
use crate::envelope;
use crate::eval::Limits;
use crate::syntax::{self, NodeId, NodeKind, Tree};

/// Encrypts every plaintext secret of a definition; all other bytes stay.
///
/// `encrypt` is given the text of a secret as it is written, without interpolation, and not its path: a ciphertext may be
/// moved within its document. The payload it gives is put into an [`envelope`]. Only strings are secrets
/// here: `fn::secret: 1` stays as it is, and is a mistake that parsing reports.
pub fn encrypt_secrets<E>(
    source: &str,
    mut encrypt: impl FnMut(&str) -> Result<Vec<u8>, E>,
) -> Result<String, EditError<E>> {
    let (tree, secrets) = secrets(source)?;
    let mut edits = Vec::new();
    for Secret { object, key, value } in secrets {
        let NodeKind::String(text) = &tree.node(value).kind else { continue };
        let payload = encrypt(text).map_err(|error| EditError::Cipher { path: tree.path(object), source: error })?;
        edits.push(Edit { object, key, value, replacement: Replacement::Ciphertext(envelope::encode(&payload)) });
    }
    apply(source, &tree, &edits, [Form::Block, Form::Inline])
}

/// Decrypts every secret under `values`; all other bytes stay.
///
/// `decrypt` is given the property path of a secret and the payload of its ciphertext. Ciphertexts elsewhere in the
/// document are not looked at.
pub fn decrypt_secrets<E>(
    source: &str,
    mut decrypt: impl FnMut(&str, &[u8]) -> Result<String, E>,
) -> Result<String, EditError<E>> {
    let (tree, secrets) = secrets(source)?;
    let mut edits = Vec::new();
    for Secret { object, key, value } in secrets {
        let Some(ciphertext) = ciphertext(&tree, value) else { continue };
        if tree.top_key(object) != Some("values") {
            continue;
        }
        let payload = envelope::decode(ciphertext)
            .map_err(|error| EditError::Envelope { path: tree.path(object), source: error })?;
        let text = decrypt(&tree.path_below_top(object), &payload)
            .map_err(|error| EditError::Cipher { path: tree.path(object), source: error })?;
        edits.push(Edit { object, key, value, replacement: Replacement::Plaintext(text) });
    }
    apply(source, &tree, &edits, [Form::Block, Form::Inline])
}

/// A call of `fn::secret` with a text or a ciphertext.
struct Secret {
    object: NodeId,
    key: NodeId,
    value: NodeId,
}

/// The secrets of a document, in the order of its text.
fn secrets<E>(source: &str) -> Result<(Tree, Vec<Secret>), EditError<E>> {
    let document = syntax::parse(&"".into(), source, &Limits::default());
    if let Some(problem) = document.diagnostics.into_iter().next() {
        return Err(EditError::Parse(problem));
    }
    let tree = document.tree;
    let mut secrets = Vec::new();
    for (object, node) in (0..).zip(&tree.nodes) {
        let NodeKind::Object(entries) = &node.kind else { continue };
        let [entry] = entries[..] else { continue };
        let is_call = tree.text(entry.key).is_some_and(|key| &**key == "fn::secret");
        let is_text = tree.text(entry.value).is_some();
        if is_call && (is_text || ciphertext(&tree, entry.value).is_some()) {
            secrets.push(Secret { object, key: entry.key, value: entry.value });
        }
    }
    Ok((tree, secrets))
}

/// The text in `{ciphertext: …}`.
pub(super) fn ciphertext(tree: &Tree, node: NodeId) -> Option<&str> {
    let NodeKind::Object(entries) = &tree.node(node).kind else { return None };
    let [entry] = entries[..] else { return None };
    let is_ciphertext = tree.text(entry.key).is_some_and(|key| &**key == "ciphertext");
    is_ciphertext.then(|| tree.text(entry.value).map(|text| &**text))?
}

/// Tries the forms in turn until one means what it should.
fn apply<E>(source: &str, tree: &Tree, edits: &[Edit], forms: [Form; 2]) -> Result<String, EditError<E>> {
    if edits.is_empty() {
        return Ok(source.to_owned());
    }
    let mut problem = EditError::Ambiguous;
    for form in forms {
        let edited = splice::splice(source, tree, edits, form);
        let document = syntax::parse(&"".into(), &edited, &Limits::default());
        if splice::is_intended(tree, edits, &document) {
            return Ok(edited);
        }
        // A text that has become too long or too deep is no riddle.
        let limit = document.diagnostics.into_iter().find(|found| found.summary.starts_with("the definition "));
        problem = limit.map_or(problem, EditError::Parse);
    }
    Err(problem)
}
